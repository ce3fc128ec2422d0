"""``ratebound explore``: the regimes of constant steps on a problem, beside what the theorems know."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ratebound.commands import options
from ratebound.commands.output import check_file, check_folder, check_report, write_numbers
from ratebound.commands.progress import progress
from ratebound.commands.regime_text import regime_text
from ratebound.theory.errors import RateboundError


@click.command(short_help="Map what constant steps do, beside the theory.")
@options.problem
@options.loss
@options.l2
@click.option("--method", default="sgd", show_default=True, metavar="NAME", help="sgd or gd.")
@click.option("--steps", type=int, default=1000, show_default=True, metavar="K", help="Updates of a run.")
@click.option(
    "--replicas",
    type=int,
    default=64,
    show_default=True,
    metavar="R",
    help="Independent runs per cell; 0 for exact results alone.",
)
@click.option(
    "--axis",
    "axes",
    multiple=True,
    default=("batch",),
    show_default=True,
    metavar="NAME[=V,V]",
    help="What stands beside the step: batch, momentum, steps or noise. May be repeated.",
)
@click.option(
    "--batch", type=int, default=1, show_default=True, metavar="B", help="The batch of the other axes."
)
@click.option("--grid", type=int, default=24, show_default=True, metavar="N", help="Steps of the map.")
@options.seed
@options.without_replacement
@options.backend
@click.option(
    "-o", "--output", "folder", type=click.Path(), help="Folder of the page: map, PNG, PDF and numbers."
)
@click.option("--store", type=click.Path(), help="Keep the replicas in this Zarr store, and continue it.")
@click.option(
    "--executor",
    metavar="WHERE",
    help="Where replicas run: threads[:N], processes[:N], dask:ADDRESS or slurm[:JOBS].",
)
@options.json_file
def explore(
    problem: str,
    loss: str | None,
    l2: float | None,
    method: str,
    steps: int,
    replicas: int,
    axes: tuple[str, ...],
    batch: int,
    grid: int,
    seed: int | None,
    without_replacement: bool,
    backend: str,
    folder: str | None,
    store: str | None,
    executor: str | None,
    file: str | None,
) -> None:
    """Map the regimes of constant steps: where runs converge, stall at a noise floor, or diverge.

    On least squares thresholds, floors and errors are exact; elsewhere they are means over replicas.
    """
    if folder is not None:
        check_report(folder)
    if store is not None:
        check_folder(store, "--store")
    if file is not None:
        check_file(file, "--json")
    chosen = _axes(axes)
    if store is not None and len(chosen) > 1:
        raise RateboundError("--store keeps one map; give one --axis")

    if executor is not None:
        from ratebound.experiments.sweeps.executors import check_executor

        check_executor(executor)
    from ratebound.theory import proved
    from ratebound.theory.catalogue import THEOREMS

    with proved.remembered() as known, proved.elsewhere():
        len(THEOREMS)
    from ratebound.experiments.regimes.axes import default_steps
    from ratebound.experiments.regimes.explore import explore as run

    on = options.problem_of(problem, loss, l2)
    found = []
    for axis, values in chosen:
        with progress("explore") as watch:
            each = run(
                on,
                method,
                axis=axis,
                values=values,
                steps_grid=default_steps(on, grid),
                batch=batch,
                replacement=not without_replacement,
                steps=steps,
                replicas=replicas,
                seed=seed or 0,
                backend=backend,
                executor=executor,
                store=store,
                watch=watch,
            )
        found.append(each.as_dict())
        # A map draws few theorems of the catalogue: where the stamp is lacking, these are proved.
        for name in () if known else {line.id for line in each.theory}:
            THEOREMS[name].prove()
    click.echo("\n\n".join(map(regime_text, found)))
    if folder is not None:
        from ratebound.reports.regimes.page import build_map

        click.echo(f"map: {build_map(found, folder)}")
    if file is not None:
        write_numbers({"maps": found}, file)


def _number(text: str) -> float:
    return int(text) if text.strip().isdecimal() else float(text)


def _axes(asked: Sequence[str]) -> list[tuple[str, list[float] | None]]:
    """Return axis and values of every ``NAME`` or ``NAME=V,V``; None for default values."""
    found: list[tuple[str, list[float] | None]] = []
    for text in asked:
        name, equals, listed = text.partition("=")
        try:
            values = [_number(part) for part in listed.split(",")] if equals else None
        except ValueError:
            raise RateboundError(f"--axis {text!r} is no list of numbers; write {name}=1,2,4") from None
        if name in (known for known, _ in found):
            raise RateboundError(f"--axis {name} stands twice; list its values once: {name}=1,2,4")
        found.append((name, values))
    return found
