"""``simulate`` against a plain loop over single replicas, and its promises about streams and divergence."""

import json

import numpy as np
import pytest
from sympy import Rational, Symbol, sqrt

from ratebound.experiments.backends import numpy_, recorder
from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.run import MEASURES, OVER_PATH, simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import BEST
from ratebound.theory.method import Method
from ratebound.theory.symbols import alpha0, k

GRID = [0, 1, 2, 5, 9, 12]


def tiny_logistic():
    rng = np.random.default_rng(5)
    A = rng.normal(size=(6, 3))
    return logistic(A, np.where(rng.random(6) < 0.5, 1.0, -1.0), 0.2, x0=[1.0, -2.0, 0.5])


def plain_loop(problem, replica, alphas, batch, replacement, seed, weights):
    """One replica, one point at a time, every measure at every k."""
    drawn = indices(seed, np.array([replica]), np.arange(len(alphas)), problem.n, batch, replacement)[:, 0]
    points = [problem.x0]
    for step, rows in zip(alphas, drawn, strict=True):
        x = points[-1]
        points.append(x - step * problem.component_gradients(x)[rows].mean(0))
    slopes = [problem.component_gradients(x).mean(0) for x in points]
    squares = [(slope**2).sum() for slope in slopes]
    sums = [sum(abs(v) for v in slope) for slope in slopes]
    curves = {name: [] for name in MEASURES}
    for j, x in enumerate(points):
        curves["gap_last"].append(problem.value(x) - problem.f_star)
        curves["distance_sq"].append(((x - problem.x_star) ** 2).sum())
        curves["grad_norm_sq_last"].append(squares[j])
        curves["grad_norm_last"].append(np.linalg.norm(slopes[j]))
        curves["grad_l1_last"].append(sums[j])
        if j == 0:
            for name in OVER_PATH & curves.keys():
                curves[name].append(np.nan)
        else:
            w = weights[:j]
            mean = np.average(points[:j], axis=0, weights=w)
            curves["gap_average"].append(problem.value(mean) - problem.f_star)
            curves["gap_mean"].append(np.average(curves["gap_last"][:j], weights=w))
            curves["gap_best"].append(min(curves["gap_last"][:j]))
            curves["grad_norm_sq_mean"].append(np.average(squares[:j], weights=w))
            curves["grad_norm_sq_best"].append(min(squares[:j]))
            curves["grad_norm_mean"].append(np.average(np.sqrt(squares[:j]), weights=w))
            curves["grad_l1_mean"].append(np.average(sums[:j], weights=w))
    return curves


@pytest.mark.parametrize("make", [tiny_logistic, lambda: load("quadratic_2d")])
@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (3, True), (3, False)])
def test_equals_a_plain_loop(make, batch, replacement):
    problem = make()
    alphas = np.stack([0.3 / np.sqrt(np.arange(1, 13)), np.full(12, 0.1)])
    weights = np.arange(1.0, 13.0)
    data = simulate(
        problem,
        "sgd",
        alphas,
        batch=batch,
        replacement=replacement,
        steps=12,
        replicas=4,
        seed=3,
        average=weights,
        measures=MEASURES,
        checkpoints=GRID,
    )
    assert dict(data.sizes) == {"step_size": 2, "replica": 4, "checkpoint": len(GRID), "step": 12}
    for s in range(2):
        for replica in range(4):
            expected = plain_loop(problem, replica, alphas[s], batch, replacement, 3, weights)
            for name in MEASURES:
                measured = data[name].values[s, replica]
                np.testing.assert_allclose(measured, np.array(expected[name])[GRID], rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(data.evaluations, batch * np.array(GRID))
    np.testing.assert_array_equal(data.alpha, alphas)
    np.testing.assert_array_equal(data.weight, np.stack([weights, weights]))


def test_path_of_the_mean_is_kept_for_the_best_gradient():
    problem = tiny_logistic()
    every = simulate(
        problem,
        "sgd",
        0.4,
        steps=20,
        replicas=9,
        measures=("grad_norm_sq_best", "grad_norm_sq_last", "gap_best", "gap_last"),
        checkpoints=range(21),
    )
    means = every.grad_norm_sq_last.mean("replica").values[0]
    np.testing.assert_allclose(every.grad_norm_sq_path.values[0], means[:-1], rtol=1e-13)
    gaps = every.gap_last.mean("replica").values
    np.testing.assert_allclose(every.gap_path.values[0], gaps[0, :-1], rtol=1e-13)
    # Along single replicas the minimum is smaller in the mean than the minimum of the mean.
    assert every.grad_norm_sq_best.mean("replica").values[0, -1] < means[:-1].min()


def test_full_gradients_run_once():
    problem = tiny_logistic()
    data = simulate(problem, "gd", [0.5, 1.0], steps=30, replicas=100)
    assert data.sizes["replica"] == 1
    np.testing.assert_array_equal(data.evaluations, problem.n * data.checkpoint)
    x = problem.x0
    for _ in range(30):
        x = x - problem.component_gradients(x).mean(0)
    assert data.gap_last.values[1, 0, -1] == pytest.approx(problem.value(x) - problem.f_star, rel=1e-9)


def test_replicas_are_a_prefix_and_can_be_continued():
    problem = load("quadratic_2d")
    options = dict(steps=50, seed=11, measures=("gap_last", "gap_average"))
    whole = simulate(problem, "sgd", 0.1, replicas=20, **options)
    few = simulate(problem, "sgd", 0.1, replicas=7, **options)
    rest = simulate(problem, "sgd", 0.1, replicas=13, first_replica=7, **options)
    for name in options["measures"]:
        np.testing.assert_allclose(few[name], whole[name][:, :7], rtol=1e-12)
        np.testing.assert_allclose(rest[name], whole[name][:, 7:], rtol=1e-12)
    assert list(rest.replica) == list(range(7, 20))
    other = simulate(problem, "sgd", 0.1, replicas=7, steps=50, seed=12)
    assert not np.allclose(other.gap_last[0, :, -1], few.gap_last[0, :, -1])


def test_step_sizes_share_the_indices():
    problem = tiny_logistic()
    both = simulate(problem, "sgd", [0.1, 0.4], steps=30, replicas=5)
    for s, alpha in enumerate((0.1, 0.4)):
        alone = simulate(problem, "sgd", alpha, steps=30, replicas=5)
        np.testing.assert_allclose(both.gap_last[s], alone.gap_last[0], rtol=1e-12)
    assert list(both.step_size) == [0.1, 0.4]


def test_blocks_change_nothing(monkeypatch):
    problem = tiny_logistic()
    options = dict(batch=2, steps=25, replicas=10, measures=MEASURES)
    whole = simulate(problem, "sgd", [0.1, 0.3], **options)
    monkeypatch.setattr(numpy_, "_DRAWS", 150)
    monkeypatch.setattr(recorder, "_VALUES", 36)
    monkeypatch.setattr(recorder, "HELD", 36)
    cut = simulate(problem, "sgd", [0.1, 0.3], **options)
    for name in MEASURES:
        np.testing.assert_allclose(cut[name], whole[name], rtol=1e-11, atol=1e-15)


def test_forms_of_a_schedule_agree():
    problem = load("quadratic_2d")
    L_max = certify(problem, "L_max").value
    reference = 1 / (4 * L_max * np.sqrt(np.arange(40) + 1))
    user_k = Symbol("k")
    forms = [
        (reference, None),
        ("1/(4*L_max*sqrt(k + 1))", None),
        (1 / (4 * Symbol("L_max") * sqrt(user_k + 1)), None),
        (alpha0 / sqrt(k + 1), {"alpha0": 1 / (4 * L_max)}),
    ]
    runs = [
        simulate(problem, "sgd", form, steps=40, replicas=3, parameters=values).gap_last
        for form, values in forms
    ]
    for run in runs[1:]:
        np.testing.assert_allclose(run, runs[0], rtol=1e-12)


def test_horizon_and_batch_constants_in_a_step():
    problem = load("quadratic_2d")
    run = simulate(problem, "sgd", "1/(2*ell*sqrt(K))", batch=2, steps=16, replicas=2)
    values = json.loads(run.attrs["step_values"])
    assert set(values) == {"ell"}
    assert float(run.step_size[0]) == pytest.approx(1 / (8 * values["ell"]))


def test_divergence_reads_infinite_in_silence():
    for problem in (load("quadratic_2d"), tiny_logistic(), load("sine_1d")):
        data = simulate(problem, "sgd", 1e8, steps=100, replicas=6, measures=MEASURES)
        for name in MEASURES:
            late = data[name].values[:, :, 1:]
            assert not np.isnan(late).any()
            if name not in BEST:
                assert (late[:, :, -1] == np.inf).all()


def test_attributes_repeat_the_run():
    problem = load("quadratic_2d")
    first = simulate(
        problem, "sgd", "1/(3*L_max)", batch=2, replacement=False, steps=30, replicas=4, seed=2**40
    )
    told = first.attrs
    again = simulate(
        load(told["problem"]),
        told["method"],
        told["step"],
        batch=told["batch"],
        replacement=bool(told["replacement"]),
        steps=told["steps"],
        replicas=first.sizes["replica"],
        seed=int(told["seed"]),
    )
    np.testing.assert_array_equal(first.gap_last, again.gap_last)
    assert {"ratebound", "numpy", "python"} <= set(json.loads(told["versions"]))
    np.testing.assert_array_equal(first.checkpoint, checkpoints(30))


def method(update, sampling="batch"):
    return Method("mine", "A method of my own", update, sampling)


def test_method_is_its_expression():
    x, g, alpha = (Symbol(name) for name in ("x", "g", "alpha"))
    problem = load("quadratic_2d")
    mine = simulate(problem, method({"x": x - 2 * alpha * g}), 0.1, steps=10, replicas=3)
    plain = simulate(problem, "sgd", 0.2, steps=10, replicas=3)
    np.testing.assert_allclose(mine.gap_last, plain.gap_last, rtol=1e-12)
    with pytest.raises(RateboundError, match="reads beta"):
        simulate(problem, method({"x": x - alpha * g * Symbol("beta")}), 0.1, steps=5)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("order", ["independent", "reshuffle"])
def test_methods_share_the_indices_of_a_seed(backend, order):
    x, g, alpha, v = (Symbol(name) for name in ("x", "g", "alpha", "v"))
    problem = tiny_logistic()
    options = dict(steps=20, replicas=4, batch=2, order=order, seed=7, backend=backend)
    plain = simulate(problem, "sgd", 0.2, **options)
    # SGD in disguise, with a memory that it does not read.
    disguised = method({"x": x - 2 * alpha * g, "v": v / 2 + g})
    np.testing.assert_allclose(
        simulate(problem, disguised, 0.1, **options).gap_last, plain.gap_last, rtol=1e-9
    )
    other = simulate(problem, "sgd", 0.2, **{**options, "seed": 8})
    assert not np.allclose(other.gap_last, plain.gap_last)


def test_a_method_may_keep_more_state():
    x, g, alpha, v, k = (Symbol(name) for name in ("x", "g", "alpha", "v", "k"))
    beta = Rational(1, 2)
    problem = tiny_logistic()
    heavy_ball = method({"x": x - alpha * (beta * v + g), "v": beta * v + g}, "full")
    run = simulate(problem, heavy_ball, 0.3, steps=8, checkpoints=[8], measures=("gap_last", "gap_average"))
    point, velocity, points = problem.x0, np.zeros(3), []
    for _ in range(8):
        points.append(point)
        velocity = velocity / 2 + problem.component_gradients(point).mean(0)
        point = point - 0.3 * velocity
    expected = [problem.gap(point), problem.gap(np.mean(points, axis=0))]
    measured = [run.gap_last.values[0, 0, 0], run.gap_average.values[0, 0, 0]]
    np.testing.assert_allclose(measured, expected, rtol=1e-12)
    with pytest.raises(RateboundError, match="reads w; it may read"):
        simulate(problem, method({"x": x - alpha * g / (k + 1), "v": v + Symbol("w")}), 0.1, steps=5)


@pytest.mark.parametrize(
    ("step", "options", "message"),
    [
        (0.0, {}, "step = 0"),
        (-0.1, {}, "step = -0.1"),
        ([0.1, np.inf], {}, "step = inf"),
        (np.nan, {}, "step = nan"),
        ([], {}, "step ="),
        ([[0.1], [0.2]], {}, "step ="),
        (None, {}, "step ="),
        (np.full(9, 0.1), {}, "shape"),
        (np.array([0.1] * 9 + [-1.0]), {}, "alpha_9 = -1"),
        ("1 - k/5", {}, "alpha_5 = 0"),
        ("alpha0/(k + 1)", {}, "alpha0 in the step"),
        ("1/L", {"parameters": {"alpha0": 1.0}}, "parameter 'alpha0'"),
        (0.1, {"parameters": {"alpha0": 1.0}}, "expression"),
        ("1/second_moment", {}, "second_moment depends"),
        (0.1, {"steps": 0}, "steps = 0"),
        (0.1, {"steps": 2.5}, "not an integer"),
        (0.1, {"replicas": 0}, "replicas = 0"),
        (0.1, {"batch": 0}, "batch = 0"),
        (0.1, {"batch": 5, "replacement": False}, "exceeds n = 4"),
        (0.1, {"seed": -1}, "seed = -1"),
        (0.1, {"first_replica": -1}, "first_replica"),
        (0.1, {"first_replica": 2**32}, "first_replica"),
        (0.1, {"method": "sdg"}, "did you mean 'sgd'"),
        (0.1, {"measures": ("gap_lst",)}, "did you mean 'gap_last'"),
        (0.1, {"measures": ()}, "no measure"),
        (0.1, {"dtype": "float23"}, "did you mean 'float32'"),
        (0.1, {"backend": "nunpy"}, "did you mean 'numpy'"),
        (0.1, {"average": np.ones(3)}, "weights have shape"),
        (0.1, {"average": np.zeros(10)}, "all weights of an average are zero"),
        (0.1, {"average": np.eye(10)[0] - np.eye(10)[3]}, "weight 3 is -1"),
        (0.1, {"checkpoints": [0, 11]}, "checkpoints must increase"),
        (0.1, {"checkpoints": [3, 3]}, "checkpoints must increase"),
        (0.1, {"checkpoints": [0.5]}, "step numbers"),
    ],
)
def test_refusals(step, options, message):
    options = {"method": "sgd", "steps": 10, "replicas": 2} | options
    with pytest.raises(RateboundError, match=message):
        simulate(load("quadratic_2d"), options.pop("method"), step, **options)


def test_no_minimiser_no_distance():
    problem = load("diabetes_welsch")
    with pytest.raises(RateboundError, match="no distance to a minimiser"):
        simulate(problem, "sgd", 0.1, steps=3, replicas=2, measures="distance_sq")
    assert np.isfinite(simulate(problem, "sgd", 0.1, steps=3, replicas=2).gap_last).all()


def test_one_sample():
    problem = least_squares([[1.0, -1.0]], [2.0], 0.1)
    data = simulate(problem, "sgd", 0.2, steps=10, replicas=3)
    gd = simulate(problem, "gd", 0.2, steps=10)
    np.testing.assert_allclose(data.gap_last, np.broadcast_to(gd.gap_last, data.gap_last.shape), rtol=1e-10)
