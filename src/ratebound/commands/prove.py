"""``ratebound prove``: check the certificates and print the proofs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from ratebound.commands.text import counted, duration
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from sympy import Symbol

    from ratebound.theory.exposition.proofs import Line
    from ratebound.theory.statement import Theorem


@click.command(short_help="Check and print the proofs.")
@click.argument("theorems", nargs=-1, metavar="[ID]...")
@click.option("-q", "--quiet", is_flag=True, help="One line per theorem, without the proofs.")
@click.pass_context
def prove(ctx: click.Context, theorems: tuple[str, ...], quiet: bool) -> None:
    """Check the certificates of the theorems (all, unless ids are given) and print the proofs.

    Exit code 1 if one does not close.
    """
    started = time.perf_counter()
    from ratebound.theory import proved
    from ratebound.theory.catalogue import THEOREMS, find
    from ratebound.theory.exposition.proofs import exposition

    try:
        with proved.elsewhere():
            from ratebound.theory.algebra.lemmas import LEMMAS

            len(THEOREMS)
        for lemma in LEMMAS:
            lemma.prove()
    except RateboundError as error:
        click.echo(f"not proved: {error}", err=True)
        ctx.exit(1)
    chosen = [find(name) for name in theorems] or list(THEOREMS.values())
    failed = certified = 0
    letters: set[Symbol] = set()
    for theorem in chosen:
        begun = time.perf_counter()
        try:
            theorem.prove()
        except RateboundError as error:
            failed += 1
            click.echo(f"{theorem.id}: not proved: {error}")
            continue
        certified += theorem.proof == "certified"
        took = duration(time.perf_counter() - begun)
        click.echo(f"{theorem.id}: {theorem.proof} ({_kind(theorem)}), {took}")
        if not quiet:
            lines = exposition(theorem)
            letters |= {s for line in lines if line.formula is not None for s in line.formula.free_symbols}
            click.echo("".join(f"    {_text(line)}\n" for line in lines))
    if letters:
        click.echo(_legend(letters, any(theorem.stochastic for theorem in chosen)))
    took = duration(time.perf_counter() - started)
    click.echo(f"{certified} of {counted(len(chosen), 'theorem')} certified, {failed} not proved, {took}")
    if len(chosen) == len(THEOREMS) and not failed:
        proved.stamp()
    ctx.exit(1 if failed else 0)


def _kind(theorem: Theorem) -> str:
    """Return the kind of the certificate in words, such as ``"one step"``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(theorem.certificate).__name__).lower()


def _text(line: Line) -> str:
    from ratebound.theory.printed import printed

    parts = (line.words, "" if line.formula is None else printed(line.formula), line.relation)
    return " ".join(part for part in parts if part)


def _legend(letters: Iterable[Symbol], chance: bool) -> str:
    """Return what the letters of the proofs stand for, with expectations where there is chance."""
    from ratebound.theory.exposition.sure import sure
    from ratebound.theory.symbols import MEANING

    known = [f"    {each} = {MEANING[each]}\n" for each in sorted(letters, key=str) if each in MEANING]
    return "letters:\n" + "".join(known if chance else map(sure, known))
