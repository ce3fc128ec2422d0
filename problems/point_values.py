"""What is measured at a point of a run: one table, for every engine and every exact route."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ratebound.problems.constants import certify
from ratebound.problems.dual import dual_suboptimality, duality_gap
from ratebound.problems.finite_sum import Problem
from ratebound.problems.quiet import quiet
from ratebound.theory.measures import BENT
from ratebound.theory.readings import READINGS

Values = Callable[[np.ndarray], np.ndarray]
"""From points (..., d) to values (...)."""


def values_at(problem: Problem) -> dict[str, Values]:
    """Return the functions of a point by name.

    ``gap`` f - f*; ``distance_sq`` ||x - x*||^2; ``grad_norm_sq`` ||grad f||^2; ``grad_norm`` its root;
    ``grad_l1`` the sum of the absolute values of the coordinates of grad f; ``square`` ||x||^2; ``largest``
    the largest coordinate in absolute value; ``second_order`` the larger of ``sqrt(||grad f||/L_hess)`` and
    ``-(2/3) lambda_min/L_hess``, lambda_min the least eigenvalue of the Hessian, where L_hess is certified.
    Two read what SDCA stores: ``duality_gap`` and ``dual_suboptimality``.
    """

    def grad_norm(X: np.ndarray) -> np.ndarray:
        return np.sqrt(problem.grad_norm_sq(X))

    def grad_l1(X: np.ndarray) -> np.ndarray:
        with quiet:
            return np.asarray(np.abs(problem.gradient(X)).sum(-1))

    def square(X: np.ndarray) -> np.ndarray:
        with quiet:
            return np.asarray((X * X).sum(-1))

    def largest(X: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(X).max(-1))

    def second_order(X: np.ndarray) -> np.ndarray:
        fastest = certify(problem, "L_hess").value
        hessians = problem.hessian(X)
        there = np.isfinite(hessians).all((-1, -2))
        least = np.linalg.eigvalsh(np.where(there[..., None, None], hessians, 0.0))[..., 0]
        lengths = np.maximum(np.sqrt(grad_norm(X) / fastest), -float(BENT) * least / fastest)
        return np.where(there, lengths, np.inf)

    return {
        "gap": problem.gap,
        "distance_sq": problem.distance_sq,
        "grad_norm_sq": problem.grad_norm_sq,
        "grad_norm": grad_norm,
        "grad_l1": grad_l1,
        "square": square,
        "largest": largest,
        "second_order": second_order,
        "duality_gap": partial(duality_gap, problem),
        "dual_suboptimality": partial(dual_suboptimality, problem),
    }


def at_most(measure: str, norm: Any, d: int) -> Any:
    """Return what a measure of a gradient of d coordinates is at most, where its Euclidean norm is known."""
    roots = {"grad_norm_mean": norm, "grad_l1_mean": d**0.5 * norm}
    return roots.get(measure, norm**2)


def measures_at(problem: Problem) -> dict[str, Values]:
    """Return the functions of a vector under the names of measures, such as ``gap_last``.

    It is x_k, or what :func:`ratebound.theory.readings.state_of` says.
    """
    functions = values_at(problem)
    of_state = {name: functions[reading.norm] for name, reading in READINGS.items()}
    return {n if n == "distance_sq" else f"{n}_last": f for n, f in functions.items()} | of_state
