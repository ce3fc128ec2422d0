"""``Method``: an update rule in SymPy; what a proof expands is what a kernel runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from keyword import iskeyword
from types import MappingProxyType
from typing import ClassVar, Literal

from sympy import Expr, Float, S, Symbol

from ratebound.theory.draws import Draws
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import sum_inner
from ratebound.theory.letters.metric import step_curvature, step_inner
from ratebound.theory.printed import printed
from ratebound.theory.symbols import (
    PARAMETERS,
    L,
    accepted_step,
    alpha,
    delta,
    grad_curvature,
    grad_l1,
    grad_sq,
    n,
)

x = Symbol("x", real=True)
"""One coordinate of the iterate x_k."""
g = Symbol("g", real=True)
"""The same coordinate of the gradient estimate at x_k."""
p = Symbol("p", real=True)
"""The same coordinate of the solution of ``B p = grad f(x_k)``, B the metric of the method."""
REDUCED = (delta, grad_sq, grad_curvature, grad_l1, sum_inner, step_inner, step_curvature, accepted_step)
"""Numbers of the whole vector that an update may read, at the point of the gradient; no sampling."""


_SHOWN = 90
"""Letters of an update that is shown as a whole."""

AXES = ("axis", "steepest_axis")
"""The kinds of a metric that is no matrix."""


@dataclass(frozen=True)
class Metric:
    """The matrix B in which a step is made: the update reads ``p`` with ``B p = grad f(x_k)``.

    Parameters
    ----------
    kind
        ``"hessian"``: the Hessian at x_k. ``"bfgs"`` and ``"dfp"``: B_0 = L I, then the update of this name
        by the last move and what it did to the gradient. ``"lbfgs"``: L I, then the update of BFGS by each
        of the last `memory` moves, from the oldest on. ``"axis"``: no matrix; p is ``d_j f/L_j`` along the
        one axis j where ``(d_j f)^2/L_j`` is largest. ``"steepest_axis"``: where ``|d_j f|`` is.
    cubic
        With the Hessian H, ``B = H + cubic ||p|| I``, which minimises the model of f with a cubic term: an
        expression in constants.
    memory
        How many moves L-BFGS remembers.
    """

    kind: Literal["hessian", "bfgs", "dfp", "lbfgs", "axis", "steepest_axis"]
    cubic: Expr = S.Zero
    memory: int = 0

    def __post_init__(self) -> None:
        if (self.kind == "lbfgs") != (self.memory > 0):
            raise RateboundError(f"memory = {self.memory} of {self.kind}; L-BFGS has one of at least 1 move")

    @property
    def constants(self) -> set[Symbol]:
        """The constants of the problem that it reads."""
        return set(self.cubic.free_symbols) if self.kind in ("hessian", *AXES) else {L}


@dataclass(frozen=True)
class Search:
    """How the step along -grad f is found by trials, which the update reads as ``accepted_step``.

    The first trial is alpha. Where f does not fall enough the next one lies between it and the longest step
    that was too short, at first zero; where it is too short, between it and the shortest that was too long;
    as long as there is none, twice as far.

    Parameters
    ----------
    decrease
        c1 in Armijo's condition, ``f(x - t g) <= f(x) - c1 t ||g||^2``.
    shrink
        Where the next trial lies between the two: at zero it would be the shorter, at one the
        longer, and the first trial is taken.
    slope
        c2 in ``<grad f(x - t g), g> <= c2 ||g||^2``, without which t is too short (the weak condition of
        Wolfe); None where no step is.
    """

    decrease: Expr
    shrink: Expr
    slope: Expr | None = None

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """The numbers that it reads, in the order of the parameters."""
        return (self.decrease, self.shrink, *(() if self.slope is None else (self.slope,)))

    def at(self, values: Mapping[Symbol, Expr]) -> Search:
        """Return the search with values put in for parameters."""
        return Search(*(each.xreplace(dict(values)) for each in self.expressions))


@dataclass(frozen=True)
class LineMinimum:
    """The step along -grad f to where f does not fall any more, by trials, read as ``accepted_step``.

    What is sought is the zero of the slope ``<grad f(x - t g), g>``, the minimum where f is convex: twice as
    far as long as f falls, at first by alpha, then between by secants, to rounding.
    """

    expressions: ClassVar[tuple[Expr, ...]] = ()
    """It reads no numbers."""

    def at(self, values: Mapping[Symbol, Expr]) -> LineMinimum:
        """Return itself: there are no parameters."""
        return self


@dataclass(frozen=True)
class Method:
    """An update rule, coordinate by coordinate.

    Parameters
    ----------
    name
        Registered name.
    title
        What readers call it.
    update
        State variable -> its next value, an expression in the state, ``g``, ``alpha``, ``k``, constants,
        parameters and, for full gradients, the numbers of :data:`REDUCED`; with a metric ``p`` too.
        The variable ``x`` is the iterate.
    sampling
        ``"full"``: g is the gradient of f. ``"batch"``: g is the mean of the gradients of a random batch,
        or what `draws` says.
    point
        Where the gradient is taken, an expression in the state; with full gradients it may read ``g``,
        which is there the gradient at x, and then ``grad_sq``, its square.
    from_start
        State variables that start at x_0, as ``x`` does; the others start at zero.
    draws
        What a step draws and reads besides; None for a batch only.
    metric
        The matrix of second-order steps; None for those that read gradients only.
    search
        How ``accepted_step`` is found; None where the update does not read it.
    """

    name: str
    title: str
    update: Mapping[str, Expr]
    sampling: Literal["full", "batch"]
    point: Expr = x
    from_start: tuple[str, ...] = ()
    draws: Draws | None = None
    metric: Metric | None = None
    search: Search | LineMinimum | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "update", MappingProxyType(dict(self.update)))
        if self.sampling not in ("full", "batch"):
            raise RateboundError(f"sampling = {self.sampling!r} of {self.name}; it must be 'full' or 'batch'")
        self._check_names()
        self._check_reads()
        self._check_starts()
        if self.draws is not None and self.sampling != "batch":
            raise RateboundError(f"{self.name} takes full gradients in every step; there is nothing to draw")

    def _check_names(self) -> None:
        taken = {"g", "p", "alpha", "k", "h", "weight", "weighted_sum", *(s.name for s in REDUCED)}
        taken |= set() if self.draws is None else set(self.draws.names)
        for name in self.update:
            # Engines give names with digits, and h, to the samples of a batch.
            if name in taken or not re.fullmatch(r"[A-Za-z]+(_[A-Za-z]+)*", name) or iskeyword(name):
                raise RateboundError(
                    f"{self.name} has a state variable {name!r}, which means something else in a step or is "
                    "no word of letters; call it otherwise, such as 'm' or 'v'"
                )
        if "x" not in self.update:
            raise RateboundError(f"the method {self.name} does not update x; add a rule for 'x'")

    def _check_reads(self) -> None:
        read = set().union(*(rule.free_symbols for rule in self.update.values()))
        if self.sampling == "batch" and read & set(REDUCED):
            raise RateboundError(f"{self.name} reads numbers of f, which batches do not know")
        if sum_inner in read and "s" not in self.update:
            raise RateboundError(f"{self.name} reads {sum_inner}, a product with its state s; it has none")
        if self.sampling == "batch" and self.gradients > 1:
            raise RateboundError(f"{self.name} takes two gradients per step, which batches do not do")
        if (self.metric is not None) != bool(read & {p, step_inner, step_curvature}):
            raise RateboundError(f"{self.name}: the update reads p, a step in a metric, if it has one")
        if self.metric is not None and (self.sampling != "full" or self.point != x):
            raise RateboundError(f"{self.name} has a metric; those take full gradients at x")
        if (self.search is not None) != (accepted_step in read) or (self.search and self.point != x):
            raise RateboundError(f"{self.name}: the update reads {accepted_step}, from x, if it has a search")

    def _check_starts(self) -> None:
        first = () if self.draws is None else self.draws.from_gradient
        if not {*first, *self.from_start} <= self.update.keys() - {"x"} or {*first} & {*self.from_start}:
            raise RateboundError(
                f"{self.name} starts {', '.join((*first, *self.from_start))}; name states beside x, each once"
            )

    def __repr__(self) -> str:
        rules = "; ".join(f"{name} <- {printed(rule)}" for name, rule in self.update.items())
        update = rules if len(rules) <= _SHOWN else f"{self.title}, with the state {', '.join(self.update)}"
        gradients = "full gradients" if self.sampling == "full" else "samples"
        return f"<Method {self.name} ({gradients}): {update}>"

    @property
    def estimate(self) -> str:
        """What the gradient estimate is: of a batch, weighted, along one axis, or made of several."""
        if self.draws is None:
            return "batch"
        if self.draws.axis is not None:
            return "along one axis"
        if self.draws.values:
            return "of a sample, by its own step"
        return "made by the update" if self.draws.weight is None else f"weighted by {self.draws.weight}"

    @property
    def gradients(self) -> int:
        """Gradients per step: two where the point is one that the gradient at x gives."""
        return 2 if self.point.has(g) else 1

    def evaluations(self, size: int, batch: float, features: int) -> float:
        """Return how many gradients of components, of `size`, a step takes on average.

        No full Hessian is counted, nor what a line search tries: runs count that.
        """
        if self.sampling == "full":
            return self.gradients * size
        if self.draws is None:
            return batch
        if self.draws.axis is not None:
            return size / features  # A derivative along one axis of each component.
        whole = len(self.draws.full) * size * float(self.draws.share.subs(n, size))
        # A Hessian times a vector takes two products with each row, as a gradient does.
        return batch * (1 + len(self.draws.also) + len(self.draws.hessian)) + whole

    @cached_property
    def parameters(self) -> tuple[Symbol, ...]:
        """The symbols besides the step that the user chooses."""
        more = () if self.draws is None else self.draws.expressions
        more += () if self.search is None else self.search.expressions
        read = set().union(*(rule.free_symbols for rule in (*self.update.values(), self.point, *more)))
        return tuple(p for p in PARAMETERS if p in read and p != alpha)

    def at(self, values: Mapping[Symbol, Expr]) -> Method:
        """Return the method with values put in for parameters."""
        update = {name: rule.xreplace(dict(values)) for name, rule in self.update.items()}
        draws = None if self.draws is None else self.draws.at(values)
        search = None if self.search is None else self.search.at(values)
        point = self.point.xreplace(dict(values))
        return replace(self, update=update, point=point, draws=draws, search=search)

    def with_numbers(self, numbers: Mapping[Symbol, float]) -> Method:
        """Return the method with numbers put in for all its parameters."""
        return _with_numbers(self, tuple((p, float(numbers[p])) for p in self.parameters))

    def require_plain(self) -> None:
        """Check that gradients are taken at x of even samples, and that states besides it start at zero.

        Raises
        ------
        RateboundError
            If not: an update rule alone does not tell.
        """
        drawn = self.draws is not None and bool(self.draws.from_gradient or self.draws.uneven)
        if self.point != x or self.from_start or drawn:
            raise RateboundError(
                f"{self.name} takes gradients elsewhere than at x, of uneven samples, or starts a state there"
            )

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled, and runs are sent to other processes.
        parts = self.name, self.title, dict(self.update), self.sampling, self.point, self.from_start
        return Method, (*parts, self.draws, self.metric, self.search)

    def __hash__(self) -> int:
        rules = tuple(sorted(self.update.items(), key=lambda rule: rule[0]))
        kept = self.from_start, self.draws, self.metric, self.search
        return hash((self.name, self.sampling, rules, self.point, *kept))


@lru_cache(maxsize=256)
def _with_numbers(method: Method, numbers: tuple[tuple[Symbol, float], ...]) -> Method:
    # Kept, for one run is made for several reasons. In full precision: SymPy's default of 15 digits would
    # change the number.
    return method.at({parameter: Float(number, 17) for parameter, number in numbers})
