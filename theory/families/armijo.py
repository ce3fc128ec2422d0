"""Backtracking: alpha is shortened until f falls by c1 of the step times ||grad f||^2 (Armijo's condition).

On L-smooth f no step up to ``2 (1 - c1)/L`` is refused, so that the accepted one is alpha or at least
`shrink` times that. On a quadratic the condition says ``t <g, H g> <= 2 (1 - c1) ||g||^2``, which makes a
constant twice as good.
"""

from __future__ import annotations

from sympy import Integer, Max, Rational

from ratebound.theory.assumptions import (
    convex,
    first_order,
    lower_bounded,
    pl,
    pl_inequality,
    quadratic,
    quadratic_descent,
    quadratic_step,
    smooth,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.search import c1, shrink
from ratebound.theory.methods.searched import armijo
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    L,
    accepted_step,
    alpha,
    d2,
    delta,
    delta_next,
    gap0,
    grad_curvature,
    grad_sq,
    k,
    mu_pl,
)

_INVERSE = Max(1 / alpha, L / (2 * shrink * (1 - c1)))
"""One over the shortest step that can be accepted."""

_ENDS = 1 - Max(c1, shrink)
"""What must be positive for trials to end."""
falls = Inequality(
    "Armijo's condition",
    delta - delta_next - c1 * accepted_step * grad_sq,
    needs(),
    armijo,
    positive=_ENDS,
    strict=True,
)
accepted = Inequality(
    "Armijo's condition on a quadratic",
    2 * (1 - c1) * grad_sq - accepted_step * grad_curvature,
    needs("quadratic"),
    armijo,
    positive=_ENDS,
    strict=True,
)
long_enough = Inequality(
    "the accepted step is alpha or at least 2 shrink (1 - c1)/L, times ||grad f||^2",
    (accepted_step * _INVERSE - 1) * grad_sq,
    needs("smooth"),
    armijo,
    positive=_ENDS,
    strict=True,
)
long_enough_after = Inequality(
    "the accepted step is alpha or at least 2 shrink (1 - c1)/L, times f(x_{k+1}) - f*",
    (accepted_step * _INVERSE - 1) * delta_next,
    needs("smooth"),
    armijo,
    positive=_ENDS,
    strict=True,
)
short_enough = Inequality(
    "the accepted step is at most alpha, times f(x_k) - f(x_{k+1})",
    (alpha - accepted_step) * (delta - delta_next),
    needs(),
    armijo,
    positive=_ENDS,
    strict=True,
)
_SOURCE = "Armijo 1966; Nocedal and Wright 2006, chapter 3 (numbers not checked); constants derived here"
_NOTE = "The first trial alpha may be of any length; runs count what trials cost."
_HALF = Rational(1, 2)
_RANGE = (shrink <= Rational(9, 10), c1 < 1)
"""The proofs need shrink < 1 alone; a run has not the time for trials that hardly get shorter."""
_DEFAULTS = {alpha: 5 / L, c1: _HALF, shrink: _HALF}
_PAID = c1 / _INVERSE
"""How far f falls at least, in ||grad f||^2."""
_FALL = {falls: Integer(1), long_enough: _PAID}

armijo_gradient = Theorem(
    id="armijo_gradient",
    title="Backtracking by Armijo's condition, nonconvex, mean squared gradient",
    source=_SOURCE,
    method=armijo,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=_RANGE,
    measure="grad_norm_sq_mean",
    bound=gap0 * _INVERSE / (c1 * k),
    start=Integer(1),
    certificate=Telescope(potential=delta, weight=_PAID, by=_FALL),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="gd_nonconvex",
)

armijo_pl = Theorem(
    id="armijo_pl",
    title="Backtracking by Armijo's condition, Polyak-Łojasiewicz",
    source=_SOURCE,
    method=armijo,
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
    sibling="gd_pl",
)

armijo_convex = Theorem(
    id="armijo_convex",
    title="Backtracking by Armijo's condition with c1 from 1/2, convex",
    source="Beck and Teboulle 2009, backtracking (number not checked); constants derived here",
    method=armijo,
    assumptions=(smooth, convex),
    step=alpha,
    where=(*_RANGE, c1 >= _HALF),
    measure="gap_last",
    bound=D**2 * _INVERSE / (2 * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + 2 * k / _INVERSE * delta,
        by={
            first_order: 2 * accepted_step,
            falls: 2 * (accepted_step + k / _INVERSE),
            long_enough_after: 2 / _INVERSE,
        },
        plus={grad_sq: (2 * c1 - 1) * accepted_step**2 + 2 * c1 * accepted_step * k / _INVERSE},
        share=2 * k / _INVERSE,
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} With c1 >= 1/2 the distance falls in every step.",
    sibling="gd_convex",
)

_MORE = alpha * (1 / c1 - 2)
"""What a step may add to the squared distance, in its fall of f."""

armijo_convex_early = Theorem(
    id="armijo_convex_early",
    title="Backtracking by Armijo's condition with c1 up to 1/2, convex",
    source="derived here",
    method=armijo,
    assumptions=(smooth, convex),
    step=alpha,
    where=(shrink <= Rational(9, 10), c1 <= _HALF),
    measure="gap_last",
    bound=(D**2 + _MORE * gap0) / (_MORE + 2 * k / _INVERSE),
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + (_MORE + 2 * k / _INVERSE) * delta,
        by={
            first_order: 2 * accepted_step,
            falls: accepted_step / c1 + 2 * k / _INVERSE,
            long_enough_after: 2 / _INVERSE,
            short_enough: 1 / c1 - 2,
        },
        plus={grad_sq: 2 * c1 * accepted_step * k / _INVERSE},
        share=_MORE + 2 * k / _INVERSE,
    ),
    defaults={**_DEFAULTS, c1: Rational(1, 10)},
    note=f"{_NOTE} A step may lead away from the minimiser; what f falls by pays for it.",
    sibling="armijo_convex",
)

armijo_quadratic = Theorem(
    id="armijo_quadratic",
    title="Backtracking by Armijo's condition with c1 from 1/4, least squares, values from the distance",
    source="Beck and Teboulle 2009, backtracking, with half of this rate (number not checked); derived here",
    method=armijo,
    assumptions=(quadratic, smooth, convex),
    step=alpha,
    where=(*_RANGE, c1 >= Rational(1, 4)),
    measure="gap_last",
    bound=D**2 * _INVERSE / (4 * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + 4 * k / _INVERSE * delta,
        by={
            quadratic_descent: 2 * accepted_step,
            quadratic_step: 4 * (accepted_step + k / _INVERSE),
            accepted: 2 * accepted_step * (accepted_step + k / _INVERSE),
            long_enough_after: 4 / _INVERSE,
        },
        plus={grad_sq: (4 * c1 - 1) * accepted_step**2 + 4 * c1 * accepted_step * k / _INVERSE},
        share=4 * k / _INVERSE,
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} Half of the bound for convex f.",
    sibling="armijo_convex",
)

THEOREMS = (armijo_gradient, armijo_pl, armijo_convex, armijo_convex_early, armijo_quadratic)
