"""Many digits against double precision and against exact rational arithmetic over all paths."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from sympy import Float, sqrt

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.finding import exact_values
from ratebound.experiments.grid import Grid, of_run
from ratebound.experiments.precise import run as precise
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.symbols import grad0_sq

RUNS = [
    ("sgd_pl_constant", "quadratic_2d", 1, True),
    ("sgd_sc_decaying_shifted", "linnerud_ridge", 2, False),
    ("sgd_convex_decaying", "quadratic_2d", 3, True),
    ("sgd_nonconvex_constant", "rank_deficient", 2, True),
    ("sgd_star_constant", "linnerud_ridge", 3, False),
    ("gd_pl", "quadratic_2d", 1, True),
    ("gd_nonconvex", "linnerud", 1, True),
    ("sgdm_primal_averaging", "linnerud_ridge", 2, True),
    ("sgdm_convex_variance", "linnerud_ridge", 2, False),
    ("sgdm_averaging_star", "quadratic_2d", 1, True),
    ("nesterov_strong", "quadratic_2d", 1, True),
    ("heavy_ball_quadratic", "linnerud_ridge", 1, True),
    ("polyak_convex", "quadratic_2d", 1, True),
    ("polyak_subgradient", "quadratic_2d", 1, True),
    ("steepest_linear", "quadratic_2d", 1, True),
    ("sign_steepest_pl", "quadratic_2d", 1, True),
    ("adagrad_norm_any", "quadratic_2d", 1, True),
    ("sam_pl", "quadratic_2d", 1, True),
    ("sam_normalised_pl", "quadratic_2d", 1, True),
    ("gauss_southwell_pl", "linnerud", 1, True),
    ("clipped_nonconvex", "linnerud", 1, True),
    ("ogm_convex", "quadratic_2d", 1, True),
    ("sgd_importance_sc", "ridge_plane", 2, True),
    ("sgd_partial_convex", "quadratic_2d", 1, True),
    ("sgd_importance_convex", "quadratic_2d", 1, True),
    ("svrg_convex", "quadratic_2d", 2, False),
    ("lsvrg_sc", "ridge_plane", 1, True),
    ("sdca_gap", "ridge_plane", 1, True),
    ("svrg_epochs_sc", "ridge_plane", 1, True),
    ("sarah_drawn_pl", "quadratic_2d", 1, True),
    ("saga_components", "ridge_plane", 1, True),
    ("saga_convex", "quadratic_2d", 1, True),
    ("page_pl", "quadratic_2d", 1, True),
    ("sarah_convex", "quadratic_2d", 1, True),
    ("rcd_lipschitz_pl", "quadratic_2d", 1, True),
    ("rcd_convex", "ridge_plane", 1, True),
]


@pytest.mark.parametrize(("name", "problem", "batch", "replacement"), RUNS)
def test_ratios_equal_those_of_doubles(name, problem, batch, replacement):
    options = {"batch": batch, "replacement": replacement}
    trial = prepare(THEOREMS[name], library.load(problem), steps=40, **options)
    # The errors of fast deterministic runs soon are rounding in doubles.
    at = np.array([1, 2, 17, 40] if trial.theorem.stochastic else [1, 2, 9])
    assert precise.feasible(trial, 40)
    expected = exact_values(Grid(((trial, at),))) / trial.bound(at)
    np.testing.assert_allclose(precise.ratios(trial, at, [{}] * at.size), expected, rtol=1e-10, atol=1e-16)


@pytest.mark.parametrize("first", ["100/L", "0.001/L"])
@pytest.mark.parametrize("name", ["armijo_quadratic", "wolfe_pl", "exact_search_pl"])
def test_a_line_search_makes_the_trials_of_doubles(name, first):
    """From a first trial that is far too long, and from one that Wolfe's second condition finds too short."""
    trial = prepare(THEOREMS[name], library.load("linnerud"), steps=9, parameters={"alpha": first})
    at = np.array([1, 2, 9])
    expected = exact_values(Grid(((trial, at),))) / trial.bound(at)
    np.testing.assert_allclose(precise.ratios(trial, at, [{}] * 3), expected, rtol=1e-10)


def test_the_expectation_is_that_of_rational_arithmetic():
    problem = library.load("quadratic_2d")
    trial = prepare(THEOREMS["sgd_sc_constant"], problem, steps=4)
    A = [[Fraction(v) for v in row] for row in problem.A.tolist()]
    y = [Fraction(v) for v in problem.y.tolist()]
    start, alpha = [Fraction(v) for v in problem.x0.tolist()], Fraction(float(trial.alphas[0]))
    # Normal equations of two unknowns by Cramer's rule.
    a, b, c = (sum(r[i] * r[j] for r in A) for i, j in ((0, 0), (0, 1), (1, 1)))
    u, v = (sum(r[i] * t for r, t in zip(A, y, strict=True)) for i in (0, 1))
    star = [(c * u - b * v) / (a * c - b * b), (a * v - b * u) / (a * c - b * b)]
    total = Fraction(0)
    for path in product(range(4), repeat=4):
        x = start
        for i in path:
            slope = sum(p * q for p, q in zip(A[i], x, strict=True)) - y[i]
            x = [p - alpha * slope * q for p, q in zip(x, A[i], strict=True)]
        total += sum((p - q) ** 2 for p, q in zip(x, star, strict=True))
    expected = total / 4**4
    with precise.mpmath.workdps(100):
        measured, known = precise._expected(trial, np.ones(4), np.array([4]))
        assert abs(measured[4] * expected.denominator / expected.numerator - 1) < 1e-85
        moments = [c.value for c in trial.constants if c.name == "second_moment"]
    assert float(max(known.values(), key=float)) == pytest.approx(moments[0], rel=1e-12)


@pytest.mark.parametrize("name", ["saga_convex", "lsvrg_sc", "rcd_convex", "sgd_importance_sc"])
def test_a_small_excess_of_a_method_with_draws_is_decided(name):
    """A bound too small by 5e-9 is below what doubles decide, and above what 50 digits leave open."""
    theorem, problem = THEOREMS[name], library.load("ridge_plane")
    grid = of_run(prepare(theorem, problem, steps=12)).every_step()
    least = Float(float((exact_values(grid) / grid.claim).max()), 17)
    outcomes = [
        verify(replace(theorem, bound=theorem.bound * c, certificate=None), problem, steps=12, replicas=0)
        for c in (least * (1 - Float("5e-9")), least * (1 + Float("5e-9")))
    ]
    assert [verdict.outcome for verdict in outcomes] == ["violated", "holds"]


@pytest.mark.parametrize("measure", ["grad_norm_mean", "grad_l1_mean"])
def test_means_of_norms_agree_with_double_precision(measure):
    trial = prepare(THEOREMS["gd_convex"], library.load("linnerud"), steps=6)
    trial = replace(
        trial, theorem=replace(trial.theorem, measure=measure, bound=sqrt(grad0_sq), certificate=None)
    )
    trial = replace(trial, values={**trial.values, grad0_sq: 4.0})
    curve = exact_curves(trial.problem, trial.theorem.method, trial.alphas, measures=(measure,))[measure]
    found = precise.ratios(trial, np.arange(1, 7), [{}] * 6)
    np.testing.assert_allclose(found, curve[1:] / 2, rtol=1e-12)


@pytest.mark.parametrize("name", ["sgd_convex_decaying", "saga_convex"])
def test_means_of_gaps_of_stochastic_methods_agree_with_double_precision(name):
    trial = prepare(THEOREMS[name], library.load("quadratic_2d"), steps=9)
    trial = replace(trial, theorem=replace(trial.theorem, measure="gap_mean", certificate=None))
    at = np.array([1, 2, 9])
    expected = exact_values(Grid(((trial, at),))) / trial.bound(at)
    np.testing.assert_allclose(precise.ratios(trial, at, [{}] * 3), expected, rtol=1e-10)


def test_two_steps_of_saga_are_those_of_rational_arithmetic():
    """All paths of two steps by hand; the first step is one of gradient descent, whatever is drawn."""
    problem = library.load("quadratic_2d")
    trial = prepare(THEOREMS["saga_convex"], problem, steps=2)
    gradient = {"measure": "grad_norm_sq_last", "bound": grad0_sq, "certificate": None}
    trial = replace(trial, theorem=replace(trial.theorem, **gradient))
    A, y, start = (np.vectorize(Fraction)(part) for part in (problem.A, problem.y, problem.x0))
    alpha, n = Fraction(float(trial.alphas[0])), problem.n

    def gradients(x):
        return (A @ x - y)[:, None] * A

    stored, total = gradients(start), Fraction(0)
    first = start - alpha * stored.sum(0) / n
    for j in range(n):  # The sample of the first step stores what is there already.
        x = first - alpha * (gradients(first)[j] - stored[j] + stored.sum(0) / n)
        mean = gradients(x).sum(0) / n
        total += mean @ mean / n
    with precise.mpmath.workdps(100):
        measured, _ = precise._expected(trial, np.ones(2), np.array([2]))
        assert abs(measured[2] * total.denominator / total.numerator - 1) < 1e-80


def test_what_is_not_known_or_takes_too_long_is_not_feasible():
    def trial(name, problem, steps):
        return prepare(THEOREMS[name], library.load(problem), steps=steps)

    assert not precise.feasible(trial("sgd_pl_constant", "sine_1d", 5), 5)
    assert not precise.feasible(trial("sgd_pl_constant", "quadratic_2d", 30_000), 5)
    assert not precise.feasible(trial("lsvrg_sc", "iris", 5), 5)
    assert not precise.feasible(trial("sps_convex", "quadratic_2d", 5), 5)
    assert precise.feasible(trial("gd_pl", "sine_1d", 5), 5)


def test_constants_that_the_schedule_reads_stay_as_they_are():
    trial = prepare(THEOREMS["sgd_sc_decaying_shifted"], library.load("quadratic_2d"), steps=5)
    with precise.mpmath.workdps(100):
        known = precise._expected(trial, np.ones(5), np.array([5]))[1]
    assert {symbol.name for symbol in known} == {"D", "second_moment", "L_max"}
