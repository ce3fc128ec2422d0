"""Gradient and stochastic gradient steps that are projected onto a box, in which x_0 and x* lie."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.algebra.lemmas import harmonic, inverse_sqrt_sharp, triangular
from ratebound.theory.assumptions import (
    bounded_gradient,
    bounded_moment,
    bounded_second_moment,
    convex,
    descent_lemma,
    first_order,
    smooth,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.subgradient import (
    subgradient_constant,
    subgradient_decaying,
    subgradient_horizon,
)
from ratebound.theory.inequalities.projections import (
    boxed,
    nonexpansive,
    nonexpansive_mean,
    obtuse_at_iterate,
    obtuse_at_star,
)
from ratebound.theory.letters.box import margin
from ratebound.theory.methods.boxed import projected_gd, projected_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L,
    alpha,
    alpha0,
    d2,
    delta,
    delta_next,
    gap0,
    k,
    move_sq,
    mu,
    second_moment,
)

ON_BOX = {margin: D / 10}
_SHORT = D**2 / (gap0 * sqrt(K))
ON_THE_BOX = "On the box gradients are bounded whatever f is: the bound is certified there, for any steps."

projected_gd_convex = Theorem(
    id="projected_gd_convex",
    title="Projected gradient descent, smooth convex",
    source="Beck and Teboulle 2009, Theorem 3.1, for an indicator function (number not checked)",
    method=projected_gd,
    assumptions=(smooth, convex, boxed),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=D**2 / (2 * alpha * k),
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + 2 * alpha * k * delta,
        by={
            obtuse_at_star: Integer(2),
            obtuse_at_iterate: 2 * k,
            first_order: 2 * alpha,
            descent_lemma: 2 * alpha * (k + 1),
        },
        plus={move_sq: 1 + 2 * k - alpha * L * (k + 1)},
    ),
    defaults={alpha: 1 / L, **ON_BOX},
    note="The bound of gradient descent: a projection costs nothing.",
    sibling="gd_convex",
)

projected_gd_strong = Theorem(
    id="projected_gd_strong",
    title="Projected gradient descent, strongly convex, distance",
    source="folklore; Bubeck 2015, Theorem 3.10, with another constant (number not checked)",
    method=projected_gd,
    assumptions=(smooth, strongly_convex, boxed),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="distance_sq",
    bound=(1 - alpha * mu) ** k * D**2,
    certificate=Recursion(
        rate=1 - alpha * mu,
        noise=Integer(0),
        by={obtuse_at_star: Integer(2), strong_first_order: 2 * alpha, descent_lemma: 2 * alpha},
        plus={move_sq: 1 - alpha * L, delta_next: 2 * alpha},
    ),
    defaults={alpha: 1 / L, **ON_BOX},
    sibling="gd_sc_distance",
)

projected_subgradient = Theorem(
    id="projected_subgradient",
    title="Projected subgradient method, convex, constant step, averaged iterate",
    source="Nesterov 2004, section 3.2 (number not checked)",
    method=projected_gd,
    assumptions=(convex, bounded_second_moment, boxed),
    step=alpha,
    measure="gap_average",
    bound=subgradient_constant.bound,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * second_moment,
        by={nonexpansive: Integer(1), first_order: 2 * alpha, bounded_gradient: alpha**2},
    ),
    defaults={alpha: _SHORT, **ON_BOX},
    sibling="subgradient_constant",
)

_BY = {nonexpansive_mean: Integer(1), first_order: 2 * alpha, bounded_moment: alpha**2}

projected_sgd_constant = Theorem(
    id="projected_sgd_constant",
    title="Projected SGD, convex, constant step, averaged iterate",
    source="Zinkevich 2003, for random samples (number not checked)",
    method=projected_sgd,
    assumptions=(convex, bounded_second_moment, boxed),
    step=alpha,
    measure="gap_average",
    bound=subgradient_constant.bound,
    start=Integer(1),
    certificate=Telescope(potential=d2, weight=2 * alpha, noise=alpha**2 * second_moment, by=_BY),
    defaults={alpha: _SHORT, **ON_BOX},
    note=ON_THE_BOX,
    sibling="sgd_convex_constant",
)

_TUNED = D / sqrt(second_moment * K)

projected_sgd_horizon = Theorem(
    id="projected_sgd_horizon",
    title="Projected SGD, convex, horizon-tuned step, averaged iterate",
    source="Zinkevich 2003, for random samples (number not checked)",
    method=projected_sgd,
    assumptions=(convex, bounded_second_moment, boxed),
    step=_TUNED,
    measure="gap_average",
    bound=subgradient_horizon.bound,
    start=Integer(1),
    certificate=Corollary(projected_sgd_constant, {alpha: _TUNED}),
    defaults=ON_BOX,
    note=ON_THE_BOX,
    sibling="projected_sgd_constant",
)

_DECAYING = alpha0 / sqrt(k + 1)

projected_sgd_decaying = Theorem(
    id="projected_sgd_decaying",
    title="Projected SGD, convex, decaying step, step-weighted average",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009, section 2.2; closed form derived (not checked)",
    method=projected_sgd,
    assumptions=(convex, bounded_second_moment, boxed),
    step=_DECAYING,
    measure="gap_average",
    weights=_DECAYING,
    bound=subgradient_decaying.bound,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * second_moment,
        by=_BY,
        weight_sum=inverse_sqrt_sharp,
        noise_sum=harmonic,
    ),
    defaults={alpha0: D**2 / gap0, **ON_BOX},
    note=ON_THE_BOX,
    sibling="projected_sgd_horizon",
)

projected_sgd_strong = Theorem(
    id="projected_sgd_strong",
    title="Projected SGD, strongly convex, step 2/(mu (k+2)), average with weights k+1",
    source="Lacoste-Julien, Schmidt and Bach 2012, equation (5) (number not checked)",
    method=projected_sgd,
    assumptions=(strongly_convex, bounded_second_moment, boxed),
    step=2 / (mu * (k + 2)),
    measure="gap_average",
    weights=k + 1,
    bound=2 * second_moment / (mu * (k + 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=mu * k * (k + 1) / 4 * d2,
        weight=k + 1,
        noise=second_moment / mu,
        by={
            nonexpansive_mean: mu * (k + 1) * (k + 2) / 4,
            strong_first_order: k + 1,
            bounded_moment: (k + 1) / (mu * (k + 2)),
        },
        plus={second_moment: 1 / (mu * (k + 2))},
        weight_sum=triangular,
    ),
    defaults=ON_BOX,
    note="Strong convexity and bounded gradients go together on a box, and nowhere else.",
    sibling="sgd_sc_weighted_average",
)

THEOREMS = (
    projected_gd_convex,
    projected_gd_strong,
    projected_subgradient,
    projected_sgd_constant,
    projected_sgd_horizon,
    projected_sgd_decaying,
    projected_sgd_strong,
)
