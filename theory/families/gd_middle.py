"""Gradient descent, strongly convex, with the step 2/(mu + L) that is best for both ends of the spectrum."""

from __future__ import annotations

from ratebound.theory.assumptions import smooth, strongly_convex, value_below_distance
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.families.gd import gd_sc_distance
from ratebound.theory.methods import gd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, k, mu

_MIDDLE = 2 / (mu + L)

gd_middle_gap_distance = Theorem(
    id="gd_middle_gap_distance",
    title="Gradient descent, strongly convex, step 2/(mu + L), function values from the distance",
    source="Nesterov 2004, Theorem 2.1.15 (number not checked)",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=_MIDDLE,
    measure="gap_last",
    bound=L / 2 * ((L - mu) / (L + mu)) ** (2 * k) * D**2,
    certificate=Conversion(gd_sc_distance, L / 2, {value_below_distance: 1}, {alpha: _MIDDLE}),
    note="The best of the steps of gd_sc_distance; no value at x_0 is read.",
    sibling="gd_sc_distance",
)

THEOREMS = (gd_middle_gap_distance,)
