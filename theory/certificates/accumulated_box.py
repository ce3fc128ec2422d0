"""Certificates for steps ``length/B`` times the gradient onto a box, where B never falls, per coordinate.

H is half the side of the box, e a coordinate of x_k - x*, u the same of the gradient estimate, A and B the
accumulator before and after u has entered. The projection brings no point further from x*, so that

    B e_{k+1}^2 <= B e^2 - 2 l u e + l^2 u^2/B <= A e^2 + (B - A) (2 H)^2 - 2 l u e + l^2 u^2/B,

l the length: ``A e^2`` telescopes, whatever the gradients are. Means are taken last; convexity gives
``E u e >= f(x_k) - f*``, summed over the coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, S, Symbol, expand, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.lemmas import inverse_sqrt_above
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import bounded_gradient, bounded_moment, first_order
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, grad_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import g, x
from ratebound.theory.methods.boxed import HALF, aimed
from ratebound.theory.symbols import alpha, b0, gamma, grad_sq, k, second_moment

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

A, B, u = (Symbol(name, positive=True) for name in "ABu")
"""The accumulator before and after the gradient has entered, and the size of the gradient."""
_v, _top = Symbol("v", real=True), Symbol("top", real=True)
_WIDTH = 2 * HALF


def _check_words(theorem: Theorem, inner: Expr) -> None:
    """Check what the proof is about, and the inequalities of the step that hold for any B >= A > 0."""
    if theorem.measure != "gap_average" or theorem.weights != 1:
        raise RateboundError("this certificate bounds gap_average with equal weights")
    if aimed(theorem.method) is None or not vanishes(aimed(theorem.method) - inner):
        raise RateboundError(f"{theorem.method.name} is not the projected step {inner}")
    theorem.method.require_plain()
    require_assumed({first_order: S.One}, theorem)
    _require_named(theorem, "boxed", "a box that holds x_0 and x*")
    e, length = Symbol("e", real=True), Symbol("l", positive=True)
    step = B * (e - length * u / B) ** 2 - (B * e**2 - 2 * length * u * e + length**2 * u**2 / B)
    spread = (_WIDTH**2 - e**2) * (B - A)
    inside = {e**2: _WIDTH**2 / (1 + free("s"))}
    if not vanishes(expand(step)) or not nonnegative(spread.subs(inside).subs(B, A + free("r"))):
        raise RateboundError("the step with the accumulator as weight does not close")


@dataclass(frozen=True)
class SummedSquares:
    """``B^2 = b0^2 + sum of u^2``: what each step adds, ``u^2/B <= 2 (B - A)``, telescopes as well.

    Over k steps ``2 l sum of u e <= ((2 H)^2 + 2 l^2) B_k``, per coordinate. By Cauchy and Schwarz the d
    accumulators have together the mean of at most ``sqrt(d (d b0^2 + k second_moment))``.

    Parameters
    ----------
    together
        Whether one accumulator, of ||g||^2, serves all coordinates.
    """

    together: bool = False
    cited: bool = field(default=False, init=False)

    def implied(self) -> Expr:
        """Return the bound that follows."""
        if self.together:
            spent, accumulated = d * _WIDTH**2 + 2 * gamma**2, sqrt(b0**2 + k * second_moment)
        else:
            spent, accumulated = _WIDTH**2 + 2 * gamma**2, sqrt(d * (d * b0**2 + k * second_moment))
        return spent / (2 * gamma) * accumulated / k

    def check(self, theorem: Theorem) -> None:
        """Check the method, what a step adds, and the bound."""
        method = theorem.method
        square = grad_sq if self.together else g**2
        require_assumed({bounded_moment if theorem.stochastic else bounded_gradient: S.One}, theorem)
        _check_words(theorem, x - alpha * g / sqrt(b0**2 + _v + square))
        if set(method.update) != {"x", "v"} or not vanishes(method.update["v"] - _v - square):
            raise RateboundError(f"{method.name} does not sum {square} in v")
        if theorem.step != gamma:
            raise RateboundError("this certificate is for steps of the constant length gamma")
        added = (2 * (B - A) - u**2 / B).subs(u, sqrt(B**2 - A**2))
        if not nonnegative(added.subs(B, A + free("r"))):
            raise RateboundError("u^2/B is not at most twice the growth of the accumulator")
        _require_bound(theorem, self.implied())


@dataclass(frozen=True)
class LargestAverage:
    """AMSGrad without momentum: ``B^2 = b0^2 + (largest average of u^2 yet)``, lengths ``gamma/sqrt(k + 1)``.

    B over the length never falls either. Where ``|u| <= G`` it is at most ``sqrt(b0^2 + G^2) sqrt(k)/gamma``
    over k steps, and ``u^2/B <= G/sqrt(1 - decay)``: each coordinate pays (2 H)^2 times the one and
    ``gamma`` times the other, times the sum of ``1/sqrt(j + 1)``.
    """

    cited: bool = field(default=False, init=False)

    def implied(self) -> Expr:
        """Return the bound that follows."""
        kept = _WIDTH**2 * sqrt(k) * sqrt(b0**2 + grad_inf**2) / gamma
        added = gamma * grad_inf / sqrt(1 - decay) * inverse_sqrt_above.bound
        return d * (kept + added) / (2 * k)

    def check(self, theorem: Theorem) -> None:
        """Check the method, that the accumulator never falls, what a step adds, and the bound."""
        method, average = theorem.method, decay * _v + (1 - decay) * g**2
        largest = Max(_top, average)
        _check_words(theorem, x - alpha * g / sqrt(b0**2 + largest))
        rules = {"v": average, "top": largest}
        if set(method.update) != {"x", *rules} or any(method.update[n] != rule for n, rule in rules.items()):
            raise RateboundError(f"{method.name} does not keep the largest average of g^2 in top")
        _require_named(theorem, "bounded_coordinates", "a bound on every coordinate")
        if not vanishes(theorem.step - gamma * inverse_sqrt_above.summand):
            raise RateboundError("this certificate is for steps of the length gamma/sqrt(k + 1)")
        # What enters h is at least (1 - decay) u^2; and an average of squares of at most G^2 is one itself.
        entered = average.subs({_v: free("v"), g: u}) - (1 - decay) * u**2
        below = (grad_inf**2 - average).subs(
            {_v: grad_inf**2 / (1 + free("s")), g: grad_inf / (1 + free("t"))}
        )
        for what, slack in (("the size of what enters", entered), ("the largest average", below)):
            require(slack, theorem, what, S.Zero)
        _require_bound(theorem, self.implied())


def _require_named(theorem: Theorem, name: str, what: str) -> None:
    if name not in theorem.assumed:
        raise RateboundError(f"the proof needs {what}; assume {name}")


def _require_bound(theorem: Theorem, implied: Expr) -> None:
    if not vanishes(theorem.at(k) - implied):
        require(theorem.at(k) - implied, theorem, "the bound against the telescoped sum")
