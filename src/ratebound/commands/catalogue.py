"""``ratebound list``, ``show``, ``methods`` and ``problems``: what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

import click

from ratebound.commands.text import aligned
from ratebound.theory.errors import RateboundError, among

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_TARGETS = ("numpy", "numba", "cuda", "latex")


def _orders(theorem: Theorem) -> Iterable[str]:
    text = theorem.order.text
    rate, *floor = text.partition(" to a floor")
    return theorem.order.kind, text, rate.removeprefix("O(").removesuffix(")") + "".join(floor)


_KINDS = ("theorems", "lower", "equivalences", "stationary", "refuted")


def _beside(kind: str) -> list[tuple[str, ...]]:
    """Return the rows of what the catalogue has beside theorems."""
    from ratebound.theory.equivalences import EQUIVALENCES
    from ratebound.theory.lower_bounds import LOWER_BOUNDS
    from ratebound.theory.nearby import NEARBY
    from ratebound.theory.optimal_batch import OPTIMAL_BATCHES
    from ratebound.theory.printed import printed
    from ratebound.theory.refuted import REFUTED
    from ratebound.theory.stationary import COMPARISONS, STATIONARY

    if kind == "lower":
        return [
            (each.id, "=" if each.attained else ">=", printed(each.bound), each.theorem.id, each.title)
            for each in LOWER_BOUNDS.values()
        ]
    if kind == "equivalences":
        nearly = [(each.id, f"{each.title}, up to {each.gap}") for each in NEARBY.values()]
        return [*((each.id, each.title) for each in EQUIVALENCES.values()), *nearly]
    if kind == "stationary":
        return [
            *((each.id, printed(each.distance_sq), each.title) for each in STATIONARY.values()),
            *((each.id, printed(each.ratio), each.title) for each in COMPARISONS.values()),
            *((each.id, printed(each.size), each.title) for each in OPTIMAL_BATCHES.values()),
        ]
    return [(each.theorem.id, each.theorem.title, each.why) for each in REFUTED.values()]


_FILTERS: dict[str, Callable[[Theorem], Iterable[str]]] = {
    "method": lambda theorem: (theorem.method.name,),
    "assumes": lambda theorem: (assumption.name for assumption in theorem.assumptions),
    "measure": lambda theorem: (theorem.measure,),
    "setting": lambda theorem: (theorem.setting,),
    "order": _orders,
    "proof": lambda theorem: (theorem.proof,),
}


def _kept(theorems: list[Theorem], option: str, wanted: str) -> list[Theorem]:
    """Return the theorems that have the wanted value; refuse a value that no theorem of the catalogue has."""
    from ratebound.theory.catalogue import THEOREMS

    values = _FILTERS[option]
    known = sorted({value for theorem in THEOREMS.values() for value in values(theorem)})
    if wanted not in known:
        raise RateboundError(f"no theorem has --{option} {wanted!r}{among(wanted, known)}")
    return [theorem for theorem in theorems if wanted in values(theorem)]


@click.command("list", short_help="List the theorems.")
@click.option("--method", metavar="NAME", help="Only theorems about this method, such as gd.")
@click.option("--assumes", metavar="NAME", help="Only theorems with this assumption, such as pl.")
@click.option("--measure", metavar="NAME", help="Only theorems that bound this, such as gap_last.")
@click.option("--setting", metavar="NAME", help="Only theorems in this setting, such as convex.")
@click.option("--order", metavar="ORDER", help="Only theorems of this order: linear, power, floor, 1/k, ...")
@click.option("--proof", metavar="KIND", help="Only theorems whose proof is certified, or cited.")
@click.option("--source", metavar="WORDS", help="Only theorems whose source has these words, such as Polyak.")
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    default="theorems",
    show_default=True,
    help="What to list: also lower bounds, each beside its theorem, equivalences, stationary moments and "
    "their ratios, or refuted statements.",
)
def list_theorems(kind: str, source: str | None, **wanted: str | None) -> None:
    """List the theorems: id, setting, order, kind of proof, title."""
    from ratebound.theory.catalogue import THEOREMS

    if kind != "theorems":
        given = [option for option, value in {**wanted, "source": source}.items() if value is not None]
        if given:
            raise RateboundError(f"--{given[0]} filters theorems; leave it out with --kind {kind}")
        click.echo(aligned(_beside(kind)))
        return
    kept = list(THEOREMS.values())
    for option, value in wanted.items():
        if value is not None:
            kept = _kept(kept, option, value)
    if source is not None:
        if not any(source.lower() in theorem.source.lower() for theorem in THEOREMS.values()):
            raise RateboundError(
                f"no theorem has {source!r} in its source; give a name or a year, such as Polyak"
            )
        kept = [theorem for theorem in kept if source.lower() in theorem.source.lower()]
    rows = [(t.id, t.setting, t.order.text, t.proof, t.title) for t in kept]
    click.echo(aligned(rows) if rows else "no theorem has all of these properties")


@click.command(short_help="Show a statement, or what is made from it.")
@click.argument("theorem", metavar="ID")
@click.option("--latex", "as_latex", is_flag=True, help="Print the statement and its proof as LaTeX.")
@click.option(
    "--source",
    "target",
    type=click.Choice(_TARGETS),
    help="Print what is generated from the statement: the code that runs its method, or LaTeX.",
)
@click.option(
    "--problem", default="diabetes", show_default=True, metavar="NAME", help="Whose loss the code is for."
)
def show(
    theorem: str, as_latex: bool, target: Literal["numpy", "numba", "cuda", "latex"] | None, problem: str
) -> None:
    """Show a theorem: statement, assumptions, proof; with --source the code made from it."""
    from ratebound.theory.catalogue import find

    found = find(theorem)
    if as_latex or target == "latex":
        from ratebound.theory.exposition.latex import statement

        click.echo(statement(found))
    elif target is not None:
        from ratebound.experiments.backends.source import printed_source
        from ratebound.problems.library import load

        click.echo(printed_source(found, load(problem), target))
    else:
        from ratebound.commands.statement_text import statement_text

        click.echo(statement_text(found, _worst(found)))


def _worst(theorem: Theorem) -> str:
    """Return the worst ratio that a search has found for a theorem, in words."""
    from ratebound.experiments.adversary.tightness import known_tightness

    known = known_tightness(theorem.id)
    if known is None:
        return f"not searched yet (`ratebound attack {theorem.id}` does)"
    where = f"{known.witness.instance['family']}, k = {known.witness.k}"
    from ratebound.theory.lower_bounds import LOWER_BOUNDS

    met = [each.id for each in LOWER_BOUNDS.values() if each.attained and each.bound == theorem.bound]
    attained = f"; attained, see the lower bound {met[0]}" if met else ""
    return (
        f"largest error / bound found: {known.ratio:.4g}, {known.verdict} ({where}; {known.evaluations} "
        f"runs; `ratebound attack {theorem.id}` searches again){attained}"
    )


@click.command(short_help="List the methods.")
def methods() -> None:
    """List the methods: name, where its gradients are from, the parameters it reads besides alpha, title."""
    from ratebound.theory.methods import METHODS

    rows = [
        (
            each.name,
            "full gradients" if each.sampling == "full" else "samples",
            ", ".join(symbol.name for symbol in each.parameters) or "-",
            each.title,
        )
        for each in METHODS.values()
    ]
    click.echo(aligned(rows))


@click.command(short_help="List the bundled problems.")
def problems() -> None:
    """List the problems that come with the package: name, size, loss, title."""
    from ratebound.problems.library import load, names

    made = [load(name) for name in names()]
    rows = [(p.name, f"n = {p.n}", f"d = {p.d}", f"l2 = {p.l2:g}", p.loss.title, p.title) for p in made]
    click.echo(aligned(rows))
