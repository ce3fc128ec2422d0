"""Least squares of any rank: the distance to the minimiser nearest to the start."""

from __future__ import annotations

from dataclasses import replace

from ratebound.theory.assumptions import pl, strongly_convex
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.families.gd import gd_sc_distance
from ratebound.theory.families.sgd_growth import sgd_interpolation_sc
from ratebound.theory.families.sgd_star import sgd_star_constant, sgd_star_decaying
from ratebound.theory.families.sgd_weighted import (
    kaczmarz,
    sgd_importance_interpolation,
    sgd_importance_sc,
)
from ratebound.theory.inequalities.noise_models import row_space
from ratebound.theory.inequalities.rows import along_rows
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import mu, mu_pl

_AT_MU = {mu: mu_pl}
_NOTE = (
    "mu_pl is the smallest nonzero eigenvalue of the Hessian: fewer samples than features, or dependent "
    "columns, do no harm, for all iterates differ from x* by a sum of rows."
)


def _of_any_rank(theorem: Theorem, title: str, note: str = "") -> Theorem:
    """Return a theorem about strongly convex sums for least squares of any rank."""
    kept = tuple(each for each in theorem.assumptions if each != strongly_convex)
    return replace(
        theorem,
        id=f"{theorem.id}_rows",
        title=title,
        source=f"derived: strong convexity on the span of the rows; {theorem.source}",
        assumptions=(pl, row_space, *kept),
        step=theorem.step.xreplace(_AT_MU),
        where=tuple(each.xreplace(_AT_MU) for each in theorem.where),
        bound=theorem.bound.xreplace(_AT_MU),
        certificate=_along_rows(theorem.certificate, theorem.method),
        defaults={symbol: value.xreplace(_AT_MU) for symbol, value in theorem.defaults.items()},
        note=f"{_NOTE} {note}".strip(),
        sibling=theorem.id,
    )


def _along_rows(proof: object, method: Method) -> Recursion | Cases:
    if isinstance(proof, Cases):
        return Cases(
            tuple(
                (
                    tuple(each.xreplace(_AT_MU) for each in where),
                    argument.xreplace(_AT_MU),
                    _along_rows(case, method),
                )
                for where, argument, case in proof.cases
            )
        )
    assert isinstance(proof, Recursion) and proof.before is None
    within = along_rows(method)
    return Recursion(
        rate=proof.rate.xreplace(_AT_MU),
        noise=proof.noise.xreplace(_AT_MU),
        by={within.get(each, each): factor.xreplace(_AT_MU) for each, factor in proof.by.items()},
        plus={each.xreplace(_AT_MU): factor.xreplace(_AT_MU) for each, factor in proof.plus.items()},
    )


gd_sc_distance_rows = _of_any_rank(gd_sc_distance, "Gradient descent, least squares of any rank, distance")
sgd_star_constant_rows = _of_any_rank(
    sgd_star_constant, "SGD, least squares of any rank, expected smoothness, constant step, distance"
)
sgd_star_decaying_rows = _of_any_rank(
    sgd_star_decaying, "SGD, least squares of any rank, expected smoothness, decaying step, distance"
)
sgd_interpolation_sc_rows = _of_any_rank(
    sgd_interpolation_sc, "SGD, consistent least squares of any rank, constant step, distance"
)
sgd_importance_sc_rows = _of_any_rank(
    sgd_importance_sc, "SGD, importance sampling, least squares of any rank, constant step, distance"
)
sgd_importance_interpolation_rows = _of_any_rank(
    sgd_importance_interpolation,
    "Relaxed randomized Kaczmarz, consistent system of any rank, distance",
    "The step 1/L_mean is randomized Kaczmarz; others are relaxed.",
)
kaczmarz_rows = _of_any_rank(
    kaczmarz,
    "Randomized Kaczmarz, system of any rank, distance to the least-squares solution nearest to the start",
)

THEOREMS = (
    gd_sc_distance_rows,
    sgd_star_constant_rows,
    sgd_star_decaying_rows,
    sgd_interpolation_sc_rows,
    sgd_importance_sc_rows,
    sgd_importance_interpolation_rows,
    kaczmarz_rows,
)
