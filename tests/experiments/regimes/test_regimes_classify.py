"""Each rule of the classification on curves made for it."""

import numpy as np
import pytest

from ratebound.experiments.regimes.classify import exact_regime, measured_regime

K = np.unique(np.concatenate([[0], np.geomspace(1, 1000, 60).round().astype(int), [250, 500]]))
GEOMETRIC, POWER, CRAWL = 0.98**K, 1 / (1 + K), 0.9999**K
EXACT = {
    "linear": (GEOMETRIC, 0.0, 0.98),
    "sublinear": (POWER, 0.0, 0.9999),
    "plateau": (0.5 + GEOMETRIC, 0.5, 0.98),
    "slow": (CRAWL, 0.0, 0.9999),
    "divergent": (1.02**K, np.inf, 1.02),
}


@pytest.mark.parametrize("regime", EXACT)
def test_exact_curves(regime):
    curve, floor, radius = EXACT[regime]
    assert exact_regime(K, curve, floor, radius, 0.0) == regime


def replicas(curve, noise):
    rng = np.random.default_rng(3)
    return curve * np.exp(noise * rng.normal(size=(64, K.size)))


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("regime", ["linear", "sublinear", "plateau", "divergent"])
def test_measured_curves(regime, noise):
    curve = 0.01 + GEOMETRIC if regime == "plateau" else EXACT[regime][0]
    assert measured_regime(K, replicas(curve, noise), 0.0) == regime


def test_a_crawl_is_slow_not_a_plateau():
    assert measured_regime(K, replicas(CRAWL, 0.01), 0.0) == "slow"
    assert measured_regime(K, CRAWL[None], 0.0) == "slow"


def test_one_infinite_replica_is_divergence():
    samples = replicas(GEOMETRIC, 0.1)
    samples[5, -1] = np.inf
    assert measured_regime(K, samples, 0.0) == "divergent"
    samples[5, -1] = np.nan
    assert measured_regime(K, samples, 0.0) == "divergent"


def test_a_noisy_plateau_above_its_start_is_no_divergence():
    noisy = replicas(np.where(K == 0, 0.1, 1.0), 2.0)[:8]
    noisy[:, -1] *= 4
    assert measured_regime(K, noisy, 0.0) == "plateau"


def test_a_start_below_the_floor_is_a_plateau():
    rising = 2 - GEOMETRIC
    assert exact_regime(K, rising, 2.0, 0.98, 0.0) == "plateau"


def test_a_curve_is_read_up_to_rounding():
    stalled = np.maximum(0.9**K, 1e-15)
    assert exact_regime(K, stalled, 0.0, 0.9, 2e-15) == "linear"
    assert measured_regime(K, stalled[None], 2e-15) == "linear"
    assert exact_regime(K, np.where(K == 0, 1.0, 0.0), 0.0, 0.0, 1e-15) == "linear"


def test_the_excess_over_the_floor_decides_on_the_rate():
    assert exact_regime(K, 1e-10 + GEOMETRIC, 1e-10, 0.98, 0.0) == "linear"
