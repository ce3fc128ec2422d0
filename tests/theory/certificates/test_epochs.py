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
from ratebound.theory.draws import coin
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha, epoch, k, mu, prob

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
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_the_gaps_of_an_epoch_of_svrg_add_up_to_less_than_said(problem, share):
    L_max = certify(problem, "L_max").value
    step = share / L_max
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
    left = away[0] + 2 * L_max * step**2 / (1 - step * L_max) * gaps[0] * np.arange(1, STEPS + 1)
    assert (2 * step * np.cumsum(gaps[:-1]) + away[1:] <= left * (1 + 1e-12)).all()


def reduced(problem, x, step, path):
    """Return the points of an epoch of SVRG."""
    old, full, points = problem.component_gradients(x), problem.gradient(x), [x]
    for i in path:
        change = problem.component_gradients(points[-1])[i] - old[i]
        points.append(points[-1] - step * (change + full))
    return points


def tracking(problem, x, step, path):
    """Return the points of an outer loop of SARAH."""
    v, points = problem.gradient(x), [x, x - step * problem.gradient(x)]
    for i in path[1:]:
        v = v + (problem.component_gradients(points[-1]) - problem.component_gradients(points[-2]))[i]
        points.append(points[-1] - step * v)
    return points[: len(path) + 1]


LOOPS = {
    "svrg_epochs_sc": ("1/(5*L_max)", reduced, lambda points: [np.mean(points, axis=0)]),
    "svrg_drawn_sc": ("1/(5*L_max)", reduced, lambda points: points),
    "sarah_drawn_pl": ("1/(2*L_max)", tracking, lambda points: points),
}
"""The step, the points of an epoch, and where the next one may start, each as likely."""


def restarted(name, problem, step, steps, epochs):
    """Return what is measured at the start of each epoch, over all samples and all points drawn."""
    _, walk, ends = LOOPS[name]
    measure = problem.grad_norm_sq if THEOREMS[name].measure == "grad_norm_sq_last" else problem.gap
    starts, found = [problem.x0], []
    for _ in range(epochs):
        found.append(np.mean([measure(x) for x in starts]))
        paths = list(product(range(problem.n), repeat=steps - 1))
        starts = [end for x in starts for path in paths for end in ends(walk(problem, x, step, path))]
    return np.array([*found, np.mean([measure(x) for x in starts])])


@pytest.mark.parametrize("problem", problems(), ids=["squares", "logistic"])
@pytest.mark.parametrize(("steps", "epochs"), [(2, 2), (3, 2), (1, 3)])
@pytest.mark.parametrize("name", LOOPS)
def test_epochs_multiply_the_measure_by_less_than_the_factor(name, problem, steps, epochs):
    theorem = THEOREMS[name]
    trial = prepare(
        theorem, problem, steps=steps * epochs, parameters={"epoch": steps, "alpha": LOOPS[name][0]}
    )
    exact = restarted(name, problem, trial.alphas[0], steps, epochs)
    ends = steps * np.arange(epochs + 1)
    bound = trial.bound(np.arange(steps * epochs + 1))
    assert (exact <= bound[ends] * (1 + 1e-12)).all()
    # Between the ends nothing moves, neither the snapshot nor its bound.
    np.testing.assert_array_equal(bound[:-1], np.repeat(bound[ends[:-1]], steps))
    if problem.kind == "quadratic":
        curves = exact_curves(problem, trial.method, trial.alphas, measures=[theorem.measure])
        found = curves[theorem.measure]
        np.testing.assert_allclose(found[ends], exact, rtol=1e-11)
        np.testing.assert_allclose(found[:-1], np.repeat(found[ends[:-1]], steps), rtol=1e-13)


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
    x, s, z, y = (Symbol(name, real=True) for name in "xszy")
    update, draws = theorem.method.update, theorem.method.draws
    for other in (
        replace(theorem.method, update={**update, "s": s}),
        replace(theorem.method, point=x),
        replace(theorem.method, draws=replace(draws, full={"u": x})),
        replace(theorem.method, from_start=()),
        METHODS["lsvrg"].at({prob: 1 / epoch}),
        METHODS["sarah_drawn"],
    ):
        with pytest.raises(RateboundError, match="does not run svrg in epochs"):
            replace(theorem, method=other)
    for wrong, reason in (
        (theorem.bound.subs(mu, 2 * mu), "is no power of the factor"),
        (theorem.bound.replace(floor, lambda part: part), "does not count whole epochs"),
        (theorem.bound / 2, "against what it is at the start"),
    ):
        with pytest.raises(RateboundError, match=reason):
            replace(theorem, bound=wrong)
    drawn = THEOREMS["svrg_drawn_sc"]
    for rule in ({"y": z}, {"y": y}, {"x": x}):
        with pytest.raises(RateboundError, match="does not run svrg in epochs"):
            replace(drawn, method=replace(drawn.method, update={**drawn.method.update, **rule}))
    convex = THEOREMS["svrg_convex"]
    with pytest.raises(RateboundError, match="no multiple of gap0 at any start"):
        replace(theorem, certificate=Epochs(convex), assumptions=convex.assumptions)
    with pytest.raises(RateboundError, match="grad_norm_sq_last by an even grad_norm_sq_mean"):
        replace(theorem, certificate=Epochs(THEOREMS["svrg_nonconvex"]))


def test_squared_gradients_say_nothing_about_an_average():
    theorem = THEOREMS["sarah_drawn_pl"]
    x, s, z, v = (Symbol(name, real=True) for name in "xszv")
    average = x + (s + z - x) / epoch
    update = {
        "x": coin * average + (1 - coin) * x,
        "z": coin * average + (1 - coin) * (z - alpha * v),
        "s": (1 - coin) * (s + z - x),
        "v": theorem.method.update["v"],
    }
    draws = replace(theorem.method.draws, full={"u": average}, picks=False)
    with pytest.raises(RateboundError, match="where f is convex"):
        replace(theorem, method=replace(theorem.method, update=update, draws=draws))


def test_published_factors():
    """The factor of an epoch of m steps of Johnson and Zhang, and that of an outer loop of SARAH."""
    names = {s.name: s for t in ("svrg_sc", "sarah_pl") for s in THEOREMS[t].bound.free_symbols}
    numbers = {"alpha": 0.1, "L_max": 1.0, "mu": 0.01, "mu_pl": 0.01, "k": 3000, "gap0": 1.0, "grad0_sq": 1.0}
    numbers["b"] = 1
    values = {names[name]: value for name, value in numbers.items()}
    ours = float(THEOREMS["svrg_sc"].bound.subs(values))
    assert ours == pytest.approx(1 / (0.01 * 0.1 * 3000) + 0.1 / (1 - 0.1))
    assert ours <= 1 / (0.01 * 0.1 * (1 - 0.2) * 3000) + 0.2 / (1 - 0.2)
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
