"""Certificates of steps of a chosen length along a noisy gradient: its unit vector, or its signs.

With h = grad f(x_k), H its norm, the estimate ``g = h + e``, ``E e = 0``, ``E||e||^2 <= s^2``, and the unit
vector ``u = g/||g||``, every draw obeys

    H - <h, u> <= ||e - s h/H||^2/(2 s),

whose mean is at most s. With r = ||g|| and t the cosine of the angle between g and h both sides are linear in
t: at t = 1 the difference is a square, and at t = -1 it is left over from ``(r + H + s)^2 >= 4 H s``. Signs
are unit vectors of single coordinates, each with its own s; given x_k these hold, and the mean of a root is
at most the root of the mean. So a step of the length alpha takes ``alpha (H - s)`` from f, in the
mean, up to the curvature: the usual proof, by ``<h, u> >= H - 2 ||e||`` or by the chance of a wrong sign
(Bernstein et al. 2018), loses twice as much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sympy import Expr, S, Symbol, sign, sqrt

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.lemmas import SumLemma
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.assumptions import descent_in_signs, descent_lemma
from ratebound.theory.certificate import require, require_assumed
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.certificates.telescope import summed
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.directions import sample_noise_l1, sample_variance
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods.drawn import unit_length
from ratebound.theory.symbols import K, L, L_inf, alpha, b, gap0, k

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_H, _s = Symbol("H", positive=True), Symbol("s", positive=True)


def step_norm(method: Method) -> Literal["euclidean", "maximum"] | None:
    """Return the norm in which no step is longer than alpha; None for steps of any length."""
    moved = x - method.update["x"]
    length = None if method.draws is None else method.draws.length
    if length is not None and vanishes(moved - alpha * length / unit_length):
        return "euclidean"
    signs = moved.atoms(sign)
    return "maximum" if len(signs) == 1 and vanishes(moved - alpha * signs.pop()) else None


def check_mean_of_directions() -> None:
    """Check what a direction loses to the noise, at both ends of the cosine, and its mean."""
    r = free("r")
    same, opposite = (r - _H - _s) ** 2, (r + _H + _s) ** 2
    if not nonnegative(same) or not nonnegative(opposite - 4 * _H * _s):
        raise RateboundError("H - <h, u> may exceed ||e - s h/H||^2/(2 s)")
    # Of ||e||^2 - 2 s <e, h>/H + s^2 the product has the mean zero.
    if not vanishes((_s**2 + _s**2) / (2 * _s) - _s):
        raise RateboundError("the mean of what is lost is not s")


@dataclass(frozen=True)
class NoisyDirection:
    """``E f(x_{k+1}) <= E f(x_k) - alpha (E||grad f(x_k)|| - s/sqrt(b)) + alpha^2 L/2``, summed.

    For steps along signs the norms are the sum of absolute values and, of steps, the maximum norm.

    Parameters
    ----------
    weight_sum, square_sum, noise_sum
        Lemmas on the sums of the steps, of their squares, and of steps over roots of batches, where these
        depend on k.
    """

    weight_sum: SumLemma | None = None
    square_sum: SumLemma | None = None
    noise_sum: SumLemma | None = None
    cited: bool = field(default=False, init=False)

    @staticmethod
    def parts(theorem: Theorem) -> tuple[Expr, Expr]:
        """Return the noise of one sample and the curvature that the theorem's measure takes."""
        signs = theorem.measure == "grad_l1_mean"
        return (sample_noise_l1, L_inf) if signs else (sqrt(sample_variance), L)

    def check(self, theorem: Theorem) -> None:
        """Check the method, what a direction loses, the sums, and the bound."""
        signs = theorem.measure == "grad_l1_mean"
        if theorem.measure not in ("grad_norm_mean", "grad_l1_mean") or not theorem.stochastic:
            raise RateboundError("this certificate bounds grad_norm_mean or grad_l1_mean, with batches")
        method, expected = theorem.method, "maximum" if signs else "euclidean"
        along = sign(g) if signs else None if method.draws is None else method.draws.length
        if set(method.update) != {"x"} or step_norm(method) != expected or along not in (g, sign(g)):
            raise RateboundError(f"{method.name} does not step along the direction of g, of length alpha")
        if signs and not vanishes(x - method.update["x"] - alpha * sign(g)):
            raise RateboundError(f"{method.name} does not step along the signs of g")
        method.require_plain()
        require_assumed({descent_in_signs if signs else descent_lemma: S.One}, theorem)
        require_parts(theorem, "bounded_noise_l1" if signs else "bounded_sample_variance")
        if (theorem.weights / theorem.step).simplify().has(k):
            raise RateboundError(f"the mean has the weights {theorem.weights}, the proof the step")
        check_mean_of_directions()
        noise, curvature = self.parts(theorem)
        weight = summed(theorem, alpha, self.weight_sum, "lower")
        total = gap0 + summed(theorem, alpha**2 * curvature / 2, self.square_sum, "upper")
        floor = S.Zero
        if theorem.batch is None:
            floor = noise / sqrt(b)
        else:
            require(theorem.batch, theorem, "the size of a batch", S.Zero)
            total += summed(theorem, alpha * noise / sqrt(theorem.batch), self.noise_sum, "upper")
        last = K if theorem.at_horizon else k
        require(weight, theorem, "the total weight")
        claim = ((theorem.at(k) - floor) * weight - total).subs(k, last)
        require(claim, theorem, "the bound against the summed decrease")


def require_parts(theorem: Theorem, noise: str) -> None:
    """Check that f is bounded below and the noise bounded.

    Raises
    ------
    RateboundError
        Naming what is lacking.
    """
    require_properties(theorem, noise, "lower_bounded")
