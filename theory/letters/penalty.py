"""Letters of proximal methods: the penalty ``h = l1 ||x||_1`` that an objective adds to its finite sum."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

l1 = Symbol("l1", nonnegative=True)
penalty0 = Symbol("penalty0", nonnegative=True)
penalty = Symbol("penalty", nonnegative=True)
penalty_next = Symbol("penalty_next", nonnegative=True)
penalty_star = Symbol("penalty_star", nonnegative=True)
penalty_gap = Symbol("penalty_gap", nonnegative=True)
penalty_gap_next = Symbol("penalty_gap_next", nonnegative=True)
descent_apart = Symbol("descent_apart", real=True)
moment_apart = Symbol("moment_apart", nonnegative=True)

PENALTY_CONSTANTS = (l1, penalty0)
"""Those that a problem certifies."""
PENALTY_STATE = (
    penalty,
    penalty_next,
    penalty_star,
    penalty_gap,
    penalty_gap_next,
    descent_apart,
    moment_apart,
)
"""Those of one iteration."""
PENALTY_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        l1: "weight of the penalty h(x) = l1 ||x||_1, which f adds to its finite sum",
        penalty0: "penalty h(x_0) at the start",
        penalty: "penalty h(x_k)",
        penalty_next: "E_k h(x_{k+1})",
        penalty_star: "penalty h(x*)",
        penalty_gap: "h(x_k) - h(x*) + <grad f(x*), x_k - x*>, at most the gap of f with its penalty",
        penalty_gap_next: "its mean after the step",
        descent_apart: "inner product of grad f(x_k) - grad f(x*) with x_k - x*",
        moment_apart: "E_k ||g_k - grad f(x*)||^2",
    }
)
"""What each stands for, in words."""
PENALTY_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        l1: r"\lambda_1",
        penalty0: "h(x_0)",
        penalty: "h(x_k)",
        penalty_next: r"\mathbb{E}_k h(x_{k+1})",
        penalty_star: "h(x_*)",
        penalty_gap: r"H_k",
        penalty_gap_next: r"\mathbb{E}_k H_{k+1}",
        descent_apart: r"\langle\nabla f(x_k)-\nabla f(x_*),x_k-x_*\rangle",
        moment_apart: r"\mathbb{E}_k\lVert g_k-\nabla f(x_*)\rVert^2",
    }
)
"""How each is typeset."""
