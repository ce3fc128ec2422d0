"""What the compiler says of the printed CUDA kernels: no GPU is needed, and nothing is measured on one.

``python benchmarks/kernels_static.py FILE`` compiles the kernels of the workloads for several architectures
with NVRTC (``pip install nvidia-cuda-nvrtc-cu12``) or nvcc and writes a table: registers, local and shared
memory, and how many warps find room. Where there is nvdisasm (in a CUDA toolkit, or ``pip install triton``),
the instructions of one step are counted in the machine code as well, and the cycles that they take at least.
"""

import argparse
import datetime
import re
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cuda_compilers import compiled, machine_code
from engine_ratebound import plan_of
from workloads import WORKLOADS

from ratebound.experiments.backends.cuda_ import cuda_engine
from ratebound.experiments.backends.cuda_layout import BLOCK, block_of, lanes_of


@dataclass(frozen=True)
class Card:
    """What an architecture offers, by the programming guide of CUDA; and processors of its largest card."""

    processors: int
    shared: int
    per_block: int
    warps: int = 64
    registers: int = 2**16


CARDS = {
    70: Card(80, 96 * 1024, 96 * 1024),
    80: Card(108, 164 * 1024, 163 * 1024),
    90: Card(132, 228 * 1024, 227 * 1024),
}
KINDS = {
    "FP64": r"D(FMA|ADD|MUL|SETP)",
    "FP32": r"F(FMA|ADD|MUL|SETP)|FMNMX",
    "SHFL": r"SHFL",
    "LDS": r"LDS",
    "LDG": r"LDG",
    "STG": r"STG",
    "local": r"(LDL|STL)",
}
_ROUND = re.compile(r"IMAD\.WIDE\.U32 .*-0x(2daee0ad|326172a9)")
"""A multiplication of Philox, which comes with one more instruction."""


_JUMP = re.compile(r"BRA.*`\((\.L_x_\d+)\)")


class Printing:
    """A device that takes everything and computes nothing."""

    def __init__(self, card, lanes=None):
        self.shared_bytes, self._lanes = card.per_block, lanes

    def free_bytes(self):
        return 2**40

    def lanes(self, d):
        return self._lanes or lanes_of(d)

    def here(self):
        return nullcontext()

    def array(self, values):
        return values

    def copies(self, values, count):
        return np.broadcast_to(values, (count, *values.shape))


@dataclass(frozen=True)
class Kernel:
    """The kernel of a workload: its text, threads of a run, bytes of shared memory for its data."""

    source: str
    threads: int
    shared: int

    def number(self, name):
        """Return a number that the text defines, such as LANES; 1 if it does not."""
        found = re.search(rf"#define {name} (\d+)", self.source)
        return int(found[1]) if found else 1


def kernel(workload, dtype, card, lanes=None):
    """Return the kernel of a workload that draws samples."""
    engine = cuda_engine(plan_of(workload, 2, dtype), Printing(card, lanes))
    return Kernel(engine._source, engine._threads, getattr(engine, "_shared", 0))


def step(lines, kernel):
    """Return how often a warp issues instructions in one step, by kind; branches hardly ever taken left out.

    The step is the largest loop that reads numbers or exchanges them. Loops within it that do neither skip
    unfair words; others go through the pieces of a batch. Philox is evaluated once for several steps.
    """
    at = {line[:-1]: i for i, line in enumerate(lines) if line.endswith(":")}
    loops = []
    for i, line in enumerate(lines):
        target = _JUMP.search(line)
        if target and at[target[1]] < i:
            loops.append((at[target[1]], i))

    def works(loop):
        return any(re.search(r"\b(SHFL|LDS|LDG)\b", line) for line in lines[loop[0] : loop[1]])

    first, last = max(filter(works, loops), key=lambda loop: loop[1] - loop[0])
    within = [(a, b) for a, b in loops if first < a and b < last]
    # With what leads to them: it is jumped over where a word is fair.
    jumps = [(i + 1, at[t[1]] - 1) for i in range(first, last) if (t := _JUMP.search(lines[i]))]
    idle = [(a, b) for a, b in within if not works((a, b))]
    idle += [(a, b) for a, b in jumps if not works((a, b)) and any(a <= c and d <= b for c, d in idle)]
    pieces = -(-kernel.number("BATCH") // kernel.number("ROWS"))
    counts = dict.fromkeys((*KINDS, "Philox", "all"), 0.0)
    for i in range(first, last + 1):
        if lines[i].endswith(":") or any(a <= i <= b for a, b in idle):
            continue
        loop = any(a <= i <= b for a, b in within)
        times = pieces if loop and kernel.number("ROWS") > 1 else 1
        philox = 2 * bool(_ROUND.search(lines[i]))
        kind = next((k for k, p in KINDS.items() if re.match(rf"(@!?\w+ )?({p})\b", lines[i])), None)
        counts["all"] += times - philox * (1 - 1 / kernel.number("TOGETHER"))
        counts["Philox"] += philox * times / kernel.number("TOGETHER")
        if kind:
            counts[kind] += times
    return counts


def cycles(counts, kernel, dtype):
    """Return the cycles of a processor that one replica-step takes at least, by what they are spent on.

    A processor issues 4 warps, has 64 lanes for float64, 128 for float32 and exchanges 32 words per cycle;
    groups that read rows at random wait for banks of shared memory as the bank conflicts of a draw have them.
    """
    units = 32 // kernel.number("LANES")
    words = np.dtype(dtype).itemsize // 4
    found = {"issue": counts["all"] / 4, "float64": counts["FP64"] / 2, "exchange": counts["SHFL"]}
    found["shared"] = counts["LDS"] * words * conflicts(kernel, dtype)
    return {name: value / units for name, value in found.items()}


def conflicts(kernel, dtype):
    """Return the mean rounds in which groups read their part of a slot of rows that are drawn at random."""
    lanes, row, itemsize = kernel.number("LANES"), kernel.number("STRIDE"), np.dtype(dtype).itemsize
    groups, words, rng = max(1, 128 // (lanes * itemsize)), itemsize // 4, np.random.default_rng(0)
    rows = rng.integers(0, 1000, (1000, groups, 1, 1)) * row
    places = ((rows + np.arange(lanes)[:, None]) * words + np.arange(words)).reshape(1000, -1) % 32
    return np.mean([np.bincount(each).max() for each in places])


def occupancy(found, kernel, card):
    """Return the threads of a block of a run on one card, and the warps for which a processor has room."""
    most = 32 * (card.registers // (-(-found["registers"] // 8) * 8 * 32))
    bound = int(re.search(r"__launch_bounds__\((\d+)", kernel.source + "__launch_bounds__(1024")[1])
    block = block_of(kernel.threads, card.processors, min(most, bound) if kernel.shared else BLOCK)
    rooms = [most // block, 32 * card.warps // block]
    if kernel.shared:
        # A block takes 1 KiB for itself.
        rooms.append(card.shared // (kernel.shared + 1024))
    return block, min(rooms) * block // 32


COLUMNS = (
    *("workload", "numbers", "sm", "lanes", "registers", "frame", "spilled", "shared KiB", "block", "warps"),
    *("instructions", "FP64", "SHFL", "LDS", "LDG", "cycles", "of"),
)
INTRODUCTION = """\
What the compiler says; **nothing here was measured on a GPU**. Registers and bytes of local memory (frame,
spilled) are per thread. Block: threads of a block of the workload's replicas. Warps: for how many a processor
has room, of 64. Instructions of a warp in one step are counted in the machine code, those of branches that
are hardly ever taken included, such as a division's. Cycles: of a processor for one replica-step at least, if
there are replicas enough to fill it, and what takes them: issuing instructions, float64 units, exchanges
between lanes, or shared memory with the bank conflicts of rows drawn at random. L2 and what lies beyond are
not in it, nor is waiting, which is what takes time where replicas are few.
"""


def rows(letters, architectures, lanes=None):
    """Yield the cells of the table."""
    for letter in letters:
        workload = WORKLOADS[letter]
        for dtype in ("float64", "float32"):
            for architecture in architectures:
                card = CARDS[architecture]
                one = kernel(workload, dtype, card, lanes)
                answer = compiled(one.source, architecture)
                if answer is None:
                    continue
                found, code = answer
                block, warps = occupancy(found, one, card)
                counts = step(lines, one) if (lines := machine_code(code)) else None
                kinds = [f"{counts[kind]:.0f}" if counts else "" for kind in COLUMNS[11:15]]
                least = cycles(counts, one, dtype) if counts else {}
                most = max(least, key=least.get, default="")
                yield [
                    letter, dtype, architecture, one.number("LANES"), found["registers"], found["frame"],
                    found["stores"], f"{one.shared / 1024:.0f}", block, warps,
                    f"{counts['all']:.0f}" if counts else "", *kinds,
                    f"{least[most]:.1f}" if most else "", most,
                ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--workloads", default="ABCEF", help="letters of workloads that draw samples")
    parser.add_argument(
        "--lanes", type=int, choices=(1, 2, 4, 8, 16, 32), help="instead of the engine's choice"
    )
    options = parser.parse_args()
    lines = [f"# Printed CUDA kernels, {datetime.date.today().isoformat()}", "", INTRODUCTION]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    table = [
        "| " + " | ".join(map(str, cells)) + " |" for cells in rows(options.workloads, CARDS, options.lanes)
    ]
    if not table:
        sys.exit("there is neither NVRTC (pip install nvidia-cuda-nvrtc-cu12) nor nvcc here")
    text = "\n".join(lines + table) + "\n"
    options.file.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
