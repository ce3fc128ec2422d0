"""Certificates for steps whose length depends on N = ||grad f(x_k)||: least or mean gradient, by pieces of N.

N may also be f(x_k) - f*: then it is the least gap that is bounded.

Where N is known to lie between two ends, a step is a number times the gradient, and one step of a potential
pays for ``c N^p``. If the least of N_0, .., N_{k-1} were larger than the bound allows, the steps together
would pay more than there is. Where ``c N`` is paid for any N, they pay for the mean of N with the weights c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Max, Min, Poly, Rational, S, Symbol, expand, sqrt

from ratebound.theory.algebra.chart import Chart, free
from ratebound.theory.algebra.lemmas import SumLemma
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificate import AT_START, Multipliers, require, require_assumed, require_known
from ratebound.theory.certificates.telescope import summed
from ratebound.theory.errors import RateboundError
from ratebound.theory.onestep import STATE, expansion
from ratebound.theory.symbols import alpha, d2, d2_next, delta, delta_next, grad_sq, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

N = Symbol("N", positive=True)
"""The norm of grad f(x_k), or f(x_k) - f*."""
_EUCLIDEAN = sqrt(grad_sq)
_MEASURED = {"grad_norm_sq_best": (_EUCLIDEAN, 2), "gap_best": (delta, 1), "grad_norm_mean": (_EUCLIDEAN, 1)}
"""Measure -> what N is, and the power of N that is bounded."""
_NEXT = {delta: delta_next, d2: d2_next}


@dataclass(frozen=True)
class Piece:
    """What a step does where ``low <= N <= high``.

    Parameters
    ----------
    by
        Multipliers of assumed inequalities, which may read N.
    factor, power
        c and p: the potential falls by ``c N^p``, up to the noise.
    low, high
        The ends; None for no upper end.
    shorter
        The argument that a ``Min`` in the step takes here.
    """

    by: Multipliers
    factor: Expr
    power: int
    low: Expr = S.Zero
    high: Expr | None = None
    shorter: Expr | None = None

    @property
    def chart(self) -> Chart:
        """N, swept between its ends."""
        s = free("s")
        return {N: self.low + s if self.high is None else (self.high + self.low * s) / (1 + s)}


@dataclass(frozen=True)
class LeastGradient:
    """``V_{k+1} + c N^p <= V_k + noise`` on each piece: a bound on the least N^2 or gap, or the mean of N.

    Parameters
    ----------
    potential
        V, either ``delta`` or ``d2``.
    pieces
        They cover all N >= 0, by increasing N.
    noise
        Added in each step, an expression in the step.
    norm
        What N is: ``sqrt(grad_sq)``; ``delta`` for the least gap.
    weight_sum, noise_sum
        Lemmas on the sums of c and of the noise, where the step depends on k; then there is one piece.
    """

    potential: Symbol
    pieces: tuple[Piece, ...]
    noise: Expr = S.Zero
    norm: Expr = _EUCLIDEAN
    weight_sum: SumLemma | None = None
    noise_sum: SumLemma | None = None
    cited: bool = field(default=False, init=False)

    @property
    def by(self) -> Mapping[object, Expr]:
        """The inequalities of all pieces."""
        return {inequality: m for piece in self.pieces for inequality, m in piece.by.items()}

    def claim(self, piece: Piece) -> Expr:
        """Return ``V_k + noise - c N^p - V_{k+1}``, which is ``>= 0`` on the piece."""
        return self.potential + self.noise - piece.factor * N**piece.power - _NEXT[self.potential]

    def check(self, theorem: Theorem) -> None:
        """Check the cover, every piece, and that the summed decrease implies the bound."""
        if theorem.measure not in _MEASURED or theorem.stochastic or not nonnegative(theorem.start - 1):
            raise RateboundError(
                f"this certificate bounds {' or '.join(_MEASURED)} of a deterministic method, from k = 1 on"
            )
        norm, bounded = _MEASURED[theorem.measure]
        if self.potential not in _NEXT:
            raise RateboundError(f"the potential is {' or '.join(map(str, _NEXT))}, not {self.potential}")
        if self.norm != norm:
            raise RateboundError(f"{self.norm} does not bound {theorem.measure} from above")
        if len(self.pieces) > 1 and theorem.step.has(k):
            raise RateboundError("with several pieces the step must not depend on k")
        require_known(self.noise, "the noise")
        ends = [S.Zero, *(piece.high for piece in self.pieces)]
        if ends[-1] is not None or [piece.low for piece in self.pieces] != ends[:-1]:
            raise RateboundError("the pieces do not cover all N >= 0 without gaps")
        if theorem.averaged_over is not None:
            self._check_mean(theorem)
        total = AT_START[self.potential] + summed(theorem, self.noise, self.noise_sum, "upper")
        for piece in self.pieces:
            self._check_piece(theorem, piece)
            require_known(piece.factor, "the factor")
            require(piece.factor.xreplace({alpha: theorem.step}), theorem, "the factor", S.Zero)
            paid = summed(theorem, piece.factor, self.weight_sum, "lower")
            require(paid, theorem, "the total weight")
            implied = (total / paid) ** Rational(bounded, piece.power)
            bound = theorem.at(k)
            if not any(
                vanishes(top - implied) for top in (bound.args if isinstance(bound, Max) else [bound])
            ):
                require(bound - implied, theorem, "the bound against the summed decrease")

    def _check_mean(self, theorem: Theorem) -> None:
        """Check that N itself is paid for, with the weights of the mean."""
        (piece, *others) = self.pieces
        ratio = (piece.factor / theorem.weights).xreplace({alpha: theorem.step}).simplify()
        if others or piece.power != 1 or ratio.has(k):
            raise RateboundError(f"the mean of N has weights {theorem.weights}, and the proof other factors")

    def _check_piece(self, theorem: Theorem, piece: Piece) -> None:
        """Check the claim: less its multipliers it is free of the state, and nonnegative on the piece."""
        require_assumed(piece.by, theorem)
        sweep = {**theorem.chart, **piece.chart}
        values = {self.norm**2: N**2, self.norm: N, alpha: theorem.step}
        moves = {
            name: _taken(form.subs(self.norm**2, N**2), piece, sweep)
            for name, form in expansion(theorem.method).items()
        }
        left = self.claim(piece) - sum((m * i.slack for i, m in piece.by.items()), S.Zero)
        residual = expand(left.xreplace(moves).xreplace(values))
        if not residual.is_polynomial(*STATE):
            raise RateboundError(f"the certificate does not close: {residual} is no polynomial in the state")
        rest = Poly(residual, *STATE)
        if any(any(powers) and not vanishes(c) for powers, c in rest.terms()):
            raise RateboundError(
                f"the certificate does not close: the claim differs from the multipliers' sum by {residual}"
            )
        for what, expr in [("what is left of the claim", rest.coeff_monomial(1)), *_named(piece.by)]:
            if not nonnegative(expr.xreplace(values), sweep, k, S.Zero):
                raise RateboundError(f"{what}, {expr}, may be negative for {piece.low} <= N <= {piece.high}")


def _named(by: Multipliers) -> list[tuple[str, Expr]]:
    return [(f"the multiplier of {inequality.name}", m) for inequality, m in by.items()]


def _taken(form: Expr, piece: Piece, sweep: Chart) -> Expr:
    """Return a form with each ``Min`` as the argument that it takes on the piece."""
    for least in form.atoms(Min):
        if piece.shorter not in least.args:
            raise RateboundError(f"{piece.shorter} is no argument of {least}")
        for other in least.args:
            if not nonnegative(other - piece.shorter, sweep):
                raise RateboundError(f"{piece.shorter} is not the least of {least} on the piece")
        form = form.xreplace({least: piece.shorter})
    return form
