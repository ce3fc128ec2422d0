"""Options that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from sympy import Expr

    from ratebound.problems.finite_sum import Problem

problem = click.option(
    "--problem", required=True, metavar="NAME|FILE", help="A bundled problem, or an svmlight file."
)
backend = click.option("--backend", default="auto", show_default=True, help="Which engine runs the steps.")
seed = click.option(
    "--seed", type=int, default=None, metavar="S", help="The one seed of the run. [default: 0]"
)
batch = click.option(
    "--batch", type=int, default=1, show_default=True, metavar="B", help="Samples per gradient."
)
without_replacement = click.option(
    "--without-replacement", is_flag=True, help="Draw the samples of a batch without replacement."
)
order = click.option(
    "--order",
    metavar="NAME",
    help="Passes over the data instead of independent batches: reshuffle, shuffle_once or cyclic.",
)
dtype = click.option(
    "--dtype", default="float64", show_default=True, metavar="NAME", help="Numbers of the steps, or float32."
)
ledger = click.option(
    "--ledger",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Share the probability of a false alarm with all runs that this file holds, made if there is none.",
)
loss = click.option("--loss", metavar="NAME", help="Loss for an svmlight file. [default: logistic]")
json_file = click.option(
    "--json", "file", type=click.Path(dir_okay=False), help="Write every number to this file."
)
figure = click.option(
    "-o", "--output", "figure", type=click.Path(dir_okay=False), help="Draw it, as .png or .pdf."
)
l2 = click.option("--l2", type=float, metavar="WEIGHT", help="Weight of (l2/2)||x||^2 in the problem.")
l1 = click.option(
    "--l1", type=float, metavar="WEIGHT", help="Weight of ||x||_1 beside the sum, for proximal methods."
)


def problem_of(name: str, loss: str | None, l2: float | None, l1: float | None = None) -> Problem:
    """Return the bundled problem of this name, or the one in the svmlight file of this path.

    Raises
    ------
    RateboundError
        If there is neither, or an option does not suit it.
    """
    from ratebound.problems.composite import penalised

    made = _sum_of(name, loss, l2)
    return made if l1 is None else penalised(made, l1)


def _sum_of(name: str, loss: str | None, l2: float | None) -> Problem:
    from ratebound.problems.library import from_svmlight, load, names

    weight: dict[str, Any] = {} if l2 is None else {"l2": l2}
    if name not in names() and (Path(name).exists() or Path(name).suffix or "/" in name):
        return from_svmlight(name, loss or "logistic", **weight)
    if loss is not None:
        raise RateboundError(f"--loss {loss} is for svmlight files; the problem {name!r} has its own loss")
    return load(name, **weight)


def parameters_of(texts: tuple[str, ...]) -> dict[str, Expr]:
    """Return the values of ``NAME=EXPRESSION`` options, parsed without being evaluated.

    Raises
    ------
    RateboundError
        If one has another form, or a name comes twice.
    """
    from ratebound.theory.parse import parse

    values: dict[str, Expr] = {}
    for text in texts:
        name, equals, written = (part.strip() for part in text.partition("="))
        if not equals or not name.isidentifier():
            raise RateboundError(f"--parameter {text!r} is not NAME=VALUE; write alpha=1/(4*L_max)")
        if name in values:
            raise RateboundError(f"--parameter {name} is given twice; give it one value")
        values[name] = parse(written)
    return values


def numbers_of(texts: tuple[str, ...]) -> dict[str, float]:
    """Return the values of ``NAME=NUMBER`` options.

    Raises
    ------
    RateboundError
        If one has another form, or its value reads a symbol.
    """
    values = parameters_of(texts)
    for name, value in values.items():
        if not value.is_number:
            raise RateboundError(f"--parameter {name}={value} must be a number here")
    return {name: float(value) for name, value in values.items()}
