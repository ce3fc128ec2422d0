"""Bounds on the rounding of values and gradients, against the same expressions with many digits."""

import mpmath
import numpy as np
import pytest
from sympy import Abs, Max, Piecewise, sqrt

from ratebound.problems.losses import LOSSES, Loss, y, z
from ratebound.problems.lower import lower_mp
from ratebound.problems.primitives import softplus
from ratebound.problems.rounding import gradient_rounding, value_rounding

OWN = (
    Loss("a", "a", sqrt(1 + (z - y) ** 2) - 1, (0, 1), 0, "real"),
    Loss("b", "b", softplus(z - y) + 2 ** (-((z - y) ** 2)), (-2, 2), 0, "real"),
    Loss("c", "c", Max(z - y, 0) ** 2 + Piecewise((Abs(z), z < y), (Abs(y), True)), (0, 2), 0, "real"),
)


@pytest.mark.parametrize("loss", [*LOSSES.values(), *OWN], ids=lambda loss: loss.name)
def test_errors_are_bounded_and_not_by_far_too_much(loss):
    value, slope = (lower_mp(each, (z, y)) for each in (loss.phi, loss.slope))
    slack = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scale = 10.0 ** rng.uniform(-7, 7)
        A = scale * rng.normal(size=(4, 3)) @ np.diag([1.0, 1e-3, 1e3])
        labels = np.where(rng.random(4) < 0.5, -1.0, 1.0) if loss.labels == "binary" else rng.normal(size=4)
        x = rng.normal(size=3) / scale * 10.0 ** rng.uniform(-4, 2)
        with mpmath.workdps(60):
            at = [mpmath.fdot(zip(row, x.tolist(), strict=True)) for row in A.tolist()]
            exact = mpmath.fsum(map(value, at, labels.tolist())) / 4
            off = abs(exact - float(loss.value_at(A @ x, labels).mean()))
            slopes = list(map(slope, at, labels.tolist()))
            pulls = [mpmath.fdot(zip(slopes, column, strict=True)) / 4 for column in A.T.tolist()]
            gradient = (A.T @ loss.slope_at(A @ x, labels) / 4).tolist()
            turned = mpmath.norm([a - b for a, b in zip(pulls, gradient, strict=True)])
        bound = value_rounding(A, labels, loss, 0.0, x)
        # Below that numbers underflow.
        assert off <= bound + 1e-300
        assert turned <= gradient_rounding(A, labels, loss, 0.0, x) + 1e-300
        slack.append(float(bound / off) if off else np.inf)
    assert min(slack) < 100
