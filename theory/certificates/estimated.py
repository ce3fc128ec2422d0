"""The certificate of D-adaptation: its estimates stay below the distance to x*, and what follows for f.

D is ``||x_0 - x*||``, S the sum of ``d_j <g_j, x_j - x_0>``, and W is ``||s||^2``. A step adds to S what it
takes from ``A/2 - W/(2 Gamma)``, or less, as Gamma never falls. By convexity and Cauchy and Schwarz

    0 <= sum of d_j (f(x_j) - f*) <= S + D sqrt(W) <= D sqrt(W) + A/2 - W/(2 Gamma),

so that every estimate is at most D. What a step adds to A is at most ``d^2 (1 + q)`` times the growth of
Gamma, ``q^2 = 1 + second_moment/b0^2``; with ``u = sqrt(W)/Gamma`` and d the last estimate therefore
``u^2 <= 2 d u + (1 + q) d^2``, and the sum is at most ``D Gamma d`` times a number.

Among k estimates that do not fall from ``gamma`` on there is one that is at most c times the sum of those
before it, for ``c = max(2/k, (D/gamma)^(2/(k - 1)) - 1)``: were it larger each time, the sum, at least
``k gamma/2`` after the first half, would grow by 1 + c in each step of the other, and the last exceed D.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, S, Symbol, exp, expand, floor, log, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import bounded_gradient, first_order
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import sum_inner
from ratebound.theory.method import g, x
from ratebound.theory.methods import estimated as m
from ratebound.theory.symbols import D, b0, gamma, grad_sq, k, second_moment

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

ratio = sqrt(1 + second_moment / b0**2)
"""q: Gamma grows in a step at most by this factor."""
reach = 1 + sqrt(2 + ratio)
"""How far x_k is from x_0 at most, in parts of the estimate."""
factor = reach + (1 + ratio) / 2
"""What the sum is at most, in parts of ``D Gamma d``."""
grown = 2 * log(D / gamma)
"""Twice the logarithm of how much the estimates may grow."""
_A, _B, _d = (Symbol(name, positive=True) for name in ("Gamma", "Gamma_next", "d"))


@dataclass(frozen=True)
class DistanceEstimate:
    """Of k steps the best gap is at most ``2 D factor (1 + grown) Gamma_k/(k - 1)``."""

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied() -> Expr:
        """Return the bound that follows."""
        return 2 * D * factor * (1 + grown) * sqrt(b0**2 + k * second_moment) / (k - 1)

    def check(self, theorem: Theorem) -> None:
        """Check the words, each inequality of the proof, and the bound."""
        if theorem.method != m.d_adaptation or theorem.measure != "gap_best" or theorem.step != gamma:
            raise RateboundError("this certificate bounds gap_best of D-adaptation, its first estimate gamma")
        require_assumed({first_order: S.One, bounded_gradient: S.One}, theorem)
        require(D - gamma, theorem, "the distance against the first estimate")
        if not nonnegative(theorem.start - 2):
            raise RateboundError("the bound is proved from k = 2 on")
        _check_sum()
        _check_accumulated()
        _check_sequence()
        if not vanishes(theorem.bound - self.implied()):
            require(theorem.bound - self.implied(), theorem, "the bound against the best of the estimates")


@dataclass(frozen=True)
class EstimateBelow:
    """Estimates stay below the distance, for weighted gaps have a sum that is not negative."""

    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the words, the sum of the method, and the bound."""
        sums = {m.d_adaptation: _check_sum, m.prodigy_gd: _check_gathered}
        if theorem.measure != "estimated_distance" or theorem.method not in sums:
            raise RateboundError("this certificate bounds the estimate of D-adaptation or of Prodigy")
        require_assumed({first_order: S.One}, theorem)
        require(theorem.step, theorem, "the step")
        sums[theorem.method]()
        require(theorem.bound - D, theorem, "the bound against the distance")

    @staticmethod
    def words(theorem: Theorem) -> list[str]:
        """Return the proof in words."""
        if theorem.method == m.prodigy_gd:
            return [
                "With s_k = x_0 - x_k, the sum of the steps alpha_j g_j over j < k, and A_k that of",
                "alpha_j <g_j, s_j>, convexity and Cauchy-Schwarz give",
                "0 <= sum of alpha_j (f(x_j) - f*) <= <s_k, x_0 - x*> - A_k <= D ||s_k|| - A_k,",
            ]
        return [
            "W is ||s_k||^2, Gamma^2 = b0^2 + sum of ||g_j||^2, A the sum of d_j^2 ||g_j||^2/Gamma_j.",
            "As x_k - x_0 = -s_k/Gamma_k and Gamma never falls, convexity and Cauchy-Schwarz give",
            "0 <= sum of d_j (f(x_j) - f*) <= D sqrt(W) + A/2 - W/(2 Gamma),",
        ]


def _require(expr: Expr, what: str) -> None:
    if not nonnegative(expr):
        raise RateboundError(f"{what}: {expr} is not proved to be >= 0")


def _check_sum() -> None:
    """Check what a step of the method does to S, and the estimate that it makes."""
    d = m.ESTIMATE
    square = expand(m.summed**2).subs({m.s**2: m.w, m.s * g: sum_inner, g**2: grad_sq})
    if not vanishes(expand(square - m.squared)):
        raise RateboundError(f"the squared norm of the sum is {square}, not {m.squared}")
    added = -d * sum_inner / m.BEFORE
    turned = (m.paid - m.a) / 2 - (m.squared - m.w) / (2 * m.BEFORE)
    if not vanishes(expand(added - turned)):
        raise RateboundError(f"a step adds {added} to the sum, not {turned}")
    later = {_B: _A + free("r")}
    _require((1 / _A - 1 / _B).subs(later), "Gamma never falls, so that W/Gamma falls with it")
    paid, root = Symbol("A", positive=True), Symbol("root", positive=True)
    above, below = paid * root + free("r"), paid * root / (1 + free("s"))
    if not vanishes(m.estimate(above, paid, root).doit() - (above / root - paid) / (2 * sqrt(above))):
        raise RateboundError("the estimate is not what D sqrt(W) + A/2 - W/(2 Gamma) >= 0 gives")
    _require(-m.estimate(below, paid, root).doit(), "that there is no estimate where this gives none")


def _check_gathered() -> None:
    """Check the sums of Prodigy, and the estimate that it makes."""
    rules, step = m.prodigy_gd.update, Symbol("alpha", positive=True)
    square = expand(m.away**2).subs({m.s**2: m.w, m.s * g: sum_inner, g**2: grad_sq})
    if not vanishes(expand(square - m.away_sq)):
        raise RateboundError(f"the squared norm of what is moved is {square}, not {m.away_sq}")
    if not vanishes(expand(rules["s"] - m.s - step * g)) or not vanishes(expand(rules["x"] - x + step * g)):
        raise RateboundError("s is not x_0 - x_k, the sum of the steps")
    if not vanishes(expand(rules["a"] - m.a - step * sum_inner)):
        raise RateboundError("the sum gathers something else")
    if rules["w"] != m.away_sq or rules["e"].args[0][0] != Max(m.e, rules["a"] / sqrt(rules["w"])):
        raise RateboundError("the estimate is not what D ||s|| - A >= 0 gives")


def _check_accumulated() -> None:
    """Check the growth of Gamma and of A, and the roots that follow."""
    step = second_moment / (1 + free("s"))
    _require(
        (ratio**2 - (1 + step / _A**2)).subs(_A, b0 + free("r")), "the factor by which Gamma grows in a step"
    )
    entered = (_B**2 - _A**2) / _A
    t = free("t")
    between = _A * (1 + t / (1 + free("s")))
    growth = (2 + t) * (_B - _A) - entered
    _require(growth.subs(_B, between), "what a step adds to A against the growth of Gamma")
    u = reach * _d
    if not vanishes(expand(u**2 - 2 * _d * u - (1 + ratio) * _d**2)):
        raise RateboundError(f"{u} is not the root of u^2 = 2 d u + (1 + q) d^2")
    summed = D * u + _d**2 * (1 + ratio) / 2
    _require((factor * D * _d - summed).subs(D, _d + free("r")), "the sum against its bound")


def _check_sequence() -> None:
    """Check the parts of the lemma about sequences that do not fall, and its closed form."""
    j, lg, last = Symbol("j", integer=True, nonnegative=True), free("g"), k + 2
    for count in (2 * j, 2 * j + 1):
        first = floor((count + 1) / 2)
        _require(2 * first - count, "the terms of the first half")
        _require(2 * (count - first) - (count - 1), "the steps of the second half")
    # e^y - 1 is convex in y, so that it is below its chord 2 y between 0 and 1.
    if not 2 - (exp(1) - 1) > 0:
        raise RateboundError("e^y - 1 <= 2 y is not proved for y <= 1")
    for least in (2 / last, 2 * lg / (last - 1)):
        _require(2 * (1 + lg) / (last - 1) - least, "the closed form of c")
    # For y > 1, y twice the logarithm over k - 1, nothing is claimed beyond f(x_0) - f* <= D ||grad f(x_0)||.
    few = (1 + lg) / (last - 1) - 1
    _require(few.subs(lg, (1 + free("r")) * (last - 1)), "the bound where there are few steps")
