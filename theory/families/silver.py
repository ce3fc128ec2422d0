"""Gradient descent with silver steps: long ones, now and then, make it faster, without memory or momentum."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import convex, smooth
from ratebound.theory.certificates.doubling import Doubling, grown, silver_step
from ratebound.theory.certificates.doubling_gap import GapDoubling
from ratebound.theory.methods import gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, gap0

silver_convex = Theorem(
    id="silver_convex",
    title="Gradient descent with silver steps, smooth convex, best point",
    source="Altschuler and Parrilo 2024, Theorem 1.1 (number not checked); half their constant, derived here",
    method=gd,
    assumptions=(smooth, convex),
    step=silver_step,
    measure="gap_best",
    bound=L * D**2 / (4 * grown - 2),
    start=Integer(1),
    certificate=Doubling(),
    note=(
        "Read off at the last j < k of the form 2^m - 1, where f(x_j) - f* <= L D^2/(4 (1 + sqrt(2))^m - 2), "
        "the worst case of such j. Between these points f may rise, by a step of about 0.4 (j + 1)^1.27/L."
    ),
    sibling="gd_convex",
)

silver_gradient = Theorem(
    id="silver_gradient",
    title="Gradient descent with silver steps, smooth convex, least gradient",
    source="Altschuler and Parrilo 2024 for the schedule; derived here",
    method=gd,
    assumptions=(smooth, convex),
    step=silver_step,
    measure="grad_norm_sq_best",
    bound=(L * D / grown) ** 2,
    start=Integer(1),
    certificate=Doubling(),
    note=(
        "Read off at the last j < k of the form 2^m - 1, where ||grad f(x_j)|| <= L D/(1 + sqrt(2))^m, the "
        "worst case of such j. With steps 1/L the squared gradient falls like 1/k^2 only."
    ),
    sibling="gd_convex_gradient_best",
)

silver_gradient_gap = Theorem(
    id="silver_gradient_gap",
    title="Gradient descent with silver steps, smooth convex, least gradient from a gap",
    source=(
        "Altschuler and Parrilo 2024 for the schedule; the rate in the spirit of Grimmer, Shu and Wang 2024 "
        "(not checked); derived here"
    ),
    method=gd,
    assumptions=(smooth, convex),
    step=silver_step,
    measure="grad_norm_sq_best",
    bound=2 * L * gap0 / (2 * grown - 1),
    start=Integer(1),
    certificate=GapDoubling(),
    note=(
        "Read off at the last j < k of the form 2^m - 1, where ||grad f(x_j)||^2 <= "
        "2 L gap0/(2 (1 + sqrt(2))^m - 1), the worst case of such j. It needs no distance, and no minimiser."
    ),
    sibling="silver_gradient",
)

THEOREMS = (silver_convex, silver_gradient, silver_gradient_gap)
