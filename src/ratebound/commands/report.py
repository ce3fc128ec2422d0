"""``ratebound report``: run a suite, or read records, and write the pages, figures and tables."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratebound.commands import options
from ratebound.commands.output import check_report, command_line
from ratebound.commands.progress import progress
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.experiments.suite import Suite
    from ratebound.reports.drawing import Ahead

INTERRUPTED = 130


@click.command(short_help="Verify a suite and write its report.")
@click.argument("asked", nargs=-1, metavar="[SUITE | A B]")
@click.option(
    "-o",
    "--output",
    "folder",
    default="report",
    show_default=True,
    type=click.Path(),
    help="Folder of the report; an earlier report there is replaced.",
)
@click.option(
    "--from", "record_file", metavar="RECORD", help="Build from this record, without running again."
)
@click.option(
    "--only", metavar="PATTERN", help="Only the cells THEOREM--PROBLEM that match, such as 'gd_*--wine'."
)
@options.seed
@options.ledger
@options.backend
@click.option("--strict", is_flag=True, help="Exit with 3 if a verdict stays undecided.")
@click.pass_context
def report(
    ctx: click.Context,
    asked: tuple[str, ...],
    folder: str,
    record_file: str | None,
    only: str | None,
    seed: int | None,
    ledger: str | None,
    backend: str,
    strict: bool,
) -> None:
    """Verify the theorems of SUITE and write a report; or put two records side by side.

    SUITE is the name of a suite that comes with the package (the default is lecture), or a TOML file. A
    report has an index page, figures, tables and the record of the run. A and B are two records, or the
    reports that hold them: what changed beyond noise. Ctrl-C ends the run; what was finished by then is
    reported, marked as partial.
    """
    from ratebound.commands import verdicts
    from ratebound.reports.build import build
    from ratebound.reports.drawing import MANY, Ahead

    if len(asked) > 2:
        raise RateboundError(
            f"report takes a suite, or two records to compare; {len(asked)} names were given"
        )
    suite = asked[0] if len(asked) == 1 else None
    runs = any(given is not None for given in (suite, seed, only, ledger))
    if len(asked) == 2 and (runs or record_file is not None):
        raise RateboundError("two records are compared as they are; give nothing else but -o")
    if record_file is not None and runs:
        raise RateboundError(
            "--from builds from a record as it is; give neither a suite nor --seed, --only or --ledger"
        )
    check_report(folder)
    if len(asked) == 2:
        _compare(*asked, folder)
        return
    if record_file is not None:
        record, interrupted = _stored(record_file), False
        with progress("draw") as update:
            page = build(record, folder, progress=update)
    else:
        chosen = _suite(suite, seed, only)
        with Ahead() if len(chosen.tasks) >= MANY else nullcontext() as ahead:
            record, interrupted = _run(chosen, backend, ledger, ahead)
            with progress("draw") as update:
                page = build(record, folder, progress=update, ahead=ahead)
    click.echo(verdicts.summary(record))
    click.echo(f"report: {page}")
    if interrupted:
        click.echo(
            f"interrupted: {len(record['cells'])} of {record['budget']['cells']} cells were finished",
            err=True,
        )
        ctx.exit(INTERRUPTED)
    ctx.exit(verdicts.exit_code(record, strict))


def _compare(one: str, other: str, folder: str) -> None:
    from ratebound.reports.comparison import build_comparison

    first, second = _stored(one), _stored(other)
    with progress("draw") as update:
        page = build_comparison(first, second, folder, progress=update)
    click.echo(f"comparison: {page}")


def _stored(place: str) -> dict[str, Any]:
    from ratebound.experiments import record as records

    return records.load(Path(place) / "record.json" if Path(place).is_dir() else place)


def _suite(name: str | None, seed: int | None, only: str | None) -> Suite:
    """Return the suite that is asked for, with its seed and cells."""
    from ratebound.experiments.suite import DEFAULT, load_suite

    suite = load_suite(name or DEFAULT)
    if seed is not None:
        suite = replace(suite, seed=seed)
    if only is not None:
        kept = tuple(t for t in suite.tasks if fnmatch(f"{t.theorem.id}--{t.problem.name}", only))
        if not kept:
            raise RateboundError(
                f"--only {only!r} matches no cell of the suite {suite.name}; cells are named "
                f"THEOREM--PROBLEM, such as {suite.tasks[0].theorem.id}--{suite.tasks[0].problem.name}"
            )
        suite = replace(suite, tasks=kept)
    return suite


def _run(suite: Suite, backend: str, ledger: str | None, ahead: Ahead | None) -> tuple[dict[str, Any], bool]:
    """Return the record of a suite, and whether it was interrupted after some of its cells."""
    from ratebound.experiments.suite import SuiteInterrupted, run_suite
    from ratebound.experiments.suite_cells import useful_processes

    finished = None if ahead is None else ahead.take
    try:
        with progress("verify") as update:
            command = command_line(sys.argv)
            record = run_suite(
                suite,
                backend=backend,
                command=command,
                progress=update,
                finished=finished,
                ledger=ledger,
                processes=useful_processes(suite.tasks),
            )
            return record, False
    except SuiteInterrupted as stopped:
        if not stopped.record["cells"]:
            raise
        return stopped.record, True
