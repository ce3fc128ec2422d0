"""``ratebound compare``: two bounds on one problem (two records are compared by ``ratebound report A B``)."""

from __future__ import annotations

import click

from ratebound.commands import options
from ratebound.commands.text import aligned

_ROWS = 16


@click.command(short_help="Put two bounds on one problem.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--problem",
    default="diabetes_ridge",
    show_default=True,
    metavar="NAME|FILE",
    help="A bundled problem or an svmlight file.",
)
@options.loss
@options.l2
@options.l1
@click.option("--steps", type=int, default=1000, show_default=True, metavar="K", help="The largest k.")
@options.batch
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a parameter, for each theorem that has it; may be repeated.",
)
def compare(
    first: str,
    second: str,
    problem: str,
    loss: str | None,
    l2: float | None,
    l1: float | None,
    steps: int,
    batch: int,
    parameters: tuple[str, ...],
) -> None:
    """Compare the bounds of the theorems A and B: which is smaller where, on a problem and as formulas."""
    import numpy as np

    from ratebound.experiments.versus import compare as run

    found = run(
        first,
        second,
        options.problem_of(problem, loss, l2, l1),
        steps=steps,
        batch=batch,
        parameters=options.parameters_of(parameters),
    )
    click.echo(found.explain())
    click.echo()
    ends = np.geomspace(1, found.k.size, _ROWS).round().astype(int) - 1
    rows: list[tuple[str, ...]] = [("k", *(trial.theorem.id for trial in found.trials), "ratio")]
    for j in np.unique(ends):
        one, two = found.bounds[:, j]
        ratio = f"{one / two:.4g}" if two > 0 else "-"
        rows.append((str(found.k[j]), f"{one:.6g}", f"{two:.6g}", ratio))
    click.echo(aligned(rows))
