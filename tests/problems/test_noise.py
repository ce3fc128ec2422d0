"""Second-moment certificates against runs and dense sampling."""

import numpy as np
import pytest

from ratebound.problems import noise
from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.constants import NotCertified, Setting, certify
from ratebound.problems.library import load
from ratebound.problems.moments import MomentRecursion


def second_moment(problem, x):
    return (problem.component_gradients(x) ** 2).sum(1).mean()


def visited(problem, setting, seed, replicas=20):
    rng = np.random.default_rng(seed)
    X = np.repeat(problem.x0[None], replicas, axis=0)
    points = [X]
    for alpha in setting.alphas[:-1]:
        X = X - alpha * problem.batch_gradient(X, rng.integers(0, problem.n, size=(replicas, setting.batch)))
        points.append(X)
    return np.concatenate(points)


def test_least_squares_is_the_largest_exact_value():
    problem = load("linnerud")
    setting = Setting(np.linspace(0.05, 0.001, 60), 2, False)
    rec, values = MomentRecursion(problem, 2, False), []
    for alpha in setting.alphas:
        values.append(rec.second_moment)
        rec.step(alpha)
    found = certify(problem, "second_moment", setting)
    assert max(values) <= found.value <= max(values) * (1 + 1e-9)
    assert "x_0 .. x_59" in found.region


def test_decaying_step_reaches_huge_but_finite_values():
    problem = load("linnerud")
    mu, k = certify(problem, "mu").value, np.arange(200)
    found = certify(problem, "second_moment", Setting((2 * k + 1) / (2 * mu * (k + 1) ** 2)))
    assert 1e3 < found.value < 1e12


def test_divergence_is_not_certified():
    with pytest.raises(NotCertified, match="diverge"):
        certify(load("diabetes"), "second_moment", Setting(np.full(400, 1e6)))
    with pytest.raises(NotCertified, match="infinite"):
        certify(load("iris"), "second_moment", Setting(np.full(400, 1e3)))


@pytest.mark.parametrize(("l2", "batch", "replacement"), [(0.0, 1, True), (0.3, 1, True), (0.3, 3, False)])
def test_ball_certificate_covers_the_ball_and_is_tight(l2, batch, replacement):
    rng = np.random.default_rng(2)
    problem = least_squares(rng.normal(size=(8, 3)), rng.normal(size=8), l2, x0=rng.normal(size=3))
    setting = Setting(np.full(20, 1 / certify(problem, "L_max").value), batch, replacement)
    found = noise.second_moment_region(problem, setting)
    r = float(found.region.split("<= ")[1].split(",")[0])
    points = visited(problem, setting, 0)
    assert np.linalg.norm(points - problem.x_star, axis=1).max() <= r
    assert certify(problem, "second_moment", setting).value <= found.value
    u = rng.normal(size=(20000, 3))
    sphere = problem.x_star + r * (1 - 1e-5) * u / np.linalg.norm(u, axis=1, keepdims=True)
    factor = 1.0 if batch == 1 else (8 - 3) / (3 * 7)
    mean = problem.grad_norm_sq(sphere)
    slopes = sphere @ problem.A.T - problem.y
    grads = slopes[..., None] * problem.A + problem.l2 * sphere[:, None, :]
    sampled = mean + factor * ((grads**2).sum(-1).mean(-1) - mean)
    assert sampled.max() <= found.value <= sampled.max() * 1.01


def test_many_features_fall_back_to_the_ball():
    rng = np.random.default_rng(0)
    problem = least_squares(rng.normal(size=(10, 201)), rng.normal(size=10))
    found = certify(problem, "second_moment", Setting(np.full(5, 1e-3)))
    assert "S-lemma" in found.route
    assert found.value >= second_moment(problem, problem.x0)


@pytest.mark.parametrize(
    ("name", "alpha"),
    [
        ("iris", 0.5),
        ("breast_cancer", 0.02),
        ("breast_cancer_sigmoid", 0.1),
        ("diabetes_welsch", 0.05),
        ("diabetes_cauchy", 0.05),
        ("sine_1d", 0.05),
        ("sine_1d", 0.3),
        ("sine_separable", 0.125),
        ("huber_worst", 1.0),
    ],
)
@pytest.mark.parametrize("batch", [1, 3])
def test_certificate_covers_every_visited_point(name, alpha, batch):
    problem = load(name)
    setting = Setting(np.full(60, alpha), batch, True)
    found = certify(problem, "second_moment", setting)
    worst = max(second_moment(problem, x) for x in visited(problem, setting, 1, replicas=8))
    assert worst <= found.value
    assert found.value < 400 * worst


@pytest.mark.parametrize(("l2", "alpha"), [(0.1, 0.4), (0.1, 0.05), (1.0, 1.0), (2.0, 0.6)])
def test_logistic_ball_holds_adversarial_paths(l2, alpha):
    problem = load("iris", l2=l2)
    setting = Setting(np.full(60, alpha))
    r = float(certify(problem, "second_moment", setting).region.split("<= ")[1].split(",")[0])
    x, farthest = problem.x0, 0.0
    for alpha in setting.alphas[:-1]:
        steps = x - alpha * problem.component_gradients(x)
        x = steps[np.argmax((steps**2).sum(1))]
        farthest = max(farthest, np.linalg.norm(x))
    assert 0.2 * r < farthest <= r * (1 + 1e-5)


def test_unregularised_logistic_has_a_global_bound():
    iris = load("iris", l2=0.0)
    found = certify(iris, "second_moment", Setting(np.full(10, 3.0)))
    assert found.region == "everywhere"
    assert found.value == pytest.approx((iris.A**2).sum(1).mean())


def test_sine_interval_holds_adversarial_paths():
    problem = load("sine_1d")
    for alpha in (0.05, 0.125, 0.4):
        setting = Setting(np.full(100, alpha))
        r = float(certify(problem, "second_moment", setting).region.split("<= ")[1].split(",")[0])
        for sign in (-1.0, 1.0):
            x = problem.x0
            for _ in range(99):
                steps = x - alpha * problem.component_gradients(x)
                x = steps[np.argmax(sign * steps[:, 0])]
                assert abs(x[0]) <= r * (1 + 1e-5)


def test_sine_needs_unit_rows_and_balanced_noise():
    setting = Setting(np.full(5, 0.1))
    for A, y in (([[2.0], [2.0]], [1.0, -1.0]), ([[1.0], [1.0]], [1.0, -0.5])):
        problem = from_arrays(A, y, "sine", x0=[1.0])
        for name in ("second_moment", "mu_pl"):
            with pytest.raises(NotCertified, match="unit rows"):
                certify(problem, name, setting)


def test_no_steps():
    with pytest.raises(NotCertified, match="no steps"):
        certify(load("iris"), "second_moment", Setting(np.array([])))


@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (3, True), (3, False)])
@pytest.mark.parametrize("name", ["linnerud", "linnerud_ridge", "sine_1d", "iris", "sine_separable"])
def test_variance_bound_covers_visited_points(name, batch, replacement):
    problem = load(name)
    setting = Setting(np.full(15, 0.5 / certify(problem, "L_max").value), batch, replacement)
    found = certify(problem, "variance_bound", setting)
    assert found.name == "variance_bound"
    factor = (problem.n - batch) / (batch * (problem.n - 1)) if not replacement else 1 / batch
    values = []
    for x in visited(problem, setting, 3):
        parts = problem.component_gradients(x)
        values.append(factor * ((parts - parts.mean(0)) ** 2).sum(1).mean())
    points = np.array(values).reshape(setting.alphas.size, -1).mean(1)
    # Along a trajectory it bounds expectations, elsewhere every point.
    largest = points.max() / 1.5 if "recursion" in found.route else np.max(values)
    assert largest <= found.value * (1 + 1e-12)


def test_variance_of_least_squares_is_exact():
    problem = load("quadratic_2d")
    rec = MomentRecursion(problem)
    parts = problem.component_gradients(problem.x0)
    expected = ((parts - parts.mean(0)) ** 2).sum(1).mean()
    assert rec.variance == pytest.approx(expected, rel=1e-12)
    found = certify(problem, "variance_bound", Setting(np.full(1, 0.1)))
    assert found.value == pytest.approx(expected, rel=1e-9) and found.value >= expected
