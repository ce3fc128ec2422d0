"""``ratebound sweep``: compute what a sweep declares and its store lacks, anywhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratebound.commands.output import check_folder
from ratebound.commands.progress import progress
from ratebound.commands.text import aligned, counted

if TYPE_CHECKING:
    import xarray as xr

VIOLATED, FAILED, INTERRUPTED = 1, 2, 130
_SHOWN = 10


@click.command(short_help="Run many cells, resumable, on threads, processes, Dask or SLURM.")
@click.argument("declared", metavar="SWEEP.toml", type=click.Path())
@click.option(
    "-o",
    "--output",
    "store",
    type=click.Path(),
    help="Folder of the Zarr store, continued if it is there. [default: SWEEP.zarr]",
)
@click.option(
    "--executor",
    metavar="WHERE",
    help="threads[:N], processes[:N], dask:ADDRESS or slurm[:JOBS]. [default: this process]",
)
@click.option(
    "--retries",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    metavar="N",
    help="How often a cell is tried again whose worker was lost.",
)
@click.pass_context
def sweep(ctx: click.Context, declared: str, store: str | None, executor: str | None, retries: int) -> None:
    """Compute the cells of SWEEP.toml that its store lacks: a second run, also after a kill, goes on.

    Exit codes: 0 every cell is done; 1 a theorem is violated somewhere; 2 some cells failed, or bad input.
    """
    folder = store or f"{Path(declared).stem}.zarr"
    check_folder(folder, "-o")

    from ratebound.experiments.sweeps.run import sweep as run

    done = [0, 0]
    with progress("sweep") as update:

        def watch(finished: int, total: int, what: str) -> None:
            done[:] = finished, total
            update(finished, total, what)

        try:
            found = run(declared, folder, executor=executor, retries=retries, progress=watch)
        except KeyboardInterrupt:
            click.echo(
                f"interrupted: {done[0]} of {done[1]} cells are in {folder}; run again to go on", err=True
            )
            ctx.exit(INTERRUPTED)
    click.echo(_text(found))
    click.echo(f"store: {folder}")
    ctx.exit(_code(found))


def _words(found: xr.Dataset, name: str) -> list[str]:
    return [str(each) for each in found[name].values.ravel()]


def _text(found: xr.Dataset) -> str:
    status = Counter(_words(found, "status"))
    axes = ", ".join(f"{name} ({found.sizes[name]})" for name in found["status"].dims)
    lines = [f"{found.attrs['title']}: {axes}; {status['done']} cells done, {status['failed']} failed"]
    for name in ("outcome", "regime"):
        if name in found:
            seen = Counter(each for each in _words(found, name) if each)
            lines.append(f"{name}: " + ", ".join(f"{each} {count}" for each, count in seen.most_common()))
    failed = [(place, words) for place, words in _failures(found)]
    lines += [aligned(failed[:_SHOWN])] if failed else []
    if len(failed) > _SHOWN:
        lines.append(f"and {counted(len(failed) - _SHOWN, 'cell')} more")
    return "\n".join(lines)


def _failures(found: xr.Dataset) -> list[tuple[str, str]]:
    """Return place and message of each failed cell."""
    stacked: Any = found[["status", "message"]].stack(place=found["status"].dims, create_index=False)
    rows = []
    for j in range(stacked.sizes["place"]):
        cell = stacked.isel(place=j)
        if str(cell["status"].item()) == "failed":
            words = (f"{name} {cell[name].item()}" for name in found["status"].dims)
            rows.append((", ".join(words), str(cell["message"].item())))
    return rows


def _code(found: xr.Dataset) -> int:
    if "failed" in _words(found, "status"):
        return FAILED
    return VIOLATED if "outcome" in found and "violated" in _words(found, "outcome") else 0
