"""Where printed CUDA kernels run: a device as the engines see it, and CUDA devices through CuPy."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from ratebound.experiments.backends.cuda_source import lanes_of
from ratebound.theory.errors import RateboundError

_BLOCK = 128
_USED = 0.8
"""The part of the free memory that a run may take; the rest is for the driver and for others."""


class Device(Protocol):
    """Where a kernel runs."""

    shared_bytes: int

    def free_bytes(self) -> int:
        """Return how much memory a run may take."""
        ...

    def lanes(self, d: int) -> int:
        """Return how many threads share a replica of d features."""
        ...

    def array(self, values: np.ndarray) -> Any:
        """Return a copy of an array on the device."""
        ...

    def numpy(self, values: Any) -> np.ndarray:
        """Return a copy of a device array in host memory."""
        ...

    def launch(self, source: str, threads: int, shared: int, arguments: tuple[Any, ...]) -> None:
        """Run the kernel ``advance`` of a module with that many threads and bytes of shared memory."""
        ...


class CupyDevice:
    """A CUDA device, by its number, through CuPy."""

    def __init__(self, number: int = 0) -> None:
        import cupy

        self._cupy, self._device = cupy, cupy.cuda.Device(number)
        self.shared_bytes = int(self._device.attributes["MaxSharedMemoryPerBlockOptin"])

    def free_bytes(self) -> int:
        """Return how much memory a run may take."""
        with self._device:
            # What runs before have left is in the pool, and counts as used.
            pool = self._cupy.get_default_memory_pool()
            return int(_USED * (self._device.mem_info[0] + pool.free_bytes()))

    def lanes(self, d: int) -> int:
        """Return how many threads share a replica of d features."""
        return lanes_of(d)

    def array(self, values: np.ndarray) -> Any:
        """Return a copy of an array on the device."""
        with self._device:
            return self._cupy.asarray(values)

    def numpy(self, values: Any) -> np.ndarray:
        """Return a copy of a device array in host memory."""
        with self._device:
            return np.asarray(self._cupy.asnumpy(values))

    def launch(self, source: str, threads: int, shared: int, arguments: tuple[Any, ...]) -> None:
        """Run the kernel ``advance`` of a module with that many threads and bytes of shared memory."""
        with self._device:
            kernel = self._kernel(source, shared)
            kernel((-(-threads // _BLOCK),), (_BLOCK,), arguments, shared_mem=shared)

    @lru_cache(maxsize=64)  # noqa: B019
    def _kernel(self, source: str, shared: int) -> Any:
        kernel = self._cupy.RawModule(code=source, options=("-std=c++17",)).get_function("advance")
        if shared:
            kernel.max_dynamic_shared_size_bytes = shared
        return kernel


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
