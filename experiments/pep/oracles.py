"""Which theorems read as semidefinite programs, and how: by their assumptions, so that new ones do, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Integer, Rational, Symbol

from ratebound.experiments.pep.chosen import CHOOSING
from ratebound.experiments.pep.steps import steps_of
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.method import Method
from ratebound.theory.methods import gd
from ratebound.theory.methods.rounded import ERROR_SQ, FALLING_SQ
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    CONSTANTS,
    PARAMETERS,
    D,
    L,
    L_max,
    L_mean,
    ell,
    epoch,
    gap0,
    grad0_sq,
    grad_sq,
    moment,
    mu,
    mu_min,
    mu_pl,
    n,
    rank,
    sigma_b_sq,
    sigma_p_sq,
    sigma_star_sq,
)
from ratebound.theory.visits import INDEPENDENT


@dataclass(frozen=True)
class Oracle:
    """How a theorem reads as a semidefinite program.

    Parameters
    ----------
    function_class
        Of f, or of each of two components: ``"convex"``, ``"strongly_convex"``, ``"pl"``, ``"smooth"``,
        ``"quadratic"``, ``"nonsmooth"`` (convex, or strongly so where there is a modulus).
    start
        What is set to one at the start: ``D``, ``gap0`` or ``grad0_sq``.
    curvature, modulus
        The constants that play the parts of L and mu in the class.
    estimates
        ``"full"`` gradients; those of ``"components"``; ``"noisy"`` ones, which obey the theorem's
        assumptions on E||g_k||^2; or ``"inexact"`` ones, with any error as short as the method says.
    noise
        For components, the constant that plays the part of the mean of ||grad f_i(x*)||^2.
    common
        Whether the components have a common minimiser.
    mean
        What is assumed of f, or of the mean of the components, beyond that: mu or mu_pl.
    tight
        Whether the worst case equals the bound.
    steps
        The largest number of steps (or of passes) that the program can express.
    """

    function_class: str
    start: Symbol
    curvature: Symbol | None = L
    modulus: Symbol | None = None
    estimates: Literal["full", "components", "noisy", "inexact"] = "full"
    noise: Symbol | None = None
    common: bool = False
    mean: Symbol | None = None
    tight: bool = False
    steps: int = 50


ATTAINED = frozenset(
    {
        *("gd_convex_tight", "gd_sc_distance", "gd_sc_gap", "gd_nonconvex_tight", "gd_convex_exact"),
        *("gd_convex_gradient", "gd_convex_gradient_exact", "gd_convex_gradient_distance", "gd_sc_gradient"),
        *("gd_middle_gap_distance", "gd_quadratic_gap"),
        *("gd_quadratic_gradient", "gd_quadratic_gradient_gap", "heavy_ball_quadratic", "steepest_linear"),
        *("subgradient_constant", "subgradient_horizon", "subgradient_linear_decay"),
        *("subgradient_linear_decay_horizon", "triple_momentum_distance", "projected_sgd_horizon"),
        *("sgd_convex_horizon", "sgd_linear_decay", "sgd_linear_decay_horizon", "schedule_free_constant"),
        *("schedule_free_horizon", "sgd_interpolation_sc", "sarah_estimate", "sarah_estimate_components"),
        *("sgd_importance_interpolation", "ista_contraction", "sam_quadratic", "sgd_sc_variance"),
        *("projected_subgradient", "triple_momentum_gap", "ogm_last_convex"),
        *("silver_gradient", "silver_gradient_gap"),
        *("exact_search_sc", "exact_search_gradient", "kaczmarz", "sgd_weak_growth_sc", "prox_sgd_horizon"),
        *("exact_search_pl", "polyak_convex_double", "polyak_subgradient"),
    }
)
"""Theorems whose bound is the worst case; with silver steps at k = 2^m - 1."""
_NOISE = frozenset(
    {
        *("second_moment", "bounded_variance", "strong_growth", "affine_noise", "batch_components"),
        *("bounded_components", "lipschitz_components", "weak_growth", "weighted_below", "least_squares"),
        "bounded_sample_variance",
    }
)
_CLASS = frozenset(
    {"smooth", "convex", "strongly_convex", "pl", "lower_bounded", "boxed", "to_end", "bounded_level"}
)
_OF_SUM = frozenset({"smooth_sum", "convex_sum", "strongly_convex_sum", "penalised"})
_CONVEX_PARTS: Mapping[str, tuple[Symbol, Symbol | None]] = MappingProxyType(
    {
        "smooth_components": (L_max, sigma_star_sq),
        "expected_smoothness": (ell, sigma_b_sq),
        "interpolation": (ell, None),
        "weighted": (L_mean, sigma_p_sq),
        "weighted_partly": (L_mean, sigma_star_sq),
        "weighted_interpolation": (L_mean, None),
        "smooth_components_of_sum": (L_max, sigma_star_sq),
    }
)
_PARTS = frozenset({*_CONVEX_PARTS, "strongly_convex_components", "lipschitz_steps", "shuffle_radius"})
_ERRORS = {**ERROR_SQ, **FALLING_SQ}
_VALUES = {**dict.fromkeys((*PARAMETERS, *CONSTANTS), Rational(1, 2)), n: Integer(2), epoch: Integer(2)}


def exact_part(method: Method) -> Method:
    """Return a method without the errors of its gradients."""
    return gd if method in _ERRORS else method


def moments_of(theorem: Theorem) -> list[Expr]:
    """Return the limits of E||g_k||^2 that a theorem assumes and its class does not imply.

    Where gradients have errors e_k it is ||grad f(x_k)||^2 + ||e_k||^2 that is limited.
    """
    if theorem.method in _ERRORS:
        return [grad_sq + _ERRORS[theorem.method]]
    if "bounded_sample_variance" in theorem.assumed:
        return [grad_sq + sample_variance]
    assumptions = [each for each in theorem.assumptions if each.name in _NOISE]
    slacks = [each.slack for assumption in assumptions for each in assumption.inequalities]
    return [slack + moment for slack in slacks if slack.has(moment)]


def _read(theorem: Theorem) -> Oracle | None:
    """Return how a theorem reads, by its assumptions; None where it does not."""
    names = theorem.assumed
    # Of a bound that is claimed late, a program of all paths cannot take enough steps.
    simple = theorem.measure not in ONE_STEP and theorem.start.subs(_VALUES) <= 2
    # Rows of one sample, and their rank, make no class.
    simple = simple and rank not in theorem.bound.free_symbols
    # A bound that does not read the start holds for every one, so for a distance of one, too.
    start = next((each for each in (D, gap0, grad0_sq) if each in theorem.bound.free_symbols), D)
    chosen = theorem.method in CHOOSING
    if not simple or not (chosen or _linear(exact_part(theorem.method))):
        return None
    if theorem.method.sampling == "batch" and names & _PARTS:
        return _of_parts(theorem, names, start)
    return _of_one(theorem, names, start)


@lru_cache(maxsize=256)
def _linear(method: Method) -> bool:
    """Whether the steps of a method can be written as rows; asked for every theorem about it."""
    return bool(steps_of(method, [0.5], _VALUES))


def _of_one(theorem: Theorem, names: frozenset[str], start: Symbol) -> Oracle | None:
    """Return how a theorem about one function reads, with full gradients or with noisy ones."""
    full = theorem.method.sampling == "full"
    allowed = _CLASS | _NOISE | _OF_SUM | {"quadratic"}
    if not names <= allowed or not (full or names & _NOISE) or theorem.visits != INDEPENDENT:
        return None
    strongly, convex = names & {"strongly_convex", "strongly_convex_sum"}, names & {"convex", "convex_sum"}
    modulus = mu if strongly else mu_pl if "pl" in names and not convex else None
    estimates: Literal["full", "noisy", "inexact"] = "full" if full else "noisy"
    if theorem.method in _ERRORS:
        estimates = "inexact"
    if "quadratic" in names:
        kind = "quadratic"
    elif not names & {"smooth", "smooth_sum"}:
        kind = "nonsmooth"
    else:
        kind = "strongly_convex" if strongly else "pl" if modulus else "convex" if convex else "smooth"
    curvature = None if kind == "nonsmooth" else L if "smooth" in names or "smooth_sum" in names else L_mean
    oracle = Oracle(
        kind, start, curvature, modulus, estimates, mean=mu_pl if {"pl", "convex"} <= names else None
    )
    return replace(oracle, steps=50 if full else 3 if kind == "pl" else 4)


def _of_parts(theorem: Theorem, names: frozenset[str], start: Symbol) -> Oracle | None:
    """Return how a theorem about components reads."""
    of_mean = {"smooth", "convex", "strongly_convex", "pl", "lower_bounded", "quadratic"}
    if not names <= _PARTS | _NOISE | of_mean | _OF_SUM:
        return None
    many = theorem.visits != INDEPENDENT or (theorem.method.draws and theorem.method.draws.has_coin)
    mean = mu if names & {"strongly_convex", "strongly_convex_sum"} else mu_pl if "pl" in names else None
    of_convex = [part for part in _CONVEX_PARTS if part in names]
    if not of_convex:
        oracle = Oracle("smooth", start, L_max, None, "components")
    else:
        curvature, noise = _CONVEX_PARTS[of_convex[0]]
        noise = noise if noise in theorem.bound.free_symbols else None
        common = "interpolat" in of_convex[0]
        kind = "quadratic" if "quadratic" in names else "convex"
        oracle = Oracle(kind, start, curvature, None, "components", noise, common)
    if "strongly_convex_components" in names:
        oracle = replace(oracle, function_class="strongly_convex", modulus=mu_min)
    return replace(oracle, mean=mean, steps=2 if many else 3)


def _all() -> dict[str, Oracle]:
    read = {theorem.id: _read(theorem) for theorem in THEOREMS.values()}
    return {name: replace(o, tight=name in ATTAINED) for name, o in read.items() if o is not None}


ORACLES: Mapping[str, Oracle] = MappingProxyType(_all())
"""The theorems whose worst case PEPit can express."""
