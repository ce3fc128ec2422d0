"""Averages that leave out the first points, on every route, against all paths walked one by one."""

from dataclasses import replace
from itertools import product

import mpmath
import numpy as np
import pytest
from sympy import Integer, Piecewise

from ratebound.experiments.adversary.case import case
from ratebound.experiments.adversary.moments import moment_curves
from ratebound.experiments.adversary.sweep import sweep
from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.evidence.pass_curves import pass_curves
from ratebound.experiments.plan import nothing_averaged
from ratebound.experiments.precise import run as precise
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares, logistic
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import k

SGD = METHODS["sgd"]
ALPHAS = np.array([0.9, 0.5, 0.7, 0.3])
TAIL = np.array([0.0, 0.0, 1.0, 2.0])
MEANS = ("gap_average", "grad_norm_sq_mean")
A, X0 = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]], [2.0, -1.0]


def quadratic():
    return least_squares(np.array(A) / 2, [1.0, -1.0, 0.5], x0=X0)


def by_hand(problem, alphas=ALPHAS, weights=TAIL):
    """The mean over all paths of the gap at the average, and of the averaged squares, at k = K."""
    found = []
    for path in product(range(problem.n), repeat=len(alphas)):
        points = [problem.x0]
        for alpha, i in zip(alphas, path, strict=True):
            points.append(points[-1] - alpha * problem.component_gradients(points[-1])[i])
        mean = np.average(points[:-1], axis=0, weights=weights)
        squares = np.average([problem.grad_norm_sq(x) for x in points[:-1]], weights=weights)
        found.append((float(problem.gap(mean)), squares))
    return np.mean(found, 0)


def defined(values):
    """Undefined at k = 0, 1, 2 and defined from there on."""
    assert np.isnan(values[..., :3]).all() and np.isfinite(values[..., 3:]).all()
    return values[..., -1]


@pytest.mark.parametrize("make", [quadratic, lambda: logistic(A, [1.0, -1.0, 1.0], 0.1, x0=X0)])
def test_all_paths_are_those_of_a_plain_loop(make):
    problem = make()
    walked = enumerate_paths(problem, SGD, ALPHAS, weights=TAIL, measures=MEANS)
    found = [defined(walked[name]) for name in MEANS]
    assert found == pytest.approx(by_hand(problem), rel=1e-12)


@pytest.mark.parametrize("method", ["sgd", "sgd_momentum", "saga", "gd"])
def test_exact_expectations(method):
    problem = quadratic()
    rule = METHODS[method].with_numbers({p: 0.5 for p in METHODS[method].parameters})
    found = exact_curves(problem, rule, ALPHAS, weights=TAIL, measures=MEANS)
    last = [defined(found[name]) for name in MEANS]
    if method == "sgd":
        assert last == pytest.approx(by_hand(problem), rel=1e-12)
    # The tail of a run is the average of the run from its third point on, for what keeps no state.
    if method == "gd":
        later = least_squares(problem.A, problem.y, x0=_after_two(problem))
        rest = exact_curves(later, rule, ALPHAS[2:], weights=TAIL[2:], measures=MEANS)
        assert last == pytest.approx([rest[name][-1] for name in MEANS], rel=1e-12)


def _after_two(problem):
    x = problem.x0
    for alpha in ALPHAS[:2]:
        x = x - alpha * problem.gradient(x)
    return x


def test_second_moments_of_the_adversary():
    found = moment_curves(quadratic(), SGD, ALPHAS[None], TAIL[None], 1, True)
    assert defined(found["gap_average"][0]) == pytest.approx(by_hand(quadratic())[0], rel=1e-12)


def test_runs():
    """The sums of all engines are compared in backends/test_contract.py; what is recorded is shared."""
    problem = quadratic()
    options = {"steps": 4, "replicas": 3, "seed": 1, "checkpoints": range(5), "measures": MEANS}
    found = simulate(problem, "sgd", ALPHAS, average=TAIL, backend="numpy", **options)
    paths = simulate(problem, "sgd", ALPHAS, average=np.eye(4)[3], backend="numpy", **options)
    for name in MEANS:
        defined(found[name].values)
        # All weight on x_3 is the value there.
        assert np.isnan(paths[name].values[..., :4]).all()
    last = simulate(problem, "sgd", ALPHAS, backend="numpy", **options | {"measures": ["gap_last"]})
    np.testing.assert_allclose(paths["gap_average"].values[..., 4], last["gap_last"].values[..., 3])


@pytest.mark.parametrize("visits", ["reshuffle", "cyclic", "shuffle_once"])
def test_passes(visits):
    problem = least_squares(np.array(A) / 4, [1.0, -1.0, 0.5], x0=X0)
    found = pass_curves(problem, SGD, visits, np.full((1, 4), 0.2), TAIL[None], MEANS, paths=10**4)
    equal = pass_curves(
        problem, SGD, visits, np.full((1, 4), 0.2), np.eye(4)[3:], ["gap_average", "gap_last"]
    )
    defined(found["gap_average"][0])
    defined(found["grad_norm_sq_mean"][0])
    assert equal["gap_average"][0, 4] == pytest.approx(equal["gap_last"][0, 3])


AFTER_FIVE = Piecewise((Integer(0), k < 5), (Integer(1), True))


@pytest.mark.parametrize("name", ["sgd_star_convex", "gd_convex_average"])
def test_what_is_not_averaged_yet_is_not_asked(name):
    """Of a conjecture about a tail the first k are left out of the verdict, and k = 6 is judged."""
    conjecture = replace(THEOREMS[name], weights=AFTER_FIVE, certificate=None)
    trial = prepare(conjecture, quadratic(), steps=12)
    assert trial.start == 6
    verdict = verify(conjecture, quadratic(), steps=12, replicas=0)
    assert verdict.outcome == "holds" and "every k = 6 .. 12" in verdict.reason
    false = replace(conjecture, bound=conjecture.bound / 10**6)
    assert verify(false, quadratic(), steps=12, replicas=0).outcome == "violated"
    early = verify(conjecture, quadratic(), steps=5, replicas=0)
    assert early.outcome == "not applicable" and "from k = 6 on" in early.reason
    chosen = {each: np.array([value]) for each, value in trial.parameters.items()}
    swept = sweep(case(conjecture, quadratic(), 12), chosen)
    assert np.isnan(swept.ratio[0, :5]).all() and (swept.ratio[0, 5:] > 0).all()
    with mpmath.workdps(50):
        at = np.array([2, 6, 12])
        many = precise.ratios(trial, at, [{}] * 3)
    assert np.isnan(many[0])
    known = exact_curves(
        trial.problem, trial.method, trial.alphas, weights=trial.weights, measures=["gap_average"]
    )["gap_average"]
    np.testing.assert_allclose(many[1:], (known[at] / trial.bound(at))[1:], rtol=1e-7)


def test_undefined_means_are_told_per_run():
    weights = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 0.0]])
    assert nothing_averaged(weights).tolist() == [[True, True, False, False], [True, False, False, False]]
