"""``ratebound bench``: how fast the backends are on this machine."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from ratebound.commands.output import check_file, command_line, write_numbers
from ratebound.commands.text import aligned


class _Run(NamedTuple):
    method: str
    step: str
    batch: int
    replicas: int
    steps: int


_RUNS = {
    "diabetes": _Run("sgd", "1/(4*L_max)", 1, 256, 4000),
    "breast_cancer": _Run("sgd", "1/(4*L_max)", 1, 256, 2000),
    "breast_cancer_ls": _Run("sgd", "1/(4*L_max)", 16, 64, 1000),
    "digits_3v8": _Run("gd", "1/L", 1, 1, 2000),
}


@click.command(short_help="Measure the backends on this machine.")
@click.option("--repetitions", type=click.IntRange(1), default=3, show_default=True, metavar="N")
@click.option("--json", "file", type=click.Path(dir_okay=False), help="Write every number to this file.")
def bench(repetitions: int, file: str | None) -> None:
    """Time every backend that runs here on bundled data: replica-steps per second, medians.

    Each repetition runs the backends in turn, in float64 and in float32; the first call of each, which
    compiles or loads a kernel, stands apart. Then the CPU time of Numba over three decades of steps, and of
    replicas, is fitted by a power. For the comparison with other libraries, the roofline and the memory of
    each engine see `benchmarks/` in the repository, or `make bench`.
    """
    if file is not None:
        check_file(file, "--json")

    from ratebound.experiments.cost_growth import engine_growth
    from ratebound.experiments.record import provenance
    from ratebound.problems.library import load

    started, begun = datetime.now(UTC), time.perf_counter()
    found = [row for name, run in _RUNS.items() for row in _rates(name, run, repetitions)]
    heads: tuple[str, ...] = ("run", "backend", "numbers", "million replica-steps/s", "first call s")
    rows = [
        (row["run"], row["backend"], row["dtype"], f"{row['rate'] / 1e6:.3g}", f"{row['first_call_s']:.2f}")
        for row in found
    ]
    click.echo(aligned([heads, *rows]))
    grown = engine_growth(load("diabetes"))
    click.echo("\nCPU time of sgd on diabetes, numba:")
    for each in grown:
        click.echo(f"  {each.text}")
    record = provenance(0, command_line(sys.argv), started, time.perf_counter() - begun)
    click.echo(f"\n{record['machine']}, Python {record['python']}")
    if file is not None:
        write_numbers({**record, "runs": found, "growth": [asdict(each) for each in grown]}, file)


def _rates(name: str, run: _Run, repetitions: int) -> list[dict[str, Any]]:
    """Return a row per backend and precision: replica-steps per second, and seconds of the first call."""
    from ratebound.experiments.backends import cuda_device
    from ratebound.experiments.plan import PRECISIONS
    from ratebound.experiments.run import simulate
    from ratebound.problems.library import load

    problem = load(name)
    backends = ["numpy", "numba", *(["cuda"] if cuda_device.available() else [])]
    engines = [(backend, dtype) for backend in backends for dtype in PRECISIONS]

    def seconds(backend: str, dtype: str) -> float:
        started = time.perf_counter()
        simulate(
            problem,
            run.method,
            run.step,
            batch=run.batch,
            replicas=run.replicas,
            steps=run.steps,
            dtype=dtype,
            backend=backend,
        )
        return time.perf_counter() - started

    first = {engine: seconds(*engine) for engine in engines}
    taken = [[seconds(*engine) for engine in engines] for _ in range(repetitions)]
    made = run.steps * run.replicas
    label = f"{run.method} on {name}" + ("" if run.method == "gd" else f", batch {run.batch}")
    return [
        {
            "run": label,
            "backend": engine[0],
            "dtype": engine[1],
            "rate": made / statistics.median(row[position] for row in taken),
            "first_call_s": first[engine],
        }
        for position, engine in enumerate(engines)
    ]
