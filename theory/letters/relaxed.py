"""Letters of relaxed smoothness: a bound on the curvature that grows with the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

L_zero = Symbol("L_zero", positive=True)
L_one = Symbol("L_one", positive=True)
RELAXED_CONSTANTS = (L_zero, L_one)
"""Those that a problem must certify; either may be zero."""

RELAXED_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        L_zero: "smoothness constant of f where its gradient vanishes, in relaxed smoothness",
        L_one: "growth of the smoothness constant of f with ||grad f||, in relaxed smoothness",
    }
)
RELAXED_LATEX: Mapping[Symbol, str] = MappingProxyType({L_zero: "L_0", L_one: "L_1"})
