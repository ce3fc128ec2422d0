"""Letters of coordinate descent: smoothness along the axes, and quantities that it scales.

Along axis j the function f is L_j-smooth: ``f(x + t e_j) <= f(x) + t d_j f(x) + L_j t^2/2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Symbol

d = Symbol("d", integer=True, positive=True)
L_coord = Symbol("L_coord", positive=True)
L_coord_sum = Symbol("L_coord_sum", positive=True)
D_scaled_sq = Symbol("D_scaled_sq", positive=True)
mu_signs = Symbol("mu_signs", positive=True)
mu_axis = Symbol("mu_axis", positive=True)
omega = Symbol("omega", positive=True)

d2_scaled = Symbol("d2_scaled", nonnegative=True)
d2_scaled_next = Symbol("d2_scaled_next", nonnegative=True)
grad_scaled_sq = Symbol("grad_scaled_sq", nonnegative=True)
move_scaled_sq = Symbol("move_scaled_sq", nonnegative=True)

COORDINATE_CONSTANTS = (d, L_coord, L_coord_sum, D_scaled_sq, mu_signs, mu_axis)
"""The constants."""
COORDINATE_STATE = (d2_scaled, d2_scaled_next, grad_scaled_sq, move_scaled_sq)
"""The quantities of one step, in which claims are linear."""
COORDINATE_MEANING: Mapping[Symbol, str] = MappingProxyType(
    {
        d: "number of features, the dimension of x",
        L_coord: "largest smoothness constant L_j of f along an axis",
        L_coord_sum: "sum of the smoothness constants L_j of f along the axes",
        D_scaled_sq: "sum of L_j (x_0 - x*)_j^2 over the axes",
        mu_signs: "constant of the inequality ||grad f||_1^2 >= 2 mu (f - f*), f quadratic",
        mu_axis: "constant of the inequality max (d_j f)^2 >= 2 mu (f - f*), f quadratic",
        omega: "how much is taken of the step 1/L_j along an axis, of Polyak's step of a sample, or of SDCA",
        d2_scaled: "sum of L_j (x_k - x*)_j^2 over the axes",
        d2_scaled_next: "its mean after the step",
        grad_scaled_sq: "sum of (d_j f(x_k))^2/L_j over the axes",
        move_scaled_sq: "E_k of the sum of L_j (x_{k+1} - x_k)_j^2, for a step along one axis",
    }
)
"""What each stands for, in words."""
COORDINATE_LATEX: Mapping[Symbol, str] = MappingProxyType(
    {
        L_coord: r"L_{\mathrm{ax}}",
        L_coord_sum: r"L_{\Sigma}",
        D_scaled_sq: r"\lVert x_0-x_*\rVert_L^2",
        mu_signs: r"\mu_{\pm}",
        mu_axis: r"\mu_{\mathrm{ax}}",
        omega: r"\omega",
        d2_scaled: r"\lVert x_k-x_*\rVert_L^2",
        d2_scaled_next: r"\mathbb{E}_k\lVert x_{k+1}-x_*\rVert_L^2",
        grad_scaled_sq: r"\lVert\nabla f(x_k)\rVert_{L^{-1}}^2",
        move_scaled_sq: r"\mathbb{E}_k\lVert x_{k+1}-x_k\rVert_L^2",
    }
)
"""How each is typeset."""
