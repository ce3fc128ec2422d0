"""SGD with Polyak's step of the drawn sample: what one step does, proved sample by sample.

The step ``t = min(omega (f_i(x) - inf f_i)/||g||^2, alpha)``, g = grad f_i(x), depends on the sample, so that
no expectation can be taken before it is gone. With L_max-smooth components ``||g||^2 <= 2 L_max (f_i(x) - inf
f_i)``, hence ``t >= omega/(2 L_max)`` if alpha is no less: for less the step is alpha, and the method SGD.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, S, Symbol, expand

from ratebound.theory.chart import chart_of
from ratebound.theory.coordinate_symbols import omega
from ratebound.theory.draws import norm_sq, rise
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.methods import sps_max
from ratebound.theory.prover import nonnegative, vanishes
from ratebound.theory.symbols import L_max, alpha, component_gap, d2, d2_next, delta, mu, mu_min

SHORTEST = omega / (2 * L_max)
"""The least step of a sample."""
_t = Symbol("t", positive=True)
"""The step of the sample."""
_slope = Symbol("slope", real=True)
"""<grad f_i(x), x - x*>."""
_rise_star = Symbol("rise_star", nonnegative=True)
"""f_i(x*) - inf f_i."""
_AFTER = d2 - 2 * _t * _slope + _t**2 * norm_sq
"""||x_{k+1} - x*||^2 after a step with this sample."""
_CONVEX = _slope - rise + _rise_star
_CAPPED, _LONG, _SHORT = omega * rise - _t * norm_sq, _t - SHORTEST, alpha - _t
_MEANS = {rise: delta + component_gap, _rise_star: component_gap}
_RANGE = chart_of((omega <= 2, alpha >= SHORTEST))


def step_of_samples(name: str, of_sample: Expr, by: Mapping[Expr, Expr], *requires: str) -> Inequality:
    """Return an inequality on d2_next, the mean over the samples of one that is proved for each.

    Parameters
    ----------
    name
        What readers call it.
    of_sample
        An upper bound of ``||x_{k+1} - x*||^2`` for one sample, affine in its values.
    by
        What is nonnegative for each sample -> the multiplier in the proof.
    requires
        Assumptions.

    Raises
    ------
    RateboundError
        If the multipliers do not prove it.
    """
    total = sum((m * fact for fact, m in by.items()), S.Zero)
    if not vanishes(expand(of_sample - _AFTER - total)):
        raise RateboundError(f"{name}: the multipliers do not add up to the claim")
    if not all(nonnegative(m, _RANGE) for m in by.values()):
        raise RateboundError(f"{name}: a multiplier may be negative")
    slack = expand(of_sample.xreplace(_MEANS) - d2_next)
    return Inequality(name, slack, needs(*requires), about=sps_max)


_LEFT = 2 - omega
sampled_step = step_of_samples(
    "a step of Polyak's length",
    d2 - _LEFT * SHORTEST * rise + 2 * alpha * _rise_star,
    {
        _CONVEX: 2 * _t,
        _CAPPED: _t,
        _LONG: _LEFT * rise,
        _SHORT: 2 * _rise_star,
    },
    "polyak_samples",
)
sampled_step_strong = step_of_samples(
    "a step of Polyak's length, strongly convex components",
    (1 - SHORTEST * mu_min) * d2 + 2 * alpha * _rise_star,
    {
        _CONVEX - mu_min / 2 * d2: 2 * _t,
        _CAPPED: _t,
        _LONG: mu_min * d2,
        rise: _LEFT * _t,
        _SHORT: 2 * _rise_star,
    },
    "polyak_samples",
    "strongly_convex_components",
)

polyak_samples = Assumption(
    "polyak_samples",
    "every f_i is convex, L_max-smooth and bounded below",
    ("components_convex", "smooth_components", "L_max", "component_gap"),
)
ASSUMPTIONS = (polyak_samples,)
"""The assumptions."""
FACTS = (
    (needs("strongly_convex_components", "polyak_samples"), mu_min <= L_max),
    (needs("strongly_convex", "polyak_samples"), mu <= L_max),
)
"""Relations between constants that follow from assumptions."""
