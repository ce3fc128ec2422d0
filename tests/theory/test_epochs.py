"""Proofs of one epoch, SVRG and SARAH, against every path of tiny sums, in loops written out by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import S

from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import k

STEPS = 5
A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])


def problems():
    x0 = np.array([1.0, -2.0])
    return [least_squares(A, [1.0, -1.0, 0.5], 0.3, x0=x0), logistic(A, [1.0, -1.0, 1.0], 0.1, x0=x0)]


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_error_of_sarah_stays_below_a_share_of_the_first_gradient(problem, share):
    L_max = certify(problem, "L_max").value
    step, r = share / L_max, share / (2 - share)
    errors, squares = np.zeros((2, STEPS + 1))
    paths = list(product(range(problem.n), repeat=STEPS))
    for path in paths:
        x, v = problem.x0, problem.gradient(problem.x0)
        for t in range(STEPS + 1):
            errors[t] += ((v - problem.gradient(x)) ** 2).sum() / len(paths)
            squares[t] += v @ v / len(paths)
            if t < STEPS:
                after = x - step * v
                change = problem.component_gradients(after) - problem.component_gradients(x)
                x, v = after, v + change[path[t]]
    total = errors + r * squares
    assert errors[-1] > 0
    assert (np.diff(total) <= 1e-12 * total[0]).all()
    assert total[0] == pytest.approx(r * problem.grad_norm_sq(problem.x0))


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
def test_the_gaps_of_an_epoch_of_svrg_add_up_to_less_than_said(problem):
    L_max = certify(problem, "L_max").value
    step = 0.3 / L_max
    at_start, full = problem.component_gradients(problem.x0), problem.gradient(problem.x0)
    gaps, away = np.zeros((2, STEPS + 1))
    paths = list(product(range(problem.n), repeat=STEPS))
    for path in paths:
        x = problem.x0
        for t in range(STEPS + 1):
            gaps[t] += problem.gap(x) / len(paths)
            away[t] += problem.distance_sq(x) / len(paths)
            if t < STEPS:
                x = x - step * (problem.component_gradients(x)[path[t]] - at_start[path[t]] + full)
    left = away[0] + 4 * L_max * step**2 * gaps[0] * np.arange(1, STEPS + 1)
    assert (2 * step * (1 - 2 * step * L_max) * np.cumsum(gaps[:-1]) + away[1:] <= left * (1 + 1e-12)).all()


def test_published_factors():
    """The factor of an epoch of m steps of Johnson and Zhang, and that of an outer loop of SARAH."""
    names = {s.name: s for t in ("svrg_sc", "sarah_pl") for s in THEOREMS[t].bound.free_symbols}
    numbers = {"alpha": 0.1, "L_max": 1.0, "mu": 0.01, "mu_pl": 0.01, "k": 3000, "gap0": 1.0, "grad0_sq": 1.0}
    values = {names[name]: value for name, value in numbers.items()}
    assert float(THEOREMS["svrg_sc"].bound.subs(values)) == pytest.approx(
        1 / (0.01 * 0.1 * (1 - 0.2) * 3000) + 0.2 / (1 - 0.2)
    )
    assert float(THEOREMS["sarah_pl"].bound.subs(values)) == pytest.approx(
        1 / (0.01 * 0.1 * 3000) + 0.1 / (2 - 0.1)
    )


def test_what_does_not_stay_is_not_carried():
    """Where snapshots are renewed, what is stored is not that of x_0."""
    for name, reason in (("lsvrg_convex", "where no step replaces it"), ("saga_convex", "where no step")):
        with pytest.raises(RateboundError, match=reason):
            replace(THEOREMS[name], certificate=THEOREMS["svrg_convex"].certificate)


def test_a_sum_of_errors_needs_an_estimate_that_only_tracks():
    with pytest.raises(RateboundError, match="takes full gradients at times"):
        replace(THEOREMS["sarah_convex"], method=THEOREMS["page_nonconvex"].method)
    certificate = replace(THEOREMS["sarah_convex"].certificate, share=S.Zero)
    with pytest.raises(RateboundError, match="does not close"):
        replace(THEOREMS["sarah_convex"], certificate=certificate)
    with pytest.raises(RateboundError, match="mean squared gradient"):
        replace(THEOREMS["sarah_convex"], weights=1 + k)
