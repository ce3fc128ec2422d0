"""Passes over the data: a fair law of permutations, independence of how the work is cut, and refusals."""

from itertools import permutations, product

import numpy as np
import pytest
from numba import njit
from scipy.stats import chisquare

from ratebound.experiments.applicability import NotApplicable, prepare
from ratebound.experiments.backends import drawing, lanes_order
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import philox
from ratebound.experiments.shuffling import SHUFFLED_PASSES, Passes, _places
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.problems.constants import NotCertified
from ratebound.problems.library import load
from ratebound.theory.catalogue import find
from ratebound.theory.errors import RateboundError


def drawn(order, steps, n, replicas=4, batch=1, seed=3):
    return Passes(seed, np.arange(replicas), n, order).indices(np.arange(steps), batch)


def test_every_permutation_is_equally_likely_and_passes_are_independent():
    orders = drawn("reshuffle", 8, 4, replicas=40_000)[:, :, 0].T
    rank = {p: i for i, p in enumerate(permutations(range(4)))}
    first, second = ([rank[tuple(p)] for p in part.tolist()] for part in (orders[:, :4], orders[:, 4:]))
    for counts in (np.bincount(first), np.bincount(second), np.bincount(np.multiply(first, 24) + second)):
        assert counts.size in (24, 576) and chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("batch", [1, 3, 7, 20])
@pytest.mark.parametrize("order", SHUFFLED_PASSES)
def test_every_pass_visits_every_sample_once(order, batch):
    flat = drawn(order, 40, 7, batch=batch).transpose(1, 0, 2).reshape(4, -1)
    passes = flat[:, : flat.shape[1] // 7 * 7].reshape(4, -1, 7)
    assert (np.sort(passes) == np.arange(7)).all()
    same = (passes == passes[:, :1]).all()
    assert same == (order != "reshuffle")
    assert (passes == np.arange(7)).all() == (order == "cyclic")


def test_a_draw_reads_the_stated_word():
    seed, n, replica = 7 + (9 << 32), 6, 5
    samples = list(range(n))
    for p in range(n):
        word = int(philox((p // 4, replica, 0, 0), seed)[p % 4])
        place = p + (word * (n - p) >> 32)
        samples[p], samples[place] = samples[place], samples[p]
    assert Passes(seed, np.array([replica]), n, "reshuffle").indices(np.arange(n)).ravel().tolist() == samples


@pytest.mark.parametrize("order", SHUFFLED_PASSES)
def test_cutting_and_more_replicas_change_nothing(order, monkeypatch):
    whole = drawn(order, 30, 9, replicas=12, batch=2)
    np.testing.assert_array_equal(drawn(order, 30, 9, replicas=5, batch=2), whole[:, :5])
    passes = Passes(3, np.array([9, 2, 4]), 9, order)
    steps = np.array([17, 3, 29])
    np.testing.assert_array_equal(passes.indices(steps, 2), whole[steps][:, [9, 2, 4]])
    monkeypatch.setattr("ratebound.experiments.shuffling._DRAWS", 24)
    np.testing.assert_array_equal(drawn(order, 30, 9, replicas=12, batch=2), whole)


@njit
def in_kernel(place, *given):
    drawing.draw_in_order(place, given)


@pytest.mark.parametrize("order", SHUFFLED_PASSES)
@pytest.mark.parametrize(("n", "batch"), [(1, 1), (6, 4), (50, 1), (50, 7), (3, 8)])
def test_a_kernel_draws_the_same(order, n, batch):
    seed, replica = 12345678901234567, 42
    keys = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    state = np.arange(n, dtype=np.uint32)
    got = []
    for first, count in ((0, 64), (64, 3), (67, 50)):
        index = np.zeros((64, batch), np.uint64)
        shuffled = np.uint64(SHUFFLED_PASSES[order])
        in_kernel(
            drawing.address("draw_in_order"),
            index,
            batch,
            first,
            count,
            np.uint64(replica),
            *keys,
            state,
            shuffled,
        )
        got.append(index[:count])
    expected = Passes(seed, np.array([replica]), n, order).indices(np.arange(117), batch)[:, 0]
    np.testing.assert_array_equal(np.concatenate(got), expected)


@njit
def below(bound, word, number, replica, k0, k1):
    return lanes_order._below(bound, word, number, replica, k0, k1)


def test_rejected_words_are_drawn_again_alike():
    # A quarter of the words is rejected at the first of these bounds.
    n, seed, replicas = 3 * 2**30, 99 + (5 << 32), np.arange(8, dtype=np.uint64)
    positions = np.arange(40, dtype=np.uint64)
    places = _places(seed, 2, replicas, positions, n)
    keys = np.uint64(99), np.uint64(5)
    for i, replica in np.ndindex(places.shape):
        p = 2 * n + i
        word = philox((p // 4 & 0xFFFFFFFF, replica, p // 4 >> 32, 0), seed)[p % 4]
        below_it = below(np.uint64(n - i), word, np.uint64(p), np.uint64(replica), *keys)
        assert places[i, replica] == i + int(below_it)
    assert chisquare(np.bincount((places % np.uint64(3)).astype(int).ravel())).pvalue > 1e-3


def tiny():
    return least_squares([[1.0, 0.5], [-0.5, 1.0], [0.2, -1.5]], [1.0, -2.0, 0.5], x0=[2.0, 1.0])


def over_all_orders(problem, alpha, passes):
    """E[f(x_k) - f*] after each step, by enumeration of the orders of all passes."""
    curves = []
    for orders in passes:
        x, curve = problem.x0, []
        for i in (i for order in orders for i in order):
            x = x - alpha * problem.component_gradients(x)[i]
            curve.append(float(problem.gap(x)))
        curves.append(curve)
    return np.mean(curves, 0)


def test_the_mean_is_that_of_all_permutations():
    problem, every = tiny(), list(permutations(range(3)))
    cases = {
        "reshuffle": product(every, repeat=2),
        "shuffle_once": ((p, p) for p in every),
        "cyclic": [(every[0],) * 2],
    }
    for order, passes in cases.items():
        exact = over_all_orders(problem, 0.3, passes)
        data = simulate(
            problem, "sgd", 0.3, order=order, steps=6, replicas=20_000, seed=1, checkpoints=range(1, 7)
        )
        gaps = data.gap_last.values[0]
        error = gaps.std(0) / np.sqrt(gaps.shape[0])
        assert (np.abs(gaps.mean(0) - exact) <= 4.5 * error + 1e-12).all()
        assert data.attrs["order"] == order


def test_constants_and_theorems_of_independent_batches_are_not_applicable():
    problem = load("quadratic_2d")
    assert (
        simulate(problem, "sgd", "1/(4*L_max)", order="cyclic", steps=4, replicas=2).gap_last.notnull().all()
    )
    with pytest.raises(NotCertified, match="ell is derived for independent batches"):
        simulate(problem, "sgd", "1/ell", order="reshuffle", steps=4)
    verdict = verify("sgd_sc_constant", problem, order="reshuffle", steps=10)
    assert verdict.outcome == "not applicable"
    assert "is about batches drawn independently of each other; with order = 'reshuffle'" in verdict.reason
    with pytest.raises(NotApplicable):
        prepare(find("sgd_sc_constant"), problem, steps=10, order="cyclic")
    assert verify("gd_sc_gap", problem, order="reshuffle", steps=10).holds


def test_an_unknown_order_is_refused():
    with pytest.raises(RateboundError, match="did you mean 'reshuffle'"):
        simulate(tiny(), "sgd", 0.1, order="reshufle", steps=3)
    with pytest.raises(RateboundError, match="n = 0"):
        Passes(0, np.arange(2), 0, "cyclic")
