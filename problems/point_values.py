"""What is measured at a point of a run: one table, for every engine and every exact route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ratebound.problems.finite_sum import Problem

Values = Callable[[np.ndarray], np.ndarray]
"""From points (..., d) to values (...)."""


def values_at(problem: Problem) -> dict[str, Values]:
    """Return the functions of a point by name.

    ``gap`` f - f*; ``distance_sq`` ||x - x*||^2; ``grad_norm_sq`` ||grad f||^2; ``grad_norm`` its root;
    ``grad_l1`` the sum of the absolute values of the coordinates of grad f.
    """

    def grad_norm(X: np.ndarray) -> np.ndarray:
        return np.sqrt(problem.grad_norm_sq(X))

    def grad_l1(X: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(np.abs(problem.gradient(X)).sum(-1))

    return {
        "gap": problem.gap,
        "distance_sq": problem.distance_sq,
        "grad_norm_sq": problem.grad_norm_sq,
        "grad_norm": grad_norm,
        "grad_l1": grad_l1,
    }


def at_most(measure: str, norm: Any, d: int) -> Any:
    """Return what a measure of a gradient of d coordinates is at most, where its Euclidean norm is known."""
    roots = {"grad_norm_mean": norm, "grad_l1_mean": d**0.5 * norm}
    return roots.get(measure, norm**2)


def measures_at(problem: Problem) -> dict[str, Values]:
    """Return the functions of a point under the names of the measures of x_k, such as ``gap_last``."""
    functions = values_at(problem)
    return {name if name == "distance_sq" else f"{name}_last": f for name, f in functions.items()}
