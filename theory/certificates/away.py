"""Certificates for variance reduction where components need not be convex: how far stored points are.

The estimate v_k is ``g - s + v`` as in :mod:`ratebound.theory.certificates.reduced`, and with the letters of
:mod:`ratebound.theory.letters.stored` (Q for ``away_sq``) its noise is that of differences of gradients:

    E_k ||v_k||^2 <= ||grad f(x_k)||^2 + L_max^2 Q_k.

A coin of probability p puts all stored points to x_k, before the step:

    E_k Q_{k+1} = (1 - p) (Q_k - 2 alpha <grad f(x_k), mean of x_k - p_i>) + alpha^2 E_k ||v_k||^2.

A table puts the drawn point there. Then ``||x_{k+1} - x_k||^2`` takes the place of ``||x_{k+1} - p_i||^2``:

    E_k Q_{k+1} = (1 - 1/n) Q_k - 2 alpha <grad f(x_k), mean> + alpha^2 E_k ||v_k||^2
                  + (2 alpha/n) E_k <v_k, x_k - p_i>.

Source: Reddi, Hefny, Sra, Póczos and Smola 2016; Allen-Zhu and Hazan 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr, Symbol

from ratebound.theory.algebra.chart import Chart, free
from ratebound.theory.certificates.beside_gap import BesideGap
from ratebound.theory.certificates.reduced import replaced
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.stored import away_along, away_inner, away_sq, away_sq_next, kept
from ratebound.theory.method import Method
from ratebound.theory.methods import saga
from ratebound.theory.symbols import (
    K,
    L_max,
    alpha,
    grad_sq,
    k,
    moment,
    move_inner,
    move_sq,
    n,
    prob,
)

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

differences = Inequality(
    "second moment of a reduced estimate, components L_max-smooth",
    grad_sq + L_max**2 * away_sq - moment,
    needs("lipschitz_steps"),
    estimate=saga.estimate,
)


def young_gradient(factor: Expr) -> Inequality:
    """Return ``-2 <grad f(x_k), x_k - p_i> <= factor ||x_k - p_i||^2 + ||grad f(x_k)||^2/factor``."""
    slack = factor * away_sq + grad_sq / factor + 2 * away_inner
    name = f"Young's inequality for grad f(x_k) and x_k - p_i, at {factor}"
    return Inequality(name, slack, needs(), positive=factor)


def young_estimate(factor: Expr) -> Inequality:
    """Return ``2 <v_k, x_k - p_i> <= factor ||x_k - p_i||^2 + ||v_k||^2/factor``, in expectation."""
    slack = factor * away_sq + moment / factor - 2 * away_along
    name = f"Young's inequality for v_k and x_k - p_i, at {factor}"
    return Inequality(name, slack, needs(), estimate=saga.estimate, positive=factor)


def departed(method: Method) -> dict[Symbol, Expr]:
    """Return what a step makes, in expectation, of f to second order and of the distance to stored points."""
    p = replaced(method)
    assert method.draws is not None
    inner = away_sq - 2 * alpha * away_inner
    after = (1 - p) * inner + alpha**2 * moment
    if method.draws.table:
        after = inner - p * away_sq + alpha**2 * moment + 2 * alpha * p * away_along
    return {move_inner: -alpha * grad_sq, move_sq: alpha**2 * moment, away_sq_next: after}


def _in_cubes(theorem: Theorem) -> Chart:
    """Return the chart of a step, with cubes for n, 1/p and K, whose roots steps take; k runs below K."""
    chart: dict[Symbol, Expr] = {n: (1 + free("c")) ** 3, **theorem.chart}
    if prob in chart:
        chart[prob] = chart[prob].xreplace({s: (1 + free("c")) ** 3 - 1 for s in chart[prob].free_symbols})
    if theorem.at_horizon:
        chart[K] = (1 + free("c")) ** 3
        share = free("s")
        chart[k] = (chart[K] - 1) * share / (1 + share)
    return chart


def _below_kept(theorem: Theorem) -> Chart:
    """Return the chart of a step: k < K, and any part that is kept below the one that is admissible.

    Whether that is positive the range says, where numbers are known.
    """
    said = [each for each in theorem.where if each.lhs == kept]
    if len(said) != 1 or said[0].rel_op not in ("<", "<="):
        raise RateboundError(f"the range must say how large {kept} may be, and nothing else of it")
    return {K: 1 + k + free("j"), kept: said[0].rhs - free("s")}


class Away(BesideGap):
    """Decrease of ``V_k = f(x_k) - f* + share Q_k``, Q_k the mean square distance to the stored points."""

    letters = (away_sq, away_sq_next)
    said = (
        "The estimate has the mean grad f(x_k). In expectation a step makes of the state:",
        "nothing away",
    )
    definitions = staticmethod(departed)
    chart = staticmethod(_in_cubes)


class Backward(Away):
    """The same at the horizon K, where the shares are those of the recursion that ends with zero there."""

    chart = staticmethod(_below_kept)
