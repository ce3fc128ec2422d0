"""Steps after which gradients are orthogonal: what the certificate refuses, and its inequality in numbers."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.backends.line_search import accepted
from ratebound.problems.library import load
from ratebound.theory.assumptions import smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.second_order import bounded_level
from ratebound.theory.method import LineMinimum
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha

SEARCHED, STEEPEST = THEOREMS["exact_search_convex"], THEOREMS["steepest_convex"]


@pytest.mark.parametrize("theorem", [SEARCHED, STEEPEST], ids=lambda t: t.id)
def test_false_claims_are_refused(theorem):
    proof = theorem.certificate
    first, second = proof.orthogonal
    for change, message in (
        ({"certificate": replace(proof, decrease=2 * proof.decrease)}, "does not close"),
        ({"certificate": replace(proof, orthogonal=(second, first))}, "does not close"),
        ({"certificate": replace(proof, decrease=proof.decrease * (1 + alpha))}, "does not close"),
        ({"bound": theorem.bound * 0.99}, "bound against"),
        ({"assumptions": (smooth, bounded_level)}, "assume it"),
        ({"measure": "gap_best"}, "bound gap_last"),
    ):
        with pytest.raises(RateboundError, match=message):
            replace(theorem, **change)


def test_points_must_stay_near():
    with pytest.raises(RateboundError, match="nothing keeps the points near"):
        replace(SEARCHED, assumptions=SEARCHED.assumptions[:2])
    with pytest.raises(RateboundError, match="nothing keeps the points near"):
        replace(STEEPEST, certificate=replace(STEEPEST.certificate, shrink=None))


def test_other_steps_have_no_orthogonal_gradients():
    with pytest.raises(RateboundError, match="another method"):
        replace(SEARCHED, method=METHODS["armijo"], defaults=THEOREMS["armijo_pl"].defaults)
    with pytest.raises(RateboundError, match="does not close"):
        replace(STEEPEST, step=STEEPEST.step / 2)


@pytest.mark.parametrize("name", ["ridge_plane", "logistic_plane", "breast_cancer"])
def test_gaps_in_parts_of_gradients_are_no_longer_than_the_way_to_the_minimiser(name):
    f, rng = load(name), np.random.default_rng(4)
    for scale in (0.1, 1, 10):
        x = f.x_star + scale * rng.normal(size=f.d)
        g = f.gradient(x)
        after = x - accepted(LineMinimum(), f, x, g, {"alpha": np.ones(1)}).step * g
        parts = [f.gap(each) ** 2 / f.grad_norm_sq(each) for each in (x, after)]
        assert sum(parts) <= (x - f.x_star) @ (x - f.x_star) * (1 + 1e-9)
