"""Functions of eight lanes against extended precision; the stream in a kernel against its reference."""

import numpy as np
import pytest
from numba import njit

from ratebound.experiments.backends import drawing, lanes_draw, lanes_math, scalars
from ratebound.experiments.backends.simd import load, store
from ratebound.experiments.sampling import indices, steps_per_block


def over(function):
    """Apply a function of lanes to an array."""

    @njit
    def kernel(values, out):
        for i in range(0, values.size, 8):
            store(function(load(values, (i,))), out, (i,))

    def apply(values):
        padded = np.zeros(-(-len(values) // 8) * 8, values.dtype)
        padded[: len(values)] = values
        out = np.empty_like(padded)
        kernel(padded, out)
        return out[: len(values)]

    return apply


EXACT = {"exp": np.exp, "log": np.log, "softplus": lambda v: np.maximum(v, 0) + np.log1p(np.exp(-np.abs(v)))}
EDGES = [
    0.0,
    -0.0,
    1.0,
    np.inf,
    -np.inf,
    np.nan,
    5e-324,
    2.2e-308,
    1e300,
    -1e300,
    -0.5,
    709.78,
    709.79,
    -745.1,
]


@pytest.mark.parametrize("name", ["exp", "log", "softplus"])
def test_accurate_to_two_units(name):
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [rng.uniform(-750, 720, 4000), rng.normal(size=4000), 10.0 ** rng.uniform(-320, 308, 4000), EDGES]
    )
    got = over(getattr(lanes_math, name))(values)
    with np.errstate(all="ignore"):
        exact = EXACT[name](values.astype(np.longdouble)).astype(np.float64)
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(got[~finite], exact[~finite])
    error = np.abs(got[finite] - exact[finite])
    assert (error <= 2 * np.spacing(np.abs(exact[finite]))).all()


@pytest.mark.parametrize("name", ["_exp_by_series", "_exp_near"])
def test_both_ways_to_exp(name):
    # Only one of them is what exp does on this processor.
    values = np.concatenate([np.linspace(-708, 708, 4001), np.linspace(-1, 1, 4001)])
    got = over(getattr(lanes_math, name))(values)
    exact = np.exp(values.astype(np.longdouble)).astype(np.float64)
    assert (np.abs(got - exact) <= 2 * np.spacing(exact)).all()


@pytest.mark.parametrize("other", [0.5, np.nan])
@pytest.mark.parametrize(("name", "extreme"), [("larger", np.maximum), ("smaller", np.minimum)])
def test_no_extreme_loses_nan(name, extreme, other):
    values = np.array([0.0, 1.0, -2.5, np.nan, 3.0, -1.0, 0.5, 2.0])
    wanted = extreme(values, other)
    number, lanes = getattr(scalars, name), getattr(lanes_math, name)
    np.testing.assert_array_equal([number(v, other) for v in values], wanted)
    np.testing.assert_array_equal([number(other, v) for v in values], wanted)
    np.testing.assert_array_equal(over(njit(lambda v: lanes(v, other + 0.0 * v)))(values), wanted)
    np.testing.assert_array_equal(over(njit(lambda v: lanes(other + 0.0 * v, v)))(values), wanted)


@pytest.mark.parametrize(("name", "parts"), [("_power_by_series", 1), ("_power", lanes_math.PARTS)])
def test_both_ways_to_powers_of_two(name, parts):
    # Only one of them is what sums of softplus take on this processor.
    values = parts * np.concatenate([np.linspace(-1021, 1021, 4001), np.linspace(-1, 1, 4001)])
    got = over(getattr(lanes_math, name))(values)
    exact = np.exp2(values.astype(np.longdouble) / parts).astype(np.float64)
    assert (np.abs(got - exact) <= 2 * np.spacing(exact)).all()


def test_small_powers_without_a_branch():
    values = lanes_math.PARTS * np.concatenate(
        [np.linspace(0, 1021, 4001), [5e-324, 1022.0, 1e300, np.inf, np.nan]]
    )
    got = over(lanes_math.power_minus)(values)
    exact = np.exp2(-np.minimum(values / lanes_math.PARTS, 1021.0).astype(np.longdouble)).astype(np.float64)
    assert (np.abs(got - exact)[:-1] <= 2 * np.spacing(exact[:-1])).all() and np.isnan(got[-1])


@pytest.mark.parametrize("name", ["exp", "log", "softplus"])
def test_single_precision_is_rounded_once(name):
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.uniform(-100, 90, 4000), 10.0 ** rng.uniform(-44, 38, 4000), EDGES])
    with np.errstate(all="ignore"):
        values = values.astype(np.float32)
        exact = EXACT[name](values.astype(np.longdouble)).astype(np.float32)
    got = over(getattr(lanes_math, name))(values)
    assert got.dtype == np.float32
    # A value in the middle between two float32 may fall to either.
    np.testing.assert_array_max_ulp(got[~np.isnan(exact)], exact[~np.isnan(exact)], 1)
    assert np.isnan(got[np.isnan(exact)]).all()


KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@njit
def philox(c0, c1, c2, c3, k0, k1):
    return lanes_draw.philox(c0, c1, c2, c3, k0, k1)


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN)
def test_known_answers_of_philox(counter, key, output):
    assert tuple(int(w) for w in philox(*(np.uint64(c) for c in counter + key))) == output


@njit
def fill_tile(place, *given):
    drawing.draw_batches(place, given)


@pytest.mark.parametrize(
    ("n", "batch", "distinct"),
    [
        (1, 1, False),
        (1000, 1, False),
        (30, 2, False),
        (5, 2, True),
        (7, 3, True),
        (20, 20, True),
        (3 * 2**30, 6, False),
        (2**32, 5, False),
    ],
)
def test_indices_are_bit_identical(n, batch, distinct):
    # At n = 3 * 2^30 a quarter of the words is rejected and drawn again.
    seed = 12345678901234567
    bounds = np.arange(n - batch + 1, n + 1) if distinct else np.full(batch, n)
    limits = np.array([bounds, 2**32 % bounds], dtype=np.uint64)
    index = np.empty((1, batch, 64), np.uint64)
    keys = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    together = steps_per_block(batch)
    place = drawing.address("draw_batches")
    fill_tile(place, index, 0, together, 100, np.uint64(42), *keys, limits, distinct, n)
    expected = indices(seed, np.array([42]), np.arange(100, 164), n, batch, not distinct)[:, 0].T
    t = np.arange(64)
    places = t % together * (64 // together) + t // together
    np.testing.assert_array_equal(index[0][:, places], expected)


@njit
def fill_across(place, *given):
    drawing.draw_across(place, given)


@pytest.mark.parametrize("n", [1000, 3 * 2**30])
def test_indices_of_neighbouring_replicas_are_bit_identical(n):
    seed, replicas = 98765432109876543, np.arange(7, 47, dtype=np.uint64)
    limits = np.array([[n], [2**32 % n]], dtype=np.uint64)
    index = np.empty((64, 16), np.uint64)
    keys = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    fill_across(drawing.address("draw_across"), index, 100, replicas, 8, *keys, limits)
    np.testing.assert_array_equal(index, indices(seed, replicas[8:24], np.arange(100, 164), n)[:, :, 0])
