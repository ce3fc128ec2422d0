"""Printed modules on disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ratebound.experiments.backends import cache


def test_same_text_same_module(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    module = cache.load_module("value = 'of this test'\n")
    assert module.value == "of this test"
    assert cache.load_module("value = 'of this test'\n") is module
    assert [p.name for p in (tmp_path / "ratebound").glob("*.py")] == [f"{module.__name__}.py"]
    other = cache.load_module("value = 'another'\n")
    assert other.value == "another" and other is not module


def test_a_folder_that_cannot_be_written_is_replaced(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(cache.tempfile, "tempdir", None)
    assert cache.folder().parent == tmp_path
    assert os.access(cache.folder(), os.W_OK)


def test_a_damaged_file_is_written_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    module = cache.load_module("value = 'to be damaged'\n")
    Path(module.__file__).write_text("value = ")
    monkeypatch.delitem(sys.modules, module.__name__)
    assert cache.load_module("value = 'to be damaged'\n").value == "to be damaged"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files on this system")
def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(cache.os, "getuid", lambda: -1)
    chosen = cache.folder()
    assert chosen.parent == tmp_path / "temporary" and chosen.name != "ratebound--1"


def test_a_second_process_compiles_nothing(tmp_path):
    code = (
        "from ratebound.experiments.run import simulate\n"
        "from ratebound.problems.library import load\n"
        "from ratebound.experiments.backends import cache\n"
        "simulate(load('quadratic_2d'), 'sgd', 0.1, steps=3, replicas=2, backend='numba')\n"
        "import sys\n"
        "kernels = [m for name, m in sys.modules.items() if name.startswith('ratebound_kernel_')]\n"
        "[found] = [kernel.advance.stats for kernel in kernels if hasattr(kernel, 'advance')]\n"
        "print(sum(found.cache_hits.values()), sum(found.cache_misses.values()))\n"
        "print(*(kernel.drawing.cache_hits for kernel in kernels if hasattr(kernel, 'drawing')))\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [["0", "1", "0"], ["1", "0", "1"]]
    assert list(Path(tmp_path, "ratebound").glob("ratebound_kernel_*.py"))


def test_numba_does_without_the_linear_algebra_of_scipy_until_asked(tmp_path):
    code = """
import sys
from ratebound.experiments.backends.cache import load_module
load_module("value = 1")
assert "numba.np.arraymath" in sys.modules and "scipy.linalg" not in sys.modules
import numpy as np
from numba import njit
from numba.np import arraymath
assert arraymath._HAVE_BLAS and njit(lambda a: np.dot(a, a))(np.full(3, 2.0)) == 12.0
import scipy.linalg
assert scipy.linalg.norm([3.0, 4.0]) == 5.0
"""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)
