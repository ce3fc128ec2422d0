"""False statements about steps that read signs, norms and memories.

What holds with full gradients or on parabolas is read beyond them: each keeps the bound of a true theorem and
drops the condition that its proof needs.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Min, sqrt

from ratebound.theory.assumptions import smooth, strongly_convex
from ratebound.theory.draws import Draws, norm_sq
from ratebound.theory.families.quadratics import heavy_ball_quadratic
from ratebound.theory.families.sgd_star import sgd_star_convex
from ratebound.theory.families.sharpness import sam_normalised_nonconvex
from ratebound.theory.families.signs import sign_nonconvex
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import sign_sgd
from ratebound.theory.refutation import Counterexample, Refuted
from ratebound.theory.symbols import alpha, clip, gap0, k, sigma_star_sq

_SKEW = ((1.0,), (1.0,), (1.0,)), (2.0, -1.0, -1.0)
"""Three parabolas whose minimisers have the mean zero and the median -1."""

sam_settles = Refuted(
    replace(
        sam_normalised_nonconvex,
        id="sam_normalised_settles",
        title="Normalised sharpness-aware minimisation, without a floor",
        source="a common reading of the method as one of descent",
        bound=2 * gap0 / (alpha * k),
        certificate=None,
        note="",
    ),
    Counterexample(((1.0,),), (0.0,), (1.0,), 10, {"alpha": "1/L", "gamma": "1"}),
    "The gradient is taken at a distance that does not shrink: on a parabola the iterate jumps to and fro.",
)

_clipped_sgd = Method(
    "clipped_sgd",
    "SGD with clipped gradients of samples",
    {"x": x - alpha * Min(1, clip / sqrt(norm_sq)) * g},
    "batch",
    draws=Draws(values="infimum"),
)
clipped_samples = Refuted(
    replace(
        sgd_star_convex,
        id="sgd_star_convex_clipped",
        title="SGD with clipped gradients, convex, the bound of SGD",
        source="a common slip; see Koloskova, Hendrikx and Stich 2023 (number not checked)",
        method=_clipped_sgd,
        defaults={**sgd_star_convex.defaults, clip: sqrt(sigma_star_sq)},
        certificate=None,
        note="",
    ),
    Counterexample(*_SKEW, (0.0,), 1000, {"alpha": "1/50", "clip": "1"}),
    "Clipping cuts the rare large gradients and keeps the others: the mean of what is left vanishes at -1/2.",
)

sign_of_samples = Refuted(
    replace(
        sign_nonconvex,
        id="sign_sgd_nonconvex",
        title="Sign descent with single samples, the bound of full gradients",
        source="a common slip, read into Bernstein et al. 2018, whose batches grow (number not checked)",
        method=sign_sgd,
        certificate=None,
        note="",
    ),
    Counterexample(*_SKEW, (-1.0,), 400, {"gamma": "1/20"}),
    "The mean of signs is no sign of the mean: the iterate goes to the median of the samples "
    "(after Karimireddy, Rebjock, Stich and Jaggi 2019).",
)

heavy_ball_everywhere = Refuted(
    replace(
        heavy_ball_quadratic,
        id="heavy_ball_strong",
        title="Heavy ball with Polyak's parameters, strongly convex, distance",
        source="Polyak 1964 read beyond parabolas; see Lessard, Recht and Packard 2016 (number not checked)",
        assumptions=(smooth, strongly_convex),
        certificate=None,
        note="",
    ),
    Counterexample(((1.0,),), (0.0,), (5.0,), 60, loss="huber", l2=1 / 99),
    "Where the curvature changes along the way the momentum of the flat part meets the step of the steep "
    "one: the iterate runs in a cycle.",
)

REFUTED_STEPS = (sam_settles, clipped_samples, sign_of_samples, heavy_ball_everywhere)
