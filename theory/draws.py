"""What a step may draw and read besides the gradient of a batch: a second point, a Hessian, a coin, a table.

With these words the methods of variance reduction, of quadratic models, of importance sampling and of
coordinate descent stay expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from sympy import Expr, S, Symbol

from ratebound.theory.errors import RateboundError
from ratebound.theory.printed import printed

coin = Symbol("coin", real=True)
"""One where the coin of a step falls, else zero."""
picked = Symbol("picked", real=True)
"""One where a step is picked in place of those of its epoch before it, else zero.

Step j = 0, 1, .. of an epoch is picked with the probability 1/(j + 1). So the last one picked is any of those
until now, evenly: step i with the probability ``1/(i + 1) (1 - 1/(i + 2)) .. (1 - 1/(j + 1)) = 1/(j + 1)``.
"""
L_i = Symbol("L_i", positive=True)
"""Smoothness constant of a component: of any one in weights, of the drawn one in updates."""
L_j = Symbol("L_j", positive=True)
"""Smoothness constant of f along an axis."""
rise = Symbol("rise", real=True)
"""f_i(x) minus the infimum of f_i, or minus f_i(x*), which it may be below; i the drawn sample."""
norm_sq = Symbol("norm_sq", positive=True)
"""||grad f_i(x)||^2; where it vanishes it reads one."""
length_sq = Symbol("length_sq", real=True)
"""The squared norm of a vector of the step, over all its coordinates."""


def _read(expr: Expr) -> set[str]:
    return {symbol.name for symbol in expr.free_symbols}


def along(name: str) -> str:
    """Return what the vector is called that a Hessian of this name is multiplied with."""
    return f"{name}_along"


@dataclass(frozen=True)
class Draws:
    """What a step draws and reads besides ``g``.

    Parameters
    ----------
    also
        Name -> point: the gradient there, of the same batch as ``g``, which the point may read.
    hessian
        Name -> (point, vector): the Hessian there, of the same batch as ``g``, times the vector.
    full
        Name -> point: the gradient of f there in the steps in which the coin falls, zero in the others.
    coin
        Probability that ``coin`` is one, an expression in ``n``; zero for no coin.
    every
        The coin falls in every so many-th step instead, a whole number: in those that end an epoch.
    picks
        Whether a step of each epoch is drawn evenly, which the update reads as ``picked``.
    table
        Name of the vector that is stored for the drawn sample. Such a method draws one sample per step.
    stores
        What then replaces it, an expression as in updates; None for ``g``, the gradient of that sample.
    first
        What is stored at the start: the ``"gradients"`` at x_0, ``"zeros"``, or the gradients ``"centred"``,
        less their mean.
    from_gradient
        State variables that start at the gradient of f at x_0.
    weight
        Sample i is drawn with a probability p_i in proportion to this expression in ``L_i`` and constants,
        with replacement, and its gradients are divided by ``n p_i``; None for equal probabilities.
    axis
        Instead of samples an axis j is drawn, with a probability p_j in proportion to this expression in
        ``L_j``: ``g`` is the gradient of f along it, zero along the others, and the update may read ``L_j``.
        None for samples.
    values
        From where the update reads ``rise``, beside ``norm_sq``, of the drawn sample, one per step: the
        ``"infimum"`` of f_i, or its value at the ``"minimiser"`` of f. Empty where it reads neither.
    smoothness
        Whether the update reads ``L_i`` of the drawn sample, one per step.
    length
        A vector, an expression as in updates, whose squared norm the update reads as ``length_sq``: of the
        gradient of the batch, ``g``, or of what the step makes of it. None where none is read.
    """

    also: Mapping[str, Expr] = field(default_factory=dict)
    hessian: Mapping[str, tuple[Expr, Expr]] = field(default_factory=dict)
    full: Mapping[str, Expr] = field(default_factory=dict)
    coin: Expr = S.Zero
    every: Expr = S.Zero
    picks: bool = False
    table: str = ""
    stores: Expr | None = None
    first: Literal["gradients", "zeros", "centred"] = "gradients"
    from_gradient: tuple[str, ...] = ()
    weight: Expr | None = None
    axis: Expr | None = None
    values: Literal["", "infimum", "minimiser"] = ""
    smoothness: bool = False
    length: Expr | None = None

    def __post_init__(self) -> None:
        for name in ("also", "hessian", "full"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        if any("g" in _read(at) for name, at in self.places.items() if name not in self.also):
            raise RateboundError("only a gradient of the same batch is taken where g leads")
        if self.full and not self.has_coin:
            raise RateboundError("full gradients are taken where the coin falls; give it a probability")
        if self.coin != 0 and self.every != 0:
            raise RateboundError("the coin falls by chance or at the end of epochs, not both")
        if self.picks and self.every == 0:
            raise RateboundError("a step is picked out of an epoch; give the number of its steps")
        if self.values and (self.names != (rise.name, norm_sq.name) or self.uneven):
            raise RateboundError("a step that reads the value of its sample draws nothing else")
        if self.axis is not None and (self.names != (L_j.name,) or self.weight is not None):
            raise RateboundError("a step along an axis draws nothing else")

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled, and runs are sent to other processes.
        parts = dict(self.also), dict(self.hessian), dict(self.full), self.coin, self.every, self.picks
        kept = self.table, self.stores, self.first, self.from_gradient, self.weight, self.axis
        return Draws, (*parts, *kept, self.values, self.smoothness, self.length)

    def __hash__(self) -> int:
        read = (tuple(sorted(part.items(), key=str)) for part in (self.also, self.hessian, self.full))
        kept = self.table, self.stores, self.first, self.from_gradient
        more = self.weight, self.axis, self.values, self.smoothness, self.length
        return hash((*read, self.coin, self.every, self.picks, kept, more))

    @property
    def text(self) -> str:
        """What a step draws and reads, in words."""
        return "; ".join(self.words({}))

    def words(self, names: Mapping[Expr, Expr]) -> tuple[str, ...]:
        """Return what a step draws and reads, one clause each.

        Parameters
        ----------
        names
            Expression -> what is written for it.
        """

        def said(expr: Expr) -> str:
            return printed(names.get(expr, expr))

        words = [f"{name} is the gradient of the same batch at {said(at)}" for name, at in self.also.items()]
        words += [
            f"{name} is the Hessian of the same batch at {said(point)}, times {said(vector)}"
            for name, (point, vector) in self.hessian.items()
        ]
        words += [f"{name} is grad f at {said(at)} where the coin falls" for name, at in self.full.items()]
        words += [f"{coin} is one where the coin falls, else zero"] if self.has_coin else []
        words += [f"the coin falls with probability {printed(self.coin)}"] if self.coin != 0 else []
        words += (
            [f"the coin falls in the last of every {printed(self.every)} steps"] if self.every != 0 else []
        )
        words += [f"{picked} is one in step j of an epoch with probability 1/(j + 1)"] if self.picks else []
        if self.table:
            kept = "gradient" if self.stores is None else "vector"
            starts = {
                "gradients": "the gradient at x_0",
                "zeros": "zero",
                "centred": "the gradient at x_0 less the mean of all",
            }
            by = "the new one" if self.stores is None else said(self.stores)
            words += [f"{self.table} is the {kept} stored for the sample"]
            words += [f"it is at first {starts[self.first]}, and after the step {by}"]
        words += [] if self.weight is None else [f"samples are drawn in proportion to {self.weight}"]
        if self.axis is not None:
            how = "evenly" if self.axis == 1 else f"in proportion to {self.axis}"
            words += [f"an axis j is drawn {how}, and g is the gradient along it alone"]
            words += [f"{L_j} is the smoothness constant of f along it"]
        if self.values:
            least = "the infimum of f_i" if self.values == "infimum" else "f_i(x*)"
            words += [f"{rise} is f_i(x) minus {least}, and {norm_sq} is ||g||^2, i the sample"]
        words += [] if self.length is None else [f"{length_sq} is the squared norm of {said(self.length)}"]
        words += [f"{L_i} is the smoothness constant of f_i, i the sample"] if self.smoothness else []
        return tuple(words)

    @property
    def names(self) -> tuple[str, ...]:
        """What an update may read by these words."""
        read = (*self.also, *self.hessian, *self.full, *([self.table] if self.table else []))
        read += () if self.axis is None else (L_j.name,)
        read += (rise.name, norm_sq.name) if self.values else ()
        read += () if self.length is None else (length_sq.name,)
        read += (L_i.name,) if self.smoothness else ()
        read += (picked.name,) if self.picks else ()
        return (*read, coin.name) if self.has_coin else read

    @property
    def after(self) -> tuple[str, ...]:
        """The gradients of the same batch that are taken after g, where it leads."""
        return tuple(name for name, point in self.also.items() if "g" in _read(point))

    @property
    def has_coin(self) -> bool:
        """Whether there is a coin."""
        return self.coin != 0 or self.every != 0

    @property
    def share(self) -> Expr:
        """The share of the steps in which the coin falls."""
        return self.coin if self.every == 0 else 1 / self.every

    @property
    def single(self) -> bool:
        """Whether a step draws one sample or one axis, and no batch."""
        return bool(self.table or self.values) or self.axis is not None or self.smoothness

    @property
    def of_batch(self) -> bool:
        """Whether all that is read is made of the state and one batch, so that paths are its draws."""
        return bool(self.values) or (
            self.length is not None and self.names == (length_sq.name,) and not self.uneven
        )

    @property
    def uneven(self) -> bool:
        """Whether samples or axes are drawn by probabilities of their own."""
        return self.weight is not None or self.axis is not None

    @property
    def only_batches(self) -> bool:
        """Whether a path of batches, and of the steps picked in epochs, is all that a run depends on."""
        return not (self.coin != 0 or self.table or self.uneven or self.smoothness)

    @property
    def evenly(self) -> bool:
        """Whether paths of batches, coins and steps picked are all that runs depend on."""
        return not self.uneven

    @property
    def places(self) -> dict[str, Expr]:
        """Where gradients and Hessians are taken, by name, and by ``name_along`` what the latter meet."""
        found = {**self.also, **self.full}
        for name, (point, vector) in self.hessian.items():
            found |= {name: point, along(name): vector}
        return found

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The expressions in the state and in constants."""
        kept = tuple(each for each in (self.stores, self.length) if each is not None)
        return (*self.places.values(), self.coin, self.every, *kept)

    def at(self, values: Mapping[Symbol, Expr]) -> Draws:
        """Return the draws with values put in for parameters."""
        put = dict(values)
        also, full = (
            {name: place.xreplace(put) for name, place in places.items()} for places in (self.also, self.full)
        )
        hessian = {name: (at.xreplace(put), v.xreplace(put)) for name, (at, v) in self.hessian.items()}
        stores, length = (None if each is None else each.xreplace(put) for each in (self.stores, self.length))
        put_in = replace(self, also=also, hessian=hessian, full=full, stores=stores, length=length)
        return replace(put_in, coin=self.coin.xreplace(put), every=self.every.xreplace(put))
