"""The minimiser of a finite sum plus ``l1 ||x||_1``, certified by the coordinates that vanish there.

Accelerated proximal gradient steps find a set S of coordinates and their signs s. With x zero outside S,
Newton's method minimises the smooth ``f_S(x) = (1/n) sum_i f_i(x) + l1 s.x`` over S. The point is certified
apart from how it was found: f_S is m-strongly convex where it matters, so that its minimiser is within
``||grad f_S||/m``; within that distance the signs are s, and outside S every slope of the sum is below l1 in
absolute value. These are the conditions of a minimum of f. They hold strictly, and the slopes of the sum are
the same at all minimisers, so that it is the only one, also where the sum alone has many.

The logistic loss obeys ``|phi'''| <= phi''``: within r of x its Hessian is at least ``exp(-r max_i ||a_i||)``
times that at x, and a gradient shorter than m r has its minimiser within r.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import EPS
from ratebound.problems.losses import Loss
from ratebound.problems.minimiser import Minimum
from ratebound.problems.rounding import gradient_rounding
from ratebound.problems.spectrum import Spectrum

_LOOKS, _BETWEEN = 200, 250
"""How often a set is tried, and the steps between."""
_NEWTON = 40


def minimise_penalised(
    A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, l1: float, spec: Spectrum
) -> Minimum:
    """Return the certified minimum of ``(1/n) sum phi(a_i.x, y_i) + (l2/2)||x||^2 + l1 ||x||_1``."""
    bend = max(abs(float(c)) for c in loss.curvature)
    L = bend * (spec.largest + spec.errors[-1]) + l2
    x = np.zeros(A.shape[1])
    for _ in range(_LOOKS):
        found = _certified(A, y, loss, l2, l1, L, x)
        if found is not None:
            return found
        x = _steps(A, y, loss, l2, l1, L, x)
    note = f"no minimiser with l1 = {l1:g} is certified: a coordinate is at the edge of vanishing"
    return Minimum(None, 0.0, "lower bound", note=note)


def _slopes(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x: np.ndarray) -> np.ndarray:
    return np.asarray(A.T @ loss.slope_at(A @ x, y) / len(y) + l2 * x)


def _steps(
    A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, l1: float, L: float, x: np.ndarray
) -> np.ndarray:
    before = x
    for k in range(_BETWEEN):
        ahead = x + max(k - 1, 0) / (k + 2) * (x - before)
        aim = ahead - _slopes(A, y, loss, l2, ahead) / L
        before, x = x, aim - np.clip(aim, -l1 / L, l1 / L)
    return x


def _certified(
    A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, l1: float, L: float, near: np.ndarray
) -> Minimum | None:
    """Return the minimum if the coordinates of `near` that are not zero are those of the minimiser."""
    on = np.flatnonzero(near)
    signs = np.sign(near[on])
    x, radius, strong = np.zeros_like(near), np.inf, np.inf
    slope, error = np.zeros(0), 0.0
    if on.size:
        solved = _newton(A[:, on], y, loss, l2, l1 * signs, near[on])
        if solved is None:
            return None
        x[on], curvature = solved
        # Half of it holds within this distance; least squares have it everywhere.
        quadratic = loss.name == "squared"
        strong = curvature * (1 - 1e-6) if quadratic else curvature / 2
        radius = np.inf if quadratic else np.log(2) / float(np.linalg.norm(A[:, on], axis=1).max())
        slope = _slopes(A[:, on], y, loss, l2, x[on]) + l1 * signs
    rounding = gradient_rounding(A, y, loss, l2, x) + 4 * EPS * l1 * np.sqrt(max(on.size, 1))
    norm = float(np.linalg.norm(slope)) + rounding if on.size else 0.0
    if on.size:
        error = norm / strong
        if norm >= strong * radius or (signs * x[on] <= error).any():
            return None
    off = np.setdiff1d(np.arange(x.size), on)
    if (np.abs(_slopes(A, y, loss, l2, x)[off]) + rounding + L * error >= l1).any():
        return None
    value = float(np.mean(loss.value_at(A @ x, y)) + l2 / 2 * (x @ x) + l1 * np.abs(x).sum())
    return Minimum(x, value, "active set", norm, error, norm * error / 2, curvature=strong)


def _newton(
    A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, tilt: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, float] | None:
    """Return the minimiser of the sum plus ``tilt.x``, and a lower bound of the Hessian there."""
    n, d = A.shape
    best, least, curved = x, np.inf, None
    for _ in range(_NEWTON):
        slope = _slopes(A, y, loss, l2, x) + tilt
        norm = float(np.linalg.norm(slope))
        if not norm < least:
            break
        curved = (A.T * loss.second_at(A @ x, y)) @ A / n + l2 * np.eye(d)
        best, least = x, norm
        try:
            x = x - np.linalg.solve(curved, slope)
        except np.linalg.LinAlgError:
            return None
    if curved is None:
        return None
    values = np.linalg.eigvalsh(curved)
    curvature = float(values[0] - 8 * n * EPS * values[-1])
    return (best, curvature) if curvature > 1e-10 * values[-1] else None
