"""Labels that no rule of :mod:`benchmarks.mutants.labels` derives: by hand, with the reason."""

from __future__ import annotations

_CONTRACTION = "the factor max(|1 - alpha mu|, |1 - alpha L|) holds for every alpha > 0"
_PEP_1_5 = "PEP: worst ratio .75, .71, .70, .69, .69 for k = 1 .. 5"
_PEP_BEYOND = "PEP: ratio 1 at alpha = 2.2, 3.9, 7.5, mu = .1, .5, k = 1, 2"

KNOWN: dict[str, tuple[str, str]] = {
    "gd_convex: step x 0.5": ("equivalent", "gd_convex_tight at alpha/2: D^2/(2 alpha k + 2/L)"),
    "gd_convex: range x 1.5": ("equivalent", _PEP_1_5),
    "gd_convex_tight: range x 1.5": ("equivalent", _PEP_1_5),
    "gd_sc_distance: range x 1.5": ("equivalent", _CONTRACTION),
    "gd_sc_distance: range x 2": ("equivalent", _CONTRACTION),
    "gd_sc_distance: range x 4": ("equivalent", _CONTRACTION),
    "gd_sc_gap: range x 1.5": ("equivalent", _PEP_BEYOND),
    "gd_sc_gap: range x 2": ("equivalent", _PEP_BEYOND),
    "gd_sc_gap: range x 4": ("equivalent", _PEP_BEYOND),
    "gd_pl_refined: L -> mu_pl": ("open", "PEP: at most .683 where it claims .655 (L = alpha = 1, mu = .2)"),
    "gd_sc_simple: k -> 2 k": ("equivalent", "gd_sc_distance: below 1/L the larger factor is 1 - alpha mu"),
}
"""Name of the mutant -> its label and the reason."""
