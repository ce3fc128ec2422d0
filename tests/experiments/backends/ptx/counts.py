"""What a run has done, as a processor would count it: by warps, not by threads."""

from collections import Counter

import numpy as np

WARP = 32


def kind_of(instruction):
    """The kind of an instruction, as `benchmarks/kernels_static.py` names those of machine code."""
    parts = instruction.opcode
    memory = {
        ("ld", "global"): "LDG",
        ("st", "global"): "STG",
        ("ld", "shared"): "LDS",
        ("st", "shared"): "STS",
    }
    if parts[0] in ("ld", "st"):
        return "local" if "local" in parts else memory.get(parts[:2], "other")
    if parts[0] == "shfl":
        return "SHFL"
    if parts[0] in ("bar", "barrier"):
        return "barrier"
    if parts[-1] in ("f64", "f32") and parts[0] in ("fma", "add", "sub", "mul", "setp", "min", "max"):
        return {"f64": "FP64", "f32": "FP32"}[parts[-1]]
    return "other"


class Counts:
    """Instructions of warps by kind, sectors of 32 bytes of global memory, rounds of shared memory.

    A round gives a warp one word of each of 32 banks; wider numbers are read by parts of a warp.
    """

    def __init__(self):
        self.instructions = Counter()
        self.sectors = Counter()
        self.rounds, self.least_rounds = Counter(), Counter()

    def run(self, kinds, warps):
        """So many warps have run a block of instructions of these kinds."""
        for kind, count in kinds.items():
            self.instructions[kind] += count * warps

    def of_buffers(self, kind, offsets, bytes_each, threads):
        """Threads have asked for bytes of global memory."""
        both = np.concatenate([offsets, offsets + bytes_each - 1]) // 32
        self.sectors[kind] += np.unique(np.tile(threads // WARP << 40, 2) | both).size

    def of_shared(self, kind, offsets, bytes_each, threads):
        """Threads have asked for bytes of the memory of their block."""
        words = -(-bytes_each // 4)
        part = np.repeat(threads // (WARP // words), words)
        places = (offsets[:, None] // 4 + np.arange(words)).ravel()
        part, places = np.unique(np.stack([part, places]), axis=1)
        _, part = np.unique(part, return_inverse=True)
        banks = np.bincount(part * 32 + places % 32, minlength=32 * (part.max() + 1)).reshape(-1, 32)
        self.rounds[kind] += int(banks.max(1).sum())
        self.least_rounds[kind] += banks.shape[0]
