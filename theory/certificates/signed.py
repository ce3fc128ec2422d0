"""Certificates for steps of a length that no gradient sets: they hold along every path, for any f.

A step along signs with weight decay, ``x' = (1 - alpha lambda) x - alpha sign(.)``, takes every coordinate
to at most ``(1 - alpha lambda) |x| + alpha``. For Adam, by Cauchy and Schwarz, ``m_k^2 <= c_k v_k`` with

    c_{k+1} = (beta^2/decay) c_k + (1 - beta)^2/(1 - decay),    c_0 = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol, expand, sign, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import require, require_constant_step
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import decay, x0_inf
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import signed as s
from ratebound.theory.symbols import alpha, b0, beta, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def kept(method: Method) -> Expr:
    """Return the factor of x in a step that beside it moves each coordinate by alpha at most.

    Raises
    ------
    RateboundError
        If a step does something else.
    """
    rule = expand(method.update["x"])
    moves = [each for each in rule.atoms(sign) if not each.has(x)]
    if len(moves) == 1:
        (along,) = moves
        factor = rule.coeff(x)
        if not factor.has(x, along) and vanishes(expand(rule - factor * x + alpha * along)):
            return factor
    raise RateboundError(f"{method.name} does not step along signs, with a decay of x beside them")


@dataclass(frozen=True)
class InBox:
    """Induction along ``|x'| <= (1 - alpha lambda) |x| + alpha``, for the largest coordinate."""

    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the step, its factor, the start and the induction."""
        if theorem.measure != "largest_coordinate":
            raise RateboundError("this certificate bounds the largest coordinate")
        require_constant_step(theorem)
        require(theorem.step, theorem, "the step")
        factor = kept(theorem.method).xreplace({alpha: theorem.step})
        require(factor, theorem, "the factor of x", S.Zero)
        require(theorem.at(0) - x0_inf, theorem, "the bound at the start")
        grown = theorem.at(k + 1) - factor * theorem.at(k) - theorem.step
        require(grown, theorem, "the induction step", S.Zero)


def ratio_at(count: Expr) -> Expr:
    """Return c_k."""
    q = beta**2 / decay
    return (1 - beta) ** 2 / (1 - decay) * (1 - q**count) / (1 - q)


@dataclass(frozen=True)
class StepLength:
    """No coordinate of a step of Adam is longer than ``alpha sqrt(c_k (1 - decay^k))/(1 - beta^k)``."""

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied(step: Expr) -> Expr:
        """Return the bound that follows."""
        return step * sqrt(ratio_at(k) * (1 - decay**k)) / (1 - beta**k)

    def check(self, theorem: Theorem) -> None:
        """Check the range, the inequality, the recursion, what the step divides by, and the bound."""
        if theorem.measure != "last_move" or theorem.method != s.adam:
            raise RateboundError("this certificate bounds the last move of Adam")
        require_constant_step(theorem)
        require(theorem.step, theorem, "the step")
        require(1 - decay, theorem, "what an average of squares takes from the new one")
        require(decay - beta**2, theorem, "the factor of the ratio")
        if not nonnegative(theorem.start - 1):
            raise RateboundError("no step is made before k = 1")
        _check_ratio()
        _check_step()
        # Whether another expression is larger is no question for the prover: only multiples are looked at.
        times = theorem.bound / self.implied(theorem.step)
        if times.free_symbols or not times >= 1:
            raise RateboundError(f"the bound {theorem.bound} is no multiple of {self.implied(theorem.step)}")


def _check_ratio() -> None:
    """Check ``m^2 <= c v`` after a step, by a square, and the closed form of c."""
    c, r = Symbol("c", positive=True), free("r")
    p, q = decay / c, 1 - decay
    after = beta**2 / p + (1 - beta) ** 2 / q
    left = after * s.square.subs(s.v, s.m**2 / c + r) - s.average**2
    # What is left of Cauchy and Schwarz, and of v beyond m^2/c.
    square = (beta * q * g - (1 - beta) * p * s.m) ** 2 / (p * q)
    if not vanishes(expand(left - square - after * decay * r)):
        raise RateboundError(f"{left} is not the square that Cauchy and Schwarz leave")
    grown = ratio_at(k + 1) - after.subs(c, ratio_at(k))
    if not vanishes(grown) or not vanishes(ratio_at(S.Zero)):
        raise RateboundError("the closed form of c_k is not that of its recursion")


def _check_step() -> None:
    """Check that the last move is the step, and what it divides by."""
    rules = s.adam.update
    rest = (rules["m"] - s.average, rules["v"] - s.square, rules["x"] - x - rules["u"])
    divided = alpha**2 * s.average**2 / (1 - beta ** (k + 1)) ** 2
    root = b0**2 + s.square / (1 - decay ** (k + 1))
    if not all(vanishes(expand(each)) for each in rest) or not vanishes(rules["u"] ** 2 * root - divided):
        raise RateboundError(
            "the step of Adam is not alpha m_k/(1 - beta^k) over the root of what is averaged"
        )
