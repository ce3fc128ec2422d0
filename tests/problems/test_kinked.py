"""Vertices of piecewise linear sums: against every candidate, by direct descent, and refused where unsure."""

import itertools

import numpy as np
import pytest

from ratebound.problems.build import from_arrays
from ratebound.problems.constants import NotCertified, Setting, certify
from ratebound.problems.library import load


def instance(loss, seed, n=9, d=2):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, d))
    y = rng.choice([-1.0, 1.0], n) if loss == "hinge" else rng.normal(size=n)
    return from_arrays(A, y, loss, x0=rng.normal(size=d))


@pytest.mark.parametrize("loss", ["absolute", "hinge"])
@pytest.mark.parametrize("seed", range(12))
def test_the_minimiser_is_the_best_of_all_vertices(loss, seed):
    problem = instance(loss, seed)
    if problem.x_star is None:
        assert loss == "hinge"  # Separable points: f* = 0 is met on an unbounded set, not at a vertex.
        return
    corners = [
        np.linalg.solve(problem.A[list(rows)], problem.y[list(rows)])
        for rows in itertools.combinations(range(problem.n), problem.d)
    ]
    values = problem.value(np.array(corners))
    assert problem.minimum.route == "vertex"
    assert problem.f_star == pytest.approx(values.min(), abs=problem.value_floor)
    assert np.linalg.norm(problem.x_star - corners[values.argmin()]) <= 1e-12
    around = problem.x_star + np.random.default_rng(seed).normal(size=(200, problem.d))
    assert (problem.gap(around) > 0).all()


def test_the_median():
    problem = load("median")
    assert problem.x_star == pytest.approx([0.25]) and problem.f_star == pytest.approx(1.5)
    assert certify(problem, "D").value == pytest.approx(2.75)
    assert certify(problem, "second_moment", Setting(np.ones(3))).value == pytest.approx(1.0)


def test_a_kink_is_never_called_smooth():
    for name in ("L", "L_max", "L_mean", "L_inf", "smooth_components", "ell"):
        with pytest.raises(NotCertified, match="the hinge loss has a kink: f is not smooth"):
            certify(load("hinge_plane"), name, Setting(np.ones(1)))


def test_no_minimiser_is_claimed_where_it_is_not_the_only_vertex():
    middle = from_arrays(np.ones((4, 1)), np.array([0.0, 1.0, 2.0, 5.0]), "absolute")
    assert middle.x_star is None and "no minimiser is certified" in middle.minimum.note
    assert from_arrays(np.ones((3, 1)), np.arange(3.0), "absolute", 0.5).x_star is None
