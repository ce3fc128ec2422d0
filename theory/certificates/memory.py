"""Certificates for methods with memory, such as SGD with momentum, in expectation.

Vectors are letters (``X`` for x_k - x*, ``M`` for a momentum m_k, ``G`` for grad f(x_k)) and products inner
products. A potential is a sum of squares of letters and a multiple of f - f* at a second point p_k, such as
x_{k-1}. Given x_k and m_k the estimate g_k has the mean G, and its square the mean ``moment``; a full
gradient is G itself. A bound
on f(x_k) is read off the potential after the step from x_k: it needs the noise at x_k too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Poly, S, Symbol, expand, factor_terms

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.assumptions import Inequality
from ratebound.theory.certificate import (
    AT_START,
    require,
    require_assumed,
    require_known,
    with_expressions,
)
from ratebound.theory.certificates.potential import expected, letter
from ratebound.theory.certificates.telescope import JENSEN, SUMMED
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import GP, PN, P
from ratebound.theory.method import Method
from ratebound.theory.onestep import G, X
from ratebound.theory.symbols import (
    D,
    alpha,
    d2,
    delta,
    descent,
    gap_aside,
    gap_aside_next,
    grad_sq,
    k,
    moment,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_IN_LETTERS = {descent: G * X, d2: X**2, grad_sq: G**2}
_SCALARS = (delta, gap_aside, gap_aside_next, moment)


def moved(method: Method) -> dict[Symbol, Expr]:
    """Return the letter of each state -> what an update makes of it, in letters and ``g``.

    Raises
    ------
    RateboundError
        If x* would move, or the gradient is taken elsewhere than at x.
    """
    if method.point != Symbol("x", real=True):
        raise RateboundError(f"{method.name} takes its gradients elsewhere than at x")
    star = Symbol("xs")
    points = {"x", *method.from_start}
    rest = {name: star if name in points else S.Zero for name in method.update}
    shift = {Symbol(name, real=True): letter(name) + rest[name] for name in method.update}
    after = {letter(name): expand(rule.xreplace(shift) - rest[name]) for name, rule in method.update.items()}
    if any(not vanishes(rule.coeff(star)) for rule in after.values()):
        raise RateboundError(f"an update of {method.name} moves x*: it is no step from where it rests")
    return {name: rule.xreplace({star: S.Zero}) for name, rule in after.items()}


@dataclass(frozen=True)
class Memory:
    """Telescoping of ``E_k V_{k+1} + weight q_k <= V_k + noise`` with ``V = squares + share (f(p_k) - f*)``.

    Parameters
    ----------
    squares
        Linear forms in letters -> the factor of their squares in V_k.
    share
        The factor of f(p_k) - f* in V_k.
    aside
        p_k - x* in letters; at the start it must be x_0. If p_{k+1} is x_k the potential bounds f(x_k) - f*.
    by
        Multipliers of inequalities; in those of :mod:`ratebound.theory.inequalities.points`
        P and PN are p_k and p_{k+1}.
    plus
        Factors of nonnegative quantities: gaps, squares of letters.
    weight
        Factor of the averaged quantity q_k; zero for a bound on f(x_k) - f*, read off V_{k+1}.
    noise
        Added in each step, free of k.
    """

    squares: Mapping[Expr, Expr]
    share: Expr
    aside: Expr
    by: Mapping[Inequality, Expr]
    plus: Mapping[Expr, Expr] = field(default_factory=dict)
    weight: Expr = S.Zero
    noise: Expr = S.Zero
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    @property
    def potential(self) -> Expr:
        """V_k in letters."""
        return sum((c * form**2 for form, c in self.squares.items()), self.share * gap_aside)

    def follows(self, theorem: Theorem) -> bool:
        """Whether p_{k+1} is x_k."""
        return vanishes(self._next_aside(theorem) - X)

    def claim(self, theorem: Theorem) -> Expr:
        """Return ``V_k + noise - weight q_k - E_k V_{k+1}`` in letters and scalars."""
        method = theorem.method
        gap = delta if self.follows(theorem) else gap_aside_next
        step = {alpha: theorem.step}
        later = self.potential.xreplace(step).subs(k, k + 1)
        after = later.xreplace({gap_aside: gap, **moved(method)}).xreplace(step)
        summed = self.weight * SUMMED.get(theorem.measure, S.Zero)
        return self.potential + self.noise - summed - after

    def check(self, theorem: Theorem) -> None:
        """Check the step in expectation, that V_k is no less than what it stands for, and the bound."""
        last = theorem.measure == "gap_last"
        if last != (self.weight == 0) or not (last or theorem.measure in SUMMED):
            raise RateboundError(f"a memory with the weight {self.weight} does not bound {theorem.measure}")
        require_assumed(self.by, theorem)
        require_known(self.noise + self.weight + self.share, "noise, weight or share")
        if any(each.xreplace({alpha: theorem.step}).has(k) for each in (self.noise, self.weight)):
            raise RateboundError("noise and weight of a memory are constants")
        if last and not self.follows(theorem):
            raise RateboundError(
                "the second point of the potential is not the iterate before the present one"
            )
        self._check_step(theorem)
        for form, factor in self.squares.items():
            require(factor, theorem, f"the factor of the square of {form}", S.Zero)
        require(self.share, theorem, "the share of the gap in the potential", S.Zero)
        require(self.noise, theorem, "the noise", S.Zero)
        self._check_bound(theorem, last)

    def _next_aside(self, theorem: Theorem) -> Expr:
        step = {alpha: theorem.step}
        later = self.aside.xreplace(step).subs(k, k + 1)
        return expand(later.xreplace(moved(theorem.method)).xreplace(step))

    def _check_step(self, theorem: Theorem) -> None:
        method = theorem.method
        places = {**_IN_LETTERS, P: self.aside, PN: self._next_aside(theorem)}
        total = sum((m * i.slack.xreplace(places) for i, m in self.by.items()), S.Zero)
        total += sum((c * q.xreplace(places) for q, c in self.plus.items()), S.Zero)
        values = {alpha: theorem.step}
        square = moment if theorem.stochastic else G**2
        claim = (self.claim(theorem) - total).xreplace(_IN_LETTERS)
        residual = expected(claim.xreplace(values), G, square)
        state = (*moved(method), G, GP, *_SCALARS)
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

    def _check_bound(self, theorem: Theorem, last: bool) -> None:
        points = {"x", *theorem.method.from_start}
        at_rest = {letter(name): S.Zero for name in theorem.method.update if name not in points}
        at_rest |= {letter(name): X for name in theorem.method.from_start}
        if not vanishes(self.aside.subs(k, 0).xreplace(at_rest) - X):
            raise RateboundError(f"at the start the second point {self.aside} is not x_0")
        first = expand(self.potential.subs(k, 0).xreplace({**at_rest, alpha: theorem.step.subs(k, 0)}))
        first = first.xreplace({gap_aside: AT_START[delta]}).subs(X**2, D**2)
        require_known(first, "the potential at the start")
        values = {alpha: theorem.step}
        if last:
            # V_{k+1} contains f(x_k) - f*, after k + 1 steps.
            gathered, spent = self.share.subs(k, k + 1), k + 1
        else:
            names = theorem.assumed
            if theorem.weights.has(k) or (theorem.measure == "gap_average" and not names & JENSEN):
                raise RateboundError("a memory sums equal weights, and the gap of an average needs convexity")
            gathered, spent = k * self.weight, k
        gathered = gathered.xreplace(values)
        require(gathered, theorem, "the total weight")
        total = first + spent * self.noise.xreplace(values)
        require(theorem.at(k) * gathered - total, theorem, "the bound against the telescoped sum")


def _product(symbols: tuple[Symbol, ...], powers: tuple[int, ...]) -> Expr:
    product = S.One
    for symbol, power in zip(symbols, powers, strict=True):
        product = product * symbol**power
    return product
