"""Letters of proofs about passes over the data: what one pass adds up, from x_k to x_{k+1}.

Within a pass ``x_0 = x_k``, ``x_{j+1} = x_j - alpha grad f_{i_j}(x_j)`` and ``x_n = x_{k+1}``; the samples
``i_0 .. i_{n-1}`` are all different. ``x*_j = x* - alpha sum_{l<j} grad f_{i_l}(x*)`` is where the pass would
bring x*: ``x*_n = x*``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

pass_slope = Symbol("pass_slope", real=True)
pass_spread = Symbol("pass_spread", nonnegative=True)
pass_out = Symbol("pass_out", nonnegative=True)
pass_away = Symbol("pass_away", nonnegative=True)
aside_slope = Symbol("aside_slope", real=True)
aside_spread = Symbol("aside_spread", nonnegative=True)
aside_gap = Symbol("aside_gap", nonnegative=True)
shuffle_radius = Symbol("shuffle_radius", positive=True)

PASS_CONSTANTS = (shuffle_radius,)
"""The constants."""
PASS_STATE = (pass_slope, pass_spread, pass_out, pass_away, aside_slope, aside_spread, aside_gap)
"""The quantities, in which claims are linear."""
PASS_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        pass_slope: "E sum_j <grad f_{i_j}(x_j), x_{k+1} - x*> over a pass",
        pass_spread: "E sum_j ||grad f_{i_j}(x_j) - grad f_{i_j}(x*)||^2 over a pass",
        pass_out: "E sum_j ||x_j - x_{k+1}||^2 over a pass",
        pass_away: "E sum_j ||x_j - x_k||^2 over a pass",
        aside_slope: "E <grad f_{i_j}(x_j) - grad f_{i_j}(x*), x_j - x*_j> within a pass",
        aside_spread: "E ||grad f_{i_j}(x_j) - grad f_{i_j}(x*)||^2 within a pass",
        aside_gap: "E f_{i_j}(x*_j) - f_{i_j}(x*) - <grad f_{i_j}(x*), x*_j - x*> within a pass",
        shuffle_radius: "the most that E D_{f_{i_j}}(x*_j, x*) is over a shuffled pass, per alpha^2",
    }
)
"""What each stands for, in words."""
PASS_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        pass_slope: r"\sum_j\mathbb{E}\langle\nabla f_{i_j}(x_j),x_{k+1}-x_*\rangle",
        pass_spread: r"\sum_j\mathbb{E}\lVert\nabla f_{i_j}(x_j)-\nabla f_{i_j}(x_*)\rVert^2",
        pass_out: r"\sum_j\mathbb{E}\lVert x_j-x_{k+1}\rVert^2",
        pass_away: r"\sum_j\mathbb{E}\lVert x_j-x_k\rVert^2",
        aside_slope: r"\mathbb{E}\langle\nabla f_{i_j}(x_j)-\nabla f_{i_j}(x_*),x_j-x_{*,j}\rangle",
        aside_spread: r"\mathbb{E}\lVert\nabla f_{i_j}(x_j)-\nabla f_{i_j}(x_*)\rVert^2",
        aside_gap: r"\mathbb{E}D_{f_{i_j}}(x_{*,j},x_*)",
        shuffle_radius: r"\varrho_{\mathrm{shuffle}}",
    }
)
"""How each is typeset."""
