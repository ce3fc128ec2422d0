"""Batches that grow: replicas against exact moments and against all index paths."""

import numpy as np
import pytest

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS

PROBLEM = least_squares([[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]], [1.0, -1.0, 2.0], 0.1, x0=[2.0, -1.0])
SIZES, ALPHAS = np.array([1, 1, 2, 3]), np.array([0.2, 0.15, 0.1, 0.1])
MEASURES = ("gap_last", "distance_sq", "gap_average")


@pytest.mark.parametrize("method", ["sgd", "sgd_momentum_averaging"])
@pytest.mark.parametrize("replacement", [True, False])
def test_three_routes_agree(method, replacement):
    """A mean of 4096 replicas: beyond five standard errors at one of 12 points with p < 1e-5."""
    rule, sampled = METHODS[method], {"batch": SIZES, "replacement": replacement}
    exact = exact_curves(PROBLEM, rule, ALPHAS, measures=MEASURES, **sampled)
    walked = enumerate_paths(PROBLEM, rule, ALPHAS, measures=MEASURES, **sampled)
    out = simulate(
        PROBLEM, rule, ALPHAS, steps=4, replicas=4096, seed=5, measures=MEASURES, checkpoints=[1, 2, 3, 4],
        **sampled,
    )  # fmt: skip
    for name in MEASURES:
        np.testing.assert_allclose(walked[name][1:], exact[name][1:], rtol=1e-9)
        values = out[name].values[0]
        error = values.std(0, ddof=1) / np.sqrt(len(values))
        assert (np.abs(values.mean(0) - exact[name][1:]) <= 5 * error + 1e-9).all()
    assert out["evaluations"].values.tolist() == [1, 2, 4, 7]
    assert out["batch_size"].values.tolist() == SIZES.tolist()


def test_equal_sizes_are_one_size():
    one, listed = (simulate(PROBLEM, "sgd", 0.1, steps=4, replicas=8, batch=b) for b in (2, [2] * 4))
    assert one.identical(listed)


def test_a_prefix_of_a_growing_run_is_the_run_of_its_size():
    grown = simulate(PROBLEM, "sgd", 0.1, steps=4, replicas=8, batch=SIZES, checkpoints=[2])
    plain = simulate(PROBLEM, "sgd", 0.1, steps=2, replicas=8, batch=1, checkpoints=[2], backend="numpy")
    np.testing.assert_array_equal(grown["gap_last"].values, plain["gap_last"].values)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": [1, 2]}, r"pass one size, or one per step, shape \(4,\)"),
        ({"batch": [1, 1, 0, 2]}, "batch 2"),
        ({"batch": [1, 2, 3, 4], "replacement": False}, "exceeds n = 3"),
        ({"batch": SIZES, "order": "cyclic"}, "takes one size"),
        ({"batch": SIZES, "method": "gd"}, "takes one size"),
        ({"batch": SIZES, "method": "lsvrg", "parameters": {"prob": 0.5}}, "takes one size"),
        ({"batch": SIZES, "backend": "numba"}, "backend='numpy'"),
    ],
)
def test_bad_sizes_are_refused(options, message):
    with pytest.raises(RateboundError, match=message):
        simulate(PROBLEM, step=0.1, steps=4, replicas=2, **{"method": "sgd", **options})


def test_draws_have_one_size_in_exact_moments():
    with pytest.raises(RateboundError, match="one batch size"):
        exact_curves(PROBLEM, METHODS["saga"], ALPHAS, batch=[1, 1, 2, 2], measures=["gap_last"])
