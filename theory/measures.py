"""What a theorem may bound, by name; without SymPy, for every run reads these words."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

from ratebound.theory.readings import READINGS

BENT = Fraction(2, 3)
"""Which part of -lambda_min/L_hess, lambda_min the least eigenvalue of the Hessian, counts as a length beside
sqrt(||grad f||/L_hess): steps of the cubic model leave no more than their own length of both."""
MEASURES = MappingProxyType(
    {
        "gap_last": r"\mathbb{E}\left[f(x_k)-f_*\right]",
        "distance_sq": r"\mathbb{E}\lVert x_k-x_*\rVert^2",
        "gap_average": r"\mathbb{E}\left[f(\bar x_k)-f_*\right]",
        "gap_mean": r"\frac{\sum_{j<k} w_j\,\mathbb{E}\left[f(x_j)-f_*\right]}{\sum_{j<k} w_j}",
        "gap_best": r"\min_{j<k}\,\mathbb{E}\left[f(x_j)-f_*\right]",
        "grad_norm_sq_last": r"\mathbb{E}\lVert\nabla f(x_k)\rVert^2",
        "grad_norm_sq_mean": r"\frac{\sum_{j<k} w_j\,\mathbb{E}\lVert\nabla f(x_j)\rVert^2}{\sum_{j<k} w_j}",
        "grad_norm_sq_best": r"\min_{j<k}\,\mathbb{E}\lVert\nabla f(x_j)\rVert^2",
        "grad_norm_mean": r"\frac{\sum_{j<k} w_j\,\mathbb{E}\lVert\nabla f(x_j)\rVert}{\sum_{j<k} w_j}",
        "grad_l1_mean": r"\frac{\sum_{j<k} w_j\,\mathbb{E}\lVert\nabla f(x_j)\rVert_1}{\sum_{j<k} w_j}",
        "second_order_best": (
            r"\min_{j<k}\,\mathbb{E}\max\left(\sqrt{\lVert\nabla f(x_j)\rVert/L_H},"
            rf"\,-\tfrac{{{BENT.numerator}}}{{{BENT.denominator}}}"
            r"\lambda_{\min}(\nabla^2 f(x_j))/L_H\right)"
        ),
        "gap_next": r"\mathbb{E}_k\left[f(x_{k+1})-f_*\right]",
        "batch_variance": r"\mathbb{E}\lVert g_B-\nabla f(x)\rVert^2",
        **{name: reading.latex for name, reading in READINGS.items()},
    }
)
"""What a theorem may bound, typeset: at points of a run, in one step at any point, or of a state."""
ONE_STEP = frozenset({"gap_next", "batch_variance"})
"""Measures of one step: their bounds are expressions in the state at x_k."""
BEST = frozenset({"gap_best", "grad_norm_sq_best", "second_order_best"})
"""Measures of the best of the points before x_k: the least of expectations."""
WEIGHED = frozenset({"gap_average", "gap_mean", "grad_norm_sq_mean", "grad_norm_mean", "grad_l1_mean"})
"""Measures that weigh the points before x_k."""
