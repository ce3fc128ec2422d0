"""Units: under f -> a f and x -> b x a valid bound scales exactly as what it bounds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Expr, Max, S, Symbol, simplify

from ratebound.theory import coordinate_symbols as c
from ratebound.theory import symbols as s
from ratebound.theory.errors import RateboundError
from ratebound.theory.prover import vanishes

_F, _X = Symbol("F", positive=True), Symbol("X", positive=True)
_VALUE, _SLOPE, _LENGTH, _CURVATURE, _STEP = _F, _F**2 / _X**2, _X**2, _F / _X**2, _X**2 / _F

UNITS: Mapping[Symbol, Expr] = MappingProxyType(
    {
        s.alpha: _STEP,
        s.alpha0: _STEP,
        s.theta: _STEP,
        s.gamma: _X,
        s.b0: _F / _X,
        s.clip: _F / _X,
        s.radius: _STEP,
        s.L: _CURVATURE,
        s.L_max: _CURVATURE,
        s.L_mean: _CURVATURE,
        s.L_inf: _CURVATURE,
        s.mu: _CURVATURE,
        s.mu_pl: _CURVATURE,
        s.ell: _CURVATURE,
        s.D: _X,
        s.gap0: _VALUE,
        s.grad0_sq: _SLOPE,
        s.second_moment: _SLOPE,
        s.sigma_star_sq: _SLOPE,
        s.sigma_b_sq: _SLOPE,
        s.variance_bound: _SLOPE,
        s.component_gap: _VALUE,
        s.L_batch: _CURVATURE,
        s.affine_noise: _SLOPE,
        s.R_sq: _CURVATURE,
        s.residual_sq: _VALUE,
        s.sigma_p_sq: _SLOPE,
        s.mu_min: _CURVATURE,
        c.L_coord: _CURVATURE,
        c.L_coord_sum: _CURVATURE,
        c.D_scaled_sq: _VALUE,
        s.delta: _VALUE,
        s.d2: _LENGTH,
        s.grad_sq: _SLOPE,
        s.error_sq: _SLOPE,
        s.moment: _SLOPE,
        s.variance: _SLOPE,
    }
)
"""The unit of each symbol in powers of F (value) and X (length); all others are pure numbers."""

_MEASURES: Mapping[str, Expr] = MappingProxyType(
    {
        "gap_last": _VALUE,
        "gap_average": _VALUE,
        "gap_next": _VALUE,
        "distance_sq": _LENGTH,
        "grad_norm_sq_last": _SLOPE,
        "grad_norm_sq_mean": _SLOPE,
        "grad_norm_sq_best": _SLOPE,
        "batch_variance": _SLOPE,
    }
)


def check(bound: Expr, measure: str) -> None:
    """Check that the bound has the units of the measure.

    Raises
    ------
    RateboundError
        If it has not: by rescaling f or x such a bound could be made arbitrarily small beside the measure.
    """
    scaled = _scaled(bound)
    if not vanishes(scaled - bound * _MEASURES[measure]):
        raise RateboundError(
            f"the bound {bound} does not scale as {measure} under f -> a f, x -> b x; "
            "check squares and missing constants"
        )


def _scaled(expr: Expr) -> Expr:
    """Return the expression in other units; a Max of quantities of one unit has that unit."""
    if isinstance(expr, Max):
        ratios = [simplify(_scaled(each) / each) for each in expr.args]
        if all(vanishes(ratio - ratios[0]) for ratio in ratios):
            return ratios[0] * expr
    if not expr.args:
        return expr * UNITS.get(expr, S.One)
    return expr.func(*(_scaled(each) for each in expr.args))
