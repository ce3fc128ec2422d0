"""Backends by name, and what ``auto`` takes."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from ratebound.experiments.backends import choose, cuda_device
from ratebound.experiments.run import MEASURES, simulate
from ratebound.experiments.verify import verify
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import BEST


@pytest.mark.parametrize("method", ["sgd", "gd"])
def test_numba_takes_every_measure(method):
    options = dict(steps=20, replicas=9, measures=MEASURES, batch=2)
    problem = load("quadratic_2d")
    fast, slow = (simulate(problem, method, [0.1, 0.2], backend=b, **options) for b in ("numba", "numpy"))
    for name in (*MEASURES, "grad_norm_sq_path"):
        np.testing.assert_allclose(fast[name], slow[name], rtol=1e-11, atol=1e-15)


def test_divergence_reads_infinite():
    data = simulate(
        load("quadratic_2d"), "sgd", 1e8, steps=100, replicas=6, measures=MEASURES, backend="numba"
    )
    for name in MEASURES:
        late = data[name].values[:, :, 1:]
        assert not np.isnan(late).any()
        assert name in BEST or (late[:, :, -1] == np.inf).all()


def test_small_jobs_stay_with_numpy():
    code = (
        "import sys\n"
        "from ratebound.experiments.run import simulate\n"
        "from ratebound.problems.library import load\n"
        "simulate(load('quadratic_2d'), 'sgd', 0.1, steps=100, replicas=100)\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


def test_large_jobs_go_to_a_compiled_engine(monkeypatch):
    asked = []
    monkeypatch.setattr(choose, "BACKENDS", {b: lambda plan, b=b: asked.append(b) for b in choose.BACKENDS})
    run = choose._auto
    for seconds, gpu in ((0.1, True), (10.0, False), (10.0, True)):
        monkeypatch.setattr(choose, "numpy_seconds", lambda plan, s=seconds: s)
        monkeypatch.setattr(choose, "_suits_a_gpu", lambda plan, g=gpu: g)
        monkeypatch.setattr(choose, "_printable", lambda plan: True)
        run(SimpleNamespace())
    assert asked == ["numpy", "numba", "cuda"]


@pytest.mark.skipif(cuda_device.available(), reason="this machine has a GPU")
def test_cuda_without_a_gpu_is_one_clear_line():
    with pytest.raises(RateboundError, match="needs an NVIDIA GPU and CuPy") as refused:
        simulate(load("quadratic_2d"), "sgd", 0.1, steps=3, backend="cuda")
    assert "\n" not in str(refused.value)
    with pytest.raises(RateboundError, match="needs an NVIDIA GPU and CuPy"):
        verify("gd_pl", "quadratic_2d", steps=3, backend="cuda")


def test_a_backend_that_no_step_needs_is_still_a_known_one():
    with pytest.raises(RateboundError, match="unknown backend 'tpu'"):
        verify("gd_pl", "quadratic_2d", steps=3, backend="tpu")


def test_a_loss_without_printing_is_refused_with_a_remedy(monkeypatch):
    from sympy import atan, log

    from ratebound.problems.build import from_arrays
    from ratebound.problems.losses import Loss, z

    odd = Loss("odd", "odd loss", z * atan(z) - log(1 + z**2) / 2, (0, 1), 0, "real")
    problem = from_arrays([[1.0], [2.0]], [0.0, 0.0], odd, x0=[0.1])
    with pytest.raises(RateboundError, match=r"atan.* has no printing .*backend='numpy'"):
        simulate(problem, "sgd", 0.1, steps=3, backend="numba")
    monkeypatch.setattr(choose, "numpy_seconds", lambda plan: 10.0)
    assert simulate(problem, "sgd", 0.01, steps=3, replicas=2, backend="auto").gap_last.notnull().all()
