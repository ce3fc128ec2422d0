"""Named problems: real data that comes with scikit-learn, and structured ones.

All real data are standardised, targets of regressions too; no intercept unless asked for. Each
`preprocessing` says so.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from ratebound.problems import structured
from ratebound.problems.build import from_arrays, from_svmlight, least_squares, logistic
from ratebound.problems.bundled import bundled
from ratebound.problems.composite import penalised
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError, among, nearest

__all__ = ["from_arrays", "from_svmlight", "least_squares", "load", "logistic", "names", "penalised"]


def _real(
    name: str, title: str, source: str, loss: str, l2: float = 0.0, select: Callable[..., Any] | None = None
) -> Callable[..., Problem]:
    """Return a builder of a problem on bundled data; `select` maps data and target to those used."""

    def build(*, l2: float = l2, intercept: bool = False) -> Problem:
        data, target = bundled(source)
        said = f"scikit-learn {source}: "
        if select is not None:
            data, target, what = select(data, target)
            said += what + ", "
        problem = from_arrays(
            data, target, loss, l2, standardise=True, intercept=intercept, name=name, title=title
        )
        return replace(problem, preprocessing=said + problem.preprocessing)

    return build


def _pair(negative: int, positive: int) -> Callable[..., Any]:
    def select(data: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        kept = (target == negative) | (target == positive)
        labels = np.where(target[kept] == positive, 1.0, -1.0)
        return data[kept], labels, f"class {positive} (+1) against class {negative} (-1)"

    return select


def _against_rest(positive: int) -> Callable[..., Any]:
    def select(data: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        return data, np.where(target == positive, 1.0, -1.0), f"class {positive} (+1) against the rest (-1)"

    return select


def _first_target(data: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    return data, target[:, 0], "target: weight"


_PROBLEMS: Mapping[str, Callable[..., Problem]] = MappingProxyType(
    {
        "diabetes": _real("diabetes", "Diabetes, least squares", "diabetes", "squared"),
        "diabetes_ridge": _real("diabetes_ridge", "Diabetes, ridge", "diabetes", "squared", 0.1),
        "linnerud": _real("linnerud", "Linnerud, least squares", "linnerud", "squared", 0.0, _first_target),
        "linnerud_ridge": _real(
            "linnerud_ridge", "Linnerud, ridge", "linnerud", "squared", 0.1, _first_target
        ),
        "breast_cancer": _real(
            "breast_cancer", "Breast cancer, logistic", "breast_cancer", "logistic", 0.1, _pair(0, 1)
        ),
        "breast_cancer_ls": _real(
            "breast_cancer_ls",
            "Breast cancer, ridge on the labels",
            "breast_cancer",
            "squared",
            0.1,
            _pair(0, 1),
        ),
        "digits_3v8": _real("digits_3v8", "Digits 3 and 8, logistic", "digits", "logistic", 0.1, _pair(3, 8)),
        "wine": _real("wine", "Wine, logistic", "wine", "logistic", 0.1, _against_rest(0)),
        "iris": _real("iris", "Iris, logistic", "iris", "logistic", 0.1, _pair(1, 2)),
        "breast_cancer_sigmoid": _real(
            "breast_cancer_sigmoid",
            "Breast cancer, sigmoid loss",
            "breast_cancer",
            "sigmoid",
            0.0,
            _pair(0, 1),
        ),
        "diabetes_welsch": _real("diabetes_welsch", "Diabetes, Welsch loss", "diabetes", "welsch"),
        "diabetes_cauchy": _real("diabetes_cauchy", "Diabetes, Cauchy loss", "diabetes", "cauchy"),
        "sine_1d": structured.sine_1d,
        "sine_separable": structured.sine_separable,
        "rank_deficient": structured.rank_deficient,
        "interpolating": structured.interpolating,
        "consistent": structured.consistent,
        "consistent_plane": structured.consistent_plane,
        "unequal_rows": structured.unequal_rows,
        "signed_plane": structured.signed_plane,
        "signed_rows": structured.signed_rows,
        "lasso": lambda l1=0.2: penalised(load("diabetes"), l1, "lasso", "Diabetes, lasso"),
        "sparse_logistic": lambda l1=0.05: penalised(
            load("iris", l2=0.0), l1, "sparse_logistic", "Iris, sparse logistic"
        ),
        "lasso_plane": lambda l1=0.3: penalised(
            structured.quadratic_2d(), l1, "lasso_plane", "Four-sample lasso"
        ),
        "lasso_wide": lambda l1=0.02: penalised(
            structured.interpolating(), l1, "lasso_wide", "Lasso, more features than samples"
        ),
        "sparse_plane": lambda l1=0.1: penalised(
            replace(structured.logistic_plane(), l2=0.0), l1, "sparse_plane", "Six points, sparse logistic"
        ),
        "quadratic_2d": structured.quadratic_2d,
        "ridge_plane": structured.ridge_plane,
        "huber_worst": structured.huber_worst,
        "median": structured.median,
        "hinge_plane": structured.hinge_plane,
        "logistic_line": structured.logistic_line,
        "separable_plane": structured.separable_plane,
        "logistic_plane": structured.logistic_plane,
        "cauchy_line": structured.cauchy_line,
        "cauchy_far": structured.cauchy_far,
        "sine_near": structured.sine_near,
    }
)


def names() -> tuple[str, ...]:
    """Return the names that :func:`load` knows."""
    return tuple(_PROBLEMS)


def load(name: str, **options: Any) -> Problem:
    """Build a named problem.

    Parameters
    ----------
    name
        One of :func:`names`.
    options
        Real data: ``l2`` and ``intercept``. Structured problems: their sizes and ``seed``; ``huber_worst``:
        ``horizon`` and ``R``.

    Raises
    ------
    RateboundError
        If the name or an option is unknown, or a value is out of range.
    """
    if name not in _PROBLEMS:
        raise RateboundError(f"unknown problem {name!r}{among(name, _PROBLEMS, '`ratebound problems`')}")
    build = _PROBLEMS[name]
    known = inspect.signature(build).parameters
    for option in options:
        if option not in known:
            listed = ", ".join(known) or "none"
            raise RateboundError(
                f"{name} has no option {option!r}{nearest(option, known)} (options: {listed})"
            )
    return build(**options)


def named(problem: str | Problem) -> Problem:
    """Return the problem of this name, as :func:`load` builds it, or the problem itself.

    Raises
    ------
    RateboundError
        If it is neither.
    """
    if isinstance(problem, Problem):
        return problem
    if not isinstance(problem, str):
        raise RateboundError(
            f"the problem is of type {type(problem).__name__}; pass a Problem, such as "
            "ratebound.problems.least_squares(A, y), or a name such as 'diabetes'"
        )
    return load(problem)
