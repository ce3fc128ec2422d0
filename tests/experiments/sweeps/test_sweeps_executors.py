"""Anywhere, the same bytes: threads, processes, workers that are killed."""

import dataclasses
import os
import signal
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from sweep_cases import small, tree

import ratebound as rb
from ratebound.experiments.sweeps import chunks, executors, run
from ratebound.experiments.sweeps.declare import declare
from ratebound.theory.errors import RateboundError

pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """The bytes of the small sweep, computed in this process."""
    folder = tmp_path_factory.mktemp("calm") / "s.zarr"
    rb.sweep(small(), folder)
    return tree(folder)


@pytest.fixture
def single(monkeypatch):
    """Send every cell by itself."""
    monkeypatch.setattr(chunks, "_MOST_CELLS", 1)


def test_threads(calm, tmp_path, single):
    rb.sweep(small(), tmp_path / "s.zarr", executor="threads:3")
    assert tree(tmp_path / "s.zarr") == calm
    with ThreadPoolExecutor(2) as pool:
        rb.sweep(small(), tmp_path / "t.zarr", executor=pool)
        assert pool.submit(int, 3).result() == 3, "a pool of the user stays open"
    assert tree(tmp_path / "t.zarr") == calm


def test_fused_kernels_do_not_depend_on_threads(tmp_path, single):
    table = small(backend="numba", replicas=40, steps=60)
    rb.sweep(table, tmp_path / "s.zarr")
    rb.sweep(table, tmp_path / "t.zarr", executor="threads:2")
    assert tree(tmp_path / "s.zarr") == tree(tmp_path / "t.zarr")


def test_a_process_that_is_killed(calm, tmp_path, single):
    def kill_once(done, total, what):
        if done == 2 and (children := set(_children()) - before):
            os.kill(children.pop(), signal.SIGKILL)

    before = set(_children())
    rb.sweep(small(), tmp_path / "s.zarr", executor="processes:1", progress=kill_once)
    assert tree(tmp_path / "s.zarr") == calm


def _children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        found = [int(each) for each in file.read().split()]
    for each in found:
        with open(f"/proc/{each}/cmdline", "rb") as file:
            if b"spawn_main" in file.read():
                yield each


class Lossy(Executor):
    """Computes at once, but loses what it was given by turns, as a cluster whose workers die."""

    def __init__(self, lost):
        self.lost = list(lost)

    def submit(self, function, /, *arguments):
        future = Future()
        if self.lost and self.lost.pop(0):
            future.set_exception(ConnectionResetError("the worker went away"))
        else:
            future.set_result(function(*arguments))
        return future


def test_lost_cells_are_tried_again(calm, tmp_path):
    rb.sweep(small(), tmp_path / "s.zarr", executor=Lossy([True, True, False, True]))
    assert tree(tmp_path / "s.zarr") == calm


def test_a_cell_that_is_lost_each_time_fails_with_the_reason(calm, tmp_path):
    found = rb.sweep(small(), tmp_path / "s.zarr", executor=Lossy([True] * 12), retries=1)
    assert (found["status"] == "failed").all()
    assert "its worker was lost (ConnectionResetError: the worker went away)" in str(
        found["message"].values[0, 0]
    )
    rb.sweep(small(), tmp_path / "s.zarr")
    assert tree(tmp_path / "s.zarr") == calm


def test_a_closed_executor_is_one_line(tmp_path):
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RateboundError, match="the executor takes no more work") as raised:
        rb.sweep(small(), tmp_path / "s.zarr", executor=pool)
    assert "\n" not in str(raised.value)
    assert issubclass(BrokenExecutor, RuntimeError)


def test_a_theorem_of_ones_own_is_sent_or_fails_with_the_reason(tmp_path, monkeypatch):
    mine = dataclasses.replace(rb.theorems["gd_pl"], id="mine", certificate=None)
    table = {"defaults": {"problem": "iris", "steps": 3}, "axes": {"theorem": [mine]}}
    with ProcessPoolExecutor(1) as pool:
        assert (rb.sweep(table, tmp_path / "s.zarr", executor=pool)["status"] == "done").all()

        def refuse(theorem):
            raise TypeError("cannot pickle this one")

        monkeypatch.setattr(rb.Theorem, "__reduce__", refuse)
        found = rb.sweep(table, tmp_path / "t.zarr", executor=pool, retries=0)
    assert "cannot pickle this one" in str(found["message"].values[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("thread:2", "unknown executor 'thread:2'; did you mean 'threads'"),
        ("threads:0", "'0' is no positive number; write threads:2"),
        ("processes:x", "'x' is no positive number"),
        ("dask", "executor dask needs an address"),
    ],
)
def test_bad_executors_are_one_line(text, said, tmp_path):
    if text == "dask":
        pytest.importorskip("distributed")
    with pytest.raises(RateboundError, match=said):
        rb.sweep(small(), tmp_path / "s.zarr", executor=text)


def test_without_dask_one_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with (
        pytest.raises(RateboundError, match=r"pip install 'ratebound\[dask\]'"),
        executors.opened_executor("dask:tcp://nowhere:1"),
    ):
        raise AssertionError("there is no cluster")


def test_small_cells_go_together_and_large_ones_alone():
    cells = declare(small(step=[0.1, 0.2, 0.3])).cells
    assert [len(each) for each in chunks.chunks(cells, range(9))] == [9]
    large = declare(small(replicas=10**8)).cells
    assert [len(each) for each in chunks.chunks(large, range(6))] == [1] * 6
    mixed = chunks.chunks([*cells, *large], [3, 1, 9, 10])
    assert mixed == [[3, 1], [9], [10]]


def test_memory_limits_what_is_under_way(monkeypatch):
    pool = ThreadPoolExecutor(8)
    small_cells = declare(small()).cells
    assert chunks.limits(small_cells, range(6)).in_flight(pool) == 16
    monkeypatch.setattr(chunks, "working_memory", lambda cell: chunks.limits([], []).total / 3)
    assert chunks.limits(small_cells, range(6)).in_flight(pool) == 3
    monkeypatch.setattr(chunks, "working_memory", lambda cell: 1e15)
    assert chunks.limits(small_cells, range(6)).in_flight(pool) == 1
    pool.shutdown()


def test_places_in_words():
    assert run.label(declare(small()), 4) == "step 1/(2*L_max), batch 4"


def test_ctrl_c_does_not_reach_a_process_that_is_starting_and_is_not_lost():
    code = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    asked = [sys.executable, "-c", code]
    reached = []
    # Libraries that other tests load may have changed it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), executors.unreached():
            signal.raise_signal(signal.SIGINT)
            reached.append(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    finally:
        signal.signal(signal.SIGINT, before)
    reached.append(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    assert reached == ["True", "False"]
