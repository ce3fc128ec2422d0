"""One contract over every registered loss."""

import mpmath
import numpy as np
import pytest

from ratebound.problems.interval import enclose, mean_value
from ratebound.problems.losses import LOSSES, get, huber, radius, y, z
from ratebound.problems.lower import lower, lower_mp
from ratebound.theory.errors import RateboundError

KINKED = [name for name, loss in LOSSES.items() if loss.kinked]
SMOOTH = [name for name in LOSSES if name != "huber" and name not in KINKED]


def labels(loss):
    return (-1.0, 1.0) if loss.labels == "binary" else (-1.75, 0.0, 0.4)


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives_against_high_precision_differences(name):
    loss = LOSSES[name]
    phi = lower_mp(loss.phi, (z, y))
    with mpmath.workdps(60):
        for label in labels(loss):
            for point in (-7.3, -0.61, 0.13, 0.77, 5.9):
                first = mpmath.diff(lambda s, label=label: phi(s, label), point)
                second = mpmath.diff(lambda s, label=label: phi(s, label), point, 2)
                assert float(loss.slope_at(point, label)) == pytest.approx(float(first), rel=1e-12, abs=1e-14)
                assert float(loss.second_at(point, label)) == pytest.approx(
                    float(second), rel=1e-11, abs=1e-13
                )


@pytest.mark.parametrize("name", SMOOTH)
def test_curvature_range_is_proved_by_intervals_and_attained(name):
    loss = LOSSES[name]
    low, high = (float(c) for c in loss.curvature)
    edges = np.linspace(-12, 12, 20001)
    far = np.geomspace(12, 1e4, 200)  # Where a range that is only approached is.
    seen = []
    # A label shifts or reflects z (or only enters linearly), so that one label proves the range for all.
    for label in labels(loss):
        bend = loss.second.subs(y, int(label) if label == int(label) else label)
        if not bend.free_symbols:
            below = above = np.array([float(bend)])
        else:
            below, above = mean_value(bend, z, edges[:-1], edges[1:])
            for tail in ((-np.inf, -12.0), (12.0, np.inf)):
                if name in ("logistic", "sine"):
                    floor, ceiling = enclose(bend, z, *tail)
                    assert low <= floor + 1e-12 and ceiling <= high + 1e-12
        assert below.min() >= low - 1e-4 and above.max() <= high + 1e-4
        seen.append(loss.second_at(np.concatenate([edges, far, -far]), label))
    values = np.concatenate(seen)
    assert values.min() >= low - 1e-14 and values.max() <= high + 1e-14
    assert values.min() <= low + 1e-5 and values.max() >= high - 1e-5


@pytest.mark.parametrize("name", [name for name in SMOOTH if LOSSES[name].third != 0])
def test_the_largest_third_derivative_is_proved_by_intervals_and_attained(name):
    loss = LOSSES[name]
    third, edges = loss.second.diff(z), np.linspace(-9, 9, 6001)
    seen = []
    for label in labels(loss):
        bend = third.subs(y, int(label) if label == int(label) else label)
        below, above = mean_value(bend, z, edges[:-1], edges[1:])
        assert max(-below.min(), above.max()) <= float(loss.third) + 1e-3
        seen.append(np.abs(lower(bend, (z,))(edges)).max())
    assert float(loss.third) * (1 - 1e-4) <= max(seen) <= float(loss.third) * (1 + 1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_lower_bound_and_slope_bound(name):
    loss = LOSSES[name]
    grid = np.concatenate(
        [np.linspace(-20, 20, 40001), np.geomspace(20, 1e4, 200), -np.geomspace(20, 1e4, 200)]
    )
    for label in labels(loss):
        floor = float(lower(loss.lower_bound, (y,))(label))
        assert loss.value_at(grid, label).min() >= floor - 1e-15
        if loss.slope_bound is None:
            assert abs(loss.slope_at(1e6, label)) > 1e5
            continue
        bound = lower(loss.slope_bound, (radius,))(np.abs(grid))
        slopes = np.abs(loss.slope_at(grid, label))
        bends = loss.second_at(grid, label)
        assert (
            float(loss.curvature[0]) - 1e-15 <= bends.min() <= bends.max() <= float(loss.curvature[1]) + 1e-15
        )
        assert (slopes <= bound * (1 + 1e-15)).all()
        # Sharp: some point comes within a millionth of the bound.
        assert (slopes / bound).max() > 1 - 1e-6


def test_outward_push_of_the_logistic_loss_is_sharp():
    grid = np.linspace(-30, 30, 600_001)
    bound = float(LOSSES["logistic"].outward)
    for label in (-1.0, 1.0):
        push = (-grid * LOSSES["logistic"].slope_at(grid, label)).max()
        assert bound * (1 - 1e-8) < push <= bound * (1 + 1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_no_overflow_far_out(name):
    loss = LOSSES[name]
    for label in labels(loss):
        for function in (loss.value_at, loss.slope_at, loss.second_at):
            assert np.isfinite(function(np.array([-800.0, 800.0]), label)).all()


def test_only_the_sine_loss_has_additive_noise():
    assert [name for name, loss in LOSSES.items() if loss.additive_noise] == ["sine"]


def test_huber_kink():
    loss = huber(1 / 3)
    assert loss.kink == 1 / 3
    # Continuous with a continuous slope at the kink.
    assert loss.value_at(np.nextafter(1 / 3, 1), 0.0) == pytest.approx(1 / 18, rel=1e-12)
    assert loss.slope_at(100.0, 0.0) == 1 / 3
    for bad in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(RateboundError, match="positive"):
            huber(bad)


def test_unknown_loss_names_the_nearest():
    with pytest.raises(RateboundError, match="did you mean 'logistic'"):
        get("logistik")


@pytest.mark.parametrize("name", KINKED)
def test_a_kinked_loss_is_linear_on_both_sides_of_the_label(name):
    loss = LOSSES[name]
    for label in labels(loss):
        away = np.geomspace(1e-6, 1e3, 50)
        left, right = loss.slope_at(label - away, label), loss.slope_at(label + away, label)
        assert np.ptp(left) == np.ptp(right) == 0 and left[0] < right[0]
        assert left[0] <= loss.slope_at(label, label) <= right[0]
        value = loss.value_at(label, label)
        np.testing.assert_allclose(loss.value_at(label + away, label) - value, right * away, atol=1e-12)
        np.testing.assert_allclose(loss.value_at(label - away, label) - value, -left * away, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.conjugate is not None])
def test_conjugates_are_suprema_and_attained_at_the_slopes(name):
    loss, grid = LOSSES[name], np.linspace(-60, 60, 120_001)
    for label in labels(loss):
        values = loss.value_at(grid, label)
        ends = [float(end) for end in loss.slopes_at(np.array(label))]
        least, largest = (np.clip(end, -3.0, 3.0) for end in ends)
        for slope in np.linspace(least, largest, 9):
            largest_seen = (slope * grid - values).max()
            assert loss.conjugate_at(slope, label) == pytest.approx(largest_seen, abs=2e-6)
        # Beyond the slopes the supremum grows with the grid, without limit.
        for beyond in {ends[0] - 1e-9, ends[1] + 1e-9} - {np.inf, -np.inf}:
            assert loss.conjugate_at(beyond, label) == np.inf
        points = grid[::500]
        slopes = loss.slope_at(points, label)
        met = loss.value_at(points, label) + loss.conjugate_at(slopes, label)
        np.testing.assert_allclose(met, points * slopes, atol=1e-13 * (1 + np.abs(points).max()))


def test_convex_losses_have_conjugates():
    assert {name for name, loss in LOSSES.items() if loss.conjugate is not None} == {
        name for name, loss in LOSSES.items() if loss.convex
    }
