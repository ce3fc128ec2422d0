"""Letters of projected methods: the box onto which they project holds x_0 and x*, by a margin."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

margin = Symbol("margin", positive=True)
x_inf = Symbol("x_inf", positive=True)

BOX_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        margin: "how far the box reaches beyond the largest coordinate of x_0 and x*",
        x_inf: "largest coordinate of x_0 and x*, in absolute value",
    }
)
"""What each stands for, in words."""
BOX_LATEX: Mapping[Symbol, str] = MappingProxyType({margin: r"m", x_inf: r"r_{\infty}"})
"""How each is typeset."""
