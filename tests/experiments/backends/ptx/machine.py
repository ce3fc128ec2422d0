"""A machine that runs one launch of a kernel, all of its threads side by side.

Those that stand lowest in the text go on until they meet the others again; threads that wait for others stand
still. Which threads go first changes nothing in a kernel without races.
"""

import re
from collections import Counter
from contextlib import contextmanager

import numpy as np

from ptx.arithmetic import dtype_of
from ptx.counts import kind_of
from ptx.decode import decoded, source
from ptx.faults import Fault, refuse
from ptx.memory import LOCAL, SHARED, Space
from ptx.races import Races
from ptx.text import SYNCHRONISING
from ptx.waiting import Waiting

WARP = 32


def _constants(entry, blocks, block, parameters):
    """What threads read that is no register: where they are, where arrays begin, what they were given."""
    threads = np.arange(blocks * block, dtype=np.uint32)
    same = np.ones_like(threads)
    found = {
        "%tid.x": threads % np.uint32(block), "%ctaid.x": threads // np.uint32(block),
        "%ntid.x": same * np.uint32(block), "%nctaid.x": same * np.uint32(blocks),
        "%laneid": threads % np.uint32(WARP),
    }  # fmt: skip
    for name, start in (entry.shared | entry.local).items():
        found[name] = np.full(threads.size, start, np.uint64)
    for (kind, name), value in zip(entry.parameters, parameters, strict=True):
        found[name] = np.full(threads.size, value, dtype_of(kind))
    return found


class Machine:
    """The threads of a launch.

    Parameters
    ----------
    entry
        The kernel.
    blocks, block
        Blocks, and the threads of each, whole warps.
    shared_bytes
        Of a block, for arrays of unknown length.
    parameters
        Numbers, or addresses, in the order of the kernel.
    memory
        The buffers.
    clocks
        What threads know of each other.
    counts
        Who is told what happens; None for nobody.
    """

    def __init__(self, entry, blocks, block, shared_bytes, parameters, memory, clocks, counts=None):
        if block % WARP or block > (entry.bound or 1024):
            raise ValueError(f"blocks of {block} threads are no whole warps, or more than {entry.bound}")
        self.entry, self.block, self.threads = entry, block, blocks * block
        self.memory, self.clocks, self.counts = memory, clocks, counts
        self._sizes = {"shared": entry.shared_bytes + shared_bytes, "local": entry.local_bytes}
        # What belongs to one block, or thread, begins behind that of another.
        self._strides = {name: -(-size // 16) * 16 for name, size in self._sizes.items()}
        words = blocks * self._strides["shared"] // 4
        self._spaces = {
            "shared": Space(4 * words, Races(words, clocks, block)),
            "local": Space(self.threads * self._strides["local"]),
        }
        threads = np.arange(self.threads)
        self._owner = {"shared": threads // block, "local": threads}
        self.constants = _constants(entry, blocks, block, parameters)
        self.constants |= {
            name: np.full(self.threads, memory.address(name), np.uint64) for name in entry.data
        }
        words = {word for each in entry.blocks for line in each for word in re.findall(r"%[\w.]+", str(line))}
        named = words - set(self.constants)
        self.registers = {name: np.zeros(self.threads, _storage(entry.kind(name))) for name in named}
        self.partial = {name: np.zeros(self.threads, bool) for name in named}
        """Registers that some threads have not written, and which have."""
        self.live = np.ones(self.threads, bool)
        self._next = np.zeros(self.threads, int)
        self._acts, self._waiting, self.instruction = {}, Waiting(self), None

    def run(self):
        """Run all threads to their ends.

        Raises
        ------
        Fault
            If a thread does what it must not do.
        """
        try:
            with np.errstate(all="ignore"):
                while self.live.any():
                    self._advance()
        except Fault as fault:
            block, thread = divmod(fault.thread, self.block)
            raise Fault(
                f"{self.instruction}: thread {thread} of block {block}: {fault}", fault.thread
            ) from None

    def _advance(self):
        """Run one block of instructions in the threads that stand lowest."""
        ready = self.live & ~self._waiting.waits
        if not ready.any():
            return self._go_on(self._waiting.released())
        number = int(self._next[ready].min())
        with self.only(ready & (self._next == number)):
            if number not in self._acts:
                self._acts[number] = self._decoded(self.entry.blocks[number])
            acts, kinds, last = self._acts[number]
            for act in acts:
                act()
            if self.counts is not None:
                self.counts.run(kinds, np.unique(self.lanes // WARP).size)
            last(self, number)

    def _decoded(self, block):
        """Return the functions of a block, the kinds of its instructions, and what ends it."""
        kinds = Counter(map(kind_of, block))
        *lines, end = block if block else [None]
        name = end.opcode[0] if end else ""
        if name in SYNCHRONISING:
            return [], kinds, self._arrive(end)
        if name in ("bra", "ret", "exit"):
            return [decoded(self, line) for line in lines], kinds, self._jump(end)
        return [decoded(self, line) for line in block], kinds, Machine._fall

    def _fall(self, number):
        self._next[self.lanes] = number + 1

    def _jump(self, instruction):
        """Return what a branch does, or an end."""
        if instruction.guard is None:
            taken = lambda: self.active  # noqa: E731
        else:
            guard, name = source(self, instruction.guard, np.dtype(bool)), instruction.guard.lstrip("!")

            def taken():
                self.check([name])
                return self.active & guard()

        ends = instruction.opcode[0] != "bra"
        target = None if ends else self.entry.labels[instruction.operands[0]]

        def jump(_, number):
            self.instruction = instruction
            self._next[self.lanes] = number + 1
            if ends:
                self.live &= ~taken()
            else:
                self._next[taken()] = target

        return jump

    def _arrive(self, instruction):
        """Return what threads do where they wait for others."""
        act = self._waiting.decoded(instruction)

        def arrive(_, number):
            self.instruction = instruction
            self._next[self.lanes] = number + 1
            act(number)
            self._go_on(self._waiting.complete(number))

        return arrive

    def _go_on(self, released):
        """Let threads that waited for each other do what they met for."""
        if released.any():
            with self.only(released):
                self._waiting.act()

    @contextmanager
    def only(self, active):
        """Let some of the threads be those that act."""
        before = getattr(self, "active", None), getattr(self, "lanes", None), getattr(self, "whole", None)
        self.active, self.lanes = active, np.flatnonzero(active)
        self.whole = self.lanes.size == np.count_nonzero(self.live)
        yield
        self.active, self.lanes, self.whole = before

    def check(self, names):
        """Refuse to read registers that were never written."""
        for name in names:
            written = self.partial.get(name)
            if written is not None:
                refuse(~written[self.lanes], self.lanes, f"register {name} is read and was never written")

    def put(self, name, values, written=None):
        """Write a register of the active threads; `written` says in which of them values mean something."""
        register = self.registers[name]
        if values.itemsize != register.itemsize:
            values = values.astype(register.dtype)
        if self.whole:
            self.registers[name] = values.view(register.dtype)
        else:
            np.copyto(register, values.view(register.dtype), where=self.active)
        known = self.partial.get(name)
        if known is None:
            if written is None:
                return
            known = self.partial[name] = np.ones(self.threads, bool)
        known[self.lanes] = True if written is None else written[self.lanes]
        if self.whole and known[self.lanes].all():
            del self.partial[name]

    def put_some(self, name, lanes, values):
        """Write a register of some threads."""
        register = self.registers[name]
        register[lanes] = values.view(register.dtype) if values.itemsize == register.itemsize else values
        if name in self.partial:
            self.partial[name][lanes] = True
            if self.whole and lanes.size == self.lanes.size:
                del self.partial[name]

    def places(self, space, addresses, size, kind):
        """Yield threads, the memory that their addresses are of, and where; one of them, if it is known.

        Parameters
        ----------
        space
            ``global``, ``shared`` or ``local``; None for addresses of any.
        addresses
            Of the active threads.
        size
            Bytes.
        kind
            Of the instruction, for the counts.
        """
        if space is None:
            window = np.select([addresses >> 40 > 0, addresses >= LOCAL], ["global", "local"], "shared")
            for name in np.unique(window):
                start = {"global": 0, "local": LOCAL, "shared": SHARED}[name]
                here = window == name
                yield self._place(str(name), self.lanes[here], addresses[here] - np.uint64(start), size, kind)
        else:
            yield self._place(space, self.lanes, addresses, size, kind)

    def _place(self, space, lanes, addresses, size, kind):
        misaligned = addresses % np.uint64(size) != 0
        refuse(misaligned, lanes, f"{size} bytes at {{:#x}} of {space} memory are misaligned", addresses)
        if space == "global":
            offsets = self.memory.offsets(addresses, size, lanes)
            if self.counts is not None:
                self.counts.of_buffers(kind, offsets, size, lanes)
            return lanes, self.memory, offsets
        most = self._sizes[space]
        message = f"{size} bytes at {{}} of {most} bytes of {space} memory are out of bounds"
        refuse(addresses > max(0, most - size) if most >= size else addresses >= 0, lanes, message, addresses)
        offsets = addresses.astype(np.int64) + self._owner[space][lanes] * self._strides[space]
        if self.counts is not None and space == "shared":
            self.counts.of_shared(kind, offsets, size, lanes)
        return lanes, self._spaces[space], offsets


def _storage(kind):
    """How a register of a type is held: as bits."""
    dtype = dtype_of(kind)
    return dtype if dtype.kind == "b" else np.dtype(f"u{dtype.itemsize}")
