"""Threads that wait for each other: shuffles, votes and barriers.

The others that a thread waits for must come to the same instruction: those that its mask names, unless they
have ended, or at `bar.sync` all of its block.
"""

import numpy as np

from ptx.decode import source
from ptx.faults import Fault, refuse

WARP = 32
_ONES = np.uint32(0xFFFFFFFF)
_BITS = np.uint32(1) << np.arange(WARP, dtype=np.uint32)
_WORD = np.dtype(np.uint32)


def _bits(flags):
    """The lanes of each warp for which a flag is set, as bits, for each of its threads."""
    words = (flags.reshape(-1, WARP) * _BITS).sum(1, dtype=np.uint32)
    return np.repeat(words, WARP)


class Waiting:
    """The threads of a machine that wait."""

    def __init__(self, machine):
        self._machine = machine
        self.waits = np.zeros(machine.threads, bool)
        self._where = np.full(machine.threads, -1)
        self._mask = np.zeros(machine.threads, np.uint32)
        self._acts, self._instructions = {}, {}
        self._now = -1

    def decoded(self, instruction):
        """Return what the active threads do as they come to an instruction, whose number it is given.

        Raises
        ------
        NotImplementedError
            If the machine does not know it.
        """
        machine, parts = self._machine, instruction.opcode
        if instruction.guard is not None or parts[0] == "barrier":
            raise NotImplementedError(f"the machine does not know {instruction}")
        whole_block = parts[0] == "bar" and "warp" not in parts
        if whole_block and instruction.operands != ("0",):
            raise NotImplementedError(f"the machine does not know {instruction}")
        mask = None if whole_block else source(machine, instruction.operands[-1], _WORD)
        if parts[0] == "shfl":
            act = self._shuffle(instruction)
        elif parts[0] == "vote":
            act = self._vote(instruction)
        else:
            act = self._block_meets if whole_block else self._warp_meets
        looked_at = instruction.operands[parts[0] != "bar" :]

        def arrive(number):
            machine.check(looked_at)
            lanes = machine.lanes
            if mask is not None:
                named = mask()[lanes]
                absent = (named >> (lanes % WARP).astype(np.uint32)) & np.uint32(1) == 0
                refuse(absent, lanes, "it is not in its own mask {:#x}", named)
                self._mask[lanes] = named
            self.waits[lanes], self._where[lanes] = True, number
            self._acts[number], self._instructions[number] = act, instruction

        return arrive

    def complete(self, number):
        """Return the threads that wait at an instruction for no others, and let them go."""
        here = self.waits & (self._where == number)
        live = self._machine.live
        if self._acts[number] == self._block_meets:
            block = self._machine.block
            missing = (~here).reshape(-1, block).any(1)
            found = here & ~np.repeat(missing, block)
        else:
            masks = np.where(here, self._mask, np.uint32(0)).reshape(-1, WARP)
            # Those that wait with the same mask.
            same = (masks[:, :, None] == masks[:, None, :]) & here.reshape(-1, 1, WARP)
            with_me = (same * _BITS).sum(2, dtype=np.uint32).ravel()
            found = here & (self._mask & _bits(live) & ~with_me == 0)
        self.waits[found] = False
        self._now = number
        return found

    def released(self):
        """Return threads that may go on since others have ended.

        Raises
        ------
        Fault
            If all wait in vain.
        """
        places = np.unique(self._where[self.waits])
        for number in places.tolist():
            found = self.complete(number)
            if found.any():
                return found
        number = int(places[0])
        self._machine.instruction = self._instructions[number]
        waits = np.flatnonzero(self.waits & (self._where == number))
        of_block = self._acts[number] == self._block_meets
        name, size = ("block", self._machine.block) if of_block else ("warp", WARP)
        come = np.count_nonzero(waits // size == waits[0] // size)
        raise Fault(f"it waits in vain for others: {come} threads of its {name} have come here", waits[0])

    def act(self):
        """Do what the threads have met for that were let go."""
        self._machine.instruction = self._instructions[self._now]
        self._acts[self._now]()

    def _block_meets(self):
        self._meet(self._machine.lanes // self._machine.block)

    def _warp_meets(self):
        # Of one warp, groups of different masks know nothing of each other.
        self._meet(self._machine.lanes // WARP << 32 | self._mask[self._machine.lanes].astype(np.int64))

    def _meet(self, groups):
        lanes = self._machine.lanes
        for group in np.unique(groups):
            self._machine.clocks.meet(lanes[groups == group])

    def _shuffle(self, instruction):
        machine, [mode] = self._machine, {"bfly", "idx", "up", "down"} & set(instruction.opcode)
        target, *operands = instruction.operands
        value, by, clamp, _ = (source(machine, each, _WORD) for each in operands)
        target, _, within = target.partition("|")

        def act():
            lane = machine.constants["%laneid"]
            offset, fixed = by() & np.uint32(31), clamp() >> np.uint32(8) & np.uint32(31)
            least = lane & fixed
            most = least | (clamp() & ~fixed & np.uint32(31))
            if mode == "bfly":
                asked = lane ^ offset
            elif mode == "idx":
                asked = least | (offset & ~fixed)
            else:
                asked = lane - offset if mode == "up" else lane + offset
            inside = asked.view(np.int32) >= most.view(np.int32) if mode == "up" else asked <= most
            asked = np.where(inside, asked, lane)
            threads = np.arange(machine.threads) // WARP * WARP + asked
            absent = ~machine.active[threads] | (self._mask[threads] != self._mask)
            lanes = machine.lanes
            refuse(absent[lanes], lanes, "it reads lane {}, which takes no part", asked[lanes])
            machine.put(target, value()[threads])
            if within:
                machine.put(within, inside)

        return act

    def _vote(self, instruction):
        machine = self._machine
        if instruction.opcode[2] not in ("any", "all", "ballot"):
            raise NotImplementedError(f"the machine does not know {instruction}")
        target, said, _ = instruction.operands
        said = source(machine, said, np.dtype(bool))

        def act():
            yes, named = _bits(said() & machine.active), self._mask & _bits(machine.active)
            yes = yes & named
            kinds = {"any": yes != 0, "all": yes == named, "ballot": yes}
            machine.put(target, kinds[instruction.opcode[2]])

        return act
