"""Letters of projected and adaptive methods: the box that holds x_0 and x*, by a margin, and coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

margin = Symbol("margin", positive=True)
x_inf = Symbol("x_inf", positive=True)
x0_inf = Symbol("x0_inf", nonnegative=True)
grad_inf = Symbol("grad_inf", positive=True)
decay = Symbol("decay", positive=True)
weight_decay = Symbol("weight_decay", positive=True)
sum_inner = Symbol("sum_inner", real=True)

BOX_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        margin: "how far the box reaches beyond the largest coordinate of x_0 and x*",
        x_inf: "largest coordinate of x_0 and x*, in absolute value",
        x0_inf: "largest coordinate of x_0, in absolute value",
        grad_inf: "bound on every coordinate of g_k along the run, whatever is drawn",
        decay: "factor by which an average of gradients or of their squares forgets, below 1",
        weight_decay: "weight decay: the part of x that a step alpha takes away, over alpha",
        sum_inner: "<grad f(x_k), s_k>, s_k the state s of the method",
    }
)
"""What each stands for, in words."""
BOX_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        margin: r"m",
        x_inf: r"r_{\infty}",
        x0_inf: r"\lVert x_0\rVert_\infty",
        grad_inf: r"G_{\infty}",
        decay: r"\beta_2",
        weight_decay: r"\lambda",
        sum_inner: r"\langle\nabla f(x_k),s_k\rangle",
    }
)
"""How each is typeset."""
