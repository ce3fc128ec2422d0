"""What the GPU compiler says of the printed kernel."""

import ctypes
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ratebound.experiments.backends.cuda_source import cuda_source, lanes_of
from ratebound.experiments.backends.cuda_sparse import cuda_sparse_source
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.rules import rules
from ratebound.problems.losses import LOSSES
from ratebound.theory.methods import METHODS

NVCC = shutil.which("nvcc")
SUPPORTED = range(70, 91)


def printed(loss="logistic", batch=3, lanes=4, shared=True, in_passes=False, sparse=False, dtype="float64"):
    spec = Spec("test", rules(METHODS["sgd"]), LOSSES[loss].slope, batch, True, in_passes, dtype)
    return cuda_sparse_source(spec, lanes) if sparse else cuda_source(spec, 20, lanes, shared)


def architectures():
    """The oldest and the newest of the supported architectures that this compiler knows."""
    if NVCC is None:
        return []
    listed = subprocess.run([NVCC, "--list-gpu-arch"], capture_output=True, text=True, check=True).stdout
    known = sorted(int(a.removeprefix("compute_")) for a in listed.split() if a[8:].isdigit())
    usable = [a for a in known if a in SUPPORTED]
    return sorted({usable[0], usable[-1]}) if usable else []


@pytest.mark.parametrize("architecture", architectures() or [None])
@pytest.mark.parametrize(("lanes", "in_passes"), [(4, False), (32, True)])
@pytest.mark.parametrize(("sparse", "dtype"), [(False, "float64"), (True, "float64"), (False, "float32")])
def test_nvcc_compiles_it(architecture, lanes, in_passes, sparse, dtype, tmp_path):
    if architecture is None:
        pytest.skip("no nvcc for the architectures 70 .. 90")
    path = tmp_path / "kernel.cu"
    path.write_text(printed(lanes=lanes, in_passes=in_passes, sparse=sparse, dtype=dtype))
    command = [NVCC, f"-arch=sm_{architecture}", "-std=c++17", "-cubin", "-Werror", "all-warnings"]
    done = subprocess.run([*command, "-o", tmp_path / "kernel.cubin", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def nvrtc_library():
    """NVRTC from its wheel, which needs no GPU."""
    if importlib.util.find_spec("nvidia") is None or importlib.util.find_spec("nvidia.cuda_nvrtc") is None:
        pytest.skip("nvidia-cuda-nvrtc-cu12 is not installed")
    [folder] = importlib.util.find_spec("nvidia.cuda_nvrtc").submodule_search_locations
    return ctypes.CDLL(str(next(Path(folder, "lib").glob("libnvrtc.so.*"))))


@pytest.mark.parametrize("architecture", [70, 90])
@pytest.mark.parametrize(("loss", "in_passes"), [("logistic", True), ("huber", False)])
@pytest.mark.parametrize("sparse", [False, True])
def test_nvrtc_compiles_it(architecture, loss, in_passes, sparse):
    nvrtc = nvrtc_library()
    program = ctypes.c_void_p()
    source = printed(loss, in_passes=in_passes, sparse=sparse).encode()
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"kernel.cu", 0, None, None) == 0
    options = (ctypes.c_char_p * 2)(f"--gpu-architecture=sm_{architecture}".encode(), b"-std=c++17")
    status = nvrtc.nvrtcCompileProgram(program, 2, options)
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    assert status == 0, log.value.decode()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sparse", [False, True])
def test_single_precision_computes_with_no_double(loss, sparse):
    if sparse and loss not in ("squared", "logistic"):
        pytest.skip("sparse data know no such loss")
    text = printed(loss, sparse=sparse, dtype="float32")
    assert "typedef float real;" in text and "double" not in text
    # Every number with a point is a `real`: one that is not would make its sum one of doubles.
    code = re.sub(r"//.*", "", text)
    assert not re.findall(r"(?<!real\()(?<!real\(-)(?<![\w.])\d+\.\d+", code)


def test_more_features_more_lanes():
    chosen = [lanes_of(d) for d in (1, 3, 4, 32, 33, 127, 128, 5000)]
    assert chosen == [1, 1, 4, 4, 8, 8, 32, 32]
