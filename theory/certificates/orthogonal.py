"""Certificates for steps after which gradients are orthogonal, as those of an exact line search are.

With ``g = grad f(x_k)`` and ``h = grad f(x_{k+1})`` orthogonal to each other, and so to ``x_{k+1} - x_k``,
convexity of f gives ``delta_k <= <g, v>`` and ``delta_{k+1} <= <h, v>`` for the same ``v = x_k - x*``: by
Bessel's inequality ``delta_k^2/||g||^2 + delta_{k+1}^2/||h||^2 <= ||v||^2``. Long gradients are what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S, Symbol

from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import first_order
from ratebound.theory.certificate import (
    Multipliers,
    prove_claim,
    require,
    require_known,
    with_expressions,
)
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality
from ratebound.theory.letters.metric import level_radius
from ratebound.theory.onestep import expansion
from ratebound.theory.symbols import (
    D,
    d2,
    d2_next,
    delta,
    delta_next,
    gap0,
    grad_inner,
    grad_next_sq,
    grad_sq,
    k,
    move_inner,
    next_move_inner,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_A, _B, _P, _Q = (Symbol(name, positive=True) for name in ("A", "B", "P", "Q"))
"""delta_k, delta_{k+1} and both squared gradients."""


@dataclass(frozen=True)
class OrthogonalDescent:
    """``1/delta`` grows by ``4 c/R^2`` in each step, ``c (||g||^2 + ||h||^2)`` what f falls by, R the radius.

    With Bessel's inequality ``R^2 (||g||^2 + ||h||^2) >= (delta_k + delta_{k+1})^2``, and that is at least
    ``4 delta_k delta_{k+1}``.

    Parameters
    ----------
    decrease
        c, an expression in the step.
    by
        The proof of ``delta - c (grad_sq + grad_next_sq) - delta_next >= 0``.
    orthogonal
        The two inequalities that prove ``<g, h> >= 0`` and ``<g, h> <= 0``.
    shrink
        The proof of ``d2 - d2_next >= 0``: then R is D. None where R is the radius of the level set of x_0,
        which is not left as f falls.
    """

    decrease: Expr
    by: Multipliers
    orthogonal: tuple[Inequality, Inequality]
    shrink: Multipliers | None = None
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)

    def check(self, theorem: Theorem) -> None:
        """Check what a step is claimed to do, the inequalities of the text, and the bound that follows."""
        if theorem.measure != "gap_last" or theorem.method.sampling != "full":
            raise RateboundError("orthogonal gradients bound gap_last of a method of full gradients")
        names = theorem.assumed
        if not first_order.requires <= names:
            raise RateboundError("Bessel's inequality is about gaps of a convex f; assume it")
        require_known(self.decrease, "the decrease")
        if self.decrease.has(k):
            raise RateboundError("this certificate needs a constant decrease")
        require(self.decrease, theorem, "the decrease")
        squares = grad_sq + grad_next_sq
        prove_claim(theorem, delta - self.decrease * squares - delta_next, self.by, {})
        for sign, inequality in zip((1, -1), self.orthogonal, strict=True):
            prove_claim(theorem, sign * grad_inner, {inequality: S.One}, {})
        along = expansion(theorem.method).get(next_move_inner, move_inner)
        if not vanishes(along - along.coeff(grad_inner) * grad_inner):
            raise RateboundError(f"the step of {theorem.method.name} is not one along the gradient")
        radius = self._radius(theorem, names)
        for claim in ((_A**2 / _P + _B**2 / _Q) * (_P + _Q) - (_A + _B) ** 2, (_A + _B) ** 2 - 4 * _A * _B):
            if not nonnegative(claim):
                raise RateboundError(f"{claim} is not proved to be >= 0")
        implied = 1 / (1 / gap0 + 4 * k * self.decrease / radius**2)
        if not vanishes(theorem.bound - implied):
            require(theorem.bound - implied, theorem, "the bound against 1/(1/gap0 + 4 k c/R^2)")

    def _radius(self, theorem: Theorem, names: frozenset[str]) -> Expr:
        if self.shrink is not None:
            prove_claim(theorem, d2 - d2_next, self.shrink, {})
            return D
        if "bounded_level" not in names:
            raise RateboundError("nothing keeps the points near x*; prove it, or assume bounded_level")
        return level_radius
