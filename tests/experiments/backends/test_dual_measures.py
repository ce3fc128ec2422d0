"""The duality gap of SDCA against a loop written out by hand, with the conjugates of the textbook."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from host_device import COMPILER, HostDevice
from scipy.sparse import csr_array
from scipy.special import expit, xlogy

from ratebound.experiments.applicability import NotApplicable, prepare
from ratebound.experiments.backends import numba_, numpy_
from ratebound.experiments.backends.cuda_ import CudaEngine
from ratebound.experiments.backends.cuda_measures import device_measures
from ratebound.experiments.backends.recorder import record
from ratebound.experiments.evidence.affine import moments
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_available
from ratebound.experiments.precise import run as precise
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import from_arrays
from ratebound.problems.losses import LOSSES
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
LABELS = np.array([1.0, -1.0, 1.0])
L2, SIZE, STEPS = 0.2, 3, 4
MEASURES = ("duality_gap", "dual_suboptimality")


def squares(beta):
    return beta**2 / 2 + beta * LABELS


def entropy(beta):
    p = -beta * LABELS
    return xlogy(p, p) + xlogy(1 - p, 1 - p)


def huber(beta):
    return np.where(np.abs(beta) <= 1, squares(beta), np.inf)


# Conjugate, slope, and largest curvature of a loss.
BY_HAND = {
    "squared": (squares, lambda z: z - LABELS, 1.0),
    "logistic": (entropy, lambda z: -LABELS * expit(-LABELS * z), 0.25),
    "huber": (huber, lambda z: np.clip(z - LABELS, -1, 1), 1.0),
}


def problem_of(loss, start=(1.0, -2.0), rows=A):
    return from_arrays(rows, LABELS, LOSSES[loss], L2, x0=np.array(start))


def along(problem, loss, path, part):
    """Return f(y_k) - D and f* - D along a path of samples, k = 0 .. len(path)."""
    conjugate, slope, curved = BY_HAND[loss]
    beta = slope(A @ problem.x0)
    found = []
    for i in (*path, None):
        y = -(A.T @ beta) / (L2 * SIZE)
        dual = -conjugate(beta).mean() - L2 / 2 * (y @ y)
        found.append([float(problem.value(y)) - dual, problem.f_star - dual])
        if i is not None:
            share = L2 * SIZE / (curved * (A[i] @ A[i]) + L2 * SIZE)
            beta = beta.copy()
            beta[i] += part * share * (slope(A @ y)[i] - beta[i])
    return np.array(found).T


def plan_of(problem, part, replicas=3, theorem="sdca_duality_gap"):
    trial = prepare(THEOREMS[theorem], problem, steps=STEPS, parameters={"omega": part})
    plan = trial.plan(np.arange(STEPS + 1), 0, replicas, 5, "gap_last")
    return trial, replace(plan, measures=(*MEASURES, "gap_last"))


@pytest.mark.parametrize(
    ("loss", "part", "sparse"),
    [
        ("squared", 1.0, False),
        ("logistic", 0.4, False),
        ("huber", 1.0, False),
        ("squared", 0.4, True),
        ("logistic", 1.0, True),
    ],
)
def test_engines_measure_what_the_loop_by_hand_does(loss, part, sparse):
    rows = csr_array(A) if sparse else A
    problem = problem_of(loss, (0.0, 0.0) if sparse else (1.0, -2.0), rows)
    _, plan = plan_of(problem, part)
    drawn = indices(5, plan.replicas, np.arange(STEPS), SIZE, 1, True)[:, :, 0]
    expected = np.array([along(problem, loss, path, part) for path in drawn.T])
    device = HostDevice()
    runs = [numpy_.run(plan), numba_.run(plan)]
    runs += [record(plan, CudaEngine(plan, device), device_measures(problem, device))] if COMPILER else []
    for run in runs:
        for j, name in enumerate(MEASURES):
            np.testing.assert_allclose(run[name][0], expected[:, j], rtol=1e-8, atol=1e-11)
        # Weak duality: the primal and the dual gap together, x_k the dual point from k = 1 on.
        both = run["gap_last"] + run["dual_suboptimality"]
        np.testing.assert_allclose(run["duality_gap"][:, :, 1:], both[:, :, 1:], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("loss", BY_HAND)
@pytest.mark.parametrize("part", [1.0, 0.4])
def test_expectations_over_all_paths_are_below_the_bounds(loss, part):
    problem = problem_of(loss)
    paths = [along(problem, loss, path, part) for path in product(range(SIZE), repeat=STEPS)]
    expected = np.mean(paths, axis=0)
    for mean, theorem in zip(expected, ("sdca_duality_gap", "sdca_dual"), strict=True):
        trial, plan = plan_of(problem, part, theorem=theorem)
        assert (mean <= trial.bound(np.arange(STEPS + 1))).all()
    walked = enumerate_paths(
        problem, METHODS["sdca"], np.full(STEPS, part), measures=MEASURES, parameters={"omega": part}
    )
    for mean, name in zip(expected, MEASURES, strict=True):
        np.testing.assert_allclose(walked[name], mean, rtol=1e-8)
    if loss == "squared":
        found = moments(plan)
        for mean, name in zip(expected, MEASURES, strict=True):
            np.testing.assert_allclose(found[name][0], mean, rtol=1e-9)
        with precise.mpmath.workdps(60):
            measured, _ = precise._expected(trial, np.ones(STEPS), np.arange(STEPS + 1))
        np.testing.assert_allclose([float(measured[k]) for k in range(STEPS + 1)], expected[1], rtol=1e-9)
    assert exact_available(problem, METHODS["sdca"], measure="duality_gap") == (loss == "squared")


def test_what_has_no_dual_here_is_refused():
    line = from_arrays(A[:, :1], LABELS, LOSSES["squared"], L2)
    with pytest.raises(
        NotApplicable, match=r"sdca_dual reads dual vectors: mu_min = 0\.45\d* exceeds l2 = 0\.2"
    ):
        prepare(THEOREMS["sdca_dual"], line, steps=3)
    with pytest.raises(RateboundError, match=r"mu_min = 0\.45\d* exceeds l2 = 0\.2"):
        simulate(line, "sdca", 1.0, steps=1, measures=["duality_gap"])
    with pytest.raises(RateboundError, match="duality_gap reads the state 'dual', and saga keeps x, v, t"):
        simulate(problem_of("squared"), "saga", 0.1, steps=1, measures=["duality_gap"])
