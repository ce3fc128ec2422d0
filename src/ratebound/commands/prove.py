"""``ratebound prove``: check the certificates and print them."""

from __future__ import annotations

import time

import click

from ratebound.commands.text import counted, duration
from ratebound.theory.errors import RateboundError


@click.command()
@click.argument("theorems", nargs=-1, metavar="[ID]...")
@click.option("-q", "--quiet", is_flag=True, help="One line per theorem, without the proofs.")
@click.pass_context
def prove(ctx: click.Context, theorems: tuple[str, ...], quiet: bool) -> None:
    """Check the certificates of the theorems (all, unless ids are given) and print the proofs.

    Exit code 1 if one does not close.
    """
    started = time.perf_counter()
    from ratebound.commands.proof_text import kind, proof_lines
    from ratebound.theory.catalogue import THEOREMS, find

    try:
        known = len(THEOREMS)
    except RateboundError as error:
        # A theorem whose proof does not close cannot be built, so the catalogue says so when it is filled.
        click.echo(f"not proved: {error}", err=True)
        ctx.exit(1)
    failed = certified = 0
    chosen = [find(name) for name in theorems] or list(THEOREMS.values())
    for theorem in chosen:
        begun = time.perf_counter()
        try:
            if theorem.certificate is not None:
                theorem.certificate.check(theorem)
        except RateboundError as error:
            failed += 1
            click.echo(f"{theorem.id}: not proved: {error}")
            continue
        certified += theorem.proof == "certified"
        click.echo(
            f"{theorem.id}: {theorem.proof} ({kind(theorem)}), {duration(time.perf_counter() - begun)}"
        )
        if not quiet:
            click.echo("".join(f"    {line}\n" for line in proof_lines(theorem)))
    click.echo(
        f"{certified} of {counted(len(chosen), 'theorem')} certified, {failed} not proved "
        f"({known} in the catalogue), {duration(time.perf_counter() - started)}"
    )
    ctx.exit(1 if failed else 0)
