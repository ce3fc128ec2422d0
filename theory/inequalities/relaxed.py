"""Relaxed smoothness: gradients change at a rate that may grow with the gradient, as in exponential losses.

Source: Zhang, He, Sra and Jadbabaie 2020, in the form without second derivatives (number not checked).
"""

from __future__ import annotations

from sympy import sqrt

from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.relaxed import L_one, L_zero
from ratebound.theory.methods import clipped
from ratebound.theory.symbols import alpha, clip, delta, delta_next, grad_sq, move_inner, move_sq

relaxed_descent = Inequality(
    "descent lemma of relaxed smoothness, for clipped steps of at most 1/L_one",
    delta + move_inner + (L_zero + L_one * sqrt(grad_sq)) / 2 * move_sq - delta_next,
    needs("relaxed_smooth"),
    about=clipped,
    # No step is longer than alpha clip; an end that is reached is swept as well.
    positive=1 - alpha * clip * L_one,
)
relaxed_smooth = Assumption(
    "relaxed_smooth",
    "||grad f(x) - grad f(y)|| <= (L_zero + L_one ||grad f(x)||) ||x - y|| where ||x - y|| <= 1/L_one",
    ("L_zero", "L_one"),
)
ASSUMPTIONS = (relaxed_smooth,)
