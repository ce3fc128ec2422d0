import numpy as np
import pytest
from sklearn import datasets

from ratebound.problems.bundled import LABELLED, SPLIT, bundled
from ratebound.problems.constants import certify
from ratebound.problems.library import load, named, names
from ratebound.theory.errors import RateboundError

SHAPES = {
    "diabetes": (442, 10),
    "linnerud": (20, 3),
    "breast_cancer": (569, 30),
    "digits_3v8": (357, 54),
    "wine": (178, 13),
    "iris": (100, 4),
    "sine_separable": (100, 5),
    "interpolating": (20, 30),
    "quadratic_2d": (4, 2),
}


@pytest.mark.parametrize("name", names())
def test_every_name_loads_and_tells_its_preprocessing(name):
    problem = load(name)
    assert problem.name == name and problem.title and problem.preprocessing
    assert (problem.n, problem.d) == SHAPES.get(name, (problem.n, problem.d))
    if "scikit-learn" in problem.preprocessing:
        np.testing.assert_allclose(problem.A.mean(0), 0, atol=1e-12)
        np.testing.assert_allclose(problem.A.std(0), 1, rtol=1e-12)
        assert "no intercept" in problem.preprocessing
        assert not problem.x0.any()
    again = load(name)
    assert (again.A == problem.A).all() and (again.y == problem.y).all()


@pytest.mark.parametrize("name", [*LABELLED, *SPLIT])
def test_files_hold_what_scikit_learn_loads(name):
    loader = getattr(datasets, f"load_{name}")
    data, target = loader(return_X_y=True, **({"scaled": False} if name == "diabetes" else {}))
    found, labels = bundled(name)
    assert (found == data).all() and (labels == target).all() and found.shape == data.shape


def test_files_elsewhere_are_left_to_scikit_learn(monkeypatch, tmp_path):
    monkeypatch.setattr("ratebound.problems.bundled.folder", lambda: tmp_path)
    for name in ("iris", "diabetes"):
        found, expected = bundled.__wrapped__(name), bundled(name)
        assert all((a == b).all() for a, b in zip(found, expected, strict=True))


def test_kappa_matches_the_published_table():
    # Condition numbers and L_max / L of the standardised features, computed elsewhere: 470 and 12.
    problem = load("diabetes")
    L, mu, L_max = (certify(problem, c).value for c in ("L", "mu", "L_max"))
    assert L / mu == pytest.approx(470, rel=0.01)
    assert L_max / L == pytest.approx(12, rel=0.02)


def test_options():
    assert load("iris", l2=0.5).l2 == 0.5
    with_ones = load("diabetes", intercept=True)
    assert with_ones.d == 11 and (with_ones.A[:, -1] == 1).all() and "ones" in with_ones.preprocessing
    assert (load("sine_1d", seed=1).y != load("sine_1d").y).any()
    assert load("rank_deficient", n=30).n == 30


def test_unknown_names_and_options():
    with pytest.raises(RateboundError, match="did you mean 'diabetes'"):
        load("diabets")
    with pytest.raises(RateboundError, match="did you mean 'intercept'"):
        load("iris", intercpt=True)
    for name, options in (
        ("rank_deficient", {"n": 2}),
        ("interpolating", {"n": 5, "d": 5}),
        ("sine_1d", {"n": 3}),
        ("huber_worst", {"horizon": 0}),
        ("iris", {"l2": -1}),
    ):
        with pytest.raises(RateboundError, match=f"{next(iter(options))} = "):
            load(name, **options)


@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_huber_attains_the_tight_bound_of_gradient_descent(horizon):
    problem = load("huber_worst", horizon=horizon, R=2.0)
    x = problem.x0
    for _ in range(horizon):
        x = x - problem.gradient(x)
    assert float(problem.gap(x)) == pytest.approx(2.0**2 / (4 * horizon + 2), rel=1e-12)
    assert problem.x_star.tolist() == [0.0] and certify(problem, "D").value == pytest.approx(2.0)


def test_sine_mean_is_the_test_function():
    problem = load("sine_separable")
    x = np.array([0.1, -2.0, 3.0, 0.0, 7.0])
    assert float(problem.value(x)) == pytest.approx(np.mean(x**2 + 3 * np.sin(x) ** 2), rel=1e-13)
    assert float(problem.gap(x)) == pytest.approx(np.mean(x**2 + 3 * np.sin(x) ** 2), rel=1e-14)


def test_interpolation():
    problem = load("interpolating")
    assert np.abs(problem.component_gradients(problem.x_star)).max() < 1e-13


def test_a_problem_may_be_named():
    problem = load("linnerud")
    assert named(problem) is problem
    assert named("linnerud").name == "linnerud"
    with pytest.raises(RateboundError, match=r"the problem is of type int; pass a Problem, such as"):
        named(3)
