"""What the GPU compiler says of the printed kernel."""

import re
import shutil
import subprocess
from dataclasses import replace
from importlib import import_module

import pytest
from house import ROOT
from sympy import Integer, Rational
from test_contract import AHEAD, METHODS, plan, problem

from ratebound.experiments.backends.cuda_drawn import cuda_drawn_source
from ratebound.experiments.backends.cuda_full import full_source, loss_source
from ratebound.experiments.backends.cuda_source import cuda_source
from ratebound.experiments.backends.cuda_sparse import cuda_sparse_source
from ratebound.experiments.backends.drawn import draws_of, length_of, points_of
from ratebound.experiments.backends.kernel import Spec, spec_of
from ratebound.experiments.backends.rules import rules
from ratebound.experiments.backends.stored import kept_of
from ratebound.problems.losses import LOSSES
from ratebound.theory.symbols import epoch

NVCC = shutil.which("nvcc")
SUPPORTED = range(70, 91)
SINGLE = ("saga", "rcd", "sps_max")


def printed(loss="logistic", batch=3, lanes=4, shared=True, in_passes=False, sparse=False, dtype="float64"):
    spec = Spec("test", rules(METHODS["sgd"]), LOSSES[loss].slope, batch, True, in_passes, dtype)
    return cuda_sparse_source(spec, lanes) if sparse else cuda_source(spec, 20, lanes, 20 * shared)


def drawn(method, lanes=4, shared=True, in_passes=False, sparse=False):
    """The kernel of a method with draws, whose constants are those of a problem."""
    rule = METHODS.get(method, AHEAD)
    rule = rule.at({each: Integer(5) if each == epoch else Rational(7, 10) for each in rule.parameters})
    given = plan(problem("logistic"), rule, batch=1 if method in SINGLE else 3)
    spec = replace(spec_of(given), in_passes=in_passes)
    reads = draws_of(given), points_of(given)
    layout = 20, lanes, 20 * (shared and not sparse)
    return cuda_drawn_source(spec, *reads, *layout, kept_of(given), length_of(given), sparse)


DRAWN = [
    ("saga", False, False),
    ("rcd", False, False),
    ("rcd", False, True),
    ("sps_max", False, False),
    ("sps_max", False, True),
    ("page", False, False),
    ("page", False, True),
    ("sarah_drawn", False, False),
    ("sarah_drawn", False, True),
    ("sgd_importance", False, False),
    ("newton_doubling", False, False),
    ("newton_doubling", False, True),
    ("normalised_momentum", False, False),
    ("ahead", True, True),
]
"""Methods, whether samples come in passes, and whether data are sparse."""


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    """What the scripts of benchmarks/ import."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def architectures():
    """The oldest and the newest of the supported architectures that this compiler knows."""
    if NVCC is None:
        return []
    listed = subprocess.run([NVCC, "--list-gpu-arch"], capture_output=True, text=True, check=True).stdout
    known = sorted(int(a.removeprefix("compute_")) for a in listed.split() if a[8:].isdigit())
    usable = [a for a in known if a in SUPPORTED]
    return sorted({usable[0], usable[-1]}) if usable else []


def compile_with_nvcc(source, architecture, folder):
    if architecture is None:
        pytest.skip("no nvcc for the architectures 70 .. 90")
    path = folder / "kernel.cu"
    path.write_text(source)
    command = [NVCC, f"-arch=sm_{architecture}", "-std=c++17", "-cubin", "-Werror", "all-warnings"]
    done = subprocess.run([*command, "-o", folder / "kernel.cubin", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("architecture", architectures() or [None])
@pytest.mark.parametrize(("lanes", "in_passes"), [(4, False), (32, True)])
@pytest.mark.parametrize(("sparse", "dtype"), [(False, "float64"), (True, "float64"), (False, "float32")])
def test_nvcc_compiles_it(architecture, lanes, in_passes, sparse, dtype, tmp_path):
    source = printed(lanes=lanes, in_passes=in_passes, sparse=sparse, dtype=dtype)
    compile_with_nvcc(source, architecture, tmp_path)


def full(method="nesterov", loss="logistic", dtype="float64"):
    """The kernels around the products of full gradients."""
    spec = Spec("test", rules(METHODS[method]), LOSSES[loss].slope, 1, True, dtype=dtype)
    return full_source(spec, METHODS[method].point, 20)


OF_ALL_DATA = [
    full(),
    full(dtype="float32"),
    full("sign_descent", "huber"),
    loss_source(LOSSES["logistic"], 32),
]


@pytest.mark.parametrize("architecture", architectures() or [None])
@pytest.mark.parametrize("source", OF_ALL_DATA, ids=range(len(OF_ALL_DATA)))
def test_nvcc_compiles_what_surrounds_products(architecture, source, tmp_path):
    compile_with_nvcc(source, architecture, tmp_path)


@pytest.mark.parametrize("architecture", architectures() or [None])
@pytest.mark.parametrize(("method", "in_passes", "sparse"), DRAWN)
def test_nvcc_compiles_draws(architecture, method, in_passes, sparse, tmp_path):
    compile_with_nvcc(drawn(method, in_passes=in_passes, sparse=sparse), architecture, tmp_path)


@pytest.mark.parametrize("architecture", architectures()[-1:] or [None])
def test_nvcc_compiles_the_reading_of_memory(architecture, tmp_path):
    compile_with_nvcc(import_module("gpu").READ, architecture, tmp_path)


def compile_with_nvrtc(source, architecture):
    from cuda_compilers import nvrtc_for, with_nvrtc

    library = nvrtc_for(architecture)
    if library is None:
        pytest.skip(f"no NVRTC for sm_{architecture}: nvidia-cuda-nvrtc-cu12 is not installed")
    with_nvrtc(library, source, architecture)


@pytest.mark.parametrize("architecture", [70, 90])
@pytest.mark.parametrize(("loss", "in_passes"), [("logistic", True), ("huber", False)])
@pytest.mark.parametrize("sparse", [False, True])
def test_nvrtc_compiles_it(architecture, loss, in_passes, sparse):
    compile_with_nvrtc(printed(loss, in_passes=in_passes, sparse=sparse), architecture)


@pytest.mark.parametrize("architecture", [70, 90])
@pytest.mark.parametrize("source", OF_ALL_DATA, ids=range(len(OF_ALL_DATA)))
def test_nvrtc_compiles_what_surrounds_products(architecture, source):
    compile_with_nvrtc(source, architecture)


@pytest.mark.parametrize("architecture", [70, 90])
@pytest.mark.parametrize(("method", "in_passes", "sparse"), DRAWN)
def test_nvrtc_compiles_draws(architecture, method, in_passes, sparse):
    compile_with_nvrtc(drawn(method, in_passes=in_passes, sparse=sparse), architecture)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sparse", [False, True])
def test_single_precision_computes_with_no_double(loss, sparse):
    if sparse and loss not in ("squared", "logistic"):
        pytest.skip("sparse data know no such loss")
    text = printed(loss, sparse=sparse, dtype="float32") + full(loss=loss, dtype="float32")
    assert "typedef float real;" in text and "double" not in text
    # Every number with a point is a `real`: one that is not would make its sum one of doubles.
    code = re.sub(r"//.*", "", text)
    assert not re.findall(r"(?<!real\()(?<!real\(-)(?<![\w.])\d+\.\d+", code)
