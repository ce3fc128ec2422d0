"""The benchmark runs where there are no peers, and refuses what it does not know."""

import json
import subprocess
import sys

import pytest
from house import ROOT

COMMAND = [sys.executable, str(ROOT / "benchmarks" / "engines.py")]


@pytest.mark.full
def test_a_small_run_writes_three_forms(tmp_path):
    options = ["--workloads", "A", "--engines", "numpy,numba", "--repetitions", "1", "--out", str(tmp_path)]
    subprocess.run([*COMMAND, *options], check=True, capture_output=True)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".md", ".png"]
    [path] = tmp_path.glob("*.json")
    measured = json.loads(path.read_text())["workloads"]["A"]
    assert set(measured) == {"numpy", "numba"}
    assert all(found["steps_rate"] > 0 for found in measured.values())


def test_without_a_gpu_its_benchmark_says_so(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks" / "gpu.py"), str(tmp_path / "results")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        pytest.skip("this machine has a GPU")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "no CUDA device" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.full
def test_unknown_engines_are_refused():
    done = subprocess.run([*COMMAND, "--engines", "nunpy"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "engines are numpy, numba" in done.stderr
