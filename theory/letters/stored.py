"""Letters of proofs about stored gradients, and how far the iterate is from the points where they were taken.

``p_i`` is the point at which the gradient of component i was stored, ``i`` the sample that a step draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

stored_sq = Symbol("stored_sq", nonnegative=True)
stored_sq_next = Symbol("stored_sq_next", nonnegative=True)
mean_inner = Symbol("mean_inner", real=True)
mean_inner_next = Symbol("mean_inner_next", real=True)
mean_sq = Symbol("mean_sq", nonnegative=True)
mean_sq_next = Symbol("mean_sq_next", nonnegative=True)
stored_gap = Symbol("stored_gap", nonnegative=True)
stored_gap_next = Symbol("stored_gap_next", nonnegative=True)
dual_sq = Symbol("dual_sq", nonnegative=True)
dual_sq_next = Symbol("dual_sq_next", nonnegative=True)
away_sq = Symbol("away_sq", nonnegative=True)
away_sq_next = Symbol("away_sq_next", nonnegative=True)
away_inner = Symbol("away_inner", real=True)
away_along = Symbol("away_along", real=True)
noise_next = Symbol("noise_next", nonnegative=True)

young = Symbol("young", positive=True)
kept = Symbol("kept", positive=True)

STORED_PARAMETERS = (young, kept)
"""Those that a user chooses."""
STORED_STATE = (
    stored_sq,
    stored_sq_next,
    mean_inner,
    mean_inner_next,
    mean_sq,
    mean_sq_next,
    stored_gap,
    stored_gap_next,
    dual_sq,
    dual_sq_next,
    away_sq,
    away_sq_next,
    away_inner,
    away_along,
    noise_next,
)
"""The quantities, in which claims are linear."""
STORED_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        stored_sq: "(1/n) sum_i ||t_i - grad f_i(x*)||^2, t_i the gradient that is stored, or zero",
        stored_sq_next: "its mean after the step",
        mean_inner: "<x_k - x*, v_k>, v_k the mean of what is stored",
        mean_inner_next: "its mean after the step",
        mean_sq: "||v_k||^2, v_k the mean of what is stored",
        mean_sq_next: "its mean after the step",
        stored_gap: "(1/n) sum_i (f_i(p_i) - f_i(x*) - <grad f_i(x*), p_i - x*>), stored at p_i",
        stored_gap_next: "its mean after the step",
        dual_sq: "(1/n) sum_i ||b_i - grad f_i(x*) + mu_min x*||^2, b_i = t_i - mu_min x_0 and t_i stored",
        dual_sq_next: "its mean after the step",
        away_sq: "(1/n) sum_i ||x_k - p_i||^2, p_i the point whose gradient is stored",
        away_sq_next: "its mean after the step",
        away_inner: "(1/n) sum_i <grad f(x_k), x_k - p_i>",
        away_along: "E_k <g_k, x_k - p_i>, i the drawn sample",
        noise_next: "E_k (1/n) sum_i ||grad f_i(x_{k+1}) - grad f(x_{k+1})||^2",
        young: "factor of Young's inequality for the gradient and how far stored points are, over L_max",
        kept: "part of alpha ||grad f||^2 by which f falls in a step, beside what is away",
    }
)
"""What each stands for, in words."""
STORED_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        stored_sq: r"B_k",
        stored_sq_next: r"\mathbb{E}_k B_{k+1}",
        mean_inner: r"\langle x_k-x_*,v_k\rangle",
        mean_inner_next: r"\mathbb{E}_k\langle x_{k+1}-x_*,v_{k+1}\rangle",
        mean_sq: r"\lVert v_k\rVert^2",
        mean_sq_next: r"\mathbb{E}_k\lVert v_{k+1}\rVert^2",
        stored_gap: r"H_k",
        stored_gap_next: r"\mathbb{E}_k H_{k+1}",
        dual_sq: r"B_k",
        dual_sq_next: r"\mathbb{E}_k B_{k+1}",
        away_sq: r"Q_k",
        away_sq_next: r"\mathbb{E}_k Q_{k+1}",
        away_inner: r"\tfrac1n\sum_i\langle\nabla f(x_k),x_k-p_i\rangle",
        away_along: r"\mathbb{E}_k\langle g_k,x_k-p_i\rangle",
        noise_next: r"\mathbb{E}_k\tfrac1n\sum_i\lVert\nabla f_i(x_{k+1})-\nabla f(x_{k+1})\rVert^2",
        young: "y",
        kept: r"\kappa",
    }
)
"""How each is typeset."""
