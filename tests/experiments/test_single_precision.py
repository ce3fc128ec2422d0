"""Runs whose steps are computed in float32."""

import numpy as np
import pytest

from ratebound.experiments.plan import PRECISIONS
from ratebound.experiments.run import MEASURES, simulate
from ratebound.problems.library import load


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ["breast_cancer", "quadratic_2d"])
def test_measures_are_taken_in_double(name, backend):
    options = dict(steps=40, replicas=5, batch=2, measures=MEASURES, backend=backend)
    single = simulate(load(name), "sgd", [0.01, 0.02], dtype="float32", **options)
    double = simulate(load(name), "sgd", [0.01, 0.02], **options)
    assert (single.attrs["dtype"], double.attrs["dtype"]) == ("float32", "float64")
    for measure in (*MEASURES, "grad_norm_sq_path"):
        assert single[measure].dtype == np.float64
        np.testing.assert_allclose(single[measure], double[measure], rtol=2e-4)
        assert not np.array_equal(single[measure], double[measure], equal_nan=True)
    # At the start there is no rounding but that of x_0.
    np.testing.assert_allclose(single.gap_last[:, :, 0], double.gap_last[:, :, 0], rtol=1e-6)


def test_it_overflows_earlier():
    options = dict(steps=30, replicas=2, checkpoints=[0, 30])
    ends = [
        simulate(load("quadratic_2d"), "gd", 1e2, dtype=d, **options).gap_last[0, 0, 1] for d in PRECISIONS
    ]
    assert np.isfinite(ends[0]) and np.isinf(ends[1])
