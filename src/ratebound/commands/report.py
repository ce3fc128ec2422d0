"""``ratebound report``: run a suite, or read a record, and write the pages, figures and tables."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from ratebound.commands import options
from ratebound.commands.output import check_folder, command_line
from ratebound.commands.progress import progress
from ratebound.theory.errors import RateboundError


@click.command(short_help="Verify a suite and write its report.")
@click.argument("suite", required=False)
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
@options.seed
@options.backend
@click.option("--strict", is_flag=True, help="Exit with 3 if a verdict stays undecided.")
@click.pass_context
def report(
    ctx: click.Context,
    suite: str | None,
    folder: str,
    record_file: str | None,
    seed: int | None,
    backend: str,
    strict: bool,
) -> None:
    """Verify the theorems of SUITE and write a report: index page, figures, tables, record.

    SUITE is the name of a suite that comes with the package (the default is lecture), or a TOML file.
    """
    from ratebound.commands import verdicts
    from ratebound.reports.build import build

    if record_file is not None and (suite is not None or seed is not None):
        raise RateboundError("--from builds from a record as it is; give neither a suite nor --seed with it")
    check_folder(folder, "-o")
    record = _stored(record_file) if record_file is not None else _run(suite, seed, backend)
    with progress("draw") as update:
        page = build(record, folder, progress=update)
    click.echo(verdicts.summary(record))
    click.echo(f"report: {page}")
    ctx.exit(verdicts.exit_code(record, strict))


def _stored(record_file: str) -> dict[str, Any]:
    from ratebound.experiments import record as records

    return records.load(record_file)


def _run(name: str | None, seed: int | None, backend: str) -> dict[str, Any]:
    from ratebound.experiments.suite import DEFAULT, load_suite, run_suite

    suite = load_suite(name or DEFAULT)
    if seed is not None:
        suite = replace(suite, seed=seed)
    with progress("verify") as update:
        return run_suite(suite, backend=backend, command=command_line(sys.argv), progress=update)
