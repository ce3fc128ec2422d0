"""Gradient descent with inexact gradients: all that is known of the errors e_k is how long they may be.

With ``||e_k|| <= error`` a floor remains; with ``||e_k|| <= q ||grad f(x_k)||``, q < 1, the rates are those
of exact gradients with the step ``alpha (1 - q)``. The methods that run round their gradients; the proofs do
not know that.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import (
    cocoercive,
    coercive,
    convex,
    descent_lemma,
    first_order,
    lower_bounded,
    pl,
    pl_inequality,
    smooth,
    strong_gradient,
    strongly_convex,
)
from ratebound.theory.certificates.inexact import (
    Nearing,
    Perturbed,
    Summed,
    falling_error,
    short_error,
    small_error,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.letters.inexact import error, fall, relative_error
from ratebound.theory.methods.rounded import gd_finer, gd_quantised, gd_rounded
from ratebound.theory.onestep import E, G
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, delta, gap0, grad0_sq, grad_sq, k, mu, mu_pl

_TO_INVERSE_L = (alpha <= 1 / L,)
_DEFAULTS = {alpha: 1 / L, error: sqrt(grad0_sq) / 100}
_NOTE = "The error may point anywhere, and depend on all that was before; here gradients are rounded."
_DESCENT = {descent_lemma: Integer(1), short_error: alpha / 2}
_REST = {(E + G) ** 2: alpha * (1 - L * alpha) / 2}

gd_error_pl = Theorem(
    id="gd_error_pl",
    title="Gradient descent with errors of bounded length, Polyak-Łojasiewicz",
    source="Friedlander and Schmidt 2012 (number not checked); for every step up to 1/L derived here",
    method=gd_rounded,
    assumptions=(smooth, pl),
    step=alpha,
    where=_TO_INVERSE_L,
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0 + error**2 / (2 * mu_pl),
    certificate=Recursion(
        rate=1 - alpha * mu_pl,
        noise=alpha * error**2 / 2,
        by={**_DESCENT, pl_inequality: alpha},
        plus=_REST,
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} The floor is met: an error as long as the gradient, against it, stops the iterate.",
    sibling="gd_pl",
)

gd_error_nonconvex = Theorem(
    id="gd_error_nonconvex",
    title="Gradient descent with errors of bounded length, nonconvex, mean squared gradient",
    source="Friedlander and Schmidt 2012, the one-step bound, summed (number not checked)",
    method=gd_rounded,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=_TO_INVERSE_L,
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k) + error**2,
    start=Integer(1),
    certificate=Telescope(
        potential=delta, weight=alpha / 2, noise=alpha * error**2 / 2, by=_DESCENT, plus=_REST
    ),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="gd_nonconvex",
)

gd_error_sc = Theorem(
    id="gd_error_sc",
    title="Gradient descent with errors of bounded length, strongly convex, distance",
    source="Schmidt, Le Roux and Bach 2011, Proposition 3 (number not checked); longer steps derived here",
    method=gd_rounded,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha <= 2 / (mu + L),),
    measure="distance_sq",
    bound=((1 - alpha * mu) ** k * D + error / mu) ** 2,
    certificate=Perturbed(
        factor=1 - alpha * mu,
        by={coercive: 2 * alpha, strong_gradient: alpha * (2 / (mu + L) - alpha)},
    ),
    defaults=_DEFAULTS,
    note=_NOTE,
    sibling="gd_sc_distance",
)

gd_error_convex = Theorem(
    id="gd_error_convex",
    title="Gradient descent with errors of bounded length, convex, best value",
    source="for averages Schmidt, Le Roux and Bach 2011, Proposition 1 (number not checked); derived here",
    method=gd_rounded,
    assumptions=(smooth, convex),
    step=alpha,
    where=_TO_INVERSE_L,
    measure="gap_best",
    bound=D**2 / (2 * alpha * (k - 1)) + error * D,
    start=Integer(2),
    certificate=Nearing(
        by={descent_lemma: 2 * alpha, first_order: 2 * alpha}, plus={(E + G) ** 2: alpha**2 * (1 - L * alpha)}
    ),
    defaults=_DEFAULTS,
    note=f"{_NOTE} The values after the best one may be worse.",
    sibling="gd_convex",
)

_EXACT = 1 - alpha * mu_pl

gd_error_geometric = Theorem(
    id="gd_error_geometric",
    title="Gradient descent with errors that fall geometrically, Polyak-Łojasiewicz",
    source="Friedlander and Schmidt 2012 (number not checked); for every step up to 1/L derived here",
    method=gd_finer,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha <= 1 / L, fall > _EXACT, fall < 1),
    measure="gap_last",
    bound=_EXACT**k * gap0 + alpha * error**2 * (fall**k - _EXACT**k) / (2 * (fall - _EXACT)),
    certificate=Recursion(
        rate=_EXACT,
        noise=alpha * error**2 * fall**k / 2,
        by={descent_lemma: Integer(1), falling_error: alpha / 2, pl_inequality: alpha},
        plus=_REST,
    ),
    defaults={**_DEFAULTS, fall: 1 - alpha * mu_pl / 2},
    note=(
        "No floor: the slower of the two factors is the rate. The error may point anywhere, and depend on "
        "all that was before; here gradients are rounded to a grid that gets finer."
    ),
    sibling="gd_error_pl",
)

gd_error_geometric_fast = replace(
    gd_error_geometric,
    id="gd_error_geometric_fast",
    title="Gradient descent with errors that fall faster than it converges, Polyak-Łojasiewicz",
    where=(alpha <= 1 / L, fall < _EXACT),
    defaults={**_DEFAULTS, alpha: 1 / (2 * L), fall: _EXACT**2},
    note="The rate of exact gradients: all errors together cost a constant factor.",
    sibling="gd_error_geometric",
)

gd_error_summable = Theorem(
    id="gd_error_summable",
    title="Gradient descent with errors that fall geometrically, convex, averaged iterate",
    source=(
        "Schmidt, Le Roux and Bach 2011, Proposition 1 (number not checked), which has twice the sum of the "
        "errors beside D; derived here, for the average of x_0 .. x_{k-1} and every step up to 1/L"
    ),
    method=gd_finer,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L, fall < 1),
    measure="gap_average",
    bound=(D + alpha * error * (1 - fall ** (k / 2)) / (1 - sqrt(fall))) ** 2 / (2 * alpha * k),
    start=Integer(1),
    certificate=Summed(by={cocoercive: 2 * alpha}, plus={grad_sq: alpha * (1 / L - alpha)}),
    defaults={**_DEFAULTS, fall: Rational(1, 4)},
    note=(
        "The rate of exact gradients: what all errors together move the point is added to D. They may point "
        "anywhere, and depend on all that was before; here gradients are rounded to a grid that gets finer."
    ),
    sibling="gd_convex_average",
)

_LEFT = alpha * (1 - relative_error) * (1 - L * alpha * (1 - relative_error) / 2)
"""How far f falls, in ||grad f||^2: as with the step alpha (1 - q)."""
_SPLIT = alpha * (1 - L * alpha) / (2 * relative_error)
_SMALL = {descent_lemma: Integer(1), small_error: L * alpha**2 / 2 + _SPLIT}
_ALONG = {(E + relative_error * G) ** 2: _SPLIT}
_PARTS = {alpha: 1 / L, relative_error: Rational(1, 2)}
_RANGE = (alpha <= 1 / L, relative_error < 1)

gd_relative_pl = Theorem(
    id="gd_relative_pl",
    title="Gradient descent with relative errors, Polyak-Łojasiewicz",
    source="de Klerk, Glineur and Taylor 2020 for the setting (number not checked); derived here",
    method=gd_quantised,
    assumptions=(smooth, pl),
    step=alpha,
    where=_RANGE,
    measure="gap_last",
    bound=(1 - 2 * mu_pl * _LEFT) ** k * gap0,
    certificate=Recursion(
        rate=1 - 2 * mu_pl * _LEFT,
        noise=Integer(0),
        by={**_SMALL, pl_inequality: 2 * _LEFT},
        plus=_ALONG,
    ),
    defaults=_PARTS,
    note="The rate of exact gradients with the step alpha (1 - q): no floor, however coarse below q = 1.",
    sibling="gd_error_pl",
)

gd_relative_nonconvex = Theorem(
    id="gd_relative_nonconvex",
    title="Gradient descent with relative errors, nonconvex, mean squared gradient",
    source="de Klerk, Glineur and Taylor 2020 for the setting (number not checked); derived here",
    method=gd_quantised,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=_RANGE,
    measure="grad_norm_sq_mean",
    bound=gap0 / (k * _LEFT),
    start=Integer(1),
    certificate=Telescope(potential=delta, weight=_LEFT, by=_SMALL, plus=_ALONG),
    defaults=_PARTS,
    sibling="gd_error_nonconvex",
)

THEOREMS = (
    gd_error_pl,
    gd_error_nonconvex,
    gd_error_sc,
    gd_error_convex,
    gd_error_geometric,
    gd_error_geometric_fast,
    gd_error_summable,
    gd_relative_pl,
    gd_relative_nonconvex,
)
