"""Replicas shared among devices, of a CuPy that is the host: the same numbers, in pieces that fit."""

from dataclasses import replace
from importlib import import_module

import fake_cupy
import numpy as np
import pytest
from host_device import COMPILER, HostDevice
from house import ROOT
from sympy import Integer, Rational
from test_contract import AHEAD, METHODS, plan, problem
from test_sparse_engine import problem as sparse_problem

from ratebound.experiments.backends import choose, cuda_full_gradient, cuda_measures, numpy_, pieces
from ratebound.experiments.backends.cuda_ import cuda_engine, run
from ratebound.experiments.backends.cuda_full_gradient import suits
from ratebound.experiments.backends.pieces import bytes_measured, bytes_of, split
from ratebound.experiments.run import MEASURES, simulate
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
OPTIONS = dict(steps=12, replicas=7, measures=("gap_last", "gap_average"), seed=5)
ROOMY = 2**30


def same(mine, theirs):
    for name in theirs.data_vars:
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-10, atol=1e-14)


def room(plan):
    """Bytes for any run, and for each replica."""
    return tuple(map(sum, zip(bytes_of(plan), bytes_measured(plan), strict=True)))


@pytest.mark.parametrize(
    ("backend", "units"),
    [("cuda", {0: 6, 1: 4, 2: 4}), ("cuda:1", {0: 0, 1: 14, 2: 0}), ("cuda:2,0", {0: 6, 1: 0, 2: 8})],
)
def test_devices_share_the_replicas(backend, units, monkeypatch):
    fake = fake_cupy.install(monkeypatch, ROOMY, ROOMY, ROOMY)
    found = simulate(load("quadratic_2d"), "sgd", [0.1, 0.2], backend=backend, **OPTIONS)
    same(found, simulate(load("quadratic_2d"), "sgd", [0.1, 0.2], backend="numpy", **OPTIONS))
    assert {number: max(each, default=0) for number, each in fake.units.items()} == units


def test_every_measure_is_put_together(monkeypatch):
    fake_cupy.install(monkeypatch, ROOMY, ROOMY)
    options = OPTIONS | {"measures": MEASURES, "parameters": {"prob": 0.5}}
    found = simulate(load("quadratic_2d"), "lsvrg", 0.1, backend="cuda", **options)
    expected = simulate(load("quadratic_2d"), "lsvrg", 0.1, backend="numpy", **options)
    assert "grad_norm_sq_path" in found
    same(found, expected)


def test_pieces_fit_into_the_memory(monkeypatch):
    made = plan(problem("logistic"), METHODS["saga"], replicas=7)
    fixed, each = bytes_of(made)
    monkeypatch.setattr(pieces, "bytes_measured", lambda plan: (0, 0))
    # Of four fifths of the free memory there is room for two replicas on one device, for five on the other.
    fake = fake_cupy.install(monkeypatch, *(int((fixed + (n + 0.5) * each) / 0.8) for n in (2, 5)))
    options = dict(steps=70, replicas=7, seed=5, measures=("gap_average",), average=np.arange(1.0, 71))
    found = simulate(problem("logistic"), "saga", 0.02, backend="cuda", **options)
    same(found, simulate(problem("logistic"), "saga", 0.02, backend="numpy", **options))
    assert set(fake.units[0]) == {2} and set(fake.units[1]) == {3}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", ["logistic", "squared", "huber"])
def test_gaps_are_taken_where_the_points_are(loss, dtype, monkeypatch):
    fake = fake_cupy.install(monkeypatch, ROOMY, ROOMY)
    # Three points have room at a time.
    monkeypatch.setattr(cuda_measures, "PREDICTIONS", 3 * 23)
    found = simulate(problem(loss), "sgd", 0.05, backend="cuda", dtype=dtype, **OPTIONS)
    expected = simulate(problem(loss), "sgd", 0.05, backend="numpy", dtype=dtype, **OPTIONS)
    for name in OPTIONS["measures"]:
        np.testing.assert_allclose(found[name], expected[name], 1e-10 if dtype == "float64" else 1e-5)
    assert [kernels == {"sum_losses"} for kernels in fake.others.values()] == [loss != "squared"] * 2


def test_shared_memory_is_asked_for(monkeypatch):
    fake = fake_cupy.install(monkeypatch, ROOMY, shared=96 * 1024)
    large = problem("logistic", 8, 900)
    assert 48 * 1024 < large.A.nbytes < 96 * 1024
    found = simulate(large, "sgd", 0.1, backend="cuda", **OPTIONS)
    same(found, simulate(large, "sgd", 0.1, backend="numpy", **OPTIONS))
    assert fake.units[0]


def test_gaps_near_the_minimum_keep_their_digits(monkeypatch):
    fake_cupy.install(monkeypatch, ROOMY)
    options = dict(steps=200, measures=("gap_last",))
    found = simulate(problem("logistic"), "gd", 1.0, backend="cuda", **options).gap_last
    expected = simulate(problem("logistic"), "gd", 1.0, backend="numpy", **options).gap_last
    assert (expected < 1e-10).any()
    np.testing.assert_allclose(found, expected, 1e-6, 1e-22)


FULL = [name for name, each in METHODS.items() if each.sampling == "full"]


def full(name):
    """A run of a method of full gradients."""
    values = {each: Integer(3) if each.is_integer else Rational(7, 10) for each in METHODS[name].parameters}
    return plan(problem("squared" if name == "steepest" else "logistic"), METHODS[name].at(values), 2)


@pytest.mark.parametrize("name", FULL)
def test_full_gradients_run_where_they_can(name, monkeypatch):
    fake = fake_cupy.install(monkeypatch, ROOMY, ROOMY)
    monkeypatch.setattr(cuda_full_gradient, "SLOPES", 23)
    found, expected = run(full(name)), numpy_.run(full(name))
    np.testing.assert_allclose(found["gap_average"], expected["gap_average"], 1e-9, 1e-12)
    assert fake.others[0] - {"sum_losses", "place"} == ({"move", "to_slopes"} if suits(full(name)) else set())
    assert not fake.others[1]


def test_steps_that_read_more_than_a_gradient_run_on_the_host():
    elsewhere = {"polyak", "armijo", "wolfe", "newton", "bfgs", "gd_rounded", "sam", "normalised"}
    assert elsewhere < {name for name in FULL if not suits(full(name))}
    assert {"gd", "nesterov", "ogm", "heavy_ball", "item", "prox_gd", "sign_descent"} < set(filter(
        lambda name: suits(full(name)), FULL))  # fmt: skip


def test_a_replica_that_fits_nowhere_is_one_line(monkeypatch):
    fake_cupy.install(monkeypatch, ROOMY, 100)
    with pytest.raises(
        RateboundError, match=r"a replica needs .* MiB .* device 1 has .*backend='numba'"
    ) as r:
        simulate(load("quadratic_2d"), "sgd", 0.1, backend="cuda", **OPTIONS)
    assert "\n" not in str(r.value)


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        ("cuda:3", r"no CUDA device 3; this machine shows 0 \.\. 1"),
        ("cuda:0,0", "name each CUDA device once"),
        ("cuda:", "name each CUDA device once"),
        ("numba:1", "unknown backend 'numba:1'"),
    ],
)
def test_bad_devices_are_one_line(backend, message, monkeypatch):
    fake_cupy.install(monkeypatch, ROOMY, ROOMY)
    with pytest.raises(RateboundError, match=message):
        simulate(load("quadratic_2d"), "sgd", 0.1, backend=backend, **OPTIONS)


@pytest.mark.parametrize("replicas", [1, 2, 5, 23])
@pytest.mark.parametrize("rooms", [(1,), (3, 1), (2, 9, 4)])
def test_pieces_are_the_replicas_in_order(replicas, rooms):
    made = plan(problem("squared"), METHODS["sgd"], 3, replicas=replicas, first=4)
    fixed, each = room(made)
    pieces = split(made, [fixed + room * each for room in rooms])
    assert len(pieces) == len(rooms)
    assert np.concatenate([p for share in pieces for p in share]).tolist() == made.replicas.tolist()
    assert all(0 < p.size <= room for share, room in zip(pieces, rooms, strict=True) for p in share)


class Counting(HostDevice):
    """A device that counts the bytes it holds, and those that the host sends."""

    held = sent = 0

    def array(self, values):
        self.held += values.nbytes
        self.sent += values.nbytes
        return super().array(values)

    def copies(self, values, count):
        self.held += values.nbytes * count
        self.sent += values.nbytes
        return super().copies(values, count)


@pytest.mark.parametrize("step_sizes", [1, 2])
@pytest.mark.parametrize(
    ("method", "options", "sparse"),
    [
        (METHODS["sgd"], {}, False),
        (METHODS["sgd_momentum"], {"order": "reshuffle", "dtype": "float32"}, False),
        (METHODS["saga"], {}, False),
        (METHODS["sgd_importance"], {"batch": 2}, False),
        (AHEAD, {"batch": 3}, False),
        (METHODS["sgd"], {}, True),
        (METHODS["lsvrg"], {"batch": 3}, True),
        (METHODS["sag"], {}, True),
        (METHODS["sgd_momentum"], {}, True),
    ],
)
def test_the_bytes_of_a_run_are_known_before(method, options, sparse, step_sizes):
    # Tables of sparse data hold numbers where nothing is regularised.
    l2 = 0.0 if method.draws is not None and method.draws.table else 0.1
    given = sparse_problem(l2=l2) if sparse else problem("logistic", 40, 60)
    made = plan(given, method, step_sizes, replicas=90, **options)
    fixed, each = bytes_of(made)
    held, sent = [], []
    for replicas in (30, 90):
        device = Counting()
        cuda_engine(replace(made, replicas=made.replicas[:replicas]), device)
        held.append(device.held)
        sent.append(device.sent)
    # A number and a schedule, and two scales on sparse data: the rest is made there.
    assert sent[1] - sent[0] <= 60 * step_sizes * (4 + 4 + 2 * 8)
    assert held[1] - held[0] == 60 * each
    # Where nothing is drawn in passes, there is one word in place of the orders.
    assert held[0] - 30 * each in (fixed - 4, fixed)


@pytest.mark.parametrize("method", ["gd", "nesterov"])
def test_the_bytes_of_full_gradients_are_known_before(method):
    made = plan(problem("logistic", 40, 60), METHODS[method], 3)
    device = Counting()
    cuda_engine(made, device)
    held = device.held + 4 + 3 * 8
    # The slopes, which a product makes.
    assert sum(bytes_of(made)) == held + 8 * 3 * 60


def test_what_auto_sends_to_a_gpu(monkeypatch):
    asked = []
    monkeypatch.setattr(choose, "BACKENDS", {b: lambda plan, b=b: asked.append(b) for b in choose.BACKENDS})
    monkeypatch.setattr(choose, "numpy_seconds", lambda plan: 10.0)
    fake_cupy.install(monkeypatch, ROOMY, 10_000)
    sgd = plan(problem("logistic"), METHODS["sgd"])
    along = replace(sgd, measures=("grad_norm_sq_best",))
    # Two copies of a table of 23 gradients do not fit into ten thousand bytes.
    table = plan(problem("logistic", 20), METHODS["saga"], 2)
    others = (plan(problem("logistic"), METHODS[name]) for name in ("gd", "polyak"))
    for each in (sgd, plan(problem("logistic"), METHODS["lsvrg"]), along, table, *others):
        choose._auto(each)
    assert asked == ["cuda", "cuda", "numba", "numba", "cuda", "numba"]


@pytest.mark.parametrize("letter", "ADF")
def test_the_benchmark_of_a_gpu_runs(letter, monkeypatch):
    fake = fake_cupy.install(monkeypatch, ROOMY)
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    workloads, engine = import_module("workloads"), import_module("engine_ratebound")
    small = replace(workloads.WORKLOADS[letter], n=40, d=6, replicas=3, steps=4, step_sizes=1, density=1.0)
    if letter == "F":
        small = replace(small, density=0.5)
    measured = engine.prepare("cuda", small).run()
    assert measured["gap"] == pytest.approx(engine.prepare("numba", small).run()["gap"])
    assert measured["steps"] > 0 and (fake.units[0] or fake.others[0])


def test_a_cupy_without_a_device_is_one_line(monkeypatch):
    fake = fake_cupy.install(monkeypatch, ROOMY)
    monkeypatch.setattr(fake, "is_available", lambda: False)
    with pytest.raises(RateboundError, match="needs an NVIDIA GPU and CuPy"):
        simulate(load("quadratic_2d"), "sgd", 0.1, backend="cuda", **OPTIONS)
