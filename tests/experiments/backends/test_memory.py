"""Methods that take the gradient elsewhere than at x, and memories that start at x_0."""

import numpy as np
import pytest
from sympy import Symbol

from ratebound.experiments.run import simulate
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.library import load

x, g, z, alpha = (Symbol(name, real=True) for name in ("x", "g", "z", "alpha"))


def nesterov_by_hand(problem, alpha, steps):
    """The textbook form, in which the momentum is k/(k+3) of the last move."""
    now = before = problem.x0
    out = [now]
    for k in range(steps):
        ahead = now + (k - 1) / (k + 2) * (now - before) if k else now
        before, now = now, ahead - alpha * problem.gradient(ahead)
        out.append(now)
    return np.array(out)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ["diabetes_ridge", "iris"])
def test_nesterov_is_the_textbook_method(name, backend):
    problem = load(name)
    step = 1 / certify(problem, "L").value
    data = simulate(problem, "nesterov", step, steps=40, checkpoints=range(41), backend=backend)
    expected = problem.gap(nesterov_by_hand(problem, step, 40))
    np.testing.assert_allclose(data.gap_last.values[0, 0], expected, rtol=1e-8, atol=1e-15)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_constant_momentum_is_the_textbook_method(backend):
    problem = load("diabetes_ridge")
    step, mu = 1 / certify(problem, "L").value, certify(problem, "mu").value
    data = simulate(problem, "nesterov_constant", step, steps=40, checkpoints=range(41), backend=backend)
    root = np.sqrt(step * mu)
    momentum = (1 - root) / (1 + root)
    now = ahead = problem.x0
    gaps = [float(problem.gap(now))]
    for _ in range(40):
        before, now = now, ahead - step * problem.gradient(ahead)
        ahead = now + momentum * (now - before)
        gaps.append(float(problem.gap(now)))
    np.testing.assert_allclose(data.gap_last.values[0, 0], gaps, rtol=1e-8)


def test_a_constant_that_the_method_reads_must_be_certified():
    with pytest.raises(NotCertified, match="strongly convex"):
        simulate(load("rank_deficient"), "nesterov_constant", "1/L", steps=5)
