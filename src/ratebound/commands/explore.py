"""``ratebound explore``: the regimes of constant steps on a problem, beside what the theorems know."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from ratebound.commands import options
from ratebound.commands.output import check_file, check_folder
from ratebound.commands.progress import progress
from ratebound.commands.text import aligned
from ratebound.theory.errors import RateboundError


@click.command(short_help="Map what constant steps do, beside the theory.")
@click.option("--problem", required=True, metavar="NAME|FILE", help="A bundled problem, or an svmlight file.")
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
@click.option("--batches", metavar="1,2,4", help="Samples per gradient estimate. [default: 1, 2, 4, .. 64]")
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
@click.option("--json", "file", type=click.Path(dir_okay=False), help="Write every number to this file.")
def explore(
    problem: str,
    loss: str | None,
    l2: float | None,
    method: str,
    steps: int,
    replicas: int,
    batches: str | None,
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
        check_folder(folder, "-o")
    if store is not None:
        check_folder(store, "--store")
    if file is not None:
        check_file(file, "--json")
    chosen = None if batches is None else _numbers(batches)

    from ratebound.experiments.regimes.explore import default_steps
    from ratebound.experiments.regimes.explore import explore as run

    on = options.problem_of(problem, loss, l2)
    with progress("explore") as watch:
        found = run(
            on,
            method,
            steps_grid=default_steps(on, grid),
            batches=chosen,
            replacement=not without_replacement,
            iterations=steps,
            replicas=replicas,
            seed=seed or 0,
            backend=backend,
            executor=executor,
            store=store,
            watch=watch,
        ).as_dict()
    click.echo(_text(found))
    if folder is not None:
        from ratebound.reports.regime_page import build_map

        click.echo(f"map: {build_map(found, folder)}")
    if file is not None:
        Path(file).write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        click.echo(f"numbers: {file}")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise RateboundError(f"--batches {text!r} is no list of whole numbers; write 1,2,4") from None


def _text(found: Mapping[str, Any]) -> str:
    how = "exact expectation" if found["exact"] else "mean over replicas"
    error = "f(x_K) - f*" if found["measure"] == "gap_last" else "||grad f(x_K)||^2"
    kappa = f", kappa = {found['kappa']:.4g}" if found["kappa"] else ""
    lines = [
        f"{found['method']} on {found['problem']} (n = {found['n']}, d = {found['d']}{kappa}), "
        "constant steps",
        f"error {error} after K = {found['iterations']}: {how}; {found['replicas']} replicas, "
        f"seed {found['seed']}",
        "",
        aligned(_batch_rows(found)),
        "",
        f"theorems about a constant step, batch {found['batch'][0]}",
        aligned(_theorem_rows(found["theory"])),
        "bound and error: at K, in the measure of the theorem, at the step of its least bound; "
        "price: error / least error of the grid",
    ]
    lines += [f"{line['id']}: {line['reason']}" for line in found["theory"] if line["reason"]]
    return "\n".join(lines)


def _batch_rows(found: Mapping[str, Any]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [
        ("batch", "threshold", "fastest", "best step", "error", "floor", "regime, up to step")
    ]
    for j, batch in enumerate(found["batch"]):
        best = found["step"].index(found["best_step"][j])
        limit = found["threshold"][j]
        if limit is None and found["first_divergent"][j] is not None:
            threshold = f"<= {found['first_divergent'][j]:.4g}"
        else:
            threshold = _short(limit)
        rows.append(
            (
                str(batch),
                threshold,
                _short(found["fastest_step"][j]),
                _short(found["best_step"][j]),
                _short(found["error"][best][j]),
                _short(found["floor"][best][j]),
                _runs(found["step"], [row[j] for row in found["regime"]]),
            )
        )
    return rows


def _runs(steps: Sequence[float], regimes: Sequence[str]) -> str:
    """Return the regimes along the steps, each with the last step of its run."""
    runs = [list(run) for _, run in groupby(zip(steps, regimes, strict=True), key=lambda pair: pair[1])]
    return ", ".join(f"{run[-1][1]} {run[-1][0]:.2g}" for run in runs)


def _theorem_rows(theory: Sequence[Mapping[str, Any]]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [
        ("theorem", "range", "limit", "threshold/limit", "least bound at", "bound", "error", "best", "price")
    ]
    rows += [
        (
            line["id"],
            line["range_text"] or "any",
            *(
                _short(line[name])
                for name in ("largest", "conservatism", "bound_step", "bound", "error", "best_step", "price")
            ),
        )
        for line in theory
        if not line["reason"]
    ]
    return rows


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
