"""A CuPy of a few devices that are the host: arrays belong to a device, kernels are compiled as C++."""

import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numpy as np
from host_device import HostDevice

from ratebound.experiments.backends import cuda_device

_HOST = threading.Lock()
"""The block that a library works on is one for the whole process."""


class Array:
    """An array on a device."""

    def __init__(self, values, device):
        self.values, self.device = np.ascontiguousarray(values).copy(), device


class FakeCupy(ModuleType):
    """What :class:`CupyDevice` calls, for devices with so many free bytes each."""

    def __init__(self, free):
        super().__init__("cupy")
        self.__spec__ = ModuleSpec("cupy", None)
        self.units = {number: [] for number in range(len(free))}
        """Replicas times step sizes of every launch, by device."""
        self._now = threading.local()
        fake = self

        class Device:
            attributes = {"MaxSharedMemoryPerBlockOptin": 0}

            def __init__(self, number):
                self.number, self.mem_info = number, (free[number], 2**40)

            def __enter__(self):
                fake._now.device = self.number

            def __exit__(self, *_):
                del fake._now.device

        self.cuda = SimpleNamespace(Device=Device, runtime=SimpleNamespace(getDeviceCount=lambda: len(free)))

    def is_available(self):
        return True

    def get_default_memory_pool(self):
        return SimpleNamespace(free_bytes=lambda: 0)

    def asarray(self, values):
        return Array(values, self._now.device)

    def asnumpy(self, array):
        assert array.device == self._now.device
        return array.values.copy()

    def RawModule(self, code, options):
        def launch(grid, block, arguments, shared_mem):
            device = self._now.device
            assert all(a.device == device for a in arguments if isinstance(a, Array))
            plain = tuple(a.values if isinstance(a, Array) else a for a in arguments)
            # start, stop, units, as all kernels begin.
            self.units[device].append(int(arguments[2]))
            assert grid[0] * block[0] >= arguments[2] > (grid[0] - 1) * block[0]
            with _HOST:
                HostDevice().launch(code, int(arguments[2]), shared_mem, plain)

        return SimpleNamespace(get_function=lambda name: launch)


def install(monkeypatch, *free):
    """Let this process see devices with so many free bytes, which give a lane to each replica."""
    fake = FakeCupy(free)
    monkeypatch.setitem(sys.modules, "cupy", fake)
    monkeypatch.setattr(cuda_device, "lanes_of", lambda d: 1)
    return fake
