"""The machine in the role of a GPU, for the engines."""

import numpy as np
from host_device import HostDevice, check_arguments, parameters

from ptx.machine import Machine
from ptx.memory import Buffers
from ptx.races import Clocks
from ptx.text import entries


def launch(entry, blocks, block, shared, arguments, fixed=(), counts=None):
    """Run a kernel; arrays among the arguments are buffers, and hold what it wrote into them.

    Parameters
    ----------
    entry
        The kernel.
    blocks, block
        Blocks, and threads of each.
    shared
        Bytes of a block, for arrays of unknown length.
    arguments
        By their names: arrays, and numbers of NumPy.
    fixed
        Names of the arrays that the kernel must not write.
    counts
        Who is told what happens.

    Raises
    ------
    Fault
        If a thread does what it must not do.
    """
    arrays, called = {}, {}
    for name, each in arguments.items():
        if isinstance(each, np.ndarray):
            # What is passed twice is one buffer.
            place = each.ctypes.data, each.nbytes
            called[name] = next((o for o, a in arrays.items() if (a.ctypes.data, a.nbytes) == place), name)
            arrays.setdefault(called[name], each)
    arrays |= entry.data
    written = {called[name] for name in called if name not in fixed}
    clocks = Clocks(blocks * block)
    memory = Buffers(arrays, set(arrays) - written, clocks)
    given = [memory.address(called[name]) if name in called else each for name, each in arguments.items()]
    Machine(entry, blocks, block, shared, given, memory, clocks, counts).run()
    memory.fetch()


class PtxDevice(HostDevice):
    """A device whose kernels are the PTX of a compiler, run by the machine.

    Parameters
    ----------
    compiled
        Source -> PTX.
    shared_bytes
        Of a block.
    lanes
        Threads that share a sum.
    block
        Threads of a block.
    counts
        Who is told what happens.
    """

    def __init__(self, compiled, shared_bytes=0, lanes=1, block=64, counts=None):
        super().__init__(shared_bytes, lanes)
        self._compiled, self._block, self._counts = compiled, block, counts
        self.kernels = set()
        """Those that were run."""

    def launch(self, source, kernel, threads, shared, arguments):
        check_arguments(source, kernel, arguments)
        stated = parameters(source, kernel)
        named = {each.split()[-1].lstrip("*"): value for each, value in zip(stated, arguments, strict=True)}
        fixed = {each.split()[-1] for each in stated if "const" in each}
        entry = entries(self._compiled(source))[kernel]
        blocks = -(-threads // self._block)
        launch(entry, blocks, self._block, shared, named, fixed, self._counts)
        self.kernels.add(kernel)
