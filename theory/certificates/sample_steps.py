"""SGD with Polyak's step of the drawn sample: what one step does, proved sample by sample.

The step ``t = min(omega (f_i(x) - inf f_i)/||g||^2, alpha)``, g = grad f_i(x), depends on the sample, so that
no expectation can be taken before it is gone. With L_max-smooth components ``||g||^2 <= 2 L_max (f_i(x) - inf
f_i)``, hence ``t >= omega/(2 L_max)`` if alpha is no less: for less the step is alpha, and the method SGD.

The step towards f_i(x*) is ``t = alpha max(r, 0)/q``, ``r = f_i(x) - f_i(x*)`` and ``q = ||g||^2``. Convexity
of f_i alone gives a decrease of ``||x - x*||^2`` by ``alpha (2 - alpha) max(r, 0)^2/q``, and ``max(r, 0)^2/q
>= 2 s r - s^2 q`` for every number s >= 0, of which means are taken: that of r is f(x) - f*. Source:
Garrigos, Gower and Schaipp 2023.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Integer, S, Symbol, expand

from ratebound.theory.algebra.chart import chart_of
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.draws import norm_sq
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.methods import sps_max, sps_star
from ratebound.theory.symbols import (
    L_max,
    alpha,
    component_gap,
    d2,
    d2_next,
    delta,
    moment,
    mu,
    mu_min,
    second_moment,
)

SHORTEST = omega / (2 * L_max)
"""The least step of a sample."""
_t = Symbol("t", positive=True)
"""The step of the sample."""
_slope = Symbol("slope", real=True)
"""<grad f_i(x), x - x*>."""
_rise = Symbol("rise", nonnegative=True)
"""f_i(x) - inf f_i."""
_rise_star = Symbol("rise_star", nonnegative=True)
"""f_i(x*) - inf f_i."""
_AFTER = d2 - 2 * _t * _slope + _t**2 * norm_sq
"""||x_{k+1} - x*||^2 after a step with this sample."""
_CONVEX = _slope - _rise + _rise_star
_CAPPED, _LONG, _SHORT = omega * _rise - _t * norm_sq, _t - SHORTEST, alpha - _t
_STRONG = _CONVEX - mu_min / 2 * d2
_MEANS = {_rise: delta + component_gap, _rise_star: component_gap}
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
        If the multipliers do not prove it, or what they multiply is not known to be nonnegative.
    """
    known = {_CONVEX, _CAPPED, _LONG, _SHORT, _rise, _rise_star}
    known |= {_STRONG} if "strongly_convex_components" in requires else set()
    if not (by.keys() <= known and "polyak_samples" in requires):
        raise RateboundError(f"{name}: it is not known that all of {', '.join(map(str, by))} are >= 0")
    total = sum((m * fact for fact, m in by.items()), S.Zero)
    if not vanishes(expand(of_sample - _AFTER - total)):
        raise RateboundError(f"{name}: the multipliers do not add up to the claim")
    if not all(nonnegative(m, _RANGE) for m in by.values()):
        raise RateboundError(f"{name}: a multiplier may be negative")
    slack = expand(of_sample.xreplace(_MEANS) - d2_next)
    return Inequality(name, slack, needs(*requires), about=sps_max, positive=alpha - SHORTEST)


_LEFT = 2 - omega
sampled_step = step_of_samples(
    "a step of Polyak's length",
    d2 - _LEFT * SHORTEST * _rise + 2 * alpha * _rise_star,
    {
        _CONVEX: 2 * _t,
        _CAPPED: _t,
        _LONG: _LEFT * _rise,
        _SHORT: 2 * _rise_star,
    },
    "polyak_samples",
)
sampled_step_strong = step_of_samples(
    "a step of Polyak's length, strongly convex components",
    (1 - SHORTEST * mu_min) * d2 + 2 * alpha * _rise_star,
    {
        _STRONG: 2 * _t,
        _CAPPED: _t,
        _LONG: mu_min * d2,
        _rise: _LEFT * _t,
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
s = Symbol("s", positive=True)
"""The number of the tangent, one for all steps."""
GAIN = alpha * (2 - alpha)
_r = Symbol("r", real=True)


def check_star_step() -> None:
    """Check the step of one sample towards f_i(x*): what is claimed is what it does less terms >= 0.

    Raises
    ------
    RateboundError
        If it is not.
    """
    claimed = GAIN * (2 * s * _r - s**2 * norm_sq)
    towards = alpha * _r / norm_sq
    for t, left in (
        # Where r > 0: convexity, and a square. Else nothing moves, and both terms are >= 0.
        (towards, 2 * towards * (_slope - _r) + GAIN * (_r - s * norm_sq) ** 2 / norm_sq),
        (Integer(0), GAIN * (2 * s * -_r + s**2 * norm_sq)),
    ):
        if not vanishes(expand(d2 - _AFTER.xreplace({_t: t}) - claimed - left)):
            raise RateboundError("the step towards f_i(x*) does not decrease the distance as said")


check_star_step()
star_step = Inequality(
    "a step of Polyak's length towards f_i(x*)",
    d2 - GAIN * (2 * s * delta - s**2 * moment) - d2_next,
    needs("convex_samples"),
    about=sps_star,
    estimate=sps_star.estimate,
)
bounded_samples = Inequality(
    "bounded second moment of samples",
    second_moment - moment,
    needs("second_moment"),
    estimate=sps_star.estimate,
)
samples_below = Inequality(
    "||grad f_i||^2 <= 2 L_max (f_i - inf f_i), in the mean",
    2 * L_max * (delta + component_gap) - moment,
    needs("polyak_samples"),
    estimate=sps_star.estimate,
)
convex_samples = Assumption(
    "convex_samples", "every f_i is convex, and f_i(x*) is known", ("components_convex",)
)
ASSUMPTIONS = (polyak_samples, convex_samples)
"""The assumptions."""
FACTS = (
    (needs("strongly_convex_components", "polyak_samples"), mu_min <= L_max),
    (needs("strongly_convex", "polyak_samples"), mu <= L_max),
)
"""Relations between constants that follow from assumptions."""
