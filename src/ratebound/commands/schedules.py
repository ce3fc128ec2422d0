"""``ratebound schedules``: constant against decaying steps of SGD, and the time to switch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ratebound.commands import options
from ratebound.commands.output import check_figure, check_file, write_numbers
from ratebound.commands.text import aligned


@click.command(short_help="Constant against decaying steps, and when to switch.")
@options.problem
@options.loss
@options.l2
@options.batch
@click.option("--steps", type=int, default=10000, show_default=True, metavar="K", help="Updates of a run.")
@click.option(
    "--replicas",
    type=int,
    default=256,
    show_default=True,
    metavar="R",
    help="Independent runs, where errors are not exact.",
)
@options.seed
@options.figure
@options.json_file
def schedules(
    problem: str,
    loss: str | None,
    l2: float | None,
    batch: int,
    steps: int,
    replicas: int,
    seed: int | None,
    figure: str | None,
    file: str | None,
) -> None:
    """Run every step schedule of SGD that a theorem states, beside the best constant step."""
    check_figure(figure)
    if file is not None:
        check_file(file, "--json")

    from ratebound.experiments.regimes.schedules import compare_schedules

    on = options.problem_of(problem, loss, l2)
    found = compare_schedules(on, batch=batch, steps=steps, replicas=replicas, seed=seed or 0).as_dict()
    click.echo(_text(found))
    if figure is not None:
        from ratebound.reports.schedule_figure import save

        save(found, Path(figure))
        click.echo(f"figure: {figure}")
    if file is not None:
        write_numbers(found, file)


def _text(found: Mapping[str, Any]) -> str:
    how = "exact expectations" if found["exact"] else f"means over {found['replicas']} replicas"
    rows = [("schedule", "alpha_0", "alpha_K-1", "error at K", "/ least", "beats constant from", "alpha_k")]
    for each in found["entries"]:
        final = each["curve"][-1]
        rows.append(
            (
                each["name"],
                f"{each['first']:.4g}",
                f"{each['last']:.4g}",
                "inf" if final is None else f"{final:.4g}",
                "inf" if each["ratio"] is None else f"{each['ratio']:.3g}",
                "-" if each["overtakes"] is None else f"k = {each['overtakes']}",
                each["step"],
            )
        )
    lines = [
        f"step schedules of sgd on {found['problem']}, batch {found['batch']}: E f(x_K) - f*, "
        f"K = {found['steps']}; {how}",
        "",
        aligned(rows),
    ]
    if found["times"]:
        first, last = found["near"]
        lines += [
            "",
            f"switching: the theorem at k = {found['theorem_time']}, best k = {found['best_time']}, "
            f"within 10 % of it from k = {first} to {last}; the constant step has settled at "
            f"k = {found['settled']}",
        ]
    lines += [f"{name}: {reason}" for name, reason in found["missing"].items()]
    return "\n".join(lines)
