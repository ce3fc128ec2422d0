"""One coordinate of one step, prepared for printing: coefficients computed once per step, and the rest.

With ``h = sum_q s_q a_q`` (slopes times entries of the sampled rows) the gradient estimate is
``g = h/b + l2 x``. Where a rule is linear in the state and in ``a_q``, as in most methods, it becomes a sum
of coefficient times variable; coefficients hold step size, slope and l2, and are the same for all features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Poly, Symbol
from sympy.polys.polyerrors import PolynomialError

from ratebound.theory.method import g, x

l2 = Symbol("l2", nonnegative=True)
"""Weight of the regulariser."""
h = Symbol("h", real=True)
"""Sum of slope times entry over the batch, where a batch is too large to be written out."""


@dataclass(frozen=True)
class Elementwise:
    """The update of one coordinate.

    Parameters
    ----------
    coefficients
        Name -> expression in ``alpha``, ``k``, ``weight``, ``l2`` and the slopes ``s0, s1, ...``.
    following
        State variable -> next value, an expression in the state, the entries ``a0, a1, ...`` (or ``h``), the
        coefficients and, if the rule is not linear, in what coefficients read.
    linear
        Whether every rule is linear; then a coordinate at zero with zero data stays at zero.
    total
        What ``h`` is, where rules that are not linear read it and the rows are written out.
    """

    coefficients: Mapping[str, Expr]
    following: Mapping[str, Expr]
    linear: bool
    total: Expr | None = None


def entries(rows: int) -> tuple[list[Symbol], list[Symbol]]:
    """Return the symbols of the entries ``a_q`` and of the slopes ``s_q``."""
    return (
        [Symbol(f"a{q}", real=True) for q in range(rows)],
        [Symbol(f"s{q}", real=True) for q in range(rows)],
    )


def _linear(expr: Expr, variables: Sequence[Symbol]) -> dict[Expr, Expr] | None:
    """Return variable -> coefficient of a linear expression without constant term; None for others."""
    try:
        terms = Poly(expr, *variables).as_dict()
    except PolynomialError:
        return None
    if any(sum(powers) != 1 for powers in terms):
        return None
    return {variables[powers.index(1)]: coefficient for powers, coefficient in terms.items()}


def elementwise(
    rules: Mapping[str, Expr], batch: int | Symbol, rows: int | None, regularised: bool
) -> Elementwise:
    """Prepare update rules for printing.

    Parameters
    ----------
    rules
        State variable -> next value, as :func:`ratebound.experiments.backends.rules.rules_of` returns them.
    batch
        Samples per gradient estimate; a symbol where the kernel learns it when it runs.
    rows
        Rows that are written out, or None to read their sum ``h``.
    regularised
        Whether l2 > 0.
    """
    a, s = entries(rows or 0)
    total = h if rows is None else sum((u * v for u, v in zip(s, a, strict=True)), start=Integer(0))
    gradient = total / batch + (l2 * x if regularised else 0)
    substituted = {name: rule.xreplace({g: gradient}) for name, rule in rules.items()}
    variables = [x, *(Symbol(name, real=True) for name in rules if name != "x"), *(a or [h])]
    forms = {name: _linear(expr, variables) for name, expr in substituted.items()}
    if any(form is None for form in forms.values()):
        # The sum has a line of its own, for such rules read it several times.
        gradient = h / batch + (l2 * x if regularised else 0)
        nonlinear = {name: rule.xreplace({g: gradient}) for name, rule in rules.items()}
        return Elementwise({}, nonlinear, linear=False, total=None if rows is None else total)
    known: dict[Expr, Symbol] = {}
    following = {}
    for name, form in forms.items():
        assert form is not None
        for coefficient in form.values():
            if not coefficient.is_number:
                known.setdefault(coefficient, Symbol(f"c{len(known)}", real=True))
        following[name] = sum((known.get(c, c) * v for v, c in form.items()), start=Integer(0))
    return Elementwise({symbol.name: c for c, symbol in known.items()}, following, linear=True)
