"""Coordinate descent with a drawn axis: linear rates, the convex rate, and the nonconvex one."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import convex, first_order, lower_bounded, pl, pl_inequality
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.coordinatewise import (
    descent_along_axis,
    scaled_gradient,
    smooth_coordinates,
)
from ratebound.theory.letters.coordinates import (
    D_scaled_sq,
    L_coord,
    L_coord_sum,
    d,
    d2_scaled,
    grad_scaled_sq,
    omega,
)
from ratebound.theory.methods import rcd, rcd_lipschitz
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, delta, gap0, k, mu_pl

_NESTEROV = "Nesterov 2012 (number not checked)"
_RICHTARIK = "Richtárik and Takáč 2014 (number not checked)"
_BELOW_TWO, _FULL = (omega < 2,), {omega: Integer(1)}
_GAIN = alpha * (2 - alpha)
_EXACT = "On least squares the step with omega = 1 minimises f along the axis."

rcd_pl = Theorem(
    id="rcd_pl",
    title="Coordinate descent, axes drawn evenly, Polyak-Łojasiewicz",
    source=f"Nesterov 2012; {_RICHTARIK}; Karimi, Nutini and Schmidt 2016 under PL; range derived",
    method=rcd,
    assumptions=(smooth_coordinates, pl),
    step=omega,
    where=_BELOW_TWO,
    measure="gap_last",
    bound=(1 - omega * (2 - omega) * mu_pl / (d * L_coord)) ** k * gap0,
    certificate=Recursion(
        rate=1 - _GAIN * mu_pl / (d * L_coord),
        noise=Integer(0),
        by={
            descent_along_axis: Integer(1),
            scaled_gradient: _GAIN / (2 * d * L_coord),
            pl_inequality: _GAIN / (d * L_coord),
        },
    ),
    defaults=_FULL,
    note=_EXACT,
    sibling="gd_pl",
)

rcd_lipschitz_pl = Theorem(
    id="rcd_lipschitz_pl",
    title="Coordinate descent, axes drawn in proportion to L_j, Polyak-Łojasiewicz",
    source=f"{_NESTEROV}; range derived",
    method=rcd_lipschitz,
    assumptions=(smooth_coordinates, pl),
    step=omega,
    where=_BELOW_TWO,
    measure="gap_last",
    bound=(1 - omega * (2 - omega) * mu_pl / L_coord_sum) ** k * gap0,
    certificate=Recursion(
        rate=1 - _GAIN * mu_pl / L_coord_sum,
        noise=Integer(0),
        by={descent_along_axis: Integer(1), pl_inequality: _GAIN / L_coord_sum},
    ),
    defaults=_FULL,
    note=f"The mean of the L_j takes the place of their maximum. {_EXACT}",
    sibling="rcd_pl",
)

_SPENT = 1 + alpha * k / d

rcd_convex = Theorem(
    id="rcd_convex",
    title="Coordinate descent, axes drawn evenly, convex, last iterate",
    source="Lu and Xiao 2015, Theorem 1 (number not checked), for omega = 1; range derived",
    method=rcd,
    assumptions=(smooth_coordinates, convex),
    step=omega,
    where=(omega <= 1,),
    measure="gap_last",
    bound=d / (d + omega * k) * (gap0 + D_scaled_sq / 2),
    certificate=Telescope(
        potential=_SPENT * delta + d2_scaled / 2,
        by={descent_along_axis: _SPENT + alpha / d, first_order: alpha / d},
        plus={
            grad_scaled_sq: ((_SPENT + alpha / d) * (2 - alpha) - alpha) * alpha / (2 * d),
        },
    ),
    defaults=_FULL,
    note="A pass of d steps counts as one step of gradient descent, of the longer steps 1/L_j.",
    sibling="gd_convex",
)

rcd_nonconvex = Theorem(
    id="rcd_nonconvex",
    title="Coordinate descent, axes drawn evenly, nonconvex, mean squared gradient",
    source=f"derived from the descent lemma along an axis of {_NESTEROV}",
    method=rcd,
    assumptions=(smooth_coordinates, lower_bounded),
    step=omega,
    where=_BELOW_TWO,
    measure="grad_norm_sq_mean",
    bound=2 * d * L_coord * gap0 / (omega * (2 - omega) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=_GAIN / (2 * d * L_coord),
        by={descent_along_axis: Integer(1), scaled_gradient: _GAIN / (2 * d * L_coord)},
    ),
    defaults=_FULL,
    sibling="gd_nonconvex",
)

rcd_lipschitz_nonconvex = Theorem(
    id="rcd_lipschitz_nonconvex",
    title="Coordinate descent, axes drawn in proportion to L_j, nonconvex, mean squared gradient",
    source=f"derived from the descent lemma along an axis of {_NESTEROV}",
    method=rcd_lipschitz,
    assumptions=(smooth_coordinates, lower_bounded),
    step=omega,
    where=_BELOW_TWO,
    measure="grad_norm_sq_mean",
    bound=2 * L_coord_sum * gap0 / (omega * (2 - omega) * k),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=_GAIN / (2 * L_coord_sum),
        by={descent_along_axis: Integer(1)},
    ),
    defaults=_FULL,
    sibling="rcd_nonconvex",
)

THEOREMS = (rcd_pl, rcd_lipschitz_pl, rcd_convex, rcd_nonconvex, rcd_lipschitz_nonconvex)
