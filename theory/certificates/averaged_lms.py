"""The certificate of averaged LMS: SGD with a constant step on a sum of quadratics, averaged.

With ``e_k = x_k - x*``, H_k the Hessian of the drawn batch, of mean H, and s_k its gradient at x*, of mean
zero, a step is ``e_{k+1} = (I - alpha H_k) e_k - alpha s_k``. The assumptions are ``E H_k^2 <= R^2 H`` and
``E s_k s_k^T <= c H``; means of batches obey what single samples do. By linearity ``e_k`` is what is left of
the start plus what noise adds from zero.

*The start.* Without noise ``E||e_{k+1}||^2 <= E||e_k||^2 - alpha (2 - alpha R^2) E<e_k, H e_k>``, which is
summed, and carried to the average by convexity.

*The noise.* Let u take the mean step ``u_{k+1} = (I - alpha H) u_k - alpha s_k`` from zero. Eigenvalue by
eigenvalue, ``E u_k u_k^T <= alpha c I`` by induction. Its average is ``-1/k sum_j (I - (I - alpha H)^j)
H^(-1) s`` over k noises s that are orthogonal to each other, so that ``E<mean u, H mean u> <= c rank/k``.
What the mean step leaves out, e - u, obeys the recursion of e with the noise ``(H_k - H) u_k``, whose second
moment is at most ``E H_k alpha c H_k <= alpha R^2 c H``: the same claim with alpha R^2 c for c. Level by
level the root mean squares of the averages, which add up, are a geometric series of the factor
sqrt(alpha R^2), and what is left after m levels goes to zero with m.

Source: Bach and Moulines 2013, Theorem 1 (number not checked), whose proof this is; the first part is there
bounded by the simpler ``D^2/(alpha k)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Integer, Symbol, expand, sqrt

from ratebound.theory.algebra.chart import chart_of
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.draws import Draws
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import D, R_sq, alpha, k, rank, residual_sq

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

h = Symbol("h", positive=True)
"""An eigenvalue of H, at most R^2 since ``H^2 <= E H_k^2 <= R^2 H``."""
c = Symbol("c", positive=True)
"""The noise of a level: ``E s s^T <= c H``."""
q = Symbol("q", nonnegative=True)
"""What a number of mean steps leave of a direction, a power of ``1 - alpha h``."""


def steps_as_sgd(method: Method) -> bool:
    """Whether a step moves x by -alpha times the gradient of the batch at x, if the f_i are quadratic.

    The gradient of a batch is then ``h y - shift`` at y, with numbers of the batch, direction by direction,
    and its Hessian times a vector v is ``h v``.
    """
    draws, shift = method.draws or Draws(), Symbol("shift", real=True)
    if method.sampling != "batch" or not draws.only_batches or draws.values or draws.from_gradient:
        return False
    read = {g: h * method.point - shift}
    read |= {Symbol(name, real=True): h * point - shift for name, point in draws.also.items()}
    read |= {Symbol(name, real=True): h * vector for name, (_, vector) in draws.hessian.items()}
    return vanishes(expand(method.update["x"].xreplace(read) - (x - alpha * (h * x - shift))))


@dataclass(frozen=True)
class AveragedLMS:
    """The roots of the parts of ``E<mean e, H mean e>`` add up, those of the noise level by level."""

    cited: bool = field(default=False, init=False)

    @property
    def bound(self) -> Expr:
        """What is proved of E f(average) - f*."""
        settled = alpha * c
        """E u u^T of a level is at most this, and the noise of the next one R^2 times that."""
        ratio = R_sq * settled / c
        noise = sqrt(residual_sq * rank) / (1 - sqrt(ratio))
        return (noise + D / sqrt(self.gathered)) ** 2 / (2 * k)

    @property
    def gathered(self) -> Expr:
        """How much of <e_k, H e_k> each step takes from ||e_k||^2."""
        return alpha * (2 - alpha * R_sq)

    @staticmethod
    def claims() -> Mapping[str, Expr]:
        """Return by what it says what must be nonnegative, for 0 < h <= R^2 and 0 <= q <= 1."""
        settled = alpha * c
        return {
            "a mean step turns no direction": 1 - alpha * h,
            "E u u^T stays at most alpha c": settled - ((1 - alpha * h) ** 2 * settled + alpha**2 * c * h),
            "a noise enters the sum of the u with at most 1/h": 1 - (1 - q) ** 2,
            "the levels get smaller": 1 - alpha * R_sq,
        }

    def check(self, theorem: Theorem) -> None:
        """Check the method, the claims for all eigenvalues, and the bound."""
        if not steps_as_sgd(theorem.method):
            raise RateboundError(
                f"this certificate is about what steps as SGD does on quadratics, not {theorem.method.name}"
            )
        if theorem.measure != "gap_average" or theorem.weights != 1 or theorem.step != alpha:
            raise RateboundError("this certificate bounds f at the plain average, for a constant step alpha")
        require_properties(theorem, "least_squares")
        chart = {**chart_of(theorem.where), **chart_of((h <= R_sq, q <= Integer(1)))}
        for what, claim in self.claims().items():
            if not nonnegative(claim, chart):
                raise RateboundError(f"it is not proved that {what}; narrow the range")
        if not vanishes(theorem.bound - self.bound) and not nonnegative(
            theorem.bound - self.bound, theorem.chart, k, theorem.start
        ):
            raise RateboundError(f"the bound {theorem.bound} is not proved to be at least {self.bound}")
