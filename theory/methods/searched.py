"""Gradient descent with steps that a line search finds."""

from __future__ import annotations

from sympy import Rational

from ratebound.theory.letters.search import c1, c2, shrink
from ratebound.theory.method import LineMinimum, Method, Search, g, x
from ratebound.theory.symbols import accepted_step

_searched = {"x": x - accepted_step * g}
armijo = Method(
    "armijo",
    "Gradient descent, alpha shortened until f falls by a part of the step times ||g||^2",
    _searched,
    "full",
    search=Search(c1, shrink),
)
wolfe = Method(
    "wolfe",
    "Gradient descent, steps between those too long and those too short by Wolfe's conditions",
    _searched,
    "full",
    search=Search(c1, Rational(1, 2), c2),
)
exact_search = Method(
    "exact_search",
    "Gradient descent to the minimum along -grad f, where f is convex, found by trials from alpha on",
    _searched,
    "full",
    search=LineMinimum(),
)
SEARCHED = (armijo, wolfe, exact_search)
