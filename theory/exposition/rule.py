"""The update of a method as a reader meets it: long formulas in named parts, and where states start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Basic, Expr, Symbol, count_ops, cse, numbered_symbols
from sympy.logic.boolalg import Boolean

from ratebound.theory.method import AXES, LineMinimum, Method, Metric, Search

_LONG = 10
"""Operations of a formula that is read without names for its parts."""
_SMALL = 2
"""Operations of a part that needs no name."""


@dataclass(frozen=True)
class Rule:
    """The update of a method, written for reading.

    Parameters
    ----------
    point
        Where the gradient is taken.
    states
        State -> its next value.
    parts
        Name -> what it stands for in the others, in an order in which each reads only those before it.
    reads
        What the other letters of the update are, a clause each.
    """

    point: Expr
    states: Mapping[Symbol, Expr]
    parts: Mapping[Symbol, Expr]
    reads: tuple[str, ...]


def rule(method: Method) -> Rule:
    """Return the update of a method, with names for the parts of long formulas."""
    drawn = () if method.draws is None else method.draws.expressions
    whole: list[Expr] = [method.point, *method.update.values(), *drawn]
    parts: dict[Symbol, Expr] = {}
    short = whole
    if max(int(count_ops(each)) for each in whole) > _LONG:
        parts, short = _named(whole)
    point, *rules = short[: len(method.update) + 1]
    states = dict(zip(map(Symbol, method.update), rules, strict=True))
    reads = () if method.draws is None else method.draws.words(dict(zip(whole, short, strict=True)))
    reads += () if method.metric is None else (_of_metric(method.metric),)
    reads += () if method.search is None else (_of_search(method.search),)
    return Rule(point, states, parts, reads)


def starts(method: Method) -> dict[str, tuple[str, ...]]:
    """Return the states beside x by what they start at: ``"x_0"``, ``"grad f(x_0)"`` or ``"0"``."""
    first = () if method.draws is None else method.draws.from_gradient
    rest = tuple(name for name in method.update if name not in {"x", *method.from_start, *first})
    groups = {"x_0": method.from_start, "grad f(x_0)": first, "0": rest}
    return {at: names for at, names in groups.items() if names}


def _of_metric(metric: Metric) -> str:
    if metric.kind in AXES:
        most = "(d_j f)^2/L_j" if metric.kind == "axis" else "|d_j f|"
        return f"p is d_j f/L_j along the axis j with the largest {most}, zero along the others"
    if metric.kind == "hessian":
        matrix = "H" if metric.cubic == 0 else f"(H + {metric.cubic} ||p|| I)"
        return f"p solves {matrix} p = g, H the Hessian of f at x"
    name = "DFP" if metric.kind == "dfp" else "BFGS"
    moves = f"of the last {metric.memory} moves, the oldest first" if metric.memory else "move so far"
    return f"p solves B p = g, where B is L I after an update of {name} by each {moves}"


def _of_search(search: Search | LineMinimum) -> str:
    if isinstance(search, LineMinimum):
        return "the accepted step is the t that minimises f(x - t g)"
    falls = f"f(x - t g) <= f(x) - {search.decrease} t ||g||^2"
    if search.slope is None:
        trials = f"alpha, {search.shrink} alpha, {search.shrink}^2 alpha, .."
        return f"the accepted step is the first of {trials} with {falls}"
    return (
        f"the accepted step is the first trial t with {falls} and <grad f(x - t g), g> <= {search.slope} "
        "||g||^2: alpha, then one between the last too long and the last too short, twice as long where none "
        "is too long"
    )


def _named(whole: list[Expr]) -> tuple[dict[Symbol, Expr], list[Expr]]:
    """Return names for what formulas share, and the formulas with these names; the first is the point."""
    found, short = cse(whole, symbols=numbered_symbols("part"))
    parts: dict[Symbol, Expr] = dict(found)
    for name in list(parts):
        rest = [*(each for other, each in parts.items() if other != name), *short]
        what, uses = parts[name], _uses(rest, name)
        leads = short[0] == name and uses > 1
        if not leads and (isinstance(what, Boolean) or uses < 2 or count_ops(what) <= _SMALL):
            del parts[name]
            parts = {other: each.xreplace({name: what}) for other, each in parts.items()}
            short = [each.xreplace({name: what}) for each in short]
    for name, what in parts.items():
        rest = [*(each for other, each in parts.items() if other != name), *short]
        if 2 * _uses(rest, -name) > _uses(rest, name):
            # It is mostly used with a minus sign.
            turned = {other: each.xreplace({name: -name}) for other, each in parts.items()}
            parts = {**turned, name: -what}
            short = [each.xreplace({name: -name}) for each in short]
    # What stood in the way of a part is gone: it may now be seen in more places.
    for name, what in parts.items():
        parts = {other: each if other == name else _seen(each, what, name) for other, each in parts.items()}
        short = [_seen(each, what, name) for each in short]
    names = {part: Symbol(f"T{number}") for number, part in enumerate(parts, 1)}
    return (
        {names[part]: each.xreplace(names) for part, each in parts.items()},
        [each.xreplace(names) for each in short],
    )


def _seen(expr: Basic, what: Basic, name: Basic) -> Basic:
    """Return an expression with a name for a part, also where the part is some of the terms of a sum."""
    if what.is_Add:
        terms = set(what.args)
        expr = expr.replace(
            lambda each: each.is_Add and terms < set(each.args), lambda each: each - what + name
        )
    return expr.xreplace({what: name})


def _uses(expressions: list[Basic], part: Basic) -> int:
    return sum(each.count(part) for each in expressions)
