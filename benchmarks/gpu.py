"""The engines on a GPU, beside JAX on the same card.

``python benchmarks/gpu.py FOLDER`` measures the CUDA engine in float64 and float32 and, where the environment
of the peers has a JAX that sees the card (``benchmarks/.venv-peers/bin/pip install 'jax[cuda12]'``), JAX with
vmap and scan. Repetitions are interleaved. Rates depend on how many replicas there are: G is A with 100 000.
"""

import argparse
import datetime
import json
import sys
from pathlib import Path

import numpy as np
from engines import machine, measure
from workloads import WORKLOADS

ENGINES = ("cuda", "cuda-f32", "jax-gpu")

COLUMNS = (
    *("workload", "replicas", "engine", "steps", "CUDA over it", "% of roof"),
    *("with gap", "CUDA over it", "first call s"),
)
INTRODUCTION = """\
{card}, {processor}, {cores} cores, Python {python}; medians of {repetitions} interleaved repetitions. Rates
are million replica-steps per second of wall clock, with data and state sent to the card. *With gap* includes
f(x_k) - f* of all replicas at 50 checkpoints. *CUDA over it* is how many times faster the float64 engine is.
*% of roof*: of the rate at which reading the sampled rows, from shared memory where the data fit in there and
from L2 where they do not, would be all that takes time.
"""


def seconds(cupy, work):
    """Return the seconds of a piece of work on the card."""
    begin, end = cupy.cuda.Event(), cupy.cuda.Event()
    work()
    begin.record()
    work()
    end.record()
    end.synchronize()
    return cupy.cuda.get_elapsed_time(begin, end) / 1e3


READ = """
// Adds up an array, `rounds` times in one launch: launches from Python would take longer than reading it.
extern "C" __global__ void read(const double2* x, unsigned long long size, int rounds, double* out)
{
    const unsigned long long first = blockIdx.x * (unsigned long long)blockDim.x + threadIdx.x;
    double total = 0;
    for (int round = 0; round < rounds; ++round)
        for (unsigned long long i = first; i < size; i += gridDim.x * (unsigned long long)blockDim.x) {
            // Past the first cache, where other rounds would find it.
            const double2 pair = __ldcg(x + i);
            total += pair.x + pair.y;
        }
    out[first] = total;
}
"""


def roofs(cupy):
    """Return GB/s of the shared memories, by their width and clock, and of sums over arrays elsewhere."""
    limits = cupy.cuda.Device().attributes
    found = {"shared memory": limits["MultiProcessorCount"] * 128 * limits["ClockRate"] * 1e3 / 1e9}
    blocks, threads = 8 * limits["MultiProcessorCount"], 256
    kernel = cupy.RawModule(code=READ).get_function("read")
    out = cupy.empty(blocks * threads)
    for name, mib, rounds in (("L2", 16, 200), ("memory", 4096, 2)):
        array = cupy.ones(mib * 2**17)
        arguments = array, np.uint64(array.size // 2), np.int32(rounds), out

        def work(arguments=arguments):
            kernel((blocks,), (threads,), arguments)

        found[name] = rounds * array.nbytes / seconds(cupy, work) / 1e9
    return found | {"shared bytes": limits["MaxSharedMemoryPerBlockOptin"]}


def share(found, workload, rate):
    """Return the part of the roof that a float64 rate reaches."""
    place = "shared memory" if workload.size <= found["shared bytes"] and workload.density == 1 else "L2"
    return rate * workload.bytes / (found[place] * 1e9)


def table(results):
    """Return the report as Markdown."""
    lines = [
        f"# Engines on a GPU, {results['date']}",
        "",
        INTRODUCTION.format(card=results["card"], repetitions=results["repetitions"], **results["machine"]),
        *(
            f"- {name}: {value:.0f} GB/s"
            for name, value in results["roofs"].items()
            if name != "shared bytes"
        ),
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|---" * len(COLUMNS) + "|",
    ]
    for name, engines in results["workloads"].items():
        workload, mine = WORKLOADS[name], engines.get("cuda", {})
        for engine, found in engines.items():
            cells = [f"{name}: {workload.title}", str(workload.replicas * workload.step_sizes), engine]
            for key in ("steps_rate", "total_rate"):
                rate, own = found.get(key), mine.get(key)
                cells += [f"{rate / 1e6:.3g}" if rate else "", f"{own / rate:.1f}" if rate and own else ""]
                if key == "steps_rate":
                    cells += [
                        f"{100 * share(results['roofs'], workload, rate):.0f}" if engine == "cuda" else ""
                    ]
            lines.append("| " + " | ".join([*cells, f"{found['first_call_s']:.1f}"]) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workloads", default="".join(WORKLOADS), help="letters, such as AGD")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    unknown = [letter for letter in options.workloads if letter not in WORKLOADS]
    if unknown or options.repetitions < 1:
        parser.error(
            f"{unknown or options.repetitions}: workloads are {', '.join(WORKLOADS)}; repetitions >= 1"
        )
    try:
        import cupy

        here = cupy.is_available()
    except ImportError:
        here = False
    if not here:
        sys.exit(
            "there is no CuPy or no CUDA device here; benchmarks/engines.py measures the engines of the CPU"
        )
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "card": cupy.cuda.runtime.getDeviceProperties(0)["name"].decode(),
        "repetitions": options.repetitions,
        "roofs": roofs(cupy),
        "workloads": {
            name: measure(name, ENGINES, options.repetitions, lambda text: print(text, flush=True))
            for name in options.workloads
        },
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    stem = options.folder / f"gpu-{results['date']}"
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    text = table(results)
    stem.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
