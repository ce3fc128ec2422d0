"""Newton's method with a cubic term: gradient and least eigenvalue, as a measure and in a theorem."""

import dataclasses

import numpy as np
import pytest
from sympy import Integer, Matrix, Rational, diff, hessian, symbols

from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.losses import LOSSES
from ratebound.problems.point_values import values_at
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import k

THEOREM = THEOREMS["cubic_second_order"]
PROOF = THEOREM.certificate
APART, CLOSE = 1e-5, 1e-4


def nonconvex(loss, seed):
    """Return a problem that starts where its Hessian has a negative eigenvalue."""
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(5, 2)), np.where(rng.random(5) < 0.5, 1.0, -1.0)
    problem = from_arrays(A, y, LOSSES[loss], 0.0)
    starts = 4 * rng.normal(size=(50, 2))
    start = starts[np.linalg.eigvalsh(problem.hessian(starts))[:, 0] < 0][0]
    return from_arrays(A, y, LOSSES[loss], 0.0, x0=start)


def lengths(problem, x):
    """Return both lengths at a point: differences of the gradient, and the eigenvalue of a 2 x 2 matrix."""
    M, axes = certify(problem, "L_hess").value, APART * np.eye(2)
    H = np.array([problem.gradient(x + e) - problem.gradient(x - e) for e in axes]) / (2 * APART)
    least = (H[0, 0] + H[1, 1]) / 2 - np.hypot((H[0, 0] - H[1, 1]) / 2, (H[0, 1] + H[1, 0]) / 2)
    return np.sqrt(np.linalg.norm(problem.gradient(x)) / M), -2 * least / (3 * M)


def test_the_measure_reads_the_gradient_here_and_the_eigenvalue_there():
    # A maximum at zero in both directions.
    A, y = np.array([[2.0, 1.0], [2.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), np.array([2.0, -2.0, 2.0, -2.0])
    problem = from_arrays(A, y, LOSSES["welsch"], 0.0)
    points = np.random.default_rng(1).normal(size=(3, 20, 2))
    by_hand = np.array([[lengths(problem, x) for x in row] for row in points])
    np.testing.assert_allclose(values_at(problem)["second_order"](points), by_hand.max(-1), rtol=CLOSE)
    bent = by_hand[..., 1] > by_hand[..., 0]
    assert bent.any() and not bent.all()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("method", ["gd", "sgd", "cubic_newton"])
def test_engines_take_the_least_over_the_points_before(method, backend):
    problem, steps = nonconvex("welsch", 0), 6
    options = dict(steps=steps, replicas=3, seed=2, backend=backend, checkpoints=np.arange(steps + 1))
    run = simulate(problem, method, 1.0, measures=["second_order_best"], **options)
    found, path = run["second_order_best"].values[0], run["second_order_path"].values[0]
    assert np.isnan(found[:, 0]).all()
    assert (np.diff(found[:, 1:]) <= 0).all()
    assert path[0] == pytest.approx(max(lengths(problem, problem.x0)), rel=CLOSE)
    if method != "sgd":
        np.testing.assert_allclose(found[0, 1:], np.minimum.accumulate(path))
    if method == "gd":
        x, seen = problem.x0, []
        for _ in range(steps):
            seen.append(max(lengths(problem, x)))
            x = x - problem.gradient(x)
        np.testing.assert_allclose(path, seen, rtol=CLOSE)


@pytest.mark.parametrize("loss", ["cauchy", "welsch", "sigmoid"])
@pytest.mark.parametrize("seed", range(3))
def test_each_step_pays_for_the_length_that_it_leaves(loss, seed):
    """M q(x_+)^3 <= 12 (f(x) - f(x_+)) from points where f is not convex."""
    problem = nonconvex(loss, seed)
    run = exact_curves(problem, METHODS["cubic_newton"], np.ones(9), measures=("gap_last",))
    path = simulate(problem, "cubic_newton", 1.0, steps=9, measures=["second_order_best"])
    left = path["second_order_path"].values[0, 1:] ** 3 * certify(problem, "L_hess").value
    fallen = -np.diff(run["gap_last"])[:-1]
    assert (left <= 12 * fallen + 1e-12).all()
    assert (left > 1e-3 * fallen).any()


def test_a_cubic_attains_curvature_and_fall_at_once():
    """The least fall and the least eigenvalue that the proof allows, of a step of length one with M = 1."""
    s, u = symbols("s u", real=True)
    f = (s**3 - 3 * s * u**2) / 6 - (s**2 + u**2) / 4
    start, end, step = {s: 0, u: 0}, {s: 1, u: 0}, Matrix([1, 0])
    slope, H = Matrix([diff(f, v) for v in (s, u)]).subs(start), hessian(f, (s, u))
    assert slope + H.subs(start) * step + step / 2 == Matrix([0, 0])
    assert min((H.subs(start) + Matrix.eye(2) / 2).eigenvals()) == 0
    # The Hessian is linear, and at a point of length five it differs by a matrix of norm five.
    assert max(abs(value) for value in (H.subs({s: 3, u: 4}) - H.subs(start)).eigenvals()) == 5
    assert f.subs(start) - f.subs(end) == PROOF.fallen == Rational(1, 12)
    assert -min(H.subs(end).eigenvals()) * Rational(2, 3) == PROOF.lengths()["of the curvature"] == 1


def test_a_faster_rate_is_refuted_far_out_on_the_cauchy_loss():
    faster = dataclasses.replace(THEOREM, certificate=None, bound=THEOREM.bound.subs(k, k**2))
    assert verify(THEOREM, load("cauchy_far"), steps=200).holds
    assert verify(faster, load("cauchy_far"), steps=200).violated


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"certificate": dataclasses.replace(PROOF, factor=Rational(119, 10))}, "larger factor"),
        ({"bound": THEOREM.bound * Rational(99, 100)}, "not proved to be at least"),
        ({"start": Integer(1)}, "cubic_second_order"),
        ({"measure": "grad_norm_sq_best"}, "cubic_second_order"),
        ({"assumptions": ()}, "lipschitz_hessian"),
        ({"method": METHODS["newton"]}, "with a cubic term"),
    ],
)
def test_what_does_not_follow_is_refused(changed, message):
    with pytest.raises(RateboundError, match=message):
        dataclasses.replace(THEOREM, **changed)


@pytest.mark.parametrize("problem", ["linnerud", "huber_worst"])
def test_where_the_hessian_is_not_lipschitz_there_is_no_measure(problem):
    with pytest.raises(RateboundError, match="Hessian"):
        simulate(problem, "gd", 0.1, steps=2, measures=["second_order_best"])


def test_a_diverged_run_is_infinitely_far():
    assert values_at(nonconvex("cauchy", 1))["second_order"](np.array([np.inf, 0.0])) == np.inf
