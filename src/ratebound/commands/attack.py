"""``ratebound attack``: search the run on which a bound is worst, or replay one that was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratebound.commands.output import check_file, write_numbers
from ratebound.commands.progress import progress
from ratebound.commands.text import aligned, counted
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.experiments.adversary.witness import Witness


@click.command()
@click.argument("theorem", required=False, metavar="ID")
@click.option(
    "--evaluations", type=int, default=4000, show_default=True, metavar="N", help="Runs to compare."
)
@click.option("--steps", type=int, default=100, show_default=True, metavar="K", help="The largest horizon.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="The one seed.")
@click.option("--json", "output", type=click.Path(path_type=Path), metavar="FILE", help="Write the witness.")
@click.option("--replay", type=click.Path(path_type=Path), metavar="FILE", help="Compute a witness again.")
@click.pass_context
def attack(
    ctx: click.Context,
    theorem: str | None,
    evaluations: int,
    steps: int,
    seed: int,
    output: Path | None,
    replay: Path | None,
) -> None:
    """Search for the instance, horizon and step on which a theorem is worst, by exact expectations only.

    Exit code 1 if the bound is broken there.
    """
    if (theorem is None) == (replay is None):
        raise RateboundError("pass the id of a theorem, or --replay FILE, and not both")
    from ratebound.experiments.adversary import search
    from ratebound.experiments.adversary.witness import read
    from ratebound.experiments.adversary.witness import replay as again
    from ratebound.experiments.checks import whole

    if replay is not None:
        witness = read(replay)
        click.echo(_text(witness))
        ratio = again(witness)
        click.echo(f"replayed: {ratio!r}")
        ctx.exit(1 if witness.status == "refuted" and ratio > 1 else 0)
    assert theorem is not None
    whole("steps", steps, 1, search.LARGEST_HORIZON)
    if output is not None:
        check_file(str(output), "--json")
    with progress("attack") as watch:
        found = search.attack(theorem, evaluations=evaluations, seed=seed, longest=steps, watch=watch)
    witness = search.require_witness(found)
    click.echo(f"{_text(witness)}\n{counted(found.evaluations, 'run')} compared, seed {found.seed}")
    if output is not None:
        write_numbers(witness.as_json(), str(output), "witness")
    ctx.exit(1 if witness.status == "refuted" else 0)


def _text(witness: Witness) -> str:
    values = ", ".join(f"{name} = {value:.6g}" for name, value in witness.parameters.items()) or "none"
    rows = [
        ("theorem", witness.theorem),
        ("statement", witness.bound_text),
        ("worst ratio", f"{witness.ratio:.12g}: {witness.status}"),
        ("at", f"k = {witness.k} of {witness.steps}, batch {witness.batch}"),
        ("measured", f"{witness.measured:.12g}"),
        ("bound", f"{witness.bound:.12g}"),
        ("instance", f"{witness.instance['family']}, {len(witness.instance['y'])} samples"),
        ("parameters", values),
    ]
    if witness.ratio_50 is not None:
        rows.insert(3, ("from 50 digits", repr(witness.ratio_50)))
    return aligned(rows)
