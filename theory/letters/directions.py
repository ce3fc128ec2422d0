"""Letters of the noise of single samples along a run, whatever the batch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

sample_variance = Symbol("sample_variance", positive=True)
sample_noise_l1 = Symbol("sample_noise_l1", positive=True)

DIRECTION_CONSTANTS = (sample_variance, sample_noise_l1)
"""The constants."""
DIRECTION_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        sample_variance: "bound on E (1/n) sum_i ||grad f_i(x_k) - grad f(x_k)||^2 along the run",
        sample_noise_l1: "bound on sum_j sqrt(E (1/n) sum_i (grad f_i(x_k) - grad f(x_k))_j^2) along the run",
    }
)
"""What each stands for, in words."""
DIRECTION_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {sample_variance: r"\nu_1^2", sample_noise_l1: r"\lVert\nu\rVert_1"}
)
"""How each is typeset."""
