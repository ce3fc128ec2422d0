"""A real local Dask cluster, one of whose workers is killed while it works; and no cluster at all."""

import os
import signal
import socket

import pytest
from sweep_cases import small, tree

import ratebound as rb
from ratebound.experiments.sweeps import chunks, executors
from ratebound.theory.errors import RateboundError

pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")
distributed = pytest.importorskip("distributed", reason="a cluster needs distributed, the extra `dask`")
pytestmark = [
    # Sockets and loops of a cluster whose worker was killed are left to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_worker_killed_while_it_works_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "_MOST_CELLS", 1)
    table = small(step=[0.01, 0.02, 0.03, 0.05], seed=[0, 1])
    pids = []

    def kill_one(done, total, what):
        if done == 3 and not pids:
            pids.extend(client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)

    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    )
    with cluster, distributed.Client(cluster) as client:
        address = f"dask:{cluster.scheduler_address}"
        found = rb.sweep(table, tmp_path / "killed.zarr", executor=address, progress=kill_one)
        assert len(pids) == 2 and pids[0] not in client.run(os.getpid).values()
    assert (found["status"] == "done").all()
    rb.sweep(table, tmp_path / "calm.zarr")
    assert tree(tmp_path / "killed.zarr") == tree(tmp_path / "calm.zarr")


def test_an_unreachable_scheduler_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "_TIMEOUT", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", str(tmp_path / "none.json")):
        with pytest.raises(RateboundError, match=rf"no Dask scheduler at {address} \(") as raised:
            rb.sweep(small(), tmp_path / "s.zarr", executor=f"dask:{address}")
        assert "\n" not in str(raised.value)


def test_a_scheduler_without_workers_is_one_line(tmp_path):
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        pytest.raises(RateboundError, match="has no workers; start some with `dask worker`"),
    ):
        rb.sweep(small(), tmp_path / "s.zarr", executor=f"dask:{cluster.scheduler_address}")
