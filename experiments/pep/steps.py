"""The steps of a method as numbers: what a semidefinite program multiplies its vectors by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sympy import Expr, Max, Min, Poly, Rational, Symbol, expand

from ratebound.experiments.evidence.linear import plain
from ratebound.theory.draws import Draws
from ratebound.theory.method import Method
from ratebound.theory.methods.boxed import on_box
from ratebound.theory.methods.proximal import shrunk

Row = dict[str, float]
"""Factors of vectors, by name."""
_PLACED = Symbol("placed", real=True)
"""The projection or the proximal step of a point."""


def placing(method: Method) -> tuple[Literal["projection", "proximal", ""], Expr | None, dict[str, Expr]]:
    """Return what a method does with a point, which point, and its rules with the symbol of the result."""
    kind: Literal["projection", "proximal", ""] = ""
    point, rules = None, dict(method.update)
    for name, rule in method.update.items():
        for node in rule.atoms(Max):
            inner = [
                arg for least in node.atoms(Min) for arg in least.args if {arg, -arg}.isdisjoint(node.args)
            ]
            for each in inner:
                if node == on_box(each):
                    kind, point, put = "projection", each, _PLACED
                elif node == each - shrunk(each):
                    kind, point, put = "proximal", each, each - _PLACED
                else:
                    continue
                rules[name] = rule.xreplace({node: put})
    return kind, point, rules


def numbers_of(method: Method) -> tuple[str, ...]:
    """Return the states that start at zero and read nothing else: one number for all coordinates."""
    draws = method.draws or Draws()
    begun = {"x", *method.from_start, *draws.from_gradient}
    read = {*method.update, "g", *draws.names}
    return tuple(
        name
        for name, rule in method.update.items()
        if name not in begun and {each.name for each in rule.free_symbols} & read == {name}
    )


def steps_of(
    method: Method, alphas: Iterable[float], known: Mapping[Symbol, Any]
) -> list[list[dict[str, Any]]] | None:
    """Return the outcomes of every step, one for each side of the coin where there is one.

    Parameters
    ----------
    method
        Without a metric, an axis, products with Hessians, or numbers of whole samples and vectors.
    alphas
        The steps.
    known
        Parameters and constants.

    Returns
    -------
    list or None
        For each step its outcomes: the share of each, and rows for the ``update`` of every state, the
        ``point`` of the gradient, the points of the gradients of the batch ``also`` taken, those of ``full``
        gradients, the point that is ``placed``, projected or moved by a proximal step, and what the table
        ``stores``. None for a method whose rules are not linear.
    """
    draws = method.draws or Draws()
    whole = draws.values or draws.smoothness or draws.length is not None
    if method.metric is not None or draws.axis is not None or draws.hessian or whole:
        return None
    values = {symbol.name: Rational(value) for symbol, value in known.items()}
    steps, scalars = [], dict.fromkeys(numbers_of(method), Rational(0))
    for k, alpha in enumerate(alphas):
        outcomes = []
        for coin, picked, share in _sides(draws, k, values):
            at = {**values, **scalars, "k": k, "alpha": Rational(alpha), "coin": coin, "picked": picked}
            outcome = _outcome(method, draws, {**at, "K": at.get("K", k)})
            if outcome is None:
                return None
            outcomes.append({"share": share, **outcome})
        steps.append(outcomes)
        put = {Symbol(name): value for name, value in {**values, **scalars}.items()}
        scalars = {name: Rational(float(plain(method.update[name]).xreplace(put))) for name in scalars}
    return steps


def _sides(draws: Draws, k: int, values: Mapping[str, Any]) -> list[tuple[int, int, float]]:
    """Return the sides of the coin that may come up, whether the step is picked, and their shares."""
    if draws.every != 0:
        length = int(plain(draws.every).subs(values))
        coin, share = int((k + 1) % length == 0), 1 / (1 + k % length) if draws.picks else 0.0
        return [(coin, picked, p) for picked, p in ((0, 1 - share), (1, share)) if p > 0]
    share = float(plain(draws.coin).subs(values))
    return [(coin, 0, p) for coin, p in ((0, 1 - share), (1, share)) if p > 0]


def _outcome(method: Method, draws: Draws, values: Mapping[str, Any]) -> dict[str, Any] | None:
    states = [name for name in method.update if name not in numbers_of(method)]
    read = [*states, "g", *draws.also, *draws.full, *([draws.table] if draws.table else [])]
    full = draws.full if values["coin"] else {}
    _, placed, rules = placing(method)
    update = {name: _row(rules[name], [*read, _PLACED.name], values) for name in states}
    parts: dict[str, Any] = {
        "placed": {} if placed is None else {_PLACED.name: _row(placed, read, values)},
        "update": update,
        "also": {name: _row(place, [*states, "g"], values) for name, place in draws.also.items()},
        "full": {name: _row(place, states, values) for name, place in full.items()},
    }
    point = _row(method.point, [*states, "g"], values)
    stores = None if draws.stores is None else _row(draws.stores, read, values)
    rows = [row for part in parts.values() for row in part.values()]
    if None in rows or point is None or (draws.stores is not None and stores is None):
        return None
    return {**parts, "point": point, "stores": stores or {"g": 1.0}}


def _row(expr: Expr, vectors: list[str], values: Mapping[str, Any]) -> Row | None:
    """Return the factors of vectors in an expression; None if it is not linear in them."""
    symbols = [Symbol(name) for name in vectors]
    numbers = {Symbol(name): value for name, value in values.items() if name not in vectors}
    rule = expand(plain(expr).xreplace(numbers))
    if not rule.is_polynomial(*symbols) or not rule.free_symbols <= set(symbols):
        return None
    poly = Poly(rule, *symbols)
    if poly.total_degree() > 1 or poly.eval(dict.fromkeys(symbols, 0)) != 0:
        return None
    factors = {symbol.name: float(poly.coeff_monomial(symbol)) for symbol in symbols}
    return {name: factor for name, factor in factors.items() if factor}
