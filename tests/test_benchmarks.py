"""The benchmark runs where there are no peers, and refuses what it does not know."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from house import ROOT

COMMAND = [sys.executable, str(ROOT / "benchmarks" / "engines.py")]

# Sizes that fill no tile, no group and no vector.
SIZES = {
    "A": {"n": 300, "d": 21, "replicas": 8, "steps": 130},
    "B": {"n": 300, "d": 9, "replicas": 16, "steps": 70},
    "C": {"n": 500, "d": 12, "replicas": 8, "steps": 50, "batch": 36},
    "D": {"n": 211, "d": 12, "step_sizes": 9, "steps": 12},
    "E": {"n": 300, "d": 7, "step_sizes": 40, "replicas": 5, "steps": 333},
    "F": {"n": 400, "d": 300, "density": 0.03, "replicas": 16, "steps": 901, "l2": 0.5},
}


@pytest.fixture
def benchmarks(monkeypatch):
    """What a script of benchmarks/ imports."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
@pytest.mark.parametrize("name", SIZES)
def test_kernels_in_c_compute_what_the_reference_does(benchmarks, name):
    from check_c import ROUNDING, difference
    from workloads import WORKLOADS

    assert difference(replace(WORKLOADS[name], **SIZES[name])) < ROUNDING


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
@pytest.mark.parametrize("name", SIZES)
def test_kernels_in_c_keep_the_state_of_the_last_checkpoint(benchmarks, name):
    from engine_c import kernel_of
    from workloads import WORKLOADS

    # Fifty checkpoints, of which eight are kept: the last comes second.
    kernel = kernel_of(replace(WORKLOADS[name], **SIZES[name] | {"steps": 100}))
    kernel.run()
    kept = kernel.seen[1].take(1, axis={"D": 0, "E": 2}.get(name, 1))
    assert (kept == kernel.x).all()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_a_refused_word_is_drawn_again(benchmarks, tmp_path):
    import numpy as np
    from engine_c import Kernel

    from ratebound.experiments.sampling import indices

    # A third of all words is refused.
    n, blocks = 3 * 2**30, 40
    source = tmp_path / "draws.c"
    source.write_text(
        f'#include "{ROOT / "benchmarks" / "kernels" / "common.h"}"\n'
        "void draws(uint64_t n, uint64_t *out) {\n"
        f"    for (int b = 0; b < {blocks}; ++b) {{\n"
        "        eight drawn[4];\n"
        "        Counters at = {.block = (eight){} + b, .replica = {0, 1, 2, 3, 4, 5, 6, 7}};\n"
        "        indices(&at, n, (1ull << 32) % n, drawn);\n"
        "        memcpy(out + 32 * b, drawn, sizeof drawn);\n"
        "    }\n"
        "}\n"
    )
    found = np.empty((4 * blocks, 8), np.uint64)
    kernel = Kernel(source, LOGISTIC=0)
    kernel.share(lambda first, last, *given: kernel.library.draws(*given), 1, 1, n, found)
    assert (found == indices(0, np.arange(8), np.arange(4 * blocks), n)[:, :, 0]).all()


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
