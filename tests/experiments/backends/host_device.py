"""The host in the role of a GPU: the printed CUDA source, compiled as C++ with one lane per replica."""

import ctypes
import hashlib
import os
import shutil
import subprocess
from functools import cache

import numpy as np

from ratebound.experiments.backends.cache import folder

COMPILER = shutil.which("g++") or shutil.which("clang++")

PREAMBLE = """
#include <cmath>
using namespace std;
struct Index { unsigned x; };
extern "C" { Index blockIdx{0}, threadIdx{0}, blockDim{1}; double cached[1 << 16]; }
#define __device__
#define __global__
#define __shared__
#define __forceinline__ inline
#define __syncthreads()
#define __shfl_xor_sync(mask, value, offset, width) (value)
"""


@cache
def compiled(source):
    text = PREAMBLE + source
    library = folder() / f"host_{hashlib.sha256(text.encode()).hexdigest()[:20]}.so"
    if not library.exists():
        command = [COMPILER, "-x", "c++", "-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC"]
        made = library.with_suffix(f".{os.getpid()}.tmp")
        subprocess.run([*command, "-o", str(made), "-"], input=text, text=True, check=True)
        made.replace(library)
    return ctypes.CDLL(str(library))


class HostDevice:
    def __init__(self, shared_bytes=0):
        self.shared_bytes = shared_bytes

    def lanes(self, d):
        return 1

    def array(self, values):
        return np.ascontiguousarray(values).copy()

    def numpy(self, values):
        return values.copy()

    def launch(self, source, threads, shared, arguments):
        library = compiled(source)
        block = ctypes.c_uint.in_dll(library, "blockIdx")
        passed = [
            a.ctypes.data_as(ctypes.c_void_p)
            if isinstance(a, np.ndarray)
            else np.ctypeslib.as_ctypes_type(a.dtype)(a.item())
            for a in arguments
        ]
        for number in range(threads):
            block.value = number
            library.advance(*passed)
