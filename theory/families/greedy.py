"""Greedy coordinate descent: along the axis where f is steepest, or the step 1/L_j promises most."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer

from ratebound.theory.assumptions import lower_bounded, pl, pl_inequality, quadratic, strongly_convex
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.coordinatewise import pl_axis, smooth_coordinates, steep_along_axis
from ratebound.theory.inequality import Inequality, needs
from ratebound.theory.letters.coordinates import L_coord, L_coord_sum, d, mu_axis, omega
from ratebound.theory.letters.metric import step_inner
from ratebound.theory.methods.metric import gauss_southwell, greedy
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, delta, delta_next, gap0, grad_sq, k, move_inner, mu_pl

_SOURCE = "Nutini, Schmidt, Laradji, Friedlander and Koepke 2015, the Lipschitz variant (number not checked)"
_COORDINATES = needs("smooth_coordinates")

descent_along_best = Inequality(
    "descent lemma along the chosen axis, the move alpha d_j f/L_j",
    delta + (1 - alpha / 2) * move_inner - delta_next,
    _COORDINATES,
    greedy,
)
best_above_mean = Inequality(
    "max (d_j f)^2/L_j >= ||grad f||^2/(sum L_j), the mean by L_j",
    step_inner - grad_sq / L_coord_sum,
    _COORDINATES,
    greedy,
)
_GAIN = alpha * (2 - alpha)
_FALL = {descent_along_best: Integer(1), best_above_mean: _GAIN / 2}

greedy_pl = Theorem(
    id="greedy_pl",
    title="Greedy coordinate descent, Polyak-Łojasiewicz",
    source=f"{_SOURCE}; Karimi, Nutini and Schmidt 2016 under this inequality; range derived",
    method=greedy,
    assumptions=(smooth_coordinates, pl),
    step=omega,
    where=(omega < 2,),
    measure="gap_last",
    bound=(1 - omega * (2 - omega) * mu_pl / L_coord_sum) ** k * gap0,
    certificate=Recursion(
        rate=1 - _GAIN * mu_pl / L_coord_sum,
        noise=Integer(0),
        by={**_FALL, pl_inequality: _GAIN / L_coord_sum},
    ),
    defaults={omega: Integer(1)},
    note="The rate of axes drawn in proportion to L_j, without chance; the best axis is mostly much better.",
    sibling="rcd_lipschitz_pl",
)

greedy_nonconvex = Theorem(
    id="greedy_nonconvex",
    title="Greedy coordinate descent, nonconvex, mean squared gradient",
    source=f"derived from the descent lemma of {_SOURCE}",
    method=greedy,
    assumptions=(smooth_coordinates, lower_bounded),
    step=omega,
    where=(omega < 2,),
    measure="grad_norm_sq_mean",
    bound=2 * L_coord_sum * gap0 / (omega * (2 - omega) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=_GAIN / (2 * L_coord_sum),
        by=_FALL,
    ),
    defaults={omega: Integer(1)},
    sibling="rcd_lipschitz_nonconvex",
)

_RULE = "Nutini, Schmidt, Laradji, Friedlander and Koepke 2015, the classical rate (number not checked)"
descent_along_steepest = replace(descent_along_best, about=gauss_southwell)
steepest_above_mean = Inequality(
    "max (d_j f)^2 >= ||grad f||^2/d, over the largest L_j",
    step_inner - grad_sq / (d * L_coord),
    _COORDINATES,
    gauss_southwell,
)
_STEEP = {descent_along_steepest: Integer(1), steepest_above_mean: _GAIN / 2}

gauss_southwell_pl = Theorem(
    id="gauss_southwell_pl",
    title="Coordinate descent along the steepest axis, Polyak-Łojasiewicz",
    source=f"{_RULE}; Karimi, Nutini and Schmidt 2016 under this inequality; range derived",
    method=gauss_southwell,
    assumptions=(smooth_coordinates, pl),
    step=omega,
    where=(omega < 2,),
    measure="gap_last",
    bound=(1 - omega * (2 - omega) * mu_pl / (d * L_coord)) ** k * gap0,
    certificate=Recursion(
        rate=1 - _GAIN * mu_pl / (d * L_coord),
        noise=Integer(0),
        by={**_STEEP, pl_inequality: _GAIN / (d * L_coord)},
    ),
    defaults={omega: Integer(1)},
    note="The bound is that of axes drawn evenly; the steepest axis is mostly much better.",
    sibling="rcd_pl",
)

gauss_southwell_nonconvex = Theorem(
    id="gauss_southwell_nonconvex",
    title="Coordinate descent along the steepest axis, nonconvex, mean squared gradient",
    source=f"derived from the descent lemma of {_RULE}",
    method=gauss_southwell,
    assumptions=(smooth_coordinates, lower_bounded),
    step=omega,
    where=(omega < 2,),
    measure="grad_norm_sq_mean",
    bound=2 * d * L_coord * gap0 / (omega * (2 - omega) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=_GAIN / (2 * d * L_coord),
        by=_STEEP,
    ),
    defaults={omega: Integer(1)},
    sibling="rcd_nonconvex",
)

gauss_southwell_quadratic = Theorem(
    id="gauss_southwell_quadratic",
    title="Coordinate descent along the steepest axis, least squares, its own constant of growth",
    source="Nutini, Schmidt, Laradji, Friedlander and Koepke 2015, the rate 1 - mu_1/L (number not checked)",
    method=gauss_southwell,
    assumptions=(quadratic, strongly_convex, smooth_coordinates, pl_axis),
    step=omega,
    where=(omega < 2,),
    measure="gap_last",
    bound=(1 - omega * (2 - omega) * mu_axis / L_coord) ** k * gap0,
    certificate=Recursion(
        rate=1 - _GAIN * mu_axis / L_coord,
        noise=Integer(0),
        by={descent_along_steepest: Integer(1), steep_along_axis: _GAIN},
    ),
    defaults={omega: Integer(1)},
    note="mu_axis lies between mu/d and mu: up to d times faster than axes drawn evenly.",
    sibling="gauss_southwell_pl",
)

THEOREMS = (
    greedy_pl,
    greedy_nonconvex,
    gauss_southwell_pl,
    gauss_southwell_nonconvex,
    gauss_southwell_quadratic,
)
