"""Backtracking: alpha is halved until f falls by half of the step times ||grad f||^2 (Armijo's condition).

On L-smooth f no step up to 1/L is refused, so that the accepted one is alpha or at least ``1/(2 L)``. On a
quadratic the condition says ``t <g, H g> <= ||g||^2``, which makes a constant twice as good.
"""

from __future__ import annotations

from sympy import Integer, Max

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

_INVERSE = Max(1 / alpha, 2 * L)
"""One over the shortest step that can be accepted."""

falls = Inequality(
    "Armijo's condition with 1/2", delta - delta_next - accepted_step * grad_sq / 2, needs(), armijo
)
accepted = Inequality(
    "Armijo's condition on a quadratic", grad_sq - accepted_step * grad_curvature, needs("quadratic"), armijo
)
long_enough = Inequality(
    "the accepted step is alpha or at least 1/(2 L), times ||grad f||^2",
    (accepted_step * _INVERSE - 1) * grad_sq,
    needs("smooth"),
    armijo,
)
long_enough_after = Inequality(
    "the accepted step is alpha or at least 1/(2 L), times f(x_{k+1}) - f*",
    (accepted_step * _INVERSE - 1) * delta_next,
    needs("smooth"),
    armijo,
)
_SOURCE = "Armijo 1966; Nocedal and Wright 2006, chapter 3 (numbers not checked); constants derived here"
_NOTE = "The first trial alpha may be of any length; what trials cost is not counted."
_DEFAULTS = {alpha: 5 / L}
_FALL = {falls: Integer(1), long_enough: 1 / (2 * _INVERSE)}

armijo_gradient = Theorem(
    id="armijo_gradient",
    title="Backtracking by Armijo's condition, nonconvex, mean squared gradient",
    source=_SOURCE,
    method=armijo,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 * _INVERSE / k,
    start=Integer(1),
    certificate=Telescope(potential=delta, weight=1 / (2 * _INVERSE), by=_FALL),
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
    measure="gap_last",
    bound=(1 - mu_pl / _INVERSE) ** k * gap0,
    certificate=Recursion(
        rate=1 - mu_pl / _INVERSE, noise=Integer(0), by={**_FALL, pl_inequality: 1 / _INVERSE}
    ),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="gd_pl",
)

armijo_convex = Theorem(
    id="armijo_convex",
    title="Backtracking by Armijo's condition, convex",
    source="Beck and Teboulle 2009, backtracking (number not checked); constants derived here",
    method=armijo,
    assumptions=(smooth, convex),
    step=alpha,
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
        plus={grad_sq: accepted_step * k / _INVERSE},
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} With the factor 1/2 of Armijo's condition the distance falls in every step.",
    sibling="gd_convex",
)

armijo_quadratic = Theorem(
    id="armijo_quadratic",
    title="Backtracking by Armijo's condition, least squares, function values from the distance",
    source="Beck and Teboulle 2009, backtracking, with half of this rate (number not checked); derived here",
    method=armijo,
    assumptions=(quadratic, smooth, convex),
    step=alpha,
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
        plus={grad_sq: accepted_step**2 + 2 * accepted_step * k / _INVERSE},
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} Half of the bound for convex f.",
    sibling="armijo_convex",
)

THEOREMS = (armijo_gradient, armijo_pl, armijo_convex, armijo_quadratic)
