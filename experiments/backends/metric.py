"""Steps in a metric: the solution p of ``B p = grad f(x)``, the same for every engine of full gradients.

Vectors may have leading axes, one for each run; the matrices then have them too. Quasi-Newton methods keep
the inverse of B, the last point and the gradient there among the states of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Symbol

from ratebound.experiments.plan import Plan
from ratebound.problems.axes import axis_smoothness
from ratebound.problems.certified import EPS
from ratebound.problems.constants import certify
from ratebound.problems.lower import lower
from ratebound.problems.sparse import need_dense
from ratebound.theory.method import AXES

INVERSE, LEFT, SLOPE = "metric_inverse", "metric_left", "metric_slope"
"""The states of a quasi-Newton method: the inverse of B, x_{k-1} and the gradient there."""
MOVES, CHANGES = "metric_moves", "metric_changes"
"""Those of L-BFGS instead of the inverse: its last moves, shape (..., memory, d), and what they changed."""
_STATELESS = ("hessian", *AXES)
_FLAT = 1e-10
"""A move along which the gradient changes less than this, relative to its lengths, is not learnt from."""
_HALVINGS = 110

State = Mapping[str, np.ndarray]


def times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return matrix times vector over leading axes."""
    return (matrix * vector[..., None, :]).sum(-1)


def _inner(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.asarray((u * v).sum(-1))[..., None, None]


def _outer(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[..., :, None] * v[..., None, :]


def updated(kind: str, inverse: np.ndarray, s: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the inverse of B after a quasi-Newton update.

    Parameters
    ----------
    kind
        ``"bfgs"`` or ``"dfp"``.
    inverse
        Before, shape (..., d, d).
    s, y
        The move, and what it did to the gradient, shape (..., d). Where ``<s, y>`` is zero to rounding the
        inverse stays as it is.
    """
    along = _inner(s, y)
    learnt = along * along > _FLAT**2 * _inner(s, s) * _inner(y, y)
    along = np.where(learnt, along, 1)
    bent = times(inverse, y)
    if kind == "dfp":
        seen = np.where(learnt, _inner(y, bent), 1)
        after = inverse - _outer(bent, bent) / seen + _outer(s, s) / along
    else:
        mixed = _outer(s, bent) / along
        swapped = np.swapaxes(mixed, -1, -2)
        after = inverse - mixed - swapped + _outer(s, s) / along * (1 + _inner(y, bent) / along)
    return np.where(learnt, after, inverse)


def recalled(inverse: np.ndarray, moves: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """Return the inverse of B of L-BFGS, from the one it starts from at every step.

    Moves and changes have the shape (..., memory, d), the oldest first; those not made yet are zero.
    """
    for i in range(moves.shape[-2]):
        inverse = updated("bfgs", inverse, moves[..., i, :], changes[..., i, :])
    return inverse


def pushed(kept: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return what is kept, shape (..., memory, d), without the oldest and with a new vector."""
    return np.concatenate([kept[..., 1:, :], new[..., None, :]], axis=-2)


def along_one_axis(kind: str, g: np.ndarray, L_j: np.ndarray) -> np.ndarray:
    """Return ``d_j f/L_j`` on the axis that this kind of metric chooses, zero on the others."""
    step = g / L_j
    chosen = (g * (step if kind == "axis" else g)).argmax(-1)[..., None]
    return np.where(np.arange(g.shape[-1]) == chosen, step, 0 * step)


class MetricSteps:
    """The steps p of a plan whose method has a metric.

    Raises
    ------
    RateboundError
        If the data are sparse, or a constant that the metric reads cannot be certified.
    """

    def __init__(self, plan: Plan) -> None:
        metric = plan.method.metric
        assert metric is not None
        need_dense(plan.problem.A, f"the metric of {plan.method.name}")
        self._metric, self._problem = metric, plan.problem
        names = sorted(symbol.name for symbol in metric.constants)
        values = {name: certify(plan.problem, name).value for name in names}
        self._L = values.get("L", 1.0)
        self._curved = axis_smoothness(plan.problem) if metric.kind in AXES else np.zeros(0)
        known = [*map(Symbol, names)]
        plain = metric.cubic.xreplace({s: Symbol(s.name) for s in metric.cubic.free_symbols})
        self._cubic = float(lower(plain, known)(*values.values())) if known else 0.0

    def start(self, shape: tuple[int, ...], dtype: Any = np.float64) -> dict[str, np.ndarray]:
        """Return the states of the metric for points of this shape (..., d)."""
        if self._metric.kind in _STATELESS:
            return {}
        last = {LEFT: np.zeros(shape, dtype), SLOPE: np.zeros(shape, dtype)}
        if self._metric.memory:
            kept = (*shape[:-1], self._metric.memory, shape[-1])
            return last | {MOVES: np.zeros(kept, dtype), CHANGES: np.zeros(kept, dtype)}
        return last | {INVERSE: self._first(shape, dtype)}

    def _first(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.broadcast_to(np.eye(shape[-1], dtype=dtype) / self._L, (*shape, shape[-1])).astype(dtype)

    def __call__(self, state: State, g: np.ndarray, k: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return p and the next states of the metric, from the gradient g at x."""
        if self._metric.kind == "hessian":
            return self._solved(state["x"], g), {}
        if self._metric.kind in AXES:
            return along_one_axis(self._metric.kind, g, self._curved.astype(g.dtype)), {}
        if self._metric.memory:
            moves, changes = state[MOVES], state[CHANGES]
            if k:
                moves = pushed(moves, state["x"] - state[LEFT])
                changes = pushed(changes, g - state[SLOPE])
            inverse = recalled(self._first(g.shape, g.dtype), moves, changes)
            return times(inverse, g), {MOVES: moves, CHANGES: changes, LEFT: state["x"], SLOPE: g}
        inverse = state[INVERSE]
        if k:
            inverse = updated(self._metric.kind, inverse, state["x"] - state[LEFT], g - state[SLOPE])
        return times(inverse, g), {INVERSE: inverse, LEFT: state["x"], SLOPE: g}

    def _solved(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Return the solution with the Hessian at x; along flat directions there is no step."""
        hessian = self._problem.hessian(x)
        lost = ~np.isfinite(hessian).all((-1, -2)) | ~np.isfinite(g).all(-1)
        hessian = np.where(lost[..., None, None], np.eye(g.shape[-1]), hessian)
        values, vectors = np.linalg.eigh(hessian)
        parts = times(np.swapaxes(vectors, -1, -2), g)
        if self._cubic:
            solved = _cubic_parts(values, parts, self._cubic)
        else:
            flat = np.abs(values) <= g.shape[-1] * EPS * np.abs(values).max(-1, keepdims=True)
            solved = np.where(flat, 0.0, parts / np.where(flat, 1.0, values))
        return np.where(lost[..., None], np.nan, times(vectors, solved)).astype(g.dtype)


def _cubic_parts(values: np.ndarray, parts: np.ndarray, cubic: float) -> np.ndarray:
    """Return p in the basis of the eigenvectors, ``(values + cubic r) p = parts`` with r = ||p||, by halving.

    Nesterov and Polyak 2006, section 5: the model with a cubic term is minimal where its r is a root of an
    equation in one variable and the matrix has no negative eigenvalue.
    """
    least = values[..., :1]
    size = np.sqrt((parts**2).sum(-1, keepdims=True))
    low = np.maximum(0.0, -least / cubic)
    high = (np.sqrt(least**2 + 4 * cubic * size) - least) / (2 * cubic)
    first = low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        longer = ((parts / _nonzero(values + cubic * middle)) ** 2).sum(-1, keepdims=True) > middle**2
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
        if (high - low <= EPS * high).all():
            break
    shifted = values + cubic * high
    stuck = shifted <= 16 * EPS * np.abs(values).max(-1, keepdims=True)
    solved = np.where(stuck, 0.0, parts / _nonzero(shifted))
    # The hard case: no part along the lowest eigenvector, along which the model still falls.
    rest = np.maximum(first**2 - (solved**2).sum(-1, keepdims=True), 0.0)
    return solved + np.where(stuck & (np.arange(values.shape[-1]) == 0), np.sqrt(rest), 0.0)


def _nonzero(values: np.ndarray) -> np.ndarray:
    return np.where(values == 0, np.finfo(np.float64).tiny, values)
