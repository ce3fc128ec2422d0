"""How replicas are laid out on a GPU, against counts by hand and loops over the banks of shared memory."""

import ctypes

import numpy as np
import pytest
from host_device import COMPILER, compiled
from test_contract import plan, problem

from ratebound.experiments.backends.cuda_layout import block_of, bounds_of, lanes_of, rows_of, shared_row
from ratebound.experiments.backends.cuda_stream import common
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.pieces import rooms
from ratebound.experiments.backends.rules import rules
from ratebound.experiments.sampling import indices
from ratebound.problems.losses import LOSSES
from ratebound.theory.methods import METHODS

ROOM = 227 * 1024


def test_more_features_more_lanes():
    chosen = [lanes_of(d) for d in (1, 8, 9, 20, 32, 33, 64, 65, 129, 5000)]
    assert chosen == [1, 1, 2, 4, 4, 8, 8, 16, 32, 32]


@pytest.mark.parametrize(
    ("batch", "d", "lanes", "itemsize", "rows"),
    [(1, 20, 4, 8, 1), (16, 200, 32, 8, 8), (16, 200, 32, 4, 16), (7, 200, 32, 8, 7), (3, 5000, 32, 8, 1),
     (20, 200, 32, 8, 7)],
)  # fmt: skip
def test_rows_that_are_read_ahead_fit_into_registers(batch, d, lanes, itemsize, rows):
    assert rows_of(batch, d, lanes, itemsize) == rows
    assert rows == 1 or rows * -(-d // lanes) * itemsize // 4 <= 128


def rounds(row, lanes, itemsize):
    """Mean rounds in which a warp's groups read their part of one slot of rows drawn at random."""
    rng, words, counts = np.random.default_rng(3), itemsize // 4, []
    for _ in range(400):
        rows = rng.integers(0, 1000, 128 // (lanes * itemsize))
        wanted = {(i * row + lane) * words + w for i in rows for lane in range(lanes) for w in range(words)}
        counts.append(np.bincount([word % 32 for word in wanted]).max())
    return np.mean(counts)


@pytest.mark.parametrize("itemsize", [4, 8])
@pytest.mark.parametrize("d", [2, 8, 20, 30, 32, 60])
def test_rows_in_shared_memory_meet_in_few_banks(d, itemsize):
    lanes = lanes_of(d)
    row = shared_row(300, d, lanes, itemsize, ROOM)
    assert d <= row < d + 2 * lanes
    least = min(rounds(other, lanes, itemsize) for other in range(d, d + 2 * lanes))
    assert rounds(row, lanes, itemsize) < 1.06 * least


def test_rows_lie_close_where_they_fit_only_so_or_elsewhere():
    assert [shared_row(569, 30, 4, 8, room) for room in (569 * 37 * 8, 569 * 31 * 8, 569 * 31 * 8 - 1)] == [
        *(36, 30, 0)
    ]
    # One group fills a warp: its numbers lie side by side.
    assert shared_row(10, 200, 32, 8, ROOM) == 200


@pytest.mark.parametrize(
    ("threads", "processors", "most", "block"),
    [(1, 132, 1024, 128), (1024, 132, 1024, 128), (400_000, 132, 1024, 1024), (400_000, 132, 700, 608),
     (50_000, 132, 1024, 384), (400_000, 132, 128, 128), (5, 1, 40, 32)],
)  # fmt: skip
def test_blocks_are_as_large_as_processors_have_work(threads, processors, most, block):
    assert block_of(threads, processors, most) == block


def test_threads_have_the_registers_that_they_need():
    bounds = [bounds_of(numbers, True) for numbers in (20, 72, 73, 200, 250)]
    assert bounds == ["512, 1", "512, 1", "256, 1", "256, 1", "128, 1"]
    assert bounds_of(200, False) == "128, 2"


def test_local_memory_is_set_aside():
    class Card:
        threads = 1000

        def free_bytes(self):
            return 10_000_000

        def lanes(self, d):
            return 4

    def room(method="sgd", d=5, **options):
        return rooms(plan(problem("logistic", d), METHODS[method], **options), [Card()])[0]

    assert room() == room(batch=9) == room("sgd_importance") == 10_000_000
    assert room(batch=9, replacement=False) == room("sgd_importance", batch=9) == 10_000_000 - 1000 * 9 * 4
    # An iterate, its average, the sum of a batch and a row.
    assert room(d=400) == 10_000_000 - 1000 * 4 * 100 * 8
    assert room(d=4000) == 0


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
def test_words_that_would_be_unfair_are_skipped():
    # Of 3 in 10 words the product falls short of the threshold; printed for the GPU, read as C++.
    n, replica, seed = 3_000_000_000, 5, 2**40 + 17
    spec = Spec("draws", rules(METHODS["sgd"]), LOSSES["squared"].slope, 4, False)
    draws = compiled(common(spec, 1) + """
extern "C" u32 drawn(u32 bound, u32 step, u32 replica, u32 j, u32 k0, u32 k1) {
    return below(bound, philox(step, replica, 0, 0, k0, k1), j, step, replica, 0, k0, k1);
}
""")  # fmt: skip
    draws.drawn.argtypes, draws.drawn.restype = [ctypes.c_uint32] * 6, ctypes.c_uint32
    key = seed & 0xFFFFFFFF, seed >> 32
    found = [[draws.drawn(n, step, replica, j, *key) for j in range(4)] for step in range(200)]
    expected = indices(seed, np.array([replica]), np.arange(200), n, 4)
    np.testing.assert_array_equal(found, expected[:, 0])
