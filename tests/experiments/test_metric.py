"""Second-order steps against SciPy: roots, model minima, conjugate gradients."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import LbfgsInvHessProduct, minimize
from scipy.optimize import newton as scipy_newton
from scipy.sparse.linalg import cg

from ratebound.experiments.adversary.search import attack, require_witness
from ratebound.experiments.adversary.witness import replay
from ratebound.experiments.applicability import prepare
from ratebound.experiments.backends.metric import MetricSteps
from ratebound.experiments.plan import Plan
from ratebound.experiments.precise import run as precise
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.library import load
from ratebound.problems.sparse import as_data
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, Metric, p, x
from ratebound.theory.methods import METHODS
from ratebound.theory.methods.metric import MEMORY
from ratebound.theory.symbols import alpha


def plan_of(problem, method):
    return Plan(
        problem=problem,
        method=METHODS[method],
        alphas=np.ones((1, 3)),
        weights=None,
        checkpoints=np.arange(4),
        replicas=np.zeros(1, dtype=np.int64),
        seed=0,
        batch=1,
        replacement=True,
        measures=("gap_last",),
    )


@pytest.mark.parametrize("name", ["logistic_line", "cauchy_line", "sine_near"])
def test_newton_is_scipys_root_of_the_derivative(name):
    problem = load(name)
    found = simulate(problem, "newton", 1.0, steps=3, measures=("distance_sq",))["distance_sq"].values[0, 0]
    for steps in (1, 2, 3):
        root = scipy_newton(
            lambda v: problem.gradient(np.array([v]))[0],
            problem.x0[0],
            fprime=lambda v: problem.hessian(np.array([v]))[0, 0],
            maxiter=steps,
            tol=1e-300,
            disp=False,
        )
        assert found[steps] == pytest.approx(problem.distance_sq(np.array([root])), rel=1e-9, abs=1e-28)


def test_the_hessian_is_the_derivative_of_the_gradient():
    for name in ("iris", "logistic_plane", "quadratic_2d", "diabetes_welsch"):
        problem = load(name)
        at, h = problem.x0 + 0.1, 1e-5
        moves = h * np.eye(problem.d)
        slopes = (problem.gradient(at + moves) - problem.gradient(at - moves)) / (2 * h)
        np.testing.assert_allclose(problem.hessian(at), slopes, atol=1e-8)
        assert problem.hessian(np.stack([at, at]))[1] == pytest.approx(problem.hessian(at))


@pytest.mark.parametrize("name", ["logistic_plane", "sine_1d", "iris"])
def test_the_cubic_step_minimises_its_model(name):
    problem = load(name)
    M, steps = certify(problem, "L_hess").value, MetricSteps(plan_of(problem, "cubic_newton"))
    for at in (problem.x0, problem.x0 - 1.25):
        g, H = problem.gradient(at), problem.hessian(at)

        def model(v, g=g, H=H):
            return g @ v + v @ H @ v / 2 + M / 6 * np.linalg.norm(v) ** 3

        step = -steps({"x": at}, g, 0)[0]
        starts = (0.1 * np.ones(problem.d), -np.ones(problem.d), -g)
        least = min(minimize(model, start, options={"gtol": 1e-12}).fun for start in starts)
        assert model(step) <= least + 1e-12


def test_the_hard_case_of_the_cubic_model():
    """At a maximiser the gradient vanishes: the model falls along both sides, and the step takes one."""
    problem = replace(load("sine_1d"), x0=np.array([0.0]))
    M = certify(problem, "L_hess").value
    steps = MetricSteps(plan_of(problem, "cubic_newton"))
    top = np.array([np.pi / 2])
    bent = replace(problem, l2=0.0).hessian(top)[0, 0]
    assert bent < 0
    step = steps({"x": top}, np.zeros(1), 0)[0]
    assert abs(step[0]) == pytest.approx(-2 * bent / M)


def test_bfgs_with_exact_search_is_conjugate_gradients():
    for name in ("linnerud", "diabetes"):
        problem = load(name)
        seen = []
        right = problem.H @ problem.x_star
        cg(problem.H, right, x0=problem.x0, rtol=0, atol=0, maxiter=problem.d - 1,
           callback=lambda v, seen=seen: seen.append(problem.gap(v)))  # fmt: skip
        found = simulate(problem, "bfgs_exact", 1.0, steps=problem.d + 1, checkpoints=range(problem.d + 2))
        gaps = found["gap_last"].values[0, 0]
        np.testing.assert_allclose(gaps[1 : len(seen) + 1], seen, rtol=1e-5)
        assert gaps[problem.d + 1] < 1e-18 * gaps[0]


@pytest.mark.parametrize("memory", [1, 2, 5])
def test_lbfgs_with_exact_search_is_conjugate_gradients_whatever_its_memory(memory):
    problem, seen = load("diabetes"), []
    method = replace(METHODS["lbfgs_exact"], metric=Metric("lbfgs", memory=memory))
    cg(problem.H, problem.H @ problem.x_star, x0=problem.x0, rtol=0, atol=0, maxiter=6,
       callback=lambda v: seen.append(problem.gap(v)))  # fmt: skip
    found = simulate(problem, method, 1.0, steps=6, checkpoints=range(7), backend="numpy")
    np.testing.assert_allclose(found["gap_last"].values[0, 0, 1:], seen, rtol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ["iris", "linnerud"])
def test_lbfgs_steps_are_those_of_scipys_inverse_hessian(name, backend):
    """SciPy multiplies by the inverse of L-BFGS with two loops over the moves, from the identity."""
    problem = load(name)
    L, points, slopes = certify(problem, "L").value, [problem.x0], []
    for _ in range(9):
        slopes.append(problem.gradient(points[-1]))
        first = max(0, len(points) - 1 - MEMORY)
        # From I instead of I/L: lengths in units of 1/sqrt(L) and slopes in units of sqrt(L).
        moves = np.diff(points[first:], axis=0).reshape(-1, problem.d) * np.sqrt(L)
        changes = np.diff(slopes[first:], axis=0).reshape(-1, problem.d) / np.sqrt(L)
        points.append(points[-1] - LbfgsInvHessProduct(moves, changes).matvec(slopes[-1]) / L)
    found = simulate(
        problem, "lbfgs", 1.0, steps=9, checkpoints=range(10), backend=backend, measures=("distance_sq",)
    )["distance_sq"].values[0, 0]
    np.testing.assert_allclose(found, problem.distance_sq(np.array(points)), rtol=1e-7)


def test_l_bfgs_remembers_at_least_one_move():
    with pytest.raises(RateboundError, match="at least 1 move"):
        Metric("lbfgs")


def test_conjugate_gradients_meet_the_bound_on_a_worst_case():
    """Eigenvalues where the Chebyshev polynomial of degree two is extreme, equal weights: Greenbaum 1979."""
    from ratebound.problems.build import least_squares

    low, high, k = 1.0, 9.0, 2
    eigenvalues = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * np.arange(k + 1) / k)
    shares = (
        np.array([0.5, 1.0, 0.5]) / eigenvalues
    )  # Weights of the discrete orthogonality, over the curvature.

    values = {s.L: high, s.mu_pl: low, s.k: k, s.gap0: 1}
    share = float(THEOREMS["bfgs_exact_quadratic"].bound.subs(values))

    def ratio(weights):
        d = weights.size
        A = np.sqrt(d) * np.diag(np.sqrt(eigenvalues))
        problem = least_squares(A, np.zeros(d), x0=np.sqrt(np.abs(weights)))
        gap = simulate(problem, "bfgs_exact", 1.0, steps=k, checkpoints=[k])["gap_last"].values[0, 0, 0]
        return gap / (share * problem.gap(problem.x0))

    best = minimize(
        lambda v: -ratio(np.exp(v)), np.log(shares), method="Nelder-Mead", options={"maxiter": 60}
    )
    assert 0.99 < -best.fun <= 1 + 1e-9


def test_newton_does_not_see_the_condition_number():
    problem = load("rank_deficient")
    found = simulate(problem, "newton", 0.5, steps=6, checkpoints=range(7))["gap_last"].values[0, 0]
    np.testing.assert_allclose(found, found[0] * 0.25 ** np.arange(7), rtol=1e-9)


@pytest.mark.parametrize(
    "name", ["newton_local", "bfgs_quadratic", "newton_quadratic", "bfgs_exact_quadratic", "lbfgs_quadratic"]
)
def test_fifty_digits_repeat_what_doubles_say(name):
    theorem = THEOREMS[name]
    problem = load("rank_deficient" if "quadratic" in name else "logistic_plane")
    trial = prepare(theorem, problem, steps=3)
    at = np.array([1, 2])
    assert precise.feasible(trial, 2)
    values = simulate(
        problem, trial.method, trial.alphas, steps=3, checkpoints=at, measures=(theorem.measure,)
    )[theorem.measure].values[0, 0]
    np.testing.assert_allclose(precise.ratios(trial, at, [{}, {}]), values / trial.bound(at), rtol=1e-7)


def test_the_root_of_the_cubic_model_is_known_in_doubles_only():
    trial = prepare(THEOREMS["cubic_convex"], load("logistic_plane"), steps=3)
    assert not precise.feasible(trial, 1)


def test_constants_of_the_hessian_bound_what_is_measured():
    rng = np.random.default_rng(0)
    for name in ("iris", "logistic_plane", "cauchy_line", "sine_near", "diabetes_welsch"):
        problem = load(name)
        M = certify(problem, "L_hess").value
        for size in (1e-3, 1.0):
            one, two = problem.x0 + size * rng.normal(size=(2, problem.d))
            change = np.linalg.norm(problem.hessian(one) - problem.hessian(two), 2)
            assert change <= M * np.linalg.norm(one - two) * (1 + 1e-9)
    line = load("logistic_line")
    least = line.hessian(line.x_star)[0, 0]
    assert 0.999 * least < certify(line, "mu_star").value <= least
    radius = certify(line, "level_radius").value
    for side in (-1, 1):
        assert line.value(line.x_star + side * radius) >= line.value(line.x0)


def test_what_has_no_lipschitz_hessian_says_why():
    for name, reason in (("quadratic_2d", "does not change"), ("huber_worst", "not Lipschitz")):
        with pytest.raises(NotCertified, match=reason):
            certify(load(name), "L_hess")
    with pytest.raises(NotCertified, match="start nearer"):
        certify(load("iris"), "near_minimum")
    verdict = verify("newton_strong", load("iris"), steps=30)
    assert verdict.outcome == "not applicable" and "it says nothing there" in verdict.reason


def test_a_metric_needs_dense_rows_and_a_method_that_reads_it():
    from scipy.sparse import csr_matrix

    sparse = replace(load("quadratic_2d"), A=as_data(csr_matrix(load("quadratic_2d").A)))
    with pytest.raises(RateboundError, match="the metric of newton"):
        simulate(sparse, "newton", 1.0, steps=2)
    with pytest.raises(RateboundError, match="reads p"):
        Method("odd", "odd", {"x": x - alpha * p}, "full")
    with pytest.raises(RateboundError, match="full gradients at x"):
        Method("odd", "odd", {"x": x - alpha * p}, "batch", metric=Metric("hessian"))


@pytest.mark.parametrize("name", ["cubic_convex", "bfgs_quadratic"])
def test_the_search_for_worst_cases_walks_steps_in_a_metric(name):
    """The witness is judged anew by the engines: both walks agree, and no bound is broken."""
    witness = require_witness(attack(THEOREMS[name], evaluations=120, seed=1))
    assert 0.1 < witness.ratio <= 1 + 1e-6
    assert replay(witness) == pytest.approx(witness.ratio, rel=1e-9)
