"""What stays bounded along every path, whatever f is: the iterates of Lion, the steps of Adam."""

from __future__ import annotations

from sympy import Integer, Rational, sqrt

from ratebound.theory.certificates.signed import InBox, StepLength
from ratebound.theory.letters.box import decay, weight_decay, x0_inf
from ratebound.theory.methods.signed import adam, lion
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, b0, beta, gamma, grad0_sq, k

lion_box = Theorem(
    id="lion_box",
    title="Lion with weight decay, into a box, any f",
    source="derived here; compare Chen et al. 2024 on Lion; Xie and Li 2024 on AdamW (numbers not checked)",
    method=lion,
    assumptions=(),
    step=gamma,
    where=(gamma <= 1 / weight_decay,),
    measure="largest_coordinate",
    bound=1 / weight_decay + (1 - gamma * weight_decay) ** k * (x0_inf - 1 / weight_decay),
    certificate=InBox(),
    defaults={
        gamma: 1 / (20 * weight_decay),
        weight_decay: 1 / D,
        beta: Rational(9, 10),
        decay: Rational(99, 100),
    },
    note="For every path, and for every step along signs with this decay.",
    sibling="sign_nonconvex",
)

adam_step = Theorem(
    id="adam_step",
    title="Adam, no step is longer, any f",
    source="derived here; Kingma and Ba 2015, section 2.1 (not checked), state less, without a proof",
    method=adam,
    assumptions=(),
    step=gamma,
    where=(decay < 1, beta < sqrt(decay)),
    measure="last_move",
    bound=StepLength.implied(gamma),
    start=Integer(1),
    certificate=StepLength(),
    defaults={
        gamma: D / 20,
        beta: Rational(9, 10),
        decay: Rational(999, 1000),
        b0: sqrt(grad0_sq) / 1000,
    },
    note=(
        "The first step, of the length gamma at most, is one along signs but for b0. Later ones may be "
        "longer, even than gamma (1 - beta)/sqrt(1 - decay), which one gradient after zeros makes: gradients "
        "that change geometrically attain this bound as b0 vanishes."
    ),
    sibling="rmsprop_nonconvex",
)

THEOREMS = (lion_box, adam_step)
