"""``ratebound bench``: how fast the backends are on this machine."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from ratebound.commands.text import aligned

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem


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
def bench(repetitions: int) -> None:
    """Time every backend that runs here on bundled data: replica-steps per second, medians.

    Each repetition runs the backends in turn, in float64 and in float32; the first call of each, which
    compiles, stands apart. For the comparison with other libraries see `benchmarks/` in the repository.
    """
    from ratebound.experiments.backends import cuda_device
    from ratebound.experiments.plan import PRECISIONS
    from ratebound.experiments.run import simulate
    from ratebound.problems.library import load

    names = ["numpy", "numba", *(["cuda"] if cuda_device.available() else [])]
    engines = [(backend, dtype) for backend in names for dtype in PRECISIONS]
    rows: list[tuple[str, ...]] = [("run", "backend", "numbers", "million replica-steps/s", "first call s")]
    for name, plan in _RUNS.items():
        problem = load(name)

        def seconds(backend: str, dtype: str, problem: Problem = problem, run: _Run = plan) -> float:
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
        made = plan.steps * plan.replicas
        for position, engine in enumerate(engines):
            median = statistics.median(row[position] for row in taken)
            label = f"{plan.method} on {name}"
            rows.append(
                (
                    label if plan.method == "gd" else f"{label}, batch {plan.batch}",
                    *engine,
                    f"{made / median / 1e6:.3g}",
                    f"{first[engine]:.2f}",
                )
            )
    click.echo(aligned(rows))
