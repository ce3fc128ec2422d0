"""Letters of line searches: what they ask of a step along the negative gradient, and the one they accept."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

c1 = Symbol("c1", positive=True)
c2 = Symbol("c2", positive=True)
shrink = Symbol("shrink", positive=True)
SEARCH_PARAMETERS = (c1, c2, shrink)
"""Those that a user chooses."""
SEARCH_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        c1: "part of the step times ||grad f||^2 by which f must fall",
        c2: "part of the slope along a step that may be left at its end, below 1",
        shrink: "what is left of a step that was too long in the next trial, below 1",
    }
)
"""What each stands for, in words."""
SEARCH_LATEX: Mapping[Symbol, str] = MappingProxyType({c1: "c_1", c2: "c_2", shrink: r"\varsigma"})
"""How each is typeset."""
