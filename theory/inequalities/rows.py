"""Least squares of any rank: a method that moves along gradients of components never leaves the way to x*.

The gradient of a component is a multiple of its row, which lies in the range of the Hessian H of f; so does
the way from x_0 to the nearest minimiser x*. On that range H is at least its smallest nonzero eigenvalue, the
constant of the PL inequality, and f is strongly convex.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ratebound.theory.assumptions import (
    coercive,
    quadratic_growth,
    strong_first_order,
    strong_gradient,
    strong_monotone,
)
from ratebound.theory.inequality import Inequality
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import mu, mu_pl

ALONG_ROWS = tuple(METHODS[name] for name in ("gd", "sgd", "sgd_importance", "sgd_partial"))
"""Methods whose steps are sums of gradients of components."""
_STRONG = (strong_monotone, strong_first_order, quadratic_growth, strong_gradient, coercive)


@cache
def along_rows(method: Method) -> Mapping[Inequality, Inequality]:
    """Return what takes the place of each inequality of strong convexity, for a method of `ALONG_ROWS`."""
    assert method in ALONG_ROWS
    return MappingProxyType({each: _in_rows(each, method) for each in _STRONG})


def _in_rows(inequality: Inequality, method: Method) -> Inequality:
    return Inequality(
        f"{inequality.name} on x_0 + the span of the rows",
        inequality.slack.subs(mu, mu_pl),
        inequality.requires - {"strongly_convex"} | {"pl", "row_space"},
        about=method,
    )
