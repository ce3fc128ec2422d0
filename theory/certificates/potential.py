"""Certificates by potentials for methods with memory, such as acceleration and momentum.

With letters for the vectors of the state (``X`` for x_k - x*, ``Z`` for z_k - x*, ...), a potential is a
combination of gaps and of squares of combinations of letters. The claim ``factor V_k - V_{k+1} >= 0`` is a
polynomial identity in the letters once the update has been put in; with samples it is one in expectation,
where the estimate g_k has the mean grad f(y_k), and its square the mean ``moment``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Add, Dummy, Expr, Poly, Pow, S, Symbol, expand, factor_terms

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import Inequality
from ratebound.theory.certificate import AT_START, require, require_assumed, with_expressions
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import GY, XN, X, Y
from ratebound.theory.letters.stored import stored_gap
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods.proximal import shrinks
from ratebound.theory.printed import printed
from ratebound.theory.symbols import (
    D,
    L,
    alpha,
    delta,
    delta_next,
    gap_at_point,
    gap_before,
    gap_model,
    gap_model_next,
    k,
    moment,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_GAPS = {delta: delta_next, gap_before: delta, gap_model: gap_model_next}
"""The gaps of a potential, and what they are one step later."""
_SCALARS = (delta, delta_next, gap_at_point, gap_before, gap_model, gap_model_next, stored_gap, moment)
_OF_STEP = {*_SCALARS, g, GY, XN, Y}
"""What changes from step to step; the gaps of a potential are part of the state."""


def abbreviated(form: Expr, variables: Iterable[Symbol]) -> tuple[Expr, dict[Expr, Expr]]:
    """Return a form with one symbol for each factor and summand that reads no variable, and what they mean.

    It is expanded in the variables only: what the factors are made of may be long.
    """
    chosen, names = set(variables), dict[Expr, Expr]()

    def shortened(part: Expr) -> Expr:
        if not part.free_symbols & chosen:
            return part if part.is_Atom else names.setdefault(part, Dummy())
        if part.is_Add or part.is_Mul:
            constant, rest = part.as_independent(*chosen, as_Add=part.is_Add)
            return part.func(shortened(constant), *map(shortened, part.func.make_args(rest)))
        return part if part.is_Atom else part.func(*map(shortened, part.args))

    short = shortened(form)
    return short, {name: meant for meant, name in names.items()}


def letter(name: str) -> Symbol:
    """Return the letter of a state variable: the vector from x* to it."""
    return Symbol(name.upper(), real=True)


def letters(method: Method) -> dict[Symbol, Symbol]:
    """Return the letter of each state symbol of a method."""
    return {Symbol(name, real=True): letter(name) for name in method.update}


def expected(form: Expr, mean: Expr, square: Expr) -> Expr:
    """Take the mean over an estimate g: once it stands for `mean`, its square for `square`."""
    means = {0: S.One, 1: mean, 2: square}
    terms = Poly(expand(form), g).terms()
    if max(power for (power,), _ in terms) > 2:
        raise RateboundError(f"{form} is not quadratic in g: its mean is not known")
    return expand(sum((c * means[power] for (power,), c in terms), S.Zero))


def centred(expr: Expr, method: Method, gradient: Expr = GY) -> Expr:
    """Return an affine combination of the state, seen from x*, in letters; g becomes `gradient`.

    Raises
    ------
    RateboundError
        If the factors of the state do not add up to one, so that x* would move.
    """
    star = Symbol("xs")
    names = letters(method)
    moved = expr.xreplace({symbol: new + star for symbol, new in names.items()} | {g: gradient})
    result = expand(moved - star)
    if not vanishes(result.coeff(star)):
        raise RateboundError(f"{expr} of {method.name} is no affine combination of points: x* would not stay")
    return result.xreplace({star: S.Zero})


@dataclass(frozen=True)
class Potential:
    """Decrease of a potential along a method with several states, in expectation where it draws samples.

    Parameters
    ----------
    potential
        V_k: a sum of ``delta``, ``gap_before`` or ``gap_model`` and of squares of combinations of letters,
        with coefficients in k and constants.
    by
        Multipliers of the inequalities of :mod:`ratebound.theory.inequalities.points`.
    plus
        Coefficients of nonnegative quantities: gaps, or squares in the letters and ``GY``.
    factor
        ``V_{k+1} <= factor V_k``, free of k.
    lower
        V_k from which the next step starts, where it is smaller than the potential reached: ``lower <= V``.
    """

    potential: Expr
    by: Mapping[Inequality, Expr]
    plus: Mapping[Expr, Expr] = field(default_factory=dict)
    factor: Expr = S.One
    lower: Expr | None = None
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def check(self, theorem: Theorem) -> None:
        """Check the identity, the multipliers, the start, and that the bound follows for all k."""
        if theorem.measure != "gap_last":
            raise RateboundError("a potential bounds gap_last")
        if self.factor.has(k):
            raise RateboundError("the factor of a potential is a constant")
        before = self.potential if self.lower is None else self.lower
        self._check_read(theorem, before)
        require_assumed(self.by, theorem)
        self._check_gaps(theorem)
        self._check_step(theorem, before)
        values = {alpha: theorem.step}
        reached, kept = (self._pieces(form.xreplace(values), theorem) for form in (self.potential, before))
        for quantity in {**reached, **kept}:
            what = f"its factor of {quantity}"
            left = reached.get(quantity, S.Zero) - kept.get(quantity, S.Zero)
            require(reached.get(quantity, S.Zero), theorem, f"the potential, {what}", theorem.start)
            require(kept.get(quantity, S.Zero), theorem, f"the potential before a step, {what}", S.Zero)
            require(left, theorem, f"the potential minus its lower form, {what}", S.Zero)
        self._check_bound(theorem, reached, before.xreplace(values))

    def claim(self, method: Method) -> Expr:
        """Return ``factor V_k - V_{k+1}`` with the update put in; with samples it still reads g."""
        moved = {letter(name): self.moved(name, method) for name in self.read(method)}
        before = self.potential if self.lower is None else self.lower
        after = self.potential.subs(k, k + 1).xreplace({**moved, **self.gaps(method)})
        return self.factor * before - after

    def read(self, method: Method) -> tuple[str, ...]:
        """Return the states of which the potential may read the letters: points, seen from x*."""
        return tuple(method.update)

    def gaps(self, method: Method) -> Mapping[Symbol, Expr]:
        """Return the gaps that the potential may read, and what they are one step later."""
        return _GAPS

    def moved(self, name: str, method: Method) -> Expr:
        """Return the next value of a state variable, seen from x*; a proximal step is a letter of its own."""
        if name == "x" and shrinks(method) is not None:
            return XN
        return centred(method.update[name], method, GY if method.sampling == "full" else g)

    def _check_read(self, theorem: Theorem, before: Expr) -> None:
        """Check that a step leaves V_k what it is in the next one, and that the mean of g is known."""
        method, forms = theorem.method, (self.potential, before, self.factor)
        self.check_draws(method)
        if theorem.step.has(k) and any(form.has(alpha) for form in forms):
            raise RateboundError(
                f"potential or factor read the step, and {theorem.step} is another in the next one; take a "
                "constant step, or write its formula for alpha"
            )
        stray = set().union(*(form.free_symbols for form in forms)) & (_OF_STEP - self.gaps(method).keys())
        if stray:
            raise RateboundError(
                f"the potential reads {', '.join(sorted(map(str, stray)))}, of one step only"
            )

    def check_draws(self, method: Method) -> None:
        """Check that the gradient estimate has the mean grad f(y_k), and the square that is meant."""
        if method.sampling == "batch" and (method.draws is not None or shrinks(method) is not None):
            raise RateboundError(
                f"a potential is one in expectation for plain gradients of batches; {method.name} draws more "
                "than these, or shrinks its steps"
            )

    def _check_gaps(self, theorem: Theorem) -> None:
        """Check that the method makes the gaps of the potential what they are said to be."""
        method = theorem.method
        used = {gap for gap in _GAPS if self.potential.has(gap)}
        if len(used) != 1:
            raise RateboundError(f"the potential {self.potential} must have one gap, that of the measure")
        if gap_before in used and (method.update.get("m") != x or method.point != x):
            raise RateboundError(f"{method.name} does not keep x_{{k-1}} as its state m, or looks elsewhere")
        if gap_model in used:
            step = (XN - Y + GY / L).xreplace(self._places(method)).xreplace({alpha: theorem.step})
            if not vanishes(expand(step)):
                raise RateboundError(f"x_{{k+1}} of {method.name} is not y_k - grad f(y_k)/L")

    def _places(self, method: Method) -> dict[Expr, Expr]:
        """Return what Y and XN are in the letters of the state; at y_k = x_k the two gaps are one."""
        places = {Y: centred(method.point, method), XN: self.moved("x", method)}
        return places | ({gap_at_point: delta} if places[Y] == X else {})

    def _check_step(self, theorem: Theorem, before: Expr) -> None:
        method = theorem.method
        places = self._places(method)
        total = sum((m * i.slack.xreplace(places) for i, m in self.by.items()), S.Zero)
        total += sum((c * q.xreplace(places) for q, c in self.plus.items()), S.Zero)
        values = {alpha: theorem.step}
        state = (*letters(method).values(), GY, XN, *_SCALARS)
        short, meant = abbreviated((self.claim(method) - total).xreplace(values), (*state, g))
        terms = Poly(expected(short, GY, moment), *state).terms()
        meaning = ((powers, c.xreplace(meant)) for powers, c in terms)
        left = [c * _product(state, powers) for powers, c in meaning if not vanishes(c)]
        if left:
            raise RateboundError(
                f"the certificate does not close: the claim differs from the multipliers' sum by "
                f"{printed(factor_terms(sum(left)))}; correct the multipliers, or the bound"
            )
        for quantity in self.plus:
            if not quantity.is_nonnegative:
                raise RateboundError(f"{quantity} may be negative, so a multiple of it proves nothing")
        for what, multiplier in [*((i.name, m) for i, m in self.by.items()), *self.plus.items()]:
            require(multiplier.xreplace(values), theorem, f"the multiplier of {what}", S.Zero)

    def _pieces(self, form: Expr, theorem: Theorem) -> dict[Expr, Expr]:
        """Return the coefficient of each gap and of each square of a form that is a sum of such terms."""
        names, gaps = {letter(name) for name in self.read(theorem.method)}, self.gaps(theorem.method)
        pieces: dict[Expr, Expr] = {}
        for term in Add.make_args(form):
            c, q = term.as_independent(*names, *gaps)
            square = isinstance(q, Pow) and q.exp == 2 and q.base.free_symbols & names
            if q not in gaps and not square:
                raise RateboundError(f"the potential has the term {term}: only gaps and squares do")
            pieces[q] = pieces.get(q, S.Zero) + c
        return pieces

    def _check_bound(self, theorem: Theorem, reached: Mapping[Expr, Expr], before: Expr) -> None:
        started, common = {letter(name) for name in ("x", *theorem.method.from_start)}, Symbol("X0")
        first = expand(before.subs(k, 0).xreplace(dict.fromkeys(started, common)))
        known = {gap: AT_START[delta] for gap in self.gaps(theorem.method) if gap != gap_model}
        first = first.xreplace(known).subs(common**2, D**2)
        if first.free_symbols & {*letters(theorem.method).values(), common, gap_model}:
            raise RateboundError(f"the potential at the start, {first}, is not known")
        (gap,) = (q for q in reached if q in _GAPS)
        # The gap of x_{k-1} in V_{k+1} is that of x_k.
        late = 1 if gap == gap_before else 0
        if (self.lower is not None or gap == gap_model) and not nonnegative(theorem.start + late - 1):
            # At the start the potential has its lower form, and no model of the step before.
            raise RateboundError(
                "this potential bounds f after a step, not at the start; claim it from k = 1"
            )
        share = reached[gap].subs(k, k + late)
        require(share, theorem, "the share of the measure in the potential")
        rate = self.factor.xreplace({alpha: theorem.step})
        if not nonnegative(rate, theorem.chart):
            raise RateboundError(f"the factor {rate} of the potential may be negative")
        implied = rate ** (k + late) * first
        require(theorem.at(k) * share - implied, theorem, "the bound against the potential at the start")


def _product(symbols: tuple[Symbol, ...], powers: tuple[int, ...]) -> Expr:
    product = S.One
    for symbol, power in zip(symbols, powers, strict=True):
        product = product * symbol**power
    return product
