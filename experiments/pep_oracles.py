"""Which theorems read as semidefinite programs, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Rational, Symbol

from ratebound.experiments.linear import is_linear
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS
from ratebound.theory.methods_boxed import aimed
from ratebound.theory.methods_proximal import shrinks
from ratebound.theory.passes import INDEPENDENT
from ratebound.theory.statement import ONE_STEP, Theorem
from ratebound.theory.symbols import (
    CONSTANTS,
    PARAMETERS,
    D,
    L,
    L_max,
    alpha,
    ell,
    gap0,
    grad0_sq,
    moment,
    mu,
    mu_pl,
    sigma_b_sq,
    sigma_star_sq,
)


@dataclass(frozen=True)
class Oracle:
    """How a theorem reads as a semidefinite program.

    Parameters
    ----------
    function_class
        ``"convex"``, ``"strongly_convex"``, ``"pl"``, ``"smooth"``, ``"quadratic"``, ``"nonsmooth"`` (convex,
        or strongly so where there is a modulus), or the method where it sets its steps: ``"line_search"``
        (exact), ``"polyak"`` (one step; ``alpha`` is the length that it happens to have).
    start
        What is set to one at the start: ``D``, ``gap0``, ``grad0_sq``, or ``gap0 + mu D^2/2``.
    curvature, modulus, noise
        The constants that play the parts of L, mu and the mean of ||grad f_i(x*)||^2.
    estimates
        ``"full"`` gradients; those of two convex ``"components"``, of which f is the mean (the modulus is
        that of f); or ``"noisy"`` ones, which obey the theorem's assumptions on E||g_k||^2.
    tight
        Whether the worst case equals the bound.
    steps
        The largest number of steps that the program can express.
    """

    function_class: str
    start: Expr
    curvature: Symbol | None = L
    modulus: Symbol | None = None
    noise: Symbol | None = None
    estimates: Literal["full", "components", "noisy"] = "full"
    tight: bool = False
    steps: int = 50


ENERGY = gap0 + mu * D**2 / 2
"""What the strongly convex accelerated method starts from."""

_BY_HAND: Mapping[str, Oracle] = MappingProxyType(
    {
        "gd_convex": Oracle("convex", D),
        "gd_convex_tight": Oracle("convex", D, tight=True),
        "gd_sc_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_sc_gap": Oracle("strongly_convex", gap0, modulus=mu, tight=True),
        "gd_pl": Oracle("pl", gap0, modulus=mu_pl),
        "gd_nonconvex": Oracle("smooth", gap0),
        "gd_nonconvex_tight": Oracle("smooth", gap0, tight=True),
        "gd_convex_exact": Oracle("convex", D, tight=True),
        "gd_convex_gradient": Oracle("convex", gap0, tight=True),
        "gd_convex_gradient_exact": Oracle("convex", gap0, tight=True),
        "gd_convex_gradient_distance": Oracle("convex", D, tight=True),
        "gd_convex_gradient_best": Oracle("convex", D),
        "gd_convex_average": Oracle("convex", D),
        "gd_convex_average_long": Oracle("convex", D),
        "gd_sc_from_distance": Oracle("strongly_convex", D, modulus=mu),
        "gd_sc_gradient": Oracle("strongly_convex", grad0_sq, modulus=mu, tight=True),
        "gd_middle_gap": Oracle("strongly_convex", gap0, modulus=mu, tight=True),
        "gd_middle_gap_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_pl_refined": Oracle("pl", gap0, modulus=mu_pl),
        "gd_pl_refined_long": Oracle("pl", gap0, modulus=mu_pl),
        "gd_sc_coercive": Oracle("strongly_convex", D, modulus=mu),
        "gd_sc_simple": Oracle("strongly_convex", D, modulus=mu),
        "gd_middle_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_middle_gradient": Oracle("strongly_convex", grad0_sq, modulus=mu, tight=True),
        "gd_middle_gradient_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_middle_gradient_gap": Oracle("strongly_convex", gap0, modulus=mu, tight=True),
        "gd_convex_gradient_mean": Oracle("convex", D),
        "gd_pl_gradient": Oracle("pl", gap0, modulus=mu_pl),
        "gd_quadratic_gap": Oracle("quadratic", D, tight=True),
        "gd_quadratic_gradient": Oracle("quadratic", D, tight=True),
        "gd_quadratic_gradient_gap": Oracle("quadratic", gap0, tight=True),
        "heavy_ball_quadratic": Oracle("quadratic", D, modulus=mu_pl, tight=True),
        "steepest_linear": Oracle("line_search", gap0, modulus=mu_pl, tight=True),
        "polyak_strong": Oracle("polyak", D, modulus=mu, steps=1),
        "projected_gd_convex": Oracle("convex", D),
        "projected_gd_strong": Oracle("strongly_convex", D, modulus=mu),
        "projected_subgradient": Oracle("nonsmooth", D, None),
        "subgradient_constant": Oracle("nonsmooth", D, None, tight=True),
        "subgradient_horizon": Oracle("nonsmooth", D, None, tight=True),
        "subgradient_decaying": Oracle("nonsmooth", D, None),
        "subgradient_strong": Oracle("nonsmooth", D, None, mu),
        "subgradient_linear_decay": Oracle("nonsmooth", D, None, tight=True),
        "subgradient_linear_decay_horizon": Oracle("nonsmooth", D, None, tight=True),
        "nesterov_convex": Oracle("convex", D),
        "nesterov_convex_gradient": Oracle("convex", D),
        "nesterov_strong_distance": Oracle("strongly_convex", ENERGY, modulus=mu),
        "nesterov_strong": Oracle("strongly_convex", ENERGY, modulus=mu),
        "triple_momentum_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "ogm_convex": Oracle("convex", D),
        "heavy_ball_convex": Oracle("convex", D),
        "heavy_ball_linear": Oracle("pl", gap0, modulus=mu_pl),
        "saga_sc": Oracle("convex", D, L_max, mu, sigma_star_sq, "components", steps=4),
        "saga_convex": Oracle("convex", D, L_max, None, sigma_star_sq, "components", steps=4),
        "heavy_ball_average": Oracle("convex", D),
        "triple_momentum_gap": Oracle("strongly_convex", D, modulus=mu),
        "ogm_convex_gradient": Oracle("convex", D),
        "ista_convex": Oracle("convex", D),
        "ista_strong": Oracle("strongly_convex", D, modulus=mu),
        "fista_convex": Oracle("convex", D),
    }
)
"""Those with full gradients or stored ones."""


_COMPONENTS = frozenset({"smooth_components", "expected_smoothness", "interpolation"})
_NOISE = frozenset(
    {
        "second_moment",
        "bounded_variance",
        "strong_growth",
        "affine_noise",
        "batch_components",
        "bounded_components",
        "lipschitz_components",
    }
)
_ATTAINED = frozenset(
    {
        "projected_sgd_horizon",
        "sgd_convex_horizon",
        "sgd_linear_decay",
        "sgd_linear_decay_horizon",
        "schedule_free_constant",
        "schedule_free_horizon",
        "sgd_interpolation_sc",
        "sgd_interpolation_batch",
    }
)
_CLASS = frozenset({"smooth", "convex", "strongly_convex", "pl", "lower_bounded", "boxed", "to_end"})


def after_step(method: Method) -> Literal["projection", "proximal", ""]:
    """Return what a method does with the point that its gradient step gives."""
    if aimed(method) is not None:
        return "projection"
    return "" if shrinks(method) is None else "proximal"


def plain_part(method: Method) -> Method:
    """Return a method whose x_{k+1} is the point of which the step is the projection or the proximal step."""
    if method.draws is not None:
        # A table of gradients: the step is that of SGD, with an estimate of its own.
        return METHODS["sgd"]
    inner = aimed(method) if shrinks(method) is None else shrinks(method)
    return method if inner is None else replace(method, update={**method.update, "x": inner})


def moments_of(theorem: Theorem) -> list[Expr]:
    """Return the limits of E||g_k||^2 that a theorem assumes, in the quantities of x_k."""
    slacks = [each.slack for assumption in theorem.assumptions for each in assumption.inequalities]
    return [slack + moment for slack in slacks if slack.has(moment)]


def _drawn(theorem: Theorem) -> Oracle | None:
    """Return how a theorem about plain batches reads, by its assumptions; None where it does not."""
    method, names = plain_part(theorem.method), {each.name for each in theorem.assumptions}
    alike = theorem.visits == INDEPENDENT and theorem.batch is None and theorem.measure not in ONE_STEP
    if not alike or theorem.method.draws is not None or method.sampling != "batch" or not _linear(method):
        return None
    if theorem.start.free_symbols:
        # Claimed after more steps than a program of all paths can take.
        return None
    start = D if D in theorem.bound.free_symbols else gap0
    modulus = mu if "strongly_convex" in names else None
    (*components,) = names & _COMPONENTS
    if components and names <= _COMPONENTS | {"convex", "strongly_convex"}:
        curvature, noise = {
            "smooth_components": (L_max, sigma_star_sq),
            "expected_smoothness": (ell, sigma_b_sq),
            "interpolation": (ell, None),
        }[components[0]]
        return Oracle("convex", start, curvature, modulus, noise, "components", steps=3)
    if not names & _NOISE or not names <= _NOISE | _CLASS:
        return None
    if "smooth" not in names:
        return Oracle("nonsmooth", start, None, modulus, None, "noisy", steps=4)
    if "pl" in names:
        return Oracle("pl", start, L, mu_pl, None, "noisy", steps=3)
    kind = "strongly_convex" if modulus else "convex" if "convex" in names else "smooth"
    return Oracle(kind, start, L, modulus, None, "noisy", steps=4)


def _linear(method: Method) -> bool:
    """Whether a method is linear in its states once its parameters have values."""
    values = dict.fromkeys((*PARAMETERS, *CONSTANTS), Rational(1, 2))
    values.pop(alpha, None)
    rules = {name: rule.xreplace(values) for name, rule in method.update.items()}
    return is_linear(replace(method, update=rules, point=method.point.xreplace(values)))


def _all() -> dict[str, Oracle]:
    read = {theorem.id: _drawn(theorem) for theorem in THEOREMS.values() if theorem.id not in _BY_HAND}
    drawn = {name: oracle for name, oracle in read.items() if oracle is not None}
    return {**_BY_HAND, **{name: replace(o, tight=name in _ATTAINED) for name, o in drawn.items()}}


ORACLES: Mapping[str, Oracle] = MappingProxyType(_all())
"""The theorems whose worst case PEPit can express."""
