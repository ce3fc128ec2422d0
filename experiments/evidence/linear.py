"""Methods whose update is linear in their states and the gradient, as matrices: what exact moments need."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Expr, Poly, Symbol, expand, simplify

from ratebound.experiments.backends.rules import constants_of
from ratebound.problems.certified import Memory, Setting
from ratebound.problems.linear_moments import Linear
from ratebound.problems.lower import lower, lower_mp
from ratebound.theory.certificates.noisy_directions import step_norm

if TYPE_CHECKING:
    from ratebound.theory.method import Method

_COUNTER, _STEP = Symbol("k"), Symbol("alpha")


def states_of(method: Method) -> list[str]:
    """Return the names of the state variables, the iterate first."""
    return sorted(method.update, key=lambda name: (name != "x", name))


def point_of(method: Method) -> Expr:
    """Return where the gradient is taken, in plain symbols."""
    return plain(method.point)


def plain(expr: Expr) -> Expr:
    """Return an expression whose symbols carry no assumptions: they are meant by their names."""
    return expr.xreplace({symbol: Symbol(symbol.name) for symbol in expr.free_symbols})


def _numbers_of(method: Method) -> list[str]:
    """Return the names of the parameters and of the constants of a problem that the method reads."""
    return [*(p.name for p in method.parameters), *constants_of(method)]


@lru_cache(maxsize=256)
def _rows(method: Method) -> list[list[Expr]] | None:
    """Return the states with g, and their factors in each update and in the point; None if not linear."""
    if method.draws is not None:
        return None
    names = states_of(method)
    symbols = [*map(Symbol, names), Symbol("g")]
    read = {*symbols, _COUNTER, _STEP, *map(Symbol, _numbers_of(method))}
    rows = []
    for expr in (*(plain(method.update[name]) for name in names), point_of(method)):
        if not expr.is_polynomial(*symbols) or not expr.free_symbols <= read:
            return None
        poly = Poly(expand(expr), *symbols)
        if poly.total_degree() > 1 or poly.eval(dict.fromkeys(symbols, 0)) != 0:
            return None
        rows.append([poly.coeff_monomial(symbol) for symbol in symbols])
    return rows if rows[-1][-1] == 0 and _rests(method, rows) else None


def _rests(method: Method, rows: list[list[Expr]]) -> bool:
    """Whether nothing moves once the states that start at x_0 are at x* and the others at zero."""
    rest = [*map(int, rests(method)), 0]
    goals = [*rest[:-1], 1]
    sums = (sum(c * r for c, r in zip(row, rest, strict=True)) for row in rows)
    return all(simplify(total - goal) == 0 for total, goal in zip(sums, goals, strict=True))


def rests(method: Method) -> list[bool]:
    """Return for each state variable, in their order, whether it starts at x_0 and rests at x*."""
    starts = {"x", *method.from_start}
    return [name in starts for name in states_of(method)]


def is_linear(method: Method) -> bool:
    """Whether the method is linear in its states and g, and at rest at x*.

    Then :func:`linear` can read it, once numbers stand for its parameters and constants.
    """
    return _rows(method) is not None


def factors(method: Method) -> list[list[Callable[[int, Any], Any]]]:
    """Return the factors of the states and of g in each update and in the point, as functions of k and alpha.

    The method is one for which :func:`is_linear` holds; the numbers are those of mpmath.
    """
    found = _rows(method)
    assert found is not None
    return [[lower_mp(c, (_COUNTER, _STEP)) for c in row] for row in found]


def linear(method: Method, alphas: np.ndarray) -> Linear:
    """Return a run of a method, for which :func:`is_linear` holds, with steps (..., K) as matrices."""
    found = _rows(method)
    assert found is not None
    k = np.arange(alphas.shape[-1])
    rows = np.array([[lower(c, (_COUNTER, _STEP))(k, alphas) for c in row] for row in found])
    table = np.moveaxis(rows, (0, 1), (-2, -1))
    follows = np.array(rests(method))
    return Linear(table[..., :-1, :-1], table[..., :-1, -1], table[..., -1, :-1], follows)


@lru_cache(maxsize=256)
def is_plain(method: Method) -> bool:
    """Whether the method is ``x - alpha g``, draws with equal probabilities and keeps no other state."""
    if method.draws is not None or set(method.update) != {"x"} or point_of(method) != Symbol("x"):
        return False
    return bool(expand(plain(method.update["x"]) - (Symbol("x") - _STEP * Symbol("g"))) == 0)


def setting_of(method: Method, alphas: np.ndarray, batch: int = 1, replacement: bool = True) -> Setting:
    """Return the run of a method as constants see it."""
    if is_plain(method):
        return Setting(alphas, batch, replacement)
    readable = method.sampling == "batch" and is_linear(method) and not _numbers_of(method)
    run = linear(method, np.asarray(alphas)) if readable else None
    return Setting(alphas, batch, replacement, Memory(method.name, run, moves=step_norm(method)))
