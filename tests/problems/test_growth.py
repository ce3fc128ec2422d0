"""Interpolation and growth constants: certified where they are certain, measured against random points."""

import numpy as np
import pytest

from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.certified import NotCertified, Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.losses import LOSSES

CONSISTENT = ("interpolating", "consistent", "consistent_plane", "unequal_rows")
SETTINGS = [Setting(np.zeros(1), 1), Setting(np.zeros(1), 3), Setting(np.zeros(1), 3, False)]


@pytest.mark.parametrize("name", [*CONSISTENT, "huber_worst"])
def test_a_common_minimiser_is_certified(name):
    problem = load(name)
    assert certify(problem, "interpolates").value == 1
    assert np.abs(problem.component_gradients(problem.x_star)).max() < 1e-9


@pytest.mark.parametrize("name", ["linnerud", "quadratic_2d", "rank_deficient", "sine_1d", "iris"])
def test_other_problems_do_not_interpolate(name):
    with pytest.raises(NotCertified):
        certify(load(name), "interpolates")


def test_labels_that_are_off_by_one_digit_are_not_certified():
    problem = load("consistent")
    off = problem.y.copy()
    off[0] = np.nextafter(off[0], np.inf)
    with pytest.raises(NotCertified, match="not certified to interpolate"):
        certify(least_squares(problem.A, off), "interpolates")


@pytest.mark.parametrize("setting", SETTINGS, ids=["1", "3", "3 distinct"])
@pytest.mark.parametrize("name", CONSISTENT)
def test_strong_growth_is_an_upper_bound_and_sharp(name, setting):
    problem = load(name)
    rho = certify(problem, "rho", setting).value
    # The worst direction of one draw by a plain generalised eigenvalue problem on the range.
    values, vectors = np.linalg.eigh(problem.H)
    kept = vectors[:, values > 1e-9 * values[-1]]
    second = kept.T @ np.mean([np.outer(a, a) @ np.outer(a, a) for a in problem.A], 0) @ kept
    root = np.linalg.inv(np.linalg.cholesky(kept.T @ problem.H @ problem.H @ kept))
    direction = np.linalg.eigh(root @ second @ root.T)[1][:, -1]
    x = problem.x_star + kept @ (root.T @ direction)
    parts = problem.component_gradients(x)
    full, n, b = parts.mean(0), problem.n, setting.batch
    factor = 1 / b if setting.replacement else (n - b) / (b * (n - 1))
    moment = factor * (parts**2).sum(1).mean() + (1 - factor) * full @ full
    assert moment <= rho * (full @ full) * (1 + 1e-9)
    assert moment >= rho * (full @ full) * (1 - 1e-4)


def test_affine_constants_of_additive_noise_are_exact():
    problem = load("sine_1d")
    assert certify(problem, "affine_growth", SETTINGS[0]).value == 1
    single = certify(problem, "affine_noise", SETTINGS[0]).value
    assert single == pytest.approx((problem.y**2).mean(), rel=1e-12)
    assert certify(problem, "affine_noise", SETTINGS[1]).value == pytest.approx(single / 3, rel=1e-12)


def test_the_smoothness_of_a_batch_shrinks_with_its_variance():
    rng = np.random.default_rng(0)
    problem = from_arrays(rng.normal(size=(10, 3)), np.sign(rng.normal(size=10)), LOSSES["logistic"], 0.1)
    whole = certify(problem, "L_batch", Setting(np.zeros(1), 10, False)).value
    assert whole == 0
    assert certify(problem, "L_batch", SETTINGS[0]).value == pytest.approx(certify(problem, "L_max").value)
