"""BLAS keeps to one thread for moderate work only, and gets its threads back."""

from contextlib import nullcontext

import numpy as np
from threadpoolctl import threadpool_info

from ratebound.problems import blas
from ratebound.problems.build import from_arrays


def threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_threads_come_back():
    before = threads()
    with blas.one_blas_thread():
        assert set(threads()) == {1}
    assert threads() == before


def test_long_work_keeps_its_threads():
    assert isinstance(blas.one_blas_thread(10**12), nullcontext)


def test_factorisations_of_a_problem_keep_to_one(monkeypatch):
    seen = []
    svd = np.linalg.svd
    monkeypatch.setattr(np.linalg, "svd", lambda *args, **kws: (seen.append(threads()), svd(*args, **kws))[1])
    rng = np.random.default_rng(0)
    assert from_arrays(rng.normal(size=(9, 3)), rng.normal(size=9), "squared").spectrum.rank == 3
    assert seen and set(seen[0]) == {1}
