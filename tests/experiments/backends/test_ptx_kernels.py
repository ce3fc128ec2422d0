"""What compilers make of the printed CUDA kernels: nothing out of bounds, no race, and the numbers of NumPy.

PTX is run by the machine of ``ptx/``; no GPU is needed. Where there is no compiler, these tests are skipped.
"""

import re
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from house import ROOT
from ptx.compiler import compiled, compiler
from ptx.device import PtxDevice, launch
from ptx.faults import Fault
from ptx.text import entries
from sympy import Rational, sympify
from test_contract import AHEAD, METHODS, l1, penalised, plan, problem
from test_sparse_engine import problem as sparse_problem

from ratebound.experiments.backends.cuda_ import cuda_engine
from ratebound.experiments.backends.cuda_full_gradient import suits
from ratebound.experiments.backends.cuda_measures import device_measures
from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.plan import PRECISIONS
from ratebound.theory.errors import RateboundError

SHARED = 2**19
"""Bytes into which the data go."""


@pytest.fixture(autouse=True)
def needed(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    if compiler() is None:
        pytest.skip("there is neither NVRTC (nvidia-cuda-nvrtc) nor an nvcc that prints PTX")


def rule(name):
    """A method at values with which its coins fall both ways."""
    if name == "ahead":
        return AHEAD
    values = {symbol: 3 if symbol.is_integer else Rational(7, 10) for symbol in METHODS[name].parameters}
    return METHODS[name].at({symbol: sympify(value) for symbol, value in values.items()})


def follow(given, reference, device, stops=(2, 5)):
    """A kernel does nothing that the machine refuses, and makes the steps of the NumPy engine."""
    engine, reference = cuda_engine(given, device), NumpyEngine(replace(reference, dtype="float64"))
    relative, absolute = (1e-9, 1e-11) if given.dtype == "float64" else (1e-5, 1e-5)
    here, one = 0, np.ones((1, 1, 1), given.dtype)
    for stop in stops:
        engine.advance(here, stop)
        reference.advance(here, stop)
        here = stop
    averages = engine.averages(one), reference.averages(one)
    for mine, theirs in ((engine.points(), reference.points()), averages):
        np.testing.assert_allclose(mine, theirs, relative, absolute * np.abs(theirs).max())


@pytest.mark.parametrize(
    ("lanes", "shared", "batch", "replacement", "order", "dtype"),
    [
        (1, 0, 1, True, "independent", "float64"),
        (4, SHARED, 1, True, "independent", "float32"),
        # Each lane draws one of the batch, or each draws all of them.
        (4, 0, 3, False, "independent", "float64"),
        (2, SHARED, 11, False, "independent", "float64"),
        (32, SHARED, 3, True, "independent", "float64"),
        (4, 0, 3, True, "reshuffle", "float64"),
        (32, 0, 11, True, "shuffle_once", "float32"),
        (8, SHARED, 1, True, "cyclic", "float64"),
    ],
)
def test_batches_of_dense_data(lanes, shared, batch, replacement, order, dtype):
    given = plan(problem("logistic"), METHODS["sgd"], 3, batch, replacement, order=order, dtype=dtype)
    # In passes, into the second one.
    stops = (2, 10) if order != "independent" and batch == 3 else (2, 5)
    follow(given, given, PtxDevice(compiled, shared, lanes), stops)


def test_many_blocks():
    given = plan(problem("logistic"), METHODS["sgd"], 3, replicas=41)
    follow(given, given, PtxDevice(compiled, SHARED, lanes=4, block=128))


def test_batches_in_pieces():
    given = plan(problem("huber", 70, 60), METHODS["sgd_momentum"], 2, 50, dtype="float32")
    follow(given, given, PtxDevice(compiled, SHARED, lanes=16), (1, 2))


def test_replicas_that_diverge_stop_alone():
    # Of neighbours in a warp some have ended, and others add up with those that are left.
    given = plan(problem("squared"), METHODS["sgd"], 2, steps=40)
    object.__setattr__(given, "alphas", np.repeat([[1e30], [0.05]], 40, axis=1))
    engine, reference = cuda_engine(given, PtxDevice(compiled, lanes=4)), NumpyEngine(given)
    with np.errstate(all="ignore"):
        for start, stop in ((0, 20), (20, 22)):
            engine.advance(start, stop)
            reference.advance(start, stop)
    assert not np.isfinite(engine.points()[0]).any()
    np.testing.assert_allclose(engine.points()[1], reference.points()[1], 1e-9)


@pytest.mark.parametrize(
    ("name", "lanes", "shared", "dtype"),
    [
        ("saga", 4, SHARED, "float64"),
        ("sag", 1, 0, "float32"),
        ("rcd", 2, 0, "float64"),
        ("sps_max", 32, SHARED, "float64"),
        ("page", 4, 0, "float64"),
        ("lsvrg", 8, SHARED, "float32"),
        ("sarah_drawn", 4, 0, "float64"),
        ("sgd_importance", 4, SHARED, "float64"),
        ("newton_doubling", 2, 0, "float64"),
        ("normalised_momentum", 16, SHARED, "float64"),
    ],
)
def test_draws_of_dense_data(name, lanes, shared, dtype):
    alone = name in ("saga", "sag", "rcd", "sps_max")
    given = plan(problem("logistic"), rule(name), 2, 1 if alone else 3, dtype=dtype)
    follow(given, given, PtxDevice(compiled, shared, lanes))


@pytest.mark.parametrize(
    ("name", "lanes", "batch", "order", "l2", "dtype"),
    [
        ("sgd", 4, 3, "independent", 0.1, "float64"),
        ("sgd", 32, 3, "reshuffle", 0.1, "float32"),
        ("sgd_momentum", 4, 3, "independent", 0.1, "float64"),
        ("ahead", 2, 3, "reshuffle", 0.1, "float64"),
        ("saga", 8, 1, "independent", 0.0, "float64"),
        ("sps_max", 4, 1, "independent", 0.1, "float32"),
        ("page", 4, 3, "independent", 0.1, "float64"),
        ("newton_doubling", 4, 3, "independent", 0.1, "float64"),
    ],
)
def test_sparse_data(name, lanes, batch, order, l2, dtype):
    given, dense = (
        plan(sparse_problem(l2=l2, dense=dense), rule(name), 2, batch, order=order, dtype=dtype)
        for dense in (False, True)
    )
    follow(given, dense, PtxDevice(compiled, lanes=lanes))


def rescaled():
    """Plans whose scale leaves its range, at different steps for different step sizes; sparse and dense."""
    return (plan(sparse_problem(l2=50.0, dense=dense), METHODS["sgd"], 3, 3) for dense in (False, True))


def test_a_scale_that_leaves_its_range():
    follow(*rescaled(), PtxDevice(compiled, lanes=4), (3, 40))


@pytest.mark.parametrize(("name", "dtype"), [("nesterov", "float64"), ("prox_gd", "float32")])
def test_full_gradients(name, dtype):
    loss = penalised(problem("logistic"), 0.1) if name == "prox_gd" else problem("sine")
    given = plan(loss, rule(name), 3, dtype=dtype)
    device = PtxDevice(compiled)
    follow(given, given, device)
    assert device.kernels >= {"to_slopes", "move"}


@pytest.mark.parametrize("lanes", [1, 32])
def test_gaps_of_many_points(lanes):
    given, device = problem("logistic"), PtxDevice(compiled, lanes=lanes)
    points = np.random.default_rng(4).normal(size=(7, given.d))
    found = device_measures(given, device)["gap"](points)
    np.testing.assert_allclose(found, given.gap(points), 1e-10)
    assert device.kernels == {"sum_losses"}


def test_the_reading_of_memory():
    entry = entries(compiled(import_module("gpu").READ))["read"]
    numbers, out = np.arange(400.0), np.zeros(128)
    arguments = {"x": numbers, "size": np.uint64(200), "rounds": np.int32(3), "out": out}
    launch(entry, 2, 64, 0, arguments, {"x"})
    pairs = np.pad(numbers, (0, 112)).reshape(2, 128, 2)
    np.testing.assert_array_equal(out, 3 * pairs.sum((0, 2)))


@pytest.mark.full
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_in_every_layout(name, dtype):
    made = problem("squared" if name == "steepest" else "logistic")
    if any(l1 in each.free_symbols for each in rule(name).update.values()):
        made = penalised(made, 0.1)
    given = plan(made, rule(name), 2, dtype=dtype)
    if given.deterministic and not suits(given):
        pytest.skip("its steps run on the host")
    for lanes, shared in ((1, 0), (4, SHARED), (32, 0)):
        follow(given, given, PtxDevice(compiled, shared, lanes))


@pytest.mark.full
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("name", [name for name, each in METHODS.items() if each.sampling != "full"])
def test_every_method_on_sparse_data(name, dtype):
    def made(dense):
        # Tables of sparse data hold numbers where nothing is regularised.
        l2 = 0.0 if name in ("saga", "sag") else 0.1
        return plan(sparse_problem(l2=l2, dense=dense), rule(name), 2, dtype=dtype)

    for lanes in (1, 4, 32):
        try:
            follow(made(False), made(True), PtxDevice(compiled, lanes=lanes))
        except RateboundError as error:
            # In one line: what sparse data do not offer.
            pytest.skip(str(error))


BARRIER = r"__sync\w+\([\w()]*\);"


@pytest.mark.parametrize(
    ("what", "place", "instead", "message"),
    [
        ("passes", r"(?<=order\[at\] = \(u32\)at;\n)\s*" + BARRIER, "", "race: it reads"),
        ("passes", r"(?<=left = order\[i\];\n)\s*" + BARRIER, "", "race: it overwrites"),
        ("passes", r"(?<=order\[i\] = taken;\n    }\n)\s*" + BARRIER, "", "race: it reads"),
        ("shared", r"__syncthreads\(\);", "", "race: it reads"),
        ("shared", r"(?<=first < )size", "size / 2", "was never written"),
        ("sparse", r"__syncwarp\(own_group\(\)\);", "", "race: it overwrites"),
        ("sps_max", r"(?<=no order on memory.\n)\s*" + BARRIER, "", "race: it overwrites"),
        # Groups that take different ways would wait for each other.
        ("page", r"(?<=#define APART )1", "0", "waits in vain"),
    ],
)
def test_what_a_kernel_does_for_order_is_needed(what, place, instead, message):
    lanes, shared, stops = 4, 0, (2, 10)
    if what == "passes":
        given = plan(problem("logistic"), METHODS["sgd"], 2, 3, order="reshuffle")
    elif what == "shared":
        given, shared = plan(problem("logistic"), METHODS["sgd"], 2), SHARED
    elif what == "sparse":
        given, stops = next(rescaled()), (3, 40)
    elif what == "sps_max":
        given = plan(sparse_problem(), rule(what), 2)
    else:
        given = plan(problem("logistic"), rule(what), 2, 3)
    engine = cuda_engine(given, PtxDevice(compiled, shared, lanes))
    engine._source, count = re.subn(place, instead, engine._source)
    assert count == 1
    with pytest.raises(Fault, match=message):
        engine.advance(0, stops[0])
        engine.advance(*stops)
