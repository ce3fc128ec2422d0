"""How far values and gradients in double precision may be off, followed through the expression of the loss.

A prediction ``z = a.x`` errs in proportion to ``||a|| ||x||``, which may be far above ``|z|``, and a sum in
proportion to its terms: ``log(1 + z^2)`` near zero in proportion to one. Errors are followed to first order.
"""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
from sympy import Abs, Add, Dummy, Expr, Heaviside, Integer, Max, Min, Mul, Piecewise, Pow, exp, log, sign

from ratebound.problems.certified import EPS
from ratebound.problems.losses import Loss
from ratebound.problems.losses import y as label
from ratebound.problems.losses import z as prediction
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.problems.sparse import row_norms_sq

Known = tuple[np.ndarray, np.ndarray]
"""Values, and bounds on their errors."""
_inner = Dummy("u", real=True)


def _followed(expr: Expr, at: dict[Expr, Known]) -> Known:
    if expr in at:
        return at[expr]
    if expr.is_number:
        value = np.asarray(float(expr))
        return value, EPS * np.abs(value)
    if isinstance(expr, Piecewise):
        names, (points, labels) = list(at), (at[prediction][0], at[label][0])
        chosen = Piecewise(*((Integer(i), condition) for i, (_, condition) in enumerate(expr.args)))
        branch = lower(chosen, names)(points, labels).astype(int)
        pieces = [np.broadcast_arrays(*_followed(value, at), branch) for value, _ in expr.args]
        values, errors = (np.choose(branch, [piece[i] for piece in pieces]) for i in (0, 1))
        return values, errors
    parts = [_followed(part, at) for part in expr.args]
    if isinstance(expr, Add):
        return reduce(_sum, parts)
    if isinstance(expr, Mul):
        return reduce(_product, parts)
    if isinstance(expr, Pow) and not expr.exp.is_number:
        return _followed(exp(expr.exp * log(expr.base)), at)
    if isinstance(expr, Pow):
        (base, off), power = parts[0], float(expr.exp)
        value = base**power
        # The slope of the power at the worse end.
        near = np.maximum(np.abs(base) - off, 0.0) if power < 1 else np.abs(base) + off
        return value, 4 * EPS * np.abs(value) + abs(power) * near ** (power - 1) * off
    if isinstance(expr, (Abs, Max, Min)):
        value = lower(expr, list(at))(*(v for v, _ in at.values()))
        return value, reduce(_sum, parts)[1]
    if isinstance(expr, (Heaviside, sign)):
        return lower(expr, list(at))(*(v for v, _ in at.values())), np.zeros(())
    (inside, off), function = parts[0], expr.func(_inner)
    value = lower(function, (_inner,))(inside)
    slope = lower(function.diff(_inner), (_inner,))(inside)
    return value, 4 * EPS * np.abs(value) + np.abs(slope) * off


def _sum(a: Known, b: Known) -> Known:
    value = a[0] + b[0]
    return value, a[1] + b[1] + EPS * (np.abs(a[0]) + np.abs(b[0]))


def _product(a: Known, b: Known) -> Known:
    value = a[0] * b[0]
    return value, np.abs(a[0]) * b[1] + np.abs(b[0]) * a[1] + a[1] * b[1] + EPS * np.abs(value)


def _errors(expr: Expr, A: np.ndarray, y: np.ndarray, x: np.ndarray, norms: np.ndarray) -> Known:
    """Return an expression at the predictions of all samples, shape (n,), and bounds on its errors."""
    with quiet:
        points = A @ x
        off = (A.shape[1] + 2) * EPS * norms * float(np.linalg.norm(x))
        value, error = _followed(expr, {prediction: (points, off), label: (y, np.zeros_like(y))})
    return np.broadcast_to(value, y.shape), np.broadcast_to(np.where(np.isnan(error), np.inf, error), y.shape)


def value_rounding(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x: np.ndarray) -> float:
    """Return a bound on the rounding error of f computed at x."""
    n, d = A.shape
    values, errors = _errors(loss.phi, A, y, x, np.sqrt(row_norms_sq(A)))
    # NumPy adds in pairs.
    summed = (math.log2(n) + 20) * float(np.abs(values).mean())
    return float(errors.mean() + EPS * (summed + (d + 8) * l2 * (x @ x)))


def gradient_rounding(A: np.ndarray, y: np.ndarray, loss: Loss, l2: float, x: np.ndarray) -> float:
    """Return a bound on the rounding error of the full gradient computed at x."""
    n, d = A.shape
    norms = np.sqrt(row_norms_sq(A))
    slopes, errors = _errors(loss.slope, A, y, x, norms)
    terms = errors + (n + 2 * d + 8) * EPS * np.abs(slopes)
    return float((norms * terms).mean() + 4 * EPS * l2 * np.linalg.norm(x))
