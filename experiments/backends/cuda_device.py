"""Where printed CUDA kernels run: a device as the engines see it, and CUDA devices through CuPy."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from ratebound.experiments.backends.cuda_layout import BLOCK, block_of, lanes_of
from ratebound.theory.errors import RateboundError

_USED = 0.8
"""The part of the free memory that a run may take; the rest is for the driver and for others."""


class Device(Protocol):
    """Where a kernel runs."""

    shared_bytes: int

    def free_bytes(self) -> int:
        """Return how much memory a run may take."""
        ...

    def lanes(self, d: int) -> int:
        """Return how many threads share a sum of d terms."""
        ...

    def here(self) -> AbstractContextManager[object]:
        """Let this thread compute on the device: arithmetic of its arrays belongs in here."""
        ...

    def array(self, values: np.ndarray) -> Any:
        """Return a copy of an array on the device: a value with the arithmetic of NumPy's."""
        ...

    def copies(self, values: np.ndarray, count: int) -> Any:
        """Return an array on the device that holds the values `count` times, shape (count, ...)."""
        ...

    def numpy(self, values: Any) -> np.ndarray:
        """Return a copy of a device array in host memory."""
        ...

    def launch(self, source: str, kernel: str, threads: int, shared: int, arguments: tuple[Any, ...]) -> None:
        """Run a kernel of a module with at least that many threads, and bytes of shared memory."""
        ...


class CupyDevice:
    """A CUDA device, by its number, through CuPy."""

    def __init__(self, number: int = 0) -> None:
        import cupy

        self._cupy, self._device = cupy, cupy.cuda.Device(number)
        attributes = self._device.attributes
        self.shared_bytes = int(attributes["MaxSharedMemoryPerBlockOptin"])
        self._processors = int(attributes["MultiProcessorCount"])
        self.threads = self._processors * int(attributes["MaxThreadsPerMultiProcessor"])
        """That it can hold at a time."""

    def free_bytes(self) -> int:
        """Return how much memory a run may take."""
        with self._device:
            # What runs before have left is in the pool, and counts as used.
            pool = self._cupy.get_default_memory_pool()
            return int(_USED * (self._device.mem_info[0] + pool.free_bytes()))

    def lanes(self, d: int) -> int:
        """Return how many threads share a sum of d terms."""
        return lanes_of(d)

    def here(self) -> AbstractContextManager[object]:
        """Let this thread compute on the device."""
        return self._device

    def array(self, values: np.ndarray) -> Any:
        """Return a copy of an array on the device."""
        with self._device:
            # As kernels read it, however it lies in memory here.
            return self._cupy.asarray(np.ascontiguousarray(values))

    def copies(self, values: np.ndarray, count: int) -> Any:
        """Return an array on the device that holds the values `count` times, shape (count, ...)."""
        with self._device:
            # Made there: tables of all replicas may be too much for the host, and on their way for long.
            one = self.array(values)
            return self._cupy.broadcast_to(one, (count, *one.shape)).copy()

    def numpy(self, values: Any) -> np.ndarray:
        """Return a copy of a device array in host memory."""
        with self._device:
            return np.asarray(self._cupy.asnumpy(values))

    def launch(self, source: str, kernel: str, threads: int, shared: int, arguments: tuple[Any, ...]) -> None:
        """Run a kernel of a module with at least that many threads, and bytes of shared memory."""
        with self._device:
            function = self._kernel(source, kernel, shared)
            most = function.max_threads_per_block if shared else BLOCK
            block = block_of(threads, self._processors, most)
            function((-(-threads // block),), (block,), arguments, shared_mem=shared)

    @lru_cache(maxsize=64)  # noqa: B019
    def _kernel(self, source: str, kernel: str, shared: int) -> Any:
        function = self._module(source).get_function(kernel)
        if shared:
            function.max_dynamic_shared_size_bytes = shared
        return function

    @lru_cache(maxsize=64)  # noqa: B019
    def _module(self, source: str) -> Any:
        return self._cupy.RawModule(code=source, options=("-std=c++17",))


def available() -> bool:
    """Whether CuPy is installed and sees a device."""
    if importlib.util.find_spec("cupy") is None:
        return False
    import cupy

    return bool(cupy.is_available())


def devices(numbers: Sequence[int] = ()) -> list[CupyDevice]:
    """Return the CUDA devices of these numbers; all that CuPy sees, if there is no number.

    Raises
    ------
    RateboundError
        If there is no CUDA device or no CuPy, or no device of a number.
    """
    if not available():
        raise RateboundError(
            "backend = 'cuda' needs an NVIDIA GPU and CuPy (pip install 'ratebound[cuda12]'), which this "
            "machine does not offer; use backend='numba'"
        )
    import cupy

    seen = int(cupy.cuda.runtime.getDeviceCount())
    for number in numbers:
        if number >= seen:
            raise RateboundError(f"there is no CUDA device {number}; this machine shows 0 .. {seen - 1}")
    return [CupyDevice(number) for number in numbers or range(seen)]
