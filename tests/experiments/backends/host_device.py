"""The host in the role of a GPU: the printed CUDA source, compiled as C++."""

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache

import numpy as np

from ratebound.experiments.backends.cache import folder

# The barriers between lanes are those of Linux.
COMPILER = (shutil.which("g++") or shutil.which("clang++")) if sys.platform == "linux" else None

PREAMBLE = """
#include <cmath>
#include <pthread.h>
using namespace std;
struct Index { unsigned x; };
extern "C" { Index blockIdx{0}, blockDim{1}, gridDim{1}; REAL cached[1 << 16]; }
static thread_local Index threadIdx{0};
static pthread_barrier_t gate;
static double offered[32];
extern "C" void open_block(unsigned lanes) {
    blockDim.x = lanes;
    pthread_barrier_init(&gate, nullptr, lanes);
}
extern "C" void enter_lane(unsigned lane) { threadIdx.x = lane; }
static void meet() { pthread_barrier_wait(&gate); }
static double exchange(double value, int offset) {
    offered[threadIdx.x] = value;
    meet();
    const double other = offered[threadIdx.x ^ offset];
    meet();
    return other;
}
static unsigned from_lane(unsigned value, int lane) {
    offered[threadIdx.x] = value;
    meet();
    const unsigned found = (unsigned)offered[lane];
    meet();
    return found;
}
#define __device__
#define __global__
#define __shared__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __syncthreads() meet()
#define __syncwarp(mask) meet()
#define __shfl_sync(mask, value, lane, width) from_lane(value, lane)
#define __shfl_xor_sync(mask, value, offset, width) exchange(value, offset)
"""


@cache
def compiled(source):
    text = f"#define REAL {'float' if 'typedef float real;' in source else 'double'}\n" + PREAMBLE + source
    library = folder() / f"host_{hashlib.sha256(text.encode()).hexdigest()[:20]}.so"
    if not library.exists():
        command = [
            COMPILER,
            "-x",
            "c++",
            "-std=c++14",
            "-O1",
            "-ffp-contract=off",
            "-shared",
            "-fPIC",
            "-pthread",
        ]
        made = library.with_suffix(f".{os.getpid()}.tmp")
        subprocess.run([*command, "-o", str(made), "-"], input=text, text=True, check=True)
        made.replace(library)
    return ctypes.CDLL(str(library))


@cache
def parameters(source, kernel):
    """The arguments of a kernel as it states them."""
    text = source.replace("\\\n", " ")
    if schedules := re.search(r"#define SCHEDULES (.*)", text):
        text = text.replace("SCHEDULES", schedules[1])
    [listed] = re.findall(rf"__global__ void (?:__launch_bounds__\([\d, ]+\) )?{kernel}\(([^)]*)\)", text)
    return [each.strip() for each in listed.split(",")]


@cache
def declared(source, kernel):
    """The types of the arguments of a kernel as it states them, and whether they are arrays."""
    real = re.search(r"typedef (\w+) real;", source)[1]
    numbers = {"u64": "uint64", "u32": "uint32", "int": "int32", "double": "float64"}
    numbers["real"] = {"double": "float64", "float": "float32"}[real]
    stated = [re.sub(r"\bconst\b", "", each).split()[0] for each in parameters(source, kernel)]
    return [(numbers[kind.rstrip("*")], kind.endswith("*")) for kind in stated]


def check_arguments(source, kernel, arguments):
    """Refuse what a kernel would read as something else: it is given addresses and bits, and no types."""
    stated = declared(source, kernel)
    assert len(stated) == len(arguments)
    for (kind, is_array), each in zip(stated, arguments, strict=True):
        assert (each.dtype, isinstance(each, np.ndarray)) == (kind, is_array)
        assert not is_array or each.flags.c_contiguous


class HostDevice:
    """One block for each replica; its lanes are threads that meet where those of a GPU exchange numbers."""

    def __init__(self, shared_bytes=0, lanes=1):
        self.shared_bytes = shared_bytes
        self._lanes = lanes

    def lanes(self, d):
        return self._lanes

    def array(self, values):
        return np.ascontiguousarray(values).copy()

    def copies(self, values, count):
        return np.broadcast_to(values, (count, *values.shape)).copy()

    def numpy(self, values):
        return values.copy()

    def here(self):
        return nullcontext()

    def launch(self, source, kernel, threads, shared, arguments):
        check_arguments(source, kernel, arguments)
        library = compiled(source)
        # Kernels of a unit have a block for each; the others go round by themselves.
        blocks = threads // self._lanes if kernel == "advance" else 1
        block = ctypes.c_uint.in_dll(library, "blockIdx")
        library.open_block(self._lanes)
        passed = [
            a.ctypes.data_as(ctypes.c_void_p)
            if isinstance(a, np.ndarray)
            else np.ctypeslib.as_ctypes_type(a.dtype)(a.item())
            for a in arguments
        ]

        def run(lane):
            library.enter_lane(lane)
            getattr(library, kernel)(*passed)

        with ThreadPoolExecutor(self._lanes) as pool:
            for number in range(blocks):
                block.value = number
                list(pool.map(run, range(self._lanes)))
