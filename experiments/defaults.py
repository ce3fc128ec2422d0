"""The bundled problems on which a theorem is judged unless others are named: small ones that suit it."""

from __future__ import annotations

from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, L_max

USUAL = ("quadratic_2d", "linnerud", "iris", "rank_deficient", "sine_1d", "huber_worst")
"""Strongly convex, ill-conditioned, logistic, PL without uniqueness, nonconvex PL, and a worst case of GD."""
CONSISTENT = ("consistent_plane", "consistent", "unequal_rows", "interpolating", "huber_worst")
"""For theorems about noise that vanishes with the gradient, which real data do not certify."""
GROWING = ("signed_plane", "signed_rows", *CONSISTENT)
"""For theorems about weak growth, which says nothing of the components: two sums hold concave ones."""
RIDGE = ("ridge_plane", "linnerud_ridge", "iris")
"""For theorems that want every component strongly convex."""
KINKED = ("median", "hinge_plane", "quadratic_2d", "linnerud", "iris", "huber_worst")
"""For theorems about convex f that need no smoothness."""
IN_PASSES = ("quadratic_2d", "ridge_plane", "consistent_plane", "huber_worst", "linnerud", "sine_1d")
"""For theorems about passes over the data: sums so short that all orders are walked."""
SQUARES = ("quadratic_2d", "linnerud", "consistent", "iris")
"""For theorems about strongly convex least squares."""
ANY_RANK = ("rank_deficient", "interpolating", "quadratic_2d", "linnerud", "consistent")
"""For theorems about least squares whose rows may be dependent, or fewer than the features."""
PENALISED = ("lasso_plane", "lasso", "lasso_wide", "sparse_logistic", "quadratic_2d")
"""For proximal methods; without a penalty they are those of the finite sum."""
PENALISED_SLOPES = ("sparse_plane", "sparse_logistic", "hinge_plane", "median")
"""For proximal methods along whose runs gradients must be bounded."""
MOMENTS = ("quadratic_2d", "linnerud", "consistent_plane")
"""For cited theorems about methods with draws, whose expectations are known exactly on least squares only."""
CURVED = ("logistic_line", "logistic_plane", "cauchy_line", "sine_near", "iris", "cauchy_far")
"""For theorems about Hessians that change: starts near a minimiser, and two that are not."""

RELAXED = ("separable_plane", "quadratic_2d", "linnerud", "iris", "sine_1d", "huber_worst")
"""For theorems about relaxed smoothness: separable data, and functions that are smooth."""
BOUNDED = ("huber_worst", "diabetes_welsch", "diabetes_cauchy")
"""For theorems about gradients, or noise along runs that are not those of SGD, bounded everywhere."""


def default_problems(theorem: Theorem) -> tuple[str, ...]:
    """Return names of bundled problems, at least three of which certify what the theorem assumes.

    The assumptions decide; a theorem is judged on its default problems by being registered.
    """
    assumed = theorem.assumed
    if "weak_growth" in assumed:
        return GROWING
    if {"interpolation", "strong_growth", "weighted_interpolation"} & assumed:
        return CONSISTENT
    if "row_space" in assumed:
        return ANY_RANK
    if "penalised" in assumed:
        return PENALISED_SLOPES if "second_moment" in assumed else PENALISED
    if theorem.proof == "cited" and theorem.method.draws is not None:
        return MOMENTS
    if "relaxed_smooth" in assumed:
        return RELAXED
    if "lipschitz_hessian" in assumed:
        return CURVED
    if "strongly_convex_components" in assumed:
        return RIDGE
    read = theorem.step.free_symbols.union(*(e.free_symbols for e in theorem.defaults.values()))
    if (
        "convex" in assumed
        and {"second_moment", "bounded_coordinates"} & assumed
        and not {"smooth"} & assumed
        and not {L, L_max} & read
    ):
        return KINKED
    if "bounded_coordinates" in assumed and "boxed" not in assumed:
        return BOUNDED
    draws = theorem.method.draws
    # No ball is known that holds a run which draws more than its batches.
    samples = "bounded_sample_variance" in assumed and draws is not None and not draws.of_batch
    if samples or ("bounded_variance" in assumed and draws is not None):
        return BOUNDED
    if theorem.in_passes:
        return IN_PASSES
    squares = bool({"quadratic", "least_squares"} & assumed)
    return SQUARES if squares and "strongly_convex" in assumed else USUAL
