"""Steps by the weak conditions of Wolfe: f falls enough, and no more than a part of its slope is left.

By the second condition ``(1 - c2) ||g||^2 <= <g - grad f(x - t g), g> <= L t ||g||^2``: the accepted step t
is at least ``(1 - c2)/L``, whatever the first trial. Trials end, as ``c1 < c2``: between a step too short
and one too long there is one where the fall is just enough and the slope left is at most the part c1.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Max, Rational

from ratebound.theory.assumptions import lower_bounded, pl, pl_inequality, smooth
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families import armijo
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.search import c1, c2
from ratebound.theory.methods.searched import wolfe
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    L,
    accepted_step,
    alpha,
    delta,
    gap0,
    grad_sq,
    k,
    mu_pl,
)

_SHORTEST = (1 - c2) / L
"""The shortest step that can be accepted."""
_PAID = c1 * _SHORTEST
"""How far f falls at least, in ||grad f||^2."""

falls = replace(armijo.falls, about=wolfe, positive=1 - Max(c2, 1 + c1 - c2))
long_enough = Inequality(
    "the accepted step is at least (1 - c2)/L, times ||grad f||^2",
    (accepted_step - _SHORTEST) * grad_sq,
    needs("smooth"),
    wolfe,
)
_FALL = {falls: Integer(1), long_enough: c1}
_HALF = Rational(1, 2)
_RANGE = (c2 < 1, c1 < c2)
_DEFAULTS = {alpha: 5 / L, c1: Rational(1, 4), c2: _HALF}
_NOTE = "The first trial alpha may be of any length; runs count what trials of f and its gradient cost."

wolfe_gradient = Theorem(
    id="wolfe_gradient",
    title="Steps by Wolfe's conditions, nonconvex, mean squared gradient",
    source="Zoutendijk 1970; Nocedal and Wright 2006, Theorem 3.2 (number not checked)",
    method=wolfe,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=_RANGE,
    measure="grad_norm_sq_mean",
    bound=gap0 / (_PAID * k),
    start=Integer(1),
    certificate=Telescope(potential=delta, weight=_PAID, by=_FALL),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="armijo_gradient",
)

wolfe_pl = Theorem(
    id="wolfe_pl",
    title="Steps by Wolfe's conditions, Polyak-Łojasiewicz",
    source="corollary of Zoutendijk 1970",
    method=wolfe,
    assumptions=(smooth, pl),
    step=alpha,
    where=_RANGE,
    measure="gap_last",
    bound=(1 - 2 * mu_pl * _PAID) ** k * gap0,
    certificate=Recursion(
        rate=1 - 2 * mu_pl * _PAID, noise=Integer(0), by={**_FALL, pl_inequality: 2 * _PAID}
    ),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="armijo_pl",
)

THEOREMS = (wolfe_gradient, wolfe_pl)
