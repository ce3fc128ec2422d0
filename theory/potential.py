"""Certificates by potentials for methods with memory, such as acceleration and momentum.

With letters for the vectors of the state (``X`` for x_k - x*, ``Z`` for z_k - x*, ...), a potential is a
combination of f(x_k) - f* and squares of letters. The claim ``factor V_k - V_{k+1} >= 0`` is a polynomial
identity in the letters once the update has been put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Poly, S, Symbol, expand, factor_terms

from ratebound.theory.assumptions import Inequality
from ratebound.theory.certificate import AT_START, require, require_assumed, with_expressions
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import Method, g
from ratebound.theory.points import GY, XN, Y
from ratebound.theory.prover import nonnegative, vanishes
from ratebound.theory.symbols import D, alpha, delta, delta_next, gap_at_point, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def letter(name: str) -> Symbol:
    """Return the letter of a state variable: the vector from x* to it."""
    return Symbol(name.upper(), real=True)


def letters(method: Method) -> dict[Symbol, Symbol]:
    """Return the letter of each state symbol of a method."""
    return {Symbol(name, real=True): letter(name) for name in method.update}


def centred(expr: Expr, method: Method) -> Expr:
    """Return an affine combination of the state, seen from x*, in letters; the gradient becomes ``GY``.

    Raises
    ------
    RateboundError
        If the factors of the state do not add up to one, so that x* would move.
    """
    star = Symbol("xs")
    names = letters(method)
    moved = expr.xreplace({symbol: new + star for symbol, new in names.items()} | {g: GY})
    result = expand(moved - star)
    if not vanishes(result.coeff(star)):
        raise RateboundError(f"{expr} of {method.name} is no affine combination of points: x* would not stay")
    return result.xreplace({star: S.Zero})


@dataclass(frozen=True)
class Potential:
    """Decrease of a potential along a deterministic method with several states.

    Parameters
    ----------
    potential
        V_k, a combination of ``delta`` and squares of letters with coefficients in k and constants.
    by
        Multipliers of the inequalities of :mod:`ratebound.theory.points`.
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
        if theorem.measure != "gap_last" or theorem.stochastic:
            raise RateboundError("a potential bounds gap_last of a deterministic method")
        if self.factor.has(k):
            raise RateboundError("the factor of a potential is a constant")
        require_assumed(self.by, theorem)
        before = self.potential if self.lower is None else self.lower
        self._check_step(theorem, before)
        self._check_shape(theorem, self.potential, "the potential", theorem.start)
        self._check_shape(theorem, self.potential - before, "the potential minus its lower form", S.Zero)
        self._check_shape(theorem, before, "the potential before a step", S.Zero)
        self._check_bound(theorem, before)

    def claim(self, method: Method) -> Expr:
        """Return ``factor V_k - V_{k+1}`` with the update put in."""
        moved = {letter(name): centred(rule, method) for name, rule in method.update.items()}
        before = self.potential if self.lower is None else self.lower
        after = self.potential.subs(k, k + 1).xreplace({**moved, delta: delta_next})
        return self.factor * before - after

    def _check_step(self, theorem: Theorem, before: Expr) -> None:
        method = theorem.method
        places = {Y: centred(method.point, method), XN: centred(method.update["x"], method)}
        total = sum((m * i.slack.xreplace(places) for i, m in self.by.items()), S.Zero)
        total += sum((c * q.xreplace(places) for q, c in self.plus.items()), S.Zero)
        values = {alpha: theorem.step}
        residual = expand((self.claim(method) - total).xreplace(values))
        state = (*letters(method).values(), GY, delta, delta_next, gap_at_point)
        left = [
            c * _product(state, powers) for powers, c in Poly(residual, *state).terms() if not vanishes(c)
        ]
        if left:
            raise RateboundError(
                f"the certificate does not close: the claim differs from the multipliers' sum by "
                f"{factor_terms(sum(left))}; correct the multipliers, or the bound"
            )
        for quantity in self.plus:
            if not quantity.is_nonnegative:
                raise RateboundError(f"{quantity} may be negative, so a multiple of it proves nothing")
        for what, multiplier in [*((i.name, m) for i, m in self.by.items()), *self.plus.items()]:
            require(multiplier.xreplace(values), theorem, f"the multiplier of {what}", S.Zero)

    def _check_shape(self, theorem: Theorem, form: Expr, what: str, start: Expr) -> None:
        """Check that a form is a nonnegative combination of the gap and of squares of letters."""
        state = (*letters(theorem.method).values(), delta)
        for powers, c in Poly(expand(form.xreplace({alpha: theorem.step})), *state).terms():
            gap, squares = powers[-1], powers[:-1]
            if (gap, sum(squares)) not in ((1, 0), (0, 2)) or (not gap and max(squares) != 2):
                if c != 0:
                    raise RateboundError(
                        f"{what} has the term {c * _product(state, powers)}: only squares do"
                    )
                continue
            require(c, theorem, f"{what}, its factor of {_product(state, powers)}", start)

    def _check_bound(self, theorem: Theorem, before: Expr) -> None:
        values = {alpha: theorem.step}
        started = {letter(name) for name in ("x", *theorem.method.from_start)}
        first = expand(before.subs(k, 0).xreplace(values))
        squares = {each**2: D**2 for each in started}
        first = first.xreplace({delta: AT_START[delta]}).subs(squares)
        if first.free_symbols & set(letters(theorem.method).values()):
            raise RateboundError(f"the potential at the start, {first}, is not known")
        share = expand(self.potential.xreplace(values)).coeff(delta)
        require(share, theorem, "the share of the measure in the potential")
        rate = self.factor.xreplace(values)
        if not nonnegative(rate, theorem.chart):
            raise RateboundError(f"the factor {rate} of the potential may be negative")
        implied = rate**k * first
        require(theorem.at(k) * share - implied, theorem, "the bound against the potential at the start")


def _product(symbols: tuple[Symbol, ...], powers: tuple[int, ...]) -> Expr:
    product = S.One
    for symbol, power in zip(symbols, powers, strict=True):
        product = product * symbol**power
    return product
