"""SGD with Polyak's step of the drawn sample: to a floor that the infima of the components set."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import bounded_second_moment, convex, quadratic_growth, strongly_convex
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.sample_steps import (
    GAIN,
    SHORTEST,
    bounded_samples,
    convex_samples,
    polyak_samples,
    s,
    sampled_step,
    sampled_step_strong,
    samples_below,
    star_step,
)
from ratebound.theory.certificates.star_steps import StarSteps
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.stored import strongly_convex_components
from ratebound.theory.letters.coordinates import omega
from ratebound.theory.methods import sps_max, sps_star
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L_max, alpha, component_gap, d2, k, mu, mu_min, second_moment

_LOIZOU = "Loizou, Vaswani, Laradji and Lacoste-Julien 2021"
_DEFAULT = {alpha: 1 / L_max, omega: Integer(1)}
_FROM_SHORTEST = alpha >= SHORTEST
_GAIN = (2 - omega) * SHORTEST
_NOISE = (2 * alpha - _GAIN) * component_gap
_KNOWS = (
    "The step needs the infima of the components, not L_max or sigma; alpha caps it where they mislead. "
    "Below omega/(2 L_max) it is alpha itself."
)

sps_components = Theorem(
    id="sps_components",
    title="SGD with Polyak's step of the sample, strongly convex components, distance",
    source=f"{_LOIZOU}, Theorem 3.1 (number not checked), with omega = 1/c",
    method=sps_max,
    assumptions=(polyak_samples, strongly_convex_components),
    step=alpha,
    where=(omega <= 2, _FROM_SHORTEST),
    measure="distance_sq",
    bound=(1 - SHORTEST * mu_min) ** k * D**2 + 2 * alpha * component_gap / (SHORTEST * mu_min),
    certificate=Recursion(
        rate=1 - SHORTEST * mu_min,
        noise=2 * alpha * component_gap,
        by={sampled_step_strong: Integer(1)},
    ),
    defaults=_DEFAULT,
    note=_KNOWS,
    sibling="sgd_sc_components",
)

sps_sc = Theorem(
    id="sps_sc",
    title="SGD with Polyak's step of the sample, f strongly convex, distance",
    source=f"derived from the step of {_LOIZOU}",
    method=sps_max,
    assumptions=(polyak_samples, strongly_convex),
    step=alpha,
    where=(omega < 2, _FROM_SHORTEST),
    measure="distance_sq",
    bound=(1 - _GAIN * mu / 2) ** k * D**2 + 2 * _NOISE / (_GAIN * mu),
    certificate=Recursion(
        rate=1 - _GAIN * mu / 2,
        noise=_NOISE,
        by={sampled_step: Integer(1), quadratic_growth: _GAIN},
    ),
    defaults=_DEFAULT,
    note="Only the mean must be strongly convex, for half the rate.",
    sibling="sps_components",
)

sps_convex = Theorem(
    id="sps_convex",
    title="SGD with Polyak's step of the sample, convex, averaged iterate",
    source=f"{_LOIZOU}, Theorem 3.4 (number not checked), for omega = 1; range and smaller floor derived",
    method=sps_max,
    assumptions=(convex, polyak_samples),
    step=alpha,
    where=(omega < 2, _FROM_SHORTEST),
    measure="gap_average",
    bound=D**2 / (_GAIN * k) + _NOISE / _GAIN,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=_GAIN,
        noise=_NOISE,
        by={sampled_step: Integer(1)},
    ),
    defaults=_DEFAULT,
    note=_KNOWS,
    sibling="sgd_star_convex",
)

_STAR = omega * (2 - omega)
_GARRIGOS = "Garrigos, Gower and Schaipp 2023"
_TOWARDS = "The step needs the values f_i(x*), and neither L_max nor the noise."

sps_star_lipschitz = Theorem(
    id="sps_star_lipschitz",
    title="SGD with Polyak's step towards f_i(x*), convex, averaged iterate",
    source=f"{_GARRIGOS}, for omega = 1 (number not checked); range derived",
    method=sps_star,
    assumptions=(convex, convex_samples, bounded_second_moment),
    step=omega,
    where=(omega < 2,),
    measure="gap_average",
    bound=D * sqrt(second_moment / (_STAR * k)),
    start=Integer(1),
    certificate=StarSteps(
        by={star_step: Integer(1), bounded_samples: GAIN * s**2},
        weight=2 * GAIN * s,
        noise=GAIN * s**2 * second_moment,
        best=D / sqrt(second_moment * _STAR * k),
    ),
    defaults={omega: Integer(1)},
    note=f"{_TOWARDS} The distance to x* never grows.",
    sibling="sps_convex",
)

_REACH = L_max * D**2 / (_STAR * k)
_BELOW = _REACH + sqrt(_REACH**2 + 2 * _REACH * component_gap)

sps_star_smooth = Theorem(
    id="sps_star_smooth",
    title="SGD with Polyak's step towards f_i(x*), smooth convex components, averaged iterate",
    source=f"derived from {_GARRIGOS}",
    method=sps_star,
    assumptions=(convex, convex_samples, polyak_samples),
    step=omega,
    where=(omega < 2,),
    measure="gap_average",
    bound=_BELOW,
    start=Integer(1),
    certificate=StarSteps(
        by={star_step: Integer(1), samples_below: GAIN * s**2},
        weight=2 * GAIN * s * (1 - L_max * s),
        noise=2 * GAIN * s**2 * L_max * component_gap,
        best=_BELOW / (2 * L_max * (_BELOW + component_gap)),
    ),
    defaults={omega: Integer(1)},
    note=f"{_TOWARDS} At most 2 L_max D^2/k + sqrt(2 L_max component_gap D^2/k) for omega = 1; no floor.",
    sibling="sps_star_lipschitz",
)

THEOREMS = (sps_components, sps_sc, sps_convex, sps_star_lipschitz, sps_star_smooth)
