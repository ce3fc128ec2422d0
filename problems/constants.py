"""``certify(problem, name, setting)``: every constant that a theorem may ask of a problem."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from weakref import WeakKeyDictionary

from ratebound.problems import (
    axes,
    boxes,
    component_gap,
    composite,
    curvature,
    deviations,
    dual_growth,
    growth,
    hessian,
    least_squares_law,
    noise,
    optimum,
    relaxed,
    shuffled_path,
    weighted,
)
from ratebound.problems.certified import Constant, NotCertified, Setting, batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError, nearest

__all__ = ["CONSTANTS", "Constant", "NotCertified", "Setting", "certify"]


def _n(problem: Problem) -> Constant:
    return Constant("n", float(problem.n), "count of samples", "exact")


def _b(problem: Problem, setting: Setting) -> Constant:
    batch_factor(problem.n, setting.batch, setting.replacement)
    return Constant("b", float(setting.batch), "chosen", "exact")


OF_PROBLEM: Mapping[str, Callable[[Problem], Constant]] = MappingProxyType(
    {
        "n": _n,
        "L": curvature.L,
        "L_max": curvature.L_max,
        "L_mean": curvature.L_mean,
        "L_inf": curvature.L_inf,
        "mu": curvature.mu,
        "mu_pl": curvature.mu_pl,
        "D": optimum.D,
        "gap0": optimum.gap0,
        "grad0_sq": optimum.grad0_sq,
        "sigma_star_sq": optimum.sigma_star_sq,
        "component_gap": component_gap.component_gap,
        "quadratic": curvature.quadratic,
        "convex": curvature.convex,
        "components_convex": curvature.components_convex,
        "smooth_components": curvature.smooth_components,
        "interpolates": growth.interpolates,
        "R_sq": least_squares_law.R_sq,
        "residual_sq": least_squares_law.residual_sq,
        "rank": least_squares_law.rank,
        "sigma_p_sq": weighted.sigma_p_sq,
        "shuffle_radius": shuffled_path.shuffle_radius,
        "mu_min": curvature.mu_min,
        "x_inf": boxes.x_inf,
        "x0_inf": boxes.x0_inf,
        "d": axes.d,
        "L_coord": axes.L_coord,
        "L_coord_sum": axes.L_coord_sum,
        "D_scaled_sq": axes.D_scaled_sq,
        "mu_signs": dual_growth.mu_signs,
        "mu_axis": dual_growth.mu_axis,
        "L_hess": hessian.L_hess,
        "mu_star": hessian.mu_star,
        "near_minimum": hessian.near_minimum,
        "level_radius": hessian.level_radius,
        "l1": composite.l1,
        "penalty0": composite.penalty0,
        "L_zero": relaxed.L_zero,
        "L_one": relaxed.L_one,
    }
)
"""The constants of a problem alone, by name."""
_OF_RUN: Mapping[str, Callable[[Problem, Setting], Constant]] = MappingProxyType(
    {
        "b": _b,
        "ell": curvature.ell,
        "sigma_b_sq": optimum.sigma_b_sq,
        "L_batch": growth.L_batch,
        "rho": growth.rho,
        "rho_weak": growth.rho_weak,
        "affine_noise": growth.affine_noise,
        "affine_growth": growth.affine_growth,
        "second_moment": noise.second_moment,
        "grad_inf": boxes.grad_inf,
        "variance_bound": noise.variance_bound,
        "sample_variance": deviations.sample_variance,
        "sample_noise_l1": deviations.sample_noise_l1,
    }
)
CONSTANTS = (*OF_PROBLEM, *_OF_RUN)
"""Names that :func:`certify` knows."""

_DENSE = (
    "mu_signs",
    "mu_axis",
    "L_inf",
    "L_hess",
    "mu_star",
    "near_minimum",
    "component_gap",
    "second_moment",
    "sigma_p_sq",
    "shuffle_radius",
    "variance_bound",
    "sample_variance",
    "sample_noise_l1",
)
"""Constants whose routes read dense rows."""

_PENALISED = (
    *("n", "b", "L", "L_max", "L_mean", "mu", "D", "gap0", "quadratic", "convex", "components_convex"),
    *("smooth_components", "second_moment", "sigma_star_sq", "l1", "penalty0"),
)
"""Constants that are certified where f has a penalty."""

_cache: WeakKeyDictionary[Problem, dict[str, Constant | str]] = WeakKeyDictionary()


def _check_penalised(problem: Problem, name: str, setting: Setting | None) -> None:
    known = name in _PENALISED or name not in CONSTANTS
    if name == "second_moment":
        # What is known along a run is about runs that settle where the gradient of the sum vanishes.
        known = problem.kind != "quadratic" and setting is not None and setting.memory is not None
    if not known:
        raise NotCertified(
            f"{name} is not certified for {problem.name}, which adds l1 ||x||_1 to a finite sum"
        )


def _finite(constant: Constant) -> Constant:
    if not math.isfinite(constant.value):
        raise NotCertified(f"{constant.name} leaves double precision; rescale the data")
    return constant


def certify(problem: Problem, name: str, setting: Setting | None = None) -> Constant:
    """Return a certified constant of a problem.

    Parameters
    ----------
    problem
        The finite sum.
    name
        One of :data:`CONSTANTS`: a symbol name of the theory, or a property.
    setting
        The run; needed by ``b``, ``ell``, ``sigma_b_sq`` (batch only) and ``second_moment``.

    Returns
    -------
    Constant
        The value, rounded to the safe side, and its pedigree. Constants of the problem alone are computed
        once.

    Raises
    ------
    NotCertified
        If the constant does not exist or cannot be certified; the message is the reason.
    RateboundError
        If the name is unknown, the setting is missing, or the batch does not fit.
    """
    if problem.sparse and name in _DENSE:
        raise NotCertified(f"{name} is not certified for sparse data; pass A.toarray() if it fits")
    if problem.l1:
        _check_penalised(problem, name, setting)
    if name in _OF_RUN:
        if setting is None:
            raise RateboundError(f"{name} depends on the run; pass a Setting(alphas, batch, replacement)")
        if not setting.independent and name != "b":
            raise NotCertified(f"{name} is derived for independent batches, not for passes over the data")
        return _finite(_OF_RUN[name](problem, setting))
    if name not in OF_PROBLEM:
        raise RateboundError(f"unknown constant {name!r}{nearest(name, CONSTANTS)}")
    known = _cache.setdefault(problem, {})
    if name not in known:
        try:
            known[name] = _finite(OF_PROBLEM[name](problem))
        except NotCertified as reason:
            known[name] = str(reason)
    found = known[name]
    if isinstance(found, str):
        raise NotCertified(found)
    return found
