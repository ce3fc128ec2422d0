"""Certificates for AdaGrad-Norm: its steps are ``e/B`` times the gradient, ``B^2 = b0^2 + sum of ||g||^2``.

``e = alpha b0`` is a length, B the accumulator after the gradient has entered, S the sum of the squared
gradients of k steps: ``B_k^2 = b0^2 + S``. Each step is one of gradient descent with its own B, so that the
descent lemma speaks about it; the accumulator turns the summed decrease into a bound on S.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Symbol, log, simplify

from ratebound.theory.algebra.chart import Chart, free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.onestep import expansion, prove_step
from ratebound.theory.symbols import L, alpha, b0, delta, delta_next, gap0, grad_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

B = Symbol("B", positive=True)
"""The accumulator after the gradient has entered."""
_LENGTH = alpha * b0
_u, _c = Symbol("u", positive=True), Symbol("c", positive=True)


def _frozen(method: Method) -> Method:
    """Return the step as one of gradient descent, B being a number.

    Raises
    ------
    RateboundError
        If the method accumulates something else.
    """
    v = Symbol("v", real=True)
    if set(method.update) != {"x", "v"} or not vanishes(method.update["v"] - v - grad_sq):
        raise RateboundError(f"{method.name} does not sum its squared gradients in v")
    method.require_plain()
    step = simplify(method.update["x"].subs(v, B**2 - b0**2 - grad_sq))
    if not vanishes(step - (x - _LENGTH / B * g)):
        raise RateboundError(f"the step of {method.name} is not alpha b0/B times the gradient")
    return Method("frozen", "One step", {"x": step}, "full")


def _prove_step(theorem: Theorem, kept: Expr, chart: Chart) -> None:
    """Prove ``delta_{k+1} <= delta_k - e/B (1 - kept) ||g||^2``."""
    if theorem.measure != "grad_norm_sq_mean" or theorem.stochastic or theorem.weights != 1:
        raise RateboundError("this certificate bounds grad_norm_sq_mean of a deterministic method")
    if theorem.step != alpha:
        raise RateboundError("this certificate is for the constant step alpha")
    require_assumed({descent_lemma: alpha}, theorem)
    left = _LENGTH / B * (kept - L * _LENGTH / (2 * B))
    prove_step(
        delta - _LENGTH / B * (1 - kept) * grad_sq - delta_next,
        {descent_lemma: alpha / alpha},
        {grad_sq: left},
        definitions=expansion(_frozen(theorem.method)),
        values={},
        chart={**theorem.chart, **chart},
        k=k,
        start=alpha * 0,
    )


def log_above_share() -> None:
    """Check that ``log(u) >= (1 - u^-2)/2`` for u >= 1: equal at one, and the slopes are in that order."""
    gain = log(_u) - (1 - _u**-2) / 2
    if gain.subs(_u, 1) != 0 or not nonnegative(gain.diff(_u).subs(_u, 1 + free("s"))):
        raise RateboundError("log(u) >= (1 - 1/u^2)/2 is not proved")


def log_below_tangent(u: Expr, c: Expr) -> Expr:
    """Return ``u/c + log(c) - 1``, which is checked to be at least log(u).

    They are equal at u = c, where the difference turns from falling to rising.
    """
    chord = _u / _c + log(_c) - 1 - log(_u)
    rising = simplify(chord.diff(_u) / (_u - _c))
    if simplify(chord.subs(_u, _c)) != 0 or not nonnegative(rising):
        raise RateboundError("log(u) <= u/c + log(c) - 1 is not proved")
    return (chord + log(_u)).subs({_u: u, _c: c})


@dataclass(frozen=True)
class ShortSteps:
    """Steps of at most 1/L: half of each decrease stays, and every ``1/B_j`` is at least the last one.

    ``sum of ||g_j||^2/B_{j+1} <= A``, A = 2 gap0/e, hence ``S <= A sqrt(b0^2 + S)``: S is at most the
    positive root of ``S^2 = A^2 (b0^2 + S)``.
    """

    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the step, and that the bound on S lies beyond the root."""
        _prove_step(theorem, alpha / (2 * alpha), {B: b0 + free("s")})
        S, A = theorem.at(k) * k, 2 * gap0 / _LENGTH
        require(S, theorem, "the bound on the sum")
        require(S**2 - A**2 * (b0**2 + S), theorem, "the bound against the root of S^2 = A^2 (b0^2 + S)")


@dataclass(frozen=True)
class AnySteps:
    """Steps of any length: ``delta + e b - e^2 L log(b)`` does not grow, b the accumulator.

    With ``log(u) <= u/c + log(c) - 1`` at c = 2 alpha L this bounds b after k steps by a number ``limit``.
    """

    cited: bool = field(default=False, init=False)

    @property
    def limit(self) -> Expr:
        """The bound on b."""
        return 2 * (b0 + gap0 / _LENGTH + _LENGTH * L * (log(2 * alpha * L) - 1))

    def check(self, theorem: Theorem) -> None:
        """Check the step, both inequalities about logarithms, and the bound."""
        # The descent lemma as it is: the square of the step stays, e^2 L/(2 B^2) ||g||^2.
        _prove_step(theorem, L * _LENGTH / (2 * B), {})
        before = Symbol("b_before", positive=True)
        grown = {B: before + free("s")}
        entered = B**2 - before**2
        if not nonnegative((entered / B - (B - before)).subs(B, grown[B])):
            raise RateboundError("||g||^2/B is not at least the growth of the accumulator")
        log_above_share()
        # e b - e^2 L log(b/b0) <= gap0 + e b0, and at c = 2 alpha L half of e b is left.
        u = Symbol("b", positive=True) / b0
        tangent = log_below_tangent(u, 2 * alpha * L)
        kept = _LENGTH * u * b0 - _LENGTH**2 * L * tangent - (gap0 + _LENGTH * b0)
        if not vanishes(kept - _LENGTH / 2 * (u * b0 - self.limit)):
            raise RateboundError("the limit of the accumulator does not follow from the potential")
        implied = (self.limit**2 - b0**2) / k
        if not vanishes(theorem.at(k) - implied):
            require(theorem.at(k) - implied, theorem, "the bound against the limit of the accumulator")
