"""Letters of gradients with an error ``e_k``: how long it may be, and where it points."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

error = Symbol("error", positive=True)
relative_error = Symbol("relative_error", positive=True)
fall = Symbol("fall", positive=True)
error_along = Symbol("error_along", real=True)

INEXACT_PARAMETERS = (error, relative_error, fall)
"""Those that a user chooses."""
INEXACT_STATE = (error_along,)
"""Those of one iteration."""
INEXACT_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        error: "bound on the length of the error e_k of every gradient",
        relative_error: "bound on ||e_k||/||grad f(x_k)||, e_k the error of a gradient, below 1",
        fall: "factor by which the bound on ||e_k||^2, or a batch's noise, falls in a step, below 1",
        error_along: "<x_k - x*, e_k>",
    }
)
"""What each stands for, in words."""
INEXACT_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {error: r"\varepsilon", relative_error: "q", fall: r"\varphi", error_along: r"\langle x_k-x_*,e_k\rangle"}
)
"""How each is typeset."""
