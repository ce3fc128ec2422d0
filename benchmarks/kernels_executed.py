"""What the printed CUDA kernels do in one step, counted by an interpreter of their PTX: no GPU is needed.

``python benchmarks/kernels_executed.py FILE`` runs the kernels of the workloads with the machine of the tests
(``tests/experiments/backends/ptx``), which needs NVRTC (``pip install nvidia-cuda-nvrtc-cu12``) or nvcc, and
writes a table: what `kernels_static.py` counts in the text of machine code, and estimates of shared memory.
"""

import argparse
import datetime
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from engine_ratebound import plan_of
from kernels_static import CARDS, Kernel, conflicts
from workloads import WORKLOADS

from ratebound.experiments.backends.cuda_ import cuda_engine
from ratebound.experiments.backends.cuda_layout import BLOCK, lanes_of

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tests" / "experiments" / "backends"), str(ROOT / "tests")]

FIRST, LAST = 8, 40
"""Two runs begin alike: what one does more is that of the steps between."""
ROWS = {"C": 1000, "F": 500}
"""Of data that stay in global memory fewer rows do: a step reads one, or a batch, of them."""
COLUMNS = (
    *("workload", "numbers", "lanes", "shared", "instructions", "FP", "SHFL", "LDS", "LDG", "STG"),
    *("rounds of LDS", "estimated", "sectors of LDG", "of STG"),
)
INTRODUCTION = """\
Counted by **an interpreter of PTX, not on a card**: what a warp does in one step, as the mean over
{steps} steps of one block of {block} threads. Instructions are those of the PTX, of which ptxas makes
fewer or more: a division is one of them, and exchanges of float64 are two. Rounds: how often shared
memory answers for the LDS of a warp, more often where rows that are drawn meet in banks; beside them
what `kernels_static.py` estimates with rows drawn at random. Sectors: pieces of 32 bytes of global
memory that a warp asks for. Every access, barrier and exchange of these runs was checked as the tests
check them.
"""


def counted(workload, dtype, card, steps):
    """Return what the block of a workload does in so many steps, and its kernel."""
    from ptx.compiler import compiled
    from ptx.counts import Counts
    from ptx.device import PtxDevice

    counts = Counts()
    # As the engines choose them.
    lanes = lanes_of(workload.d if workload.density == 1 else 4 * round(workload.density * workload.d))
    device = PtxDevice(compiled, card.per_block, lanes, BLOCK, counts)
    given = plan_of(replace(workload, step_sizes=1, replicas=BLOCK // lanes), steps, dtype)
    engine = cuda_engine(given, device)
    engine.advance(0, steps)
    return counts, Kernel(engine._source, BLOCK, getattr(engine, "_shared", 0))


def cells(letter, dtype, card):
    """Return the cells of a line of the table."""
    workload = replace(WORKLOADS[letter], n=ROWS.get(letter, WORKLOADS[letter].n))
    before, _ = counted(workload, dtype, card, FIRST)
    after, kernel = counted(workload, dtype, card, LAST)
    each = (LAST - FIRST) * BLOCK // 32

    def a_step(name, kind=None):
        found = [getattr(counts, name) for counts in (after, before)]
        more = [sum(count.values()) if kind is None else count[kind] for count in found]
        return (more[0] - more[1]) / each

    kinds = "FP64" if dtype == "float64" else "FP32", "SHFL", "LDS", "LDG", "STG"
    loads = a_step("instructions", "LDS")
    estimate = loads * np.dtype(dtype).itemsize // 4 * conflicts(kernel, dtype) if loads else 0
    return [
        letter, dtype, kernel.number("LANES"), "yes" if kernel.shared else "no",
        f"{a_step('instructions'):.0f}",
        *(f"{a_step('instructions', kind):.1f}" for kind in kinds),
        *(f"{value:.1f}" if loads else "" for value in (a_step("rounds", "LDS"), estimate)),
        *(f"{a_step('sectors', kind):.1f}" for kind in ("LDG", "STG")),
    ]  # fmt: skip


def main():
    from ptx.compiler import compiler

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--workloads", default="ABCF", help="letters of workloads that draw samples")
    parser.add_argument(
        "--architecture", type=int, choices=sorted(CARDS), default=90, help="of shared memory"
    )
    options = parser.parse_args()
    if compiler() is None:
        sys.exit("there is neither NVRTC (pip install nvidia-cuda-nvrtc-cu12) nor nvcc here")
    introduction = INTRODUCTION.format(steps=LAST - FIRST, block=BLOCK)
    lines = [
        f"# Printed CUDA kernels, run by an interpreter, {datetime.date.today().isoformat()}",
        "",
        introduction,
    ]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for letter in options.workloads:
        for dtype in ("float64", "float32"):
            found = cells(letter, dtype, CARDS[options.architecture])
            lines.append("| " + " | ".join(map(str, found)) + " |")
            print(lines[-1], flush=True)
    options.file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
