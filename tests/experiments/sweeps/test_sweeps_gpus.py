"""Which GPU a worker uses: seen from worker processes, on machines with and without GPUs."""

import os
import time

import pytest

from ratebound.experiments.sweeps.executors import opened_executor
from ratebound.experiments.sweeps.gpus import VISIBLE, visible


def used(seconds):
    """Return the worker and its GPUs; it takes its time, so that every worker gets its share."""
    time.sleep(seconds)
    return os.getpid(), os.environ.get(VISIBLE)


@pytest.mark.parametrize(
    ("told", "workers"), [("3,5", {"3", "5"}), ("GPU-8a3e, GPU-77b1", {"GPU-8a3e", "GPU-77b1"})]
)
def test_every_worker_has_one_of_several(monkeypatch, told, workers):
    monkeypatch.setenv(VISIBLE, told)
    with opened_executor("processes:2") as pool:
        found = dict(pool.map(used, [1.5, 1.5]))
    assert len(found) == 2 and set(found.values()) == workers
    assert os.environ[VISIBLE] == told, "the process that asked keeps them all"


def test_one_gpu_is_shared_and_none_is_none(monkeypatch):
    monkeypatch.setenv(VISIBLE, "0")
    with opened_executor("processes:1") as pool:
        assert pool.submit(used, 0).result()[1] == "0"
    monkeypatch.setenv(VISIBLE, "")
    assert visible() == ()


def test_without_a_word_the_devices_are_counted(monkeypatch):
    monkeypatch.delenv(VISIBLE, raising=False)
    found = visible()
    assert found == tuple(map(str, range(len(found))))
