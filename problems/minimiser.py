"""The minimiser nearest to x0 and the minimal value, each with a certificate.

Four routes: the closed form of least squares; Newton's method on a strongly convex objective, certified by
``f(x) - f* <= ||grad f(x)||^2 / (2 mu)``; a vertex of a piecewise linear f; and a point whose value attains a
lower bound of f. Where none applies the minimiser is None and ``f_star`` is only a lower bound, which is
minus infinity where none is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from sympy import S, expand

from ratebound.problems import signed
from ratebound.problems.certified import EPS
from ratebound.problems.kinked import vertex
from ratebound.problems.losses import Loss, z
from ratebound.problems.losses import y as label
from ratebound.problems.lower import lower
from ratebound.problems.rounding import gradient_rounding
from ratebound.problems.sparse import is_sparse, newton_direction
from ratebound.problems.spectrum import Spectrum

_NEAR = 1e-6
"""Share of the largest gradient below which a Hessian is near enough to that of the minimum."""
_BLOCK = 2**16
"""Values of the data that enter a Hessian at once."""

_UNSETTLED = (
    "the data are rank deficient to rounding, but not proved to be so exactly, on which the minimum depends; "
    "drop columns that depend on the others, or take l2 > 0"
)

Route = Literal["closed form", "newton", "vertex", "active set", "attained bound", "lower bound"]


@dataclass(frozen=True, eq=False)
class Minimum:
    """The minimum of f.

    Parameters
    ----------
    x_star
        Minimiser nearest to x0, shape (d,), or None.
    f_star
        Minimal value; a lower bound if the route is ``"lower bound"``.
    route
        How it was certified.
    gradient_norm
        Bound on the norm of the exact gradient at `x_star`, rounding included.
    distance_error
        Bound on the distance of `x_star` from the exact minimiser nearest to x0.
    value_error
        Bound on ``f(x_star) - f*``.
    note
        Why there is no minimiser, if there is none.
    curvature
        The mu of ``f(x) - f* <= ||grad f(x)||^2 / (2 mu)`` that certifies the minimum; infinite where none
        is needed.
    """

    x_star: np.ndarray | None
    f_star: float
    route: Route
    gradient_norm: float = math.inf
    distance_error: float = math.inf
    value_error: float = math.inf
    note: str = ""
    curvature: float = math.inf


def balanced(A: np.ndarray, y: np.ndarray) -> bool:
    """Tell whether A^T y = 0 exactly (correctly rounded sums): additive noise then drops out of f."""
    return all(math.fsum(A[:, j] * y) == 0 for j in range(A.shape[1]))


def minimise(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x0: np.ndarray, spec: Spectrum) -> Minimum:
    """Return the certified minimum of ``(1/n) sum phi(a_i.x, y_i) + (l2/2)||x||^2``."""
    low, _ = (float(c) for c in loss.curvature)
    if is_sparse(A) and loss.name == "squared":
        return _sparse_least_squares(A, y, loss, l2, x0, spec)
    if loss.name == "squared":
        least = -spec.rank if l2 == 0 else 0
        mu = l2 + max(spec.values[least] - spec.errors[least], 0.0)
        if mu <= 0 or (l2 == 0 and not spec.settled):
            return Minimum(None, 0.0, "lower bound", note=_UNSETTLED)
        x = _solve_least_squares(A, y, l2, x0)
        found = _certify(A, y, loss, l2, x, mu, "closed form")
        if l2 > 0 or spec.rank == len(x):
            return found
        return replace(found, distance_error=found.distance_error + _unseen(x, x0))
    if loss.name == "signed":
        return _at_origin(A, y, l2)
    if loss.kinked:
        corner = vertex(A, y, loss) if l2 == 0 else None
        if corner is None:
            return _attained(A, y, loss, l2, x0, spec)
        f_star = _objective(A, y, loss, l2, corner.x)
        error = corner.steepest * corner.error
        return Minimum(corner.x, f_star, "vertex", 0.0, corner.error, error)
    least, most = max(spec.values[0] - spec.errors[0], 0.0), spec.largest + spec.errors[-1]
    mu = (l2 + low * (least if low >= 0 else most)) * (1 - 8 * EPS)
    if mu > 1e-10 * (l2 + spec.largest):
        x_newton = _newton(A, y, loss, l2, x0)
        if x_newton is not None:
            return _certify(A, y, loss, l2, x_newton, mu, "newton")
    return _attained(A, y, loss, l2, x0, spec)


def _unseen(x: np.ndarray, x0: np.ndarray) -> float:
    """Return the rounding of x along directions that f does not see, where x stays at the start."""
    return (len(x) + 8) * EPS * float(np.linalg.norm(x) + np.linalg.norm(x0))


def _gradient(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x: np.ndarray) -> np.ndarray:
    return A.T @ loss.slope_at(A @ x, y) / len(y) + l2 * x


def _objective(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x: np.ndarray) -> float:
    return float(np.mean(loss.value_at(A @ x, y)) + l2 / 2 * (x @ x))


def _certify(
    A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x: np.ndarray, mu: float, route: Route
) -> Minimum:
    norm = float(np.linalg.norm(_gradient(A, y, loss, l2, x))) + gradient_rounding(A, y, loss, l2, x)
    f_star = _objective(A, y, loss, l2, x)
    mu = float(mu)
    return Minimum(x, f_star, route, norm, norm / mu, norm**2 / (2 * mu), curvature=mu)


def _at_origin(A: np.ndarray, y: np.ndarray, l2: float) -> Minimum:
    """Return the minimum of signed squares: zero, at the origin, where the Hessian is positive definite."""
    low, _, error = signed.eigenvalues(A, y, l2)
    if low > error:
        return Minimum(np.zeros(A.shape[1]), 0.0, "attained bound", 0.0, 0.0, 0.0, curvature=low - error)
    note = (
        f"signed squared loss: the least eigenvalue {low:.2g} of the Hessian is not positive, so that f has "
        "no lower bound or no single minimiser; take l2 > 0 or other signs"
    )
    return Minimum(None, -math.inf, "lower bound", note=note)


def _solve_least_squares(A: np.ndarray, y: np.ndarray, l2: float, x0: np.ndarray) -> np.ndarray:
    n, d = A.shape
    if l2 == 0:
        # Minimum-norm corrections from x0 keep x - x0 in the range of A^T: the minimiser nearest to x0.
        system, x, target = A, x0.copy(), y
    else:
        system = np.vstack([A, math.sqrt(n * l2) * np.eye(d)])
        x, target = np.zeros(d), np.concatenate([y, np.zeros(d)])
    # Factorised once for all corrections: the root has the singular values of the system, of which those are
    # zero that are so in the spectrum.
    orthonormal, root = np.linalg.qr(system)
    for _ in range(3):
        projected = orthonormal.T @ (target - system @ x)
        x = x + np.linalg.lstsq(root, projected, rcond=(n + d) * EPS)[0]
    return x


def _sparse_least_squares(
    A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x0: np.ndarray, spec: Spectrum
) -> Minimum:
    mu = spec.values[0] - spec.errors[0] + l2
    if mu <= 1e-10 * (l2 + spec.largest):
        note = "sparse least squares: no positive lower bound of the curvature is known; take l2 > 0"
        return Minimum(None, 0.0, "lower bound", note=note)
    x = x0
    for _ in range(4):
        x = x - newton_direction(A, np.ones_like(y), l2, _gradient(A, y, loss, l2, x))
    return _certify(A, y, loss, l2, x, mu, "closed form")


def _hessian_solver(A: np.ndarray, curvature: np.ndarray, l2: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return g -> H^{-1} g, H the Hessian where the loss has these second derivatives."""
    if is_sparse(A):
        return lambda g: newton_direction(A, curvature, l2, g)
    n, d = A.shape
    hessian = l2 * np.eye(d)
    # Block by block: the rows times their curvature stay in the cache.
    for block in np.array_split(np.arange(n), max(1, A.size // _BLOCK)):
        rows = A[block[0] : block[-1] + 1]
        hessian += (rows.T * (curvature[block] / n)) @ rows
    return lambda g: np.asarray(np.linalg.solve(hessian, g))


def _newton(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x0: np.ndarray) -> np.ndarray | None:
    """Return the point of smallest gradient of damped Newton steps; None if it is not near rounding.

    Near the minimum a step keeps the Hessian of the step before: it still gains the same digits each time.
    """
    x, best, best_norm = x0.copy(), x0.copy(), math.inf
    solve, begun = None, 0.0
    for _ in range(100):
        g = _gradient(A, y, loss, l2, x)
        norm = float(np.linalg.norm(g))
        if norm < best_norm:
            best, best_norm = x, norm
        elif norm < 1e-12 * (1 + np.linalg.norm(x)):
            break
        begun = max(begun, norm)
        if solve is None or norm > _NEAR * begun:
            solve = _hessian_solver(A, loss.second_at(A @ x, y), l2)
        direction = solve(g)
        step, here = 1.0, _objective(A, y, loss, l2, x)
        while step > 1e-6 and _objective(A, y, loss, l2, x - step * direction) > here + 1e-14 * abs(here):
            step /= 2
        x = x - step * direction
    return best if best_norm <= 1e3 * gradient_rounding(A, y, loss, l2, best) else None


def _attained(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x0: np.ndarray, spec: Spectrum) -> Minimum:
    noisy = loss.additive_noise and not balanced(A, y)
    quiet = np.zeros_like(y) if loss.additive_noise and not noisy else y
    floor = float(np.mean(lower(loss.lower_bound, (label,))(quiet)))
    if loss.labels == "real" and l2 == 0 and not noisy and spec.settled and _meets_its_bound(loss):
        fitted = _fitted(A, quiet, loss, floor, x0, spec)
        if fitted is not None:
            return fitted
    if loss.name == "logistic":
        more = "one is with a penalty, l2 > 0" if l2 == 0 else f"l2 = {l2:g} is lost beside the data"
        note = f"logistic: a finite minimiser is not certified; {more}"
    else:
        note = f"{loss.title}: no minimiser is certified on these data, only the lower bound {floor:g} of f"
    return Minimum(None, floor, "lower bound", note=note)


@lru_cache(maxsize=64)
def _meets_its_bound(loss: Loss) -> bool:
    """Whether the lower bound is the value where the prediction equals the label, zero for additive noise."""
    at = {z: S.Zero, label: S.Zero} if loss.additive_noise else {z: label}
    return bool(expand((loss.phi - loss.lower_bound).subs(at)) == 0)


def _fitted(
    A: np.ndarray, y: np.ndarray, loss: Loss, floor: float, x0: np.ndarray, spec: Spectrum
) -> Minimum | None:
    """Return the minimum where all predictions equal the labels, to rounding; None if no point is known."""
    n, d = A.shape
    cut = (n + d) * EPS
    x = np.linalg.lstsq(A, y, rcond=cut)[0]
    if spec.rank < d:
        x = x + x0 - np.linalg.lstsq(A, A @ x0, rcond=cut)[0]
    scale = float(np.linalg.norm(y) + np.linalg.norm(A) * np.linalg.norm(x))
    miss = float(np.linalg.norm(A @ x - y))
    least = spec.smallest_nonzero - float(spec.errors[-spec.rank])
    if miss > 100 * n * EPS * scale or least <= 0:
        return None
    # The exact residuals are at most as long; they need not vanish at any point, and no minimiser has more.
    miss += (n + d) * EPS * scale
    error = (1 + math.sqrt(n)) * miss / math.sqrt(least * n) + (_unseen(x, x0) if spec.rank < d else 0.0)
    if loss.kinked:
        steepest = float(np.abs([loss.slope_at(y + side, y) for side in (-1, 1)]).max())
        return Minimum(x, floor, "attained bound", 0.0, error, steepest * miss / math.sqrt(n))
    bend = max(abs(float(c)) for c in loss.curvature)
    slope = bend * math.sqrt((spec.largest + spec.errors[-1]) / n) * miss
    return Minimum(x, floor, "attained bound", slope, error, bend * miss**2 / (2 * n))
