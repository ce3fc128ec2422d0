"""A CuPy of a few devices that are the host: arrays belong to a device, kernels are compiled as C++."""

import sys
import threading
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numpy as np
from host_device import HostDevice

from ratebound.experiments.backends import cuda_device

_HOST = threading.Lock()
"""The block that a library works on is one for the whole process."""


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on a device: its arithmetic is done there, by who is there, and never with one of NumPy's."""

    def __init__(self, values, fake):
        self.values, self.device, self._fake = values, fake.device, fake
        self.shape, self.size = values.shape, values.size

    def _checked(self, other):
        if not isinstance(other, Array):
            assert np.isscalar(other)
            return other
        assert other.device == self._fake.device
        return other.values

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        assert method == "__call__" and not options
        return Array(ufunc(*map(self._checked, inputs)), self._fake)

    def __array__(self, *_, **__):
        raise TypeError("an array of a device is no array of NumPy's")

    def __getitem__(self, place):
        return Array(self.values[place], self._fake)

    def __setitem__(self, place, values):
        self.values[place] = self._checked(values)

    def reshape(self, *shape):
        return Array(self.values.reshape(*shape), self._fake)

    def astype(self, dtype, copy=True):
        return Array(self.values.astype(dtype), self._fake)

    def copy(self):
        return Array(self.values.copy(), self._fake)

    def sum(self, axis):
        return Array(self.values.sum(axis), self._fake)

    @property
    def T(self):
        return Array(self.values.T, self._fake)


class FakeCupy(ModuleType):
    """What :class:`CupyDevice` calls, for devices with so many free bytes each, and of shared memory."""

    def __init__(self, free, shared):
        super().__init__("cupy")
        self.__spec__ = ModuleSpec("cupy", None)
        self.units = {number: [] for number in range(len(free))}
        """Replicas times step sizes of every launch, by device."""
        self.others = {number: set() for number in range(len(free))}
        """Kernels of other things than units, by device."""
        self._now = threading.local()
        fake = self

        class Device:
            attributes = {
                "MaxSharedMemoryPerBlockOptin": shared,
                "MultiProcessorCount": 1,
                "MaxThreadsPerMultiProcessor": 2048,
            }

            def __init__(self, number):
                self.number, self.mem_info = number, (free[number], 2**40)

            def __enter__(self):
                fake._entered.append(self.number)

            def __exit__(self, *_):
                fake._entered.pop()

        self.cuda = SimpleNamespace(Device=Device, runtime=SimpleNamespace(getDeviceCount=lambda: len(free)))

    @property
    def _entered(self):
        """The devices that this thread has entered, one within the other."""
        if not hasattr(self._now, "entered"):
            self._now.entered = []
        return self._now.entered

    @property
    def device(self):
        return self._entered[-1]

    def is_available(self):
        return True

    def get_default_memory_pool(self):
        return SimpleNamespace(free_bytes=lambda: 0)

    def asarray(self, values):
        return Array(values.copy(), self)

    def broadcast_to(self, array, shape):
        return Array(np.broadcast_to(array.values, shape), self)

    def asnumpy(self, array):
        assert array.device == self.device
        return array.values.copy()

    def RawModule(self, code, options):
        def launch(kernel, grid, block, arguments, shared_mem):
            device = self.device
            assert block[0] <= 512 and shared_mem <= functions[kernel].max_dynamic_shared_size_bytes
            assert all(a.device == device for a in arguments if isinstance(a, Array))
            plain = tuple(a.values if isinstance(a, Array) else a for a in arguments)
            threads = 1
            if kernel == "advance":
                # start, stop, units, as kernels of units begin.
                threads = int(arguments[2])
                self.units[device].append(threads)
                assert grid[0] * block[0] >= threads > (grid[0] - 1) * block[0]
            else:
                self.others[device].add(kernel)
            with _HOST:
                HostDevice().launch(code, kernel, threads, shared_mem, plain)

        functions = {}

        def get_function(kernel):
            # Functions of one name are one, with limits that are theirs.
            if kernel not in functions:
                functions[kernel] = partial(launch, kernel)
                functions[kernel].max_threads_per_block = 512
                functions[kernel].max_dynamic_shared_size_bytes = 48 * 1024
            return functions[kernel]

        return SimpleNamespace(get_function=get_function)


def install(monkeypatch, *free, shared=0):
    """Let this process see devices with so many free bytes, which give a lane to each replica."""
    fake = FakeCupy(free, shared)
    monkeypatch.setitem(sys.modules, "cupy", fake)
    monkeypatch.setattr(cuda_device, "lanes_of", lambda d: 1)
    return fake
