"""``ratebound finder``: the range test of practice, judged by what its suggestions do when they are held."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ratebound.commands import options
from ratebound.commands.output import check_figure, check_file, write_numbers
from ratebound.commands.text import aligned


@click.command(short_help="A learning-rate range test beside the exact threshold.")
@options.problem
@options.loss
@options.l2
@options.batch
@click.option(
    "--test-steps", type=int, default=100, show_default=True, metavar="T", help="Updates of a range test."
)
@click.option(
    "--steps",
    type=int,
    default=1000,
    show_default=True,
    metavar="K",
    help="Updates a suggestion is held for.",
)
@click.option(
    "--replicas", type=int, default=64, show_default=True, metavar="R", help="Independent range tests."
)
@options.seed
@options.figure
@options.json_file
def finder(
    problem: str,
    loss: str | None,
    l2: float | None,
    batch: int,
    test_steps: int,
    steps: int,
    replicas: int,
    seed: int | None,
    figure: str | None,
    file: str | None,
) -> None:
    """Make range tests of SGD, and hold each suggested step: which one would have misled?"""
    check_figure(figure)
    if file is not None:
        check_file(file, "--json")

    from ratebound.experiments.regimes.finder import find_step

    on = options.problem_of(problem, loss, l2)
    found = find_step(
        on, batch=batch, test_steps=test_steps, steps=steps, replicas=replicas, seed=seed or 0
    ).as_dict()
    click.echo(_text(found))
    if figure is not None:
        from ratebound.reports.finder_figure import save

        save(found, Path(figure))
        click.echo(f"figure: {figure}")
    if file is not None:
        write_numbers(found, file)


def _text(found: Mapping[str, Any]) -> str:
    if found["threshold"] is None:
        limit = "no step of the grid diverges"
    else:
        limit = f"{'exact threshold' if found['exact'] else 'first divergent step'} {found['threshold']:.4g}"
    rows = [("rule", "step", "10-90 %", "step/threshold", "beyond it", "held", "price", "verdict")]
    for each in found["suggestions"]:
        span = f"{each['low']:.2g} .. {each['high']:.2g}" if each["low"] < each["high"] else "-"
        price = "inf" if each["price"] is None else f"{each['price']:.3g}"
        numbers = (f"{each['step']:.4g}", span, f"{each['ratio']:.3g}", f"{each['beyond']:.0%}")
        rows.append((each["rule"], *numbers, each["regime"], price, each["verdict"]))
    return "\n".join(
        (
            f"range tests of sgd on {found['problem']}, batch {found['batch']}: "
            f"{len(found['tried'])} growing steps",
            f"{limit}; best step for K = {found['steps']}: {found['best_step']:.4g}",
            "",
            aligned(rows),
            "held: the regime of the step, kept constant; price: its error / the least error of any step; "
            "dear: twice or more",
        )
    )
