"""How fast the engines are, side by side on this machine.

``python benchmarks/engines.py`` measures ratebound's backends, and the peers of peers.txt where they can be
imported; ``--install-peers`` puts those into a virtual environment of their own, and no more. Every engine
runs each workload in its own process; repetitions of the engines are interleaved, so that a disturbance of
the machine meets all of them. Results go to benchmarks/results/ as JSON, a table and a roofline figure.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from report import write
from roofs import roofs
from workloads import WORKLOADS

HERE = Path(__file__).parent
PEERS = HERE / ".venv-peers"
OURS = ("numpy", "numba", "numba-f32", "c")
OTHERS = ("jax", "jax-pmap2", "torch", "sklearn")


def install_peers():
    venv.create(PEERS, with_pip=True)
    packages = (HERE / "peers.txt").read_text().split()
    subprocess.run([PEERS / "bin" / "pip", "install", "-q", *packages], check=True)


class Worker:
    """An engine on a workload, in a process of its own."""

    def __init__(self, engine, workload, environment=None):
        peer = engine in (*OTHERS, "jax-gpu") and PEERS.exists()
        python = PEERS / "bin" / "python" if peer else sys.executable
        # Not a pipe, which may fill.
        self.errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [python, HERE / "worker.py", engine, workload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.ready = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        return {"missing": f"the process ended: {said[-1] if said else 'it said nothing'}"}

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.read()


def refused(worker, workload):
    """Return what is missing of a kernel in C that computes something else, and stop it."""
    # Here, for it loads the whole of ratebound.
    from check_c import fault

    wrong = fault(workload)
    if wrong is None:
        return {}
    worker.ask("stop")
    return {"missing": wrong}


def measure(name, engines, repetitions, log):
    """Return what each engine did on one workload."""
    workload = WORKLOADS[name]
    workers, out = {}, {}
    with tempfile.TemporaryDirectory() as cold:
        for engine in engines:
            if engine in ("numba", "numba-f32"):
                first = Worker(engine, name, {"XDG_CACHE_HOME": cold})
                cold_call = first.ready.get("first_call")
                first.ask("stop")
                worker = Worker(engine, name, {"XDG_CACHE_HOME": cold})
            else:
                worker, cold_call = Worker(engine, name), None
            if engine == "c" and "missing" not in worker.ready:
                worker.ready |= refused(worker, workload)
            if "missing" in worker.ready:
                log(f"{name} {engine}: {worker.ready['missing']}")
                continue
            workers[engine] = worker
            out[engine] = {
                "first_call_s": worker.ready["first_call"],
                "cold_first_call_s": cold_call,
                "runs": [],
            }
        for _ in range(repetitions):
            for engine, worker in list(workers.items()):
                answered = worker.ask("run")
                if "missing" in answered:
                    log(f"{name} {engine}: {answered['missing']}")
                    del workers[engine], out[engine]
                else:
                    out[engine]["runs"].append(answered)
        for engine, worker in workers.items():
            out[engine]["peak_mib"] = worker.ask("stop")["peak_mib"]
            amount = workload.replica_steps * worker.ready["share"]
            runs = out[engine]["runs"]
            for key in ("steps", "steps_cpu", "total", "total_cpu"):
                if key in runs[0]:
                    out[engine][f"{key}_rate"] = amount / statistics.median(r[key] for r in runs)
            log(f"{name} {engine}: {out[engine]['steps_rate'] / 1e6:.4g} M replica-steps/s")
    return out


def scaling():
    """Return the exponents over three decades on workload A, each with the ends of its interval."""
    from ratebound.experiments.cost_growth import engine_growth
    from ratebound.problems.build import from_arrays

    A, y, _, _ = WORKLOADS["A"].data
    grown = engine_growth(from_arrays(A, y, "squared"))
    return {each.what: [each.exponent, each.low, each.high] for each in grown}


def machine():
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_at_start": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default="ABCDEF", help="letters, such as ABE")
    parser.add_argument("--engines", default=",".join(OURS + OTHERS))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--install-peers", action="store_true", help="only install peers.txt into its own environment"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if options.install_peers:
        install_peers()
        return
    chosen = options.engines.split(",")
    unknown = [e for e in chosen if e not in OURS + OTHERS] + [
        w for w in options.workloads if w not in WORKLOADS
    ]
    if unknown or options.repetitions < 1:
        parser.error(f"{unknown or options.repetitions}: engines are {', '.join(OURS + OTHERS)}; "
                     f"workloads {', '.join(WORKLOADS)}; repetitions >= 1")  # fmt: skip
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "repetitions": options.repetitions,
        "roofs": roofs(),
        "scaling": scaling(),
        "workloads": {
            name: measure(name, chosen, options.repetitions, lambda text: print(text, flush=True))
            for name in options.workloads
        },
    }
    print(write(results, options.out))


if __name__ == "__main__":
    main()
