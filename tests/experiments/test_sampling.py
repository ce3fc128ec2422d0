"""The index stream: known answers, fairness, and independence of how the work is cut."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chisquare

from ratebound.experiments.sampling import indices, philox
from ratebound.theory.errors import RateboundError

# Random123 distribution, kat_vectors, philox4x32 with 10 rounds: counter, key, output.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN)
def test_known_answers(counter, key, output):
    assert tuple(int(w) for w in philox(counter, key[0] + (key[1] << 32))) == output


@pytest.mark.parametrize(("batch", "together"), [(1, 4), (2, 2), (3, 1), (4, 1), (6, 1)])
def test_each_draw_reads_the_stated_word(batch, together):
    seed, n = 7 + (9 << 32), 1000
    drawn = indices(seed, np.array([3, 11]), np.array([5, 8, 7]), n, batch=batch)
    for t, step in enumerate((5, 8, 7)):
        for r, replica in enumerate((3, 11)):
            for j in range(batch):
                words = philox((step // together, replica, j // 4, 0), seed)
                assert drawn[t, r, j] == int(words[step % together * batch + j % 4]) * n >> 32


def test_indices_are_uniform():
    drawn = indices(1, np.arange(200), np.arange(250), 7, batch=5)
    assert drawn.shape == (250, 200, 5)
    counts = np.bincount(drawn.ravel(), minlength=7)
    assert chisquare(counts).pvalue > 1e-3
    # Pairs of one batch are independent too.
    pairs = np.bincount((7 * drawn[..., 3] + drawn[..., 4]).ravel(), minlength=49)
    assert chisquare(pairs).pvalue > 1e-3


@pytest.mark.parametrize(("n", "batch"), [(5, 2), (6, 3), (5, 4), (7, 6)])
def test_every_subset_is_equally_likely(n, batch):
    drawn = np.sort(indices(3, np.arange(300), np.arange(200), n, batch, replacement=False))
    assert (np.diff(drawn) > 0).all()
    codes = (1 << drawn).sum(-1).ravel()
    expected = [sum(1 << i for i in subset) for subset in combinations(range(n), batch)]
    assert set(codes) == set(expected)
    counts = [int((codes == code).sum()) for code in expected]
    assert chisquare(counts).pvalue > 1e-3


def test_whole_batch_without_replacement_is_everything():
    drawn = indices(0, np.arange(4), np.arange(3), 9, 9, replacement=False)
    assert (np.sort(drawn) == np.arange(9)).all()


@pytest.mark.parametrize("replacement", [True, False])
def test_blocking_and_more_replicas_change_nothing(replacement):
    replicas, steps = np.arange(12), np.arange(20)
    whole = indices(5, replicas, steps, 30, 6, replacement)
    assert (indices(5, replicas[:5], steps, 30, 6, replacement) == whole[:, :5]).all()
    parts = [indices(5, replicas, part, 30, 6, replacement) for part in (steps[:7], steps[7:])]
    assert (np.concatenate(parts) == whole).all()
    shuffled = np.array([9, 2, 4])
    assert (indices(5, shuffled, steps[::-1], 30, 6, replacement) == whole[::-1][:, shuffled]).all()


def test_seeds_and_steps_differ():
    a, b = (indices(seed, np.arange(50), np.arange(50), 1000) for seed in (0, 1 << 32))
    assert (a == b).mean() < 0.01
    assert (a[0] == a[1]).mean() < 0.1


def test_rejection_is_exercised_and_fair():
    n = 2**31 + 1
    drawn = indices(2, np.arange(100), np.arange(200), n, batch=3)
    first = np.stack(philox((np.arange(200)[:, None], np.arange(100), 0, 0), 2)[:3], -1)
    rejected = first * np.uint64(n) % np.uint64(2**32) < 2**32 % n
    # Nearly half of the words are rejected here; the rest are served by the first attempt.
    assert 0.45 < rejected.mean() < 0.55
    assert (drawn[~rejected] == (first * np.uint64(n) >> np.uint64(32))[~rejected]).all()
    second = np.stack(philox((np.arange(200)[:, None], np.arange(100), 0, 1), 2)[:3], -1)
    good = rejected & (second * np.uint64(n) % np.uint64(2**32) >= 2**32 % n)
    assert (drawn[good] == (second * np.uint64(n) >> np.uint64(32))[good]).all()
    assert drawn.min() >= 0 and drawn.max() < n
    assert chisquare(np.histogram(drawn, bins=10, range=(0, n))[0]).pvalue > 1e-3


def test_rejection_removes_a_visible_bias():
    # Four words for three values: without rejection multiples of 3 are twice as likely as the others.
    n = 3 * 2**30
    steps, replicas = np.arange(200), np.arange(100)
    biased = philox((steps[:, None], replicas, 0, 0), 4)[0] * np.uint64(n) >> np.uint64(32)
    assert chisquare(np.bincount((biased % np.uint64(3)).astype(int).ravel())).pvalue < 1e-100
    drawn = indices(4, replicas, steps, n)
    assert chisquare(np.bincount(drawn.ravel() % 3)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 10, 1, True), "seed = -1"),
        ((2**64, 10, 1, True), "seed"),
        ((0.5, 10, 1, True), "not an integer"),
        ((0, 0, 1, True), "n = 0"),
        ((0, 10, 0, True), "batch = 0"),
        ((0, 10, 11, False), "exceeds n = 10"),
    ],
)
def test_refusals(arguments, message):
    seed, n, batch, replacement = arguments
    with pytest.raises(RateboundError, match=message):
        indices(seed, np.arange(2), np.arange(2), n, batch, replacement)
