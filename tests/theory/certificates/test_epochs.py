"""Proofs of one epoch, SVRG and SARAH, against every path of tiny sums, in loops written out by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import S, Symbol, floor

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.epochs import Epochs
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import epoch, k, mu, prob

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


def restarted(problem, step, steps, epochs):
    """Return the mean gap of the snapshot after each epoch, over all paths; a loop keeps the points."""
    gaps = np.zeros(epochs + 1)
    paths = list(product(range(problem.n), repeat=steps * epochs))
    for path in paths:
        snapshot, drawn = problem.x0, iter(path)
        for each in range(epochs + 1):
            gaps[each] += problem.gap(snapshot) / len(paths)
            if each == epochs:
                break
            old, full, points = problem.component_gradients(snapshot), problem.gradient(snapshot), [snapshot]
            for _ in range(steps):
                i = next(drawn)
                change = problem.component_gradients(points[-1])[i] - old[i]
                points.append(points[-1] - step * (change + full))
            snapshot = np.mean(points[:-1], axis=0)
    return gaps


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize(("steps", "epochs"), [(2, 2), (3, 2), (1, 3)])
def test_epochs_multiply_the_gap_by_less_than_the_factor(problem, steps, epochs):
    theorem = THEOREMS["svrg_epochs_sc"]
    trial = prepare(
        theorem, problem, steps=steps * epochs, parameters={"epoch": steps, "alpha": "1/(5*L_max)"}
    )
    exact = restarted(problem, trial.alphas[0], steps, epochs)
    ends = steps * np.arange(epochs + 1)
    bound = trial.bound(np.arange(steps * epochs + 1))
    assert (exact <= bound[ends] * (1 + 1e-12)).all()
    # Between the ends nothing moves, neither the snapshot nor its bound.
    np.testing.assert_array_equal(bound[:-1], np.repeat(bound[ends[:-1]], steps))
    if problem.kind == "quadratic":
        found = exact_curves(problem, trial.method, trial.alphas, measures=["gap_last"])["gap_last"]
        np.testing.assert_allclose(found[ends], exact, rtol=1e-11)
        np.testing.assert_array_equal(found[:-1], np.repeat(found[ends[:-1]], steps))


def test_whole_epochs_are_counted_where_their_length_has_no_exact_reciprocal():
    trial = prepare(THEOREMS["svrg_epochs_sc"], problems()[0], steps=98, parameters={"epoch": 49})
    bound = trial.bound(np.array([48, 49, 97, 98]))
    assert bound[1] == bound[2] and bound[3] / bound[2] == pytest.approx(bound[1] / bound[0])


def test_a_length_that_is_no_whole_number_is_rounded_up():
    trial = prepare(THEOREMS["svrg_epochs_sc"], problems()[0], steps=9, parameters={"epoch": 3.2})
    assert trial.parameters["epoch"] == 4
    with pytest.raises(RateboundError, match="epochs of 1/2 steps"):
        exact_curves(problems()[0], METHODS["svrg_epochs"].at({epoch: S.Half}), [0.1], measures=["gap_last"])


def test_epochs_run_the_method_of_the_theorem_about_one():
    theorem = THEOREMS["svrg_epochs_sc"]
    x, s = (Symbol(name, real=True) for name in "xs")
    update, draws = theorem.method.update, theorem.method.draws
    for other in (
        replace(theorem.method, update={**update, "s": s}),
        replace(theorem.method, point=x),
        replace(theorem.method, draws=replace(draws, full={"u": x})),
        replace(theorem.method, from_start=()),
        METHODS["lsvrg"].at({prob: 1 / epoch}),
    ):
        with pytest.raises(RateboundError, match="does not run svrg in epochs"):
            replace(theorem, method=other)
    for wrong, reason in (
        (theorem.bound.subs(mu, 2 * mu), "is no power of the factor"),
        (theorem.bound.replace(floor, lambda part: part), "does not count whole epochs"),
        (theorem.bound / 2, "against the gap at the start"),
    ):
        with pytest.raises(RateboundError, match=reason):
            replace(theorem, bound=wrong)
    convex = THEOREMS["svrg_convex"]
    with pytest.raises(RateboundError, match="no multiple of the gap at any start"):
        replace(theorem, certificate=Epochs(convex), assumptions=convex.assumptions)
    with pytest.raises(RateboundError, match="by the gap of an even average"):
        replace(theorem, certificate=Epochs(THEOREMS["svrg_nonconvex"]))


def test_published_factors():
    """The factor of an epoch of m steps of Johnson and Zhang, and that of an outer loop of SARAH."""
    names = {s.name: s for t in ("svrg_sc", "sarah_pl") for s in THEOREMS[t].bound.free_symbols}
    numbers = {"alpha": 0.1, "L_max": 1.0, "mu": 0.01, "mu_pl": 0.01, "k": 3000, "gap0": 1.0, "grad0_sq": 1.0}
    numbers["b"] = 1
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
        replace(THEOREMS["sarah_convex"], method=METHODS["page"].at({prob: S.Half}))
    certificate = replace(THEOREMS["sarah_convex"].certificate, share=S.Zero)
    with pytest.raises(RateboundError, match="does not close"):
        replace(THEOREMS["sarah_convex"], certificate=certificate)
    with pytest.raises(RateboundError, match="mean squared gradient"):
        replace(THEOREMS["sarah_convex"], weights=1 + k)
