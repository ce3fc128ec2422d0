"""Gradient descent with steps that a line search finds."""

from __future__ import annotations

from sympy import Rational

from ratebound.theory.letters.search import c1, c2
from ratebound.theory.method import Method, Search, g, x
from ratebound.theory.symbols import accepted_step

_searched = {"x": x - accepted_step * g}
armijo = Method(
    "armijo",
    "Gradient descent, alpha halved until f falls by half of the step times ||g||^2",
    _searched,
    "full",
    search=Search(Rational(1, 2)),
)
wolfe = Method(
    "wolfe",
    "Gradient descent, steps between those too long and those too short by Wolfe's conditions",
    _searched,
    "full",
    search=Search(c1, c2),
)
SEARCHED = (armijo, wolfe)
