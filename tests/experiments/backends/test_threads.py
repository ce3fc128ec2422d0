"""Work shared among threads."""

import multiprocessing
import sys

import numpy as np
import pytest

from ratebound.experiments.backends import threads


def total(count, size, ranges=None):
    parts = threads.share(lambda first, last: np.arange(first, last).sum(), count, size, ranges)
    return sum(parts), len(parts)


@pytest.mark.parametrize("count", [1, 5, 1000])
@pytest.mark.parametrize("size", [1, 1e9])
def test_ranges_make_up_the_whole(count, size):
    assert total(count, size)[0] == count * (count - 1) // 2


def test_a_fixed_number_of_ranges_does_not_depend_on_the_threads(monkeypatch):
    for available in (1, 2, 3):
        monkeypatch.setattr(threads.numba, "get_num_threads", lambda n=available: n)
        assert total(100, 1e9, 16)[1] == 16
        assert total(100, 1, 16)[1] == 16


def test_overflow_in_a_thread_is_silent():
    assert set(threads.share(lambda first, last: np.float64(1e300) * 1e300, 2, 1e9)) == {np.inf}


def _in_a_child(answers):
    answers.put(total(1000, 1e9)[0])


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    total(1000, 1e9)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_in_a_child, args=(answers,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert answers.get() == 499500
