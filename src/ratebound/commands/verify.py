"""``ratebound verify``: judge theorems on problems."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ratebound.commands import options
from ratebound.commands.output import check_file, command_line
from ratebound.commands.progress import progress
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.experiments.suite import Suite
    from ratebound.problems.finite_sum import Problem


@click.command(short_help="Judge theorems on problems.")
@click.argument("theorems", nargs=-1, metavar="[ID]...")
@click.option(
    "--problem",
    "problems",
    multiple=True,
    metavar="NAME|FILE",
    help="A bundled problem or an svmlight file; may be repeated. [default: those that suit each theorem]",
)
@options.loss
@options.l2
@options.l1
@click.option("--steps", type=int, metavar="K", help="Updates of a run.")
@click.option("--replicas", type=int, metavar="N", help="Independent runs, at most.")
@options.seed
@click.option("--batch", type=int, metavar="b", help="Samples per gradient estimate.")
@options.without_replacement
@options.order
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a parameter, such as alpha=1/(4*L_max); may be repeated.",
)
@click.option("--step", metavar="EXPR", help="Another step alpha_k; it makes the theorem a conjecture.")
@click.option(
    "--region", type=float, metavar="R", help="Certify the noise on a ball of this radius about x*."
)
@click.option(
    "--risk", type=float, metavar="P", help="Judge that bound/P is exceeded with probability at most P."
)
@click.option("--delta", type=float, metavar="P", help="Probability of a false alarm over this call.")
@options.ledger
@options.backend
@options.dtype
@click.option("--json", "record_file", type=click.Path(dir_okay=False), help="Write the record to this file.")
@click.option("--details", is_flag=True, help="Reason, run and certified constants of every verdict.")
@click.option("--strict", is_flag=True, help="Exit with 3 if a verdict stays undecided.")
@click.pass_context
def verify(
    ctx: click.Context,
    theorems: tuple[str, ...],
    problems: tuple[str, ...],
    loss: str | None,
    l2: float | None,
    l1: float | None,
    seed: int | None,
    delta: float | None,
    ledger: str | None,
    backend: str,
    dtype: str,
    record_file: str | None,
    details: bool,
    strict: bool,
    **run: Any,
) -> None:
    """Judge theorems (all, unless ids are given) on problems; every verdict says what it rests on."""
    if dtype != "float64":
        raise RateboundError(
            f"--dtype {dtype}: verdicts are reached in float64, lest rounding pass for a violation; leave "
            "it out (simulate and bench know float32)"
        )
    if not problems and any(each is not None for each in (loss, l2, l1)):
        raise RateboundError("--loss, --l2 and --l1 are about a problem; name it with --problem")
    if record_file is not None:
        check_file(record_file, "--json")
    on = [options.problem_of(name, loss, l2, l1) for name in problems]
    chosen_run = _run_options(**run)

    # What loads the catalogue comes last: it may have to be proved.
    from ratebound.commands import verdicts
    from ratebound.experiments import record as records
    from ratebound.experiments.suite import run_suite
    from ratebound.experiments.suite_cells import useful_processes

    suite = _suite(theorems, on, chosen_run)
    suite = replace(
        suite, seed=suite.seed if seed is None else seed, delta=suite.delta if delta is None else delta
    )
    with progress("verify") as update:
        record = run_suite(
            suite,
            backend=backend,
            command=command_line(sys.argv),
            progress=update,
            ledger=ledger,
            processes=useful_processes(suite.tasks),
        )
    click.echo(verdicts.lines(record, details or len(suite.tasks) == 1, grouped=not theorems))
    if record_file is not None:
        click.echo(f"record: {records.save(record, record_file)}")
    ctx.exit(verdicts.exit_code(record, strict))


def _run_options(
    steps: int | None,
    replicas: int | None,
    batch: int | None,
    without_replacement: bool,
    order: str | None,
    parameters: tuple[str, ...],
    step: str | None,
    region: float | None,
    risk: float | None,
) -> dict[str, Any]:
    """Return what the user chose of the run, by the names of :func:`ratebound.verify`."""
    chosen: dict[str, Any] = {
        "steps": steps,
        "replicas": replicas,
        "batch": batch,
        "order": order,
        "step": step,
        "region": region,
        "risk": risk,
    }
    if without_replacement:
        chosen["replacement"] = False
    if parameters:
        chosen["parameters"] = options.parameters_of(parameters)
    return {name: value for name, value in chosen.items() if value is not None}


def _suite(
    theorems: tuple[str, ...],
    on: list[Problem],
    run: dict[str, Any],
) -> Suite:
    """Return the suite of what was asked for; the user's options come before the suite's own."""
    from ratebound.experiments.suite import WHOLE, Suite, Task, load_suite
    from ratebound.theory.catalogue import THEOREMS, find

    chosen = [find(name) for name in dict.fromkeys(theorems)] or list(THEOREMS.values())
    if on:
        tasks = tuple(Task(theorem, problem, run) for theorem in chosen for problem in on)
        return Suite("verify", "Verified on request", "", 0, 1e-6, tasks)
    whole = load_suite(WHOLE)
    ids = {theorem.id for theorem in chosen}
    return replace(
        whole,
        tasks=tuple(
            replace(task, options={**task.options, **run}) for task in whole.tasks if task.theorem.id in ids
        ),
    )
