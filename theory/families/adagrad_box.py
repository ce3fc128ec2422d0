"""AdaGrad and AMSGrad on a box: the regret of their steps is the error of the average iterate."""

from __future__ import annotations

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import bounded_second_moment, convex
from ratebound.theory.certificates.accumulated_box import LargestAverage, SummedSquares
from ratebound.theory.inequalities.projections import bounded_coordinates, boxed
from ratebound.theory.letters.box import decay, grad_inf, margin, x_inf
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import Method
from ratebound.theory.methods.boxed import HALF, adagrad_box, adagrad_norm_box, adagrad_sgd, amsgrad
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import b0, gamma, grad0_sq, k, second_moment

_SMALL = {b0: sqrt(grad0_sq) / 10, margin: x_inf / 10}
_DIAGONAL = sqrt(d * (d * b0**2 + k * second_moment))


def _adagrad(name: str, title: str, method: Method, sibling: str) -> Theorem:
    return Theorem(
        id=name,
        title=title,
        source="Duchi, Hazan and Singer 2011, Theorem 5 (number not checked), with b0 and for averages",
        method=method,
        assumptions=(convex, bounded_second_moment, boxed),
        step=gamma,
        measure="gap_average",
        bound=(2 * HALF**2 / gamma + gamma) * _DIAGONAL / k,
        start=Integer(1),
        certificate=SummedSquares(),
        defaults={gamma: Rational(3, 2) * x_inf, **_SMALL},
        note="A length for each coordinate; no step knows the slopes. sqrt(2) times half the side is best.",
        sibling=sibling,
    )


adagrad_box_full = _adagrad(
    "adagrad_box",
    "AdaGrad on a box, full gradients, convex, averaged iterate",
    adagrad_box,
    "adagrad_norm_box",
)
adagrad_box_sgd = _adagrad(
    "adagrad_sgd", "AdaGrad on a box, convex, averaged iterate", adagrad_sgd, "projected_sgd_horizon"
)

adagrad_box_norm = Theorem(
    id="adagrad_norm_box",
    title="AdaGrad-Norm on a box, full gradients, convex, averaged iterate",
    source="Streeter and McMahan 2010, for one rate (number not checked), with b0 and for averages",
    method=adagrad_norm_box,
    assumptions=(convex, bounded_second_moment, boxed),
    step=gamma,
    measure="gap_average",
    bound=(2 * d * HALF**2 / gamma + gamma) * sqrt(b0**2 + k * second_moment) / k,
    start=Integer(1),
    certificate=SummedSquares(together=True),
    defaults={gamma: Rational(3, 2) * sqrt(d) * x_inf, **_SMALL},
    note="One length for all coordinates: the diameter of the box takes the place of its side.",
    sibling="adagrad_norm_any",
)

_LENGTH = gamma / sqrt(k + 1)

amsgrad_box = Theorem(
    id="amsgrad_box",
    title="AMSGrad without momentum on a box, convex, averaged iterate",
    source="Reddi, Kale and Kumar 2018, Theorem 4 for beta_1 = 0, with a constant derived here (not checked)",
    method=amsgrad,
    assumptions=(convex, bounded_coordinates, boxed),
    step=_LENGTH,
    where=(decay < 1,),
    measure="gap_average",
    bound=d
    * (2 * HALF**2 * sqrt(b0**2 + grad_inf**2) / gamma + gamma * grad_inf / sqrt(1 - decay))
    / sqrt(k),
    start=Integer(1),
    certificate=LargestAverage(),
    defaults={gamma: 2 * x_inf, decay: Rational(1, 2), **_SMALL},
    note="The largest average is kept, so that lengths only fall; without that the statement is false.",
    sibling="adagrad_sgd",
)

THEOREMS = (adagrad_box_full, adagrad_box_norm, adagrad_box_sgd, amsgrad_box)
