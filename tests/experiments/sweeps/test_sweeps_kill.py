"""Kill -9 at random moments: what was finished stays; the end is that of an undisturbed run, to the byte."""

import json
import subprocess
import sys

import pytest
from sweep_cases import small, tree

import ratebound as rb

pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")

DRIVER = """
import json, os, random, signal, sys, time
import xarray.backends.zarr, zarr
from ratebound.experiments.sweeps.compute import compute
from ratebound.experiments.sweeps.declare import declare
from ratebound.experiments.sweeps.run import sweep

table, store, seed, longest = json.loads(sys.argv[1])
compute(declare(table).cells[:1])  # what is loaded once here, no child has to load
moments = random.Random(seed)
kills, dones = 0, []
while True:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        sweep(table, store, progress=lambda done, total, what: os.write(writer, bytes([done])))
        os._exit(0)
    os.close(writer)
    time.sleep(moments.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    dones.append(list(os.read(reader, 10_000)))
    os.close(reader)
    if os.WIFEXITED(status):
        break
    kills += 1
    longest *= 1.25
print(json.dumps([kills, dones]))
"""


def killed_again_and_again(table, store, seed):
    """Run a sweep in processes that are killed, each a little later, until one gets through."""
    arguments = json.dumps([table, str(store), seed, 0.15])
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, arguments], capture_output=True, text=True, timeout=240, check=True
    )
    return json.loads(done.stdout)


def test_nothing_is_lost_and_nothing_differs(tmp_path):
    table = small(step=[0.01, 0.02, 0.03, 0.05], seed=[0, 1])
    store = tmp_path / "killed.zarr"
    kills, dones = killed_again_and_again(table, store, 1)
    assert kills >= 3
    reached = 0
    for done in filter(None, dones):
        # Each run starts with all that the one before had said to be finished.
        assert done[0] >= reached
        reached = done[-1]
    rb.sweep(table, tmp_path / "calm.zarr")
    assert tree(store) == tree(tmp_path / "calm.zarr")


def test_a_change_survives_kills_too(tmp_path):
    store = tmp_path / "killed.zarr"
    rb.sweep(small(), store)
    changed = small(step=["1/(8*L_max)", 0.02, "1/(2*L_max)"], batch=[1, 2, 4, 16], seed=[0, 1])
    killed_again_and_again(changed, store, 3)
    rb.sweep(changed, tmp_path / "calm.zarr")
    assert tree(store) == tree(tmp_path / "calm.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calm.zarr", "killed.zarr"]
