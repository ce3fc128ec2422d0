"""E-processes: exact martingales, few false alarms, power, and no confirmation of false claims."""

from itertools import product

import numpy as np
import pytest

from ratebound.experiments.evidence.evalue import BETS, ConfirmProcess, EProcess
from ratebound.theory.errors import RateboundError


def test_expected_evidence_is_one_at_equality():
    # Two outcomes with their probabilities; both checkpoints have mean 1, and are dependent.
    outcomes = [((0.0, 0.4), 0.75), ((4.0, 2.8), 0.25)]
    for length in (1, 2, 5):
        total = 0.0
        for path in product(outcomes, repeat=length):
            process = EProcess(2)
            process.update(np.array([y for y, _ in path]))
            total += process.current * np.prod([p for _, p in path])
        assert total == pytest.approx(1, abs=1e-12)


def test_value_is_the_mixture_written_out():
    Y = np.array([[0.5, 2.0, 1.0], [3.0, 0.0, 1.5]])
    single = np.mean([np.prod(1 + bet * (Y[:, k] - 1)) for k in range(3) for bet in BETS])
    pooled = np.mean([np.prod(1 + bet * (Y.mean(1) - 1)) for bet in BETS])
    process = EProcess(3)
    process.update(Y)
    assert process.current == pytest.approx((single + pooled) / 2, rel=1e-13)


def test_batches_do_not_matter_and_the_peak_is_kept():
    Y = np.random.default_rng(0).chisquare(1, size=(700, 4)) * np.linspace(3, 0.1, 700)[:, None]
    whole = EProcess(4)
    whole.update(Y)
    parts = EProcess(4)
    peak = 1.0
    for start in range(0, 700, 7):
        parts.update(Y[start : start + 7])
    stepwise = EProcess(4)
    for row in Y:
        stepwise.update(row[None])
        peak = max(peak, stepwise.current)
    assert whole.replicas == parts.replicas == 700
    assert whole.value == pytest.approx(parts.value, rel=1e-9) == pytest.approx(peak, rel=1e-9)
    assert whole.current < 1e-3 * whole.value


def test_few_false_alarms_on_a_skewed_null():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(300):
        normal = rng.normal(size=(200, 8))
        path = np.cumsum(normal, 1) / np.sqrt(np.arange(1, 9))
        process = EProcess(8)
        process.update(path**2)
        alarms += process.rejects(20)
    # Nominal 5 %: 15 expected at the very most.
    assert alarms <= 15


def test_power_against_a_bound_too_small_by_two():
    rng = np.random.default_rng(2)
    process = EProcess(8)
    process.update(2 * rng.chisquare(5, size=(200, 8)) / 5)
    assert process.rejects(3e4)
    assert not process.rejects(1e200)


def test_infinite_ratio_is_infinite_evidence():
    process = EProcess(2)
    process.update(np.zeros((500, 2)))
    process.update(np.array([[0.0, np.inf]]))
    process.update(np.zeros((3, 2)))
    assert process.value == process.current == np.inf
    assert process.rejects(1e300)


def test_huge_evidence_does_not_overflow_in_logs():
    process = EProcess(1)
    process.update(np.full((400, 1), 1e250))
    assert process.value == np.inf and process.rejects(1e308)


@pytest.mark.parametrize("make", [lambda: EProcess(2), lambda: ConfirmProcess(np.array([5.0, 5.0]))])
@pytest.mark.parametrize(
    ("ratios", "message"),
    [([[np.nan, 1.0]], "is nan"), ([[-0.5, 1.0]], "negative"), ([[1.0, 1.0, 1.0]], "shape")],
)
def test_bad_ratios(make, ratios, message):
    with pytest.raises(RateboundError, match=message):
        make().update(np.array(ratios))


def test_rounding_below_zero_is_tolerated():
    process = EProcess(1)
    process.update(np.array([[-1e-15]]))
    assert process.current < 1


def test_confirmation_is_a_martingale_at_equality():
    b, p = 5.0, 0.2
    for length in (1, 3, 6):
        total = 0.0
        for path in product((0.0, b), repeat=length):
            wealth = [np.prod([1 - bet / (b - 1) * (y - 1) for y in path]) for bet in BETS]
            total += np.mean(wealth) * np.prod([p if y else 1 - p for y in path])
        assert total == pytest.approx(1, abs=1e-12)
    process = ConfirmProcess(np.array([b]))
    process.update(np.array([[0.0], [0.0]]))
    expected = np.mean([(1 + bet / (b - 1)) ** 2 for bet in BETS])
    assert process.value == pytest.approx(expected, rel=1e-13)


def test_confirms_what_is_true():
    rng = np.random.default_rng(3)
    process = ConfirmProcess(np.array([20.0, 5.0, 0.5]))
    q = rng.uniform(0, 1, size=(1500, 3)) * np.array([1.0, 1.0, 0.5])
    process.update(q)
    assert process.confirms(3e4)


def test_never_confirms_a_false_claim_on_rare_events():
    # Interpolation with multipliers .5 (95 %) and 3.9 (5 %): E|x_k|^2 grows, nearly every path shrinks.
    rng = np.random.default_rng(4)
    k, growth = 80, 0.95 * 0.5**2 + 0.05 * 3.9**2
    log_claim = k * np.log(growth) - np.log(10)  # ten times below the truth
    log_range = 2 * k * np.log(3.9) - log_claim
    process = ConfirmProcess(np.array([np.exp(log_range)]))
    rare = rng.binomial(k, 0.05, size=20_000)
    log_q = 2 * (rare * np.log(3.9) + (k - rare) * np.log(0.5))
    ratios = np.exp(log_q - log_claim)
    # A normal approximation would confirm: the sample mean lies far below the claim.
    assert ratios.mean() + 1.645 * ratios.std() / np.sqrt(ratios.size) < 1
    process.update(ratios[:, None])
    assert process.value < 1.1


def test_without_a_range_nothing_is_confirmed():
    process = ConfirmProcess(np.array([np.inf, 2.0]))
    process.update(np.zeros((5000, 2)))
    process.update(np.array([[np.inf, 1.0]]))
    assert process.value == 1


def test_range_that_already_suffices_needs_no_replica():
    assert ConfirmProcess(np.array([1.0, 0.2])).value == np.inf


def test_ratio_beyond_the_range_is_refused():
    with pytest.raises(RateboundError, match="not certified"):
        ConfirmProcess(np.array([2.0])).update(np.array([[2.1]]))


@pytest.mark.parametrize("ranges", [[np.nan], [-1.0], [], [[1.0]]])
def test_bad_ranges(ranges):
    with pytest.raises(RateboundError, match="range over bound"):
        ConfirmProcess(np.array(ranges))
