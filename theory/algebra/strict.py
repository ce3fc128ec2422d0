"""Proofs that one expression is less than another over a range whose open ends stay open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sympy import Expr, Max, Mul, Rational, Symbol, factor, together
from sympy.core.relational import Relational

from ratebound.theory.algebra.chart import chart_of, on_chart
from ratebound.theory.algebra.prover import nonnegative

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_MARGIN = 1 + Rational(1, 1000)


def less(
    small: Expr, large: Expr, conditions: Iterable[Relational], facts: Iterable[Relational] = ()
) -> bool:
    """Whether it is proved that ``small < large`` wherever the conditions and the facts hold.

    Either a thousandth of `small` still fits between the two, of which one is positive, or the difference is
    a sum of terms of one sign, on a chart without the ends that strict conditions leave out.
    False means "not proved".

    >>> from ratebound.theory.symbols import L, alpha
    >>> less(alpha, 2 / L, (alpha < 2 / L,)), less(alpha, 2 / L, (alpha <= 2 / L,))
    (True, False)
    """
    conditions, facts = tuple(conditions), tuple(facts)
    if large.has(Max):  # One minus the largest of several: one minus each.
        largest = min(large.atoms(Max), key=str)
        return all(less(small, large.xreplace({largest: e}), conditions, facts) for e in largest.args)
    apart = nonnegative(large - _MARGIN * small, chart_of(conditions, facts))
    if apart and (small.is_positive or large.is_positive):
        return True
    difference = on_chart(large - small, chart_of(conditions, facts, with_ends=False))
    factors = Mul.make_args(factor(together(difference)))
    return all(each.is_positive or each.expand().is_positive for each in factors)


def holds(relation: Relational, values: Mapping[Symbol, Expr], theorem: Theorem) -> bool:
    """Whether a relation of another theorem's range is proved, at these values, over that of a theorem."""
    small, large = relation.lts.subs(values), relation.gts.subs(values)
    if not nonnegative(large - small, theorem.chart):
        return False
    return relation.rel_op not in ("<", ">") or less(small, large, theorem.where, theorem.facts)
