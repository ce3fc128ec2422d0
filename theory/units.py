"""Units: under f -> a f and x -> b x a valid bound scales exactly as what it bounds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Add, Expr, Max, Min, Mul, Pow, Rational, S, Symbol, expand, simplify
from sympy.logic.boolalg import BooleanAtom

from ratebound.theory import symbols as s
from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters import box as boxes
from ratebound.theory.letters import coordinates as c
from ratebound.theory.letters import directions as n
from ratebound.theory.letters import inexact, passes
from ratebound.theory.letters import metric as m
from ratebound.theory.letters import penalty as p
from ratebound.theory.letters import relaxed as r
from ratebound.theory.printed import printed
from ratebound.theory.readings import READINGS

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
        boxes.margin: _X,
        boxes.x_inf: _X,
        boxes.x0_inf: _X,
        boxes.weight_decay: 1 / _X,
        boxes.grad_inf: _F / _X,
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
        c.mu_signs: _CURVATURE,
        c.mu_axis: _CURVATURE,
        c.D_scaled_sq: _VALUE,
        m.L_hess: _F / _X**3,
        m.mu_star: _CURVATURE,
        m.level_radius: _X,
        n.sample_variance: _SLOPE,
        n.sample_noise_l1: _F / _X,
        p.l1: _F / _X,
        p.penalty0: _VALUE,
        passes.shuffle_radius: _CURVATURE * _SLOPE,
        r.L_zero: _CURVATURE,
        r.L_one: 1 / _X,
        inexact.error: _F / _X,
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
        "gap_mean": _VALUE,
        "gap_best": _VALUE,
        "gap_next": _VALUE,
        "distance_sq": _LENGTH,
        "grad_norm_sq_last": _SLOPE,
        "grad_norm_sq_mean": _SLOPE,
        "grad_norm_sq_best": _SLOPE,
        "grad_norm_mean": _F / _X,
        "second_order_best": _X,
        "grad_l1_mean": _F / _X,
        "batch_variance": _SLOPE,
        **{name: UNITS[s.BY_NAME[reading.like]] for name, reading in READINGS.items()},
    }
)


def check(bound: Expr, measure: str) -> None:
    """Check that the bound has the units of the measure.

    Raises
    ------
    RateboundError
        If it has not: by rescaling f or x such a bound could be made arbitrarily small beside the measure.
    """
    read = unit_of(bound)
    right = read == unit_of(_MEASURES[measure]) if read is not None else _scales_as(bound, measure)
    if not right:
        raise RateboundError(
            f"the bound {printed(bound)} does not scale as {measure} under f -> a f, x -> b x; "
            "check squares and missing constants"
        )


Powers = tuple[Expr, Expr]
"""Exponents of F and of X."""
_PURE: Powers = (S.Zero, S.Zero)


def unit_of(expr: Expr) -> Powers | None:
    """Return the unit of an expression, read off term by term; None where that is not enough.

    It is not where terms of different units are added, which may cancel, and where a function other than a
    power is taken of what has a unit.
    """
    if expr in (_F, _X):
        return (S.One, S.Zero) if expr == _F else (S.Zero, S.One)
    if not expr.args:
        return unit_of(UNITS[expr]) if expr in UNITS else _PURE
    units = [unit_of(each) for each in expr.args]
    known = [unit for unit in units if unit is not None]
    if len(known) < len(units):
        return None
    if isinstance(expr, Mul):
        F, X = zip(*known, strict=True)
        return expand(Add(*F)), expand(Add(*X))
    if isinstance(expr, (Add, Max, Min)):
        return known[0] if all(unit == known[0] for unit in known) else None
    if isinstance(expr, Pow) and known[1] == _PURE:
        return expand(known[0][0] * expr.exp), expand(known[0][1] * expr.exp)
    return _PURE if all(unit == _PURE for unit in known) else None


def _scales_as(bound: Expr, measure: str) -> bool:
    """Whether the bound scales as the measure, by algebra."""
    difference = _scaled(bound) - bound * _MEASURES[measure]
    return not _differs_somewhere(difference) and vanishes(difference)


def _differs_somewhere(expr: Expr) -> bool:
    """Whether the expression is certainly not zero at one point: algebra need not be asked then."""
    point = {symbol: Rational(5 + j, 3) for j, symbol in enumerate(sorted(expr.free_symbols, key=str))}
    value = expr.xreplace(point).evalf(15, maxn=60)
    # A precision of 1 marks a number of which no digit is certain, such as a zero that does not cancel.
    return bool(value.is_Float and value._prec > 1 and value != 0)


def _scaled(expr: Expr) -> Expr:
    """Return the expression in other units; a Max of quantities of one unit has that unit."""
    if isinstance(expr, Max):
        ratios = [simplify(_scaled(each) / each) for each in expr.args]
        if all(vanishes(ratio - ratios[0]) for ratio in ratios):
            return ratios[0] * expr
    if isinstance(expr, BooleanAtom):
        return expr
    if not expr.args:
        return expr * UNITS.get(expr, S.One)
    return expr.func(*(_scaled(each) for each in expr.args))
