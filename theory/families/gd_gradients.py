"""Gradient descent: how fast the gradient itself becomes small."""

from __future__ import annotations

from sympy import Abs, Expr, Integer, Max

from ratebound.theory.algebra.lemmas import triangular
from ratebound.theory.assumptions import (
    cocoercive,
    convex,
    descent_lemma,
    gradient_below_gap,
    interpolation_step,
    interpolation_step_back,
    lower_bounded,
    pl,
    smooth,
    smooth_step,
    strongly_convex,
)
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.gradient_sum import GradientSum
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.gd import gd_pl
from ratebound.theory.methods import gd
from ratebound.theory.onestep import G, H
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, d2, delta, gap0, grad0_sq, grad_sq, k, mu, mu_pl

_INVERSE_L = {alpha: 1 / L}
_PAID = (k - 1) * alpha * (4 - alpha * L) + 2 / L

gd_nonconvex_tight = Theorem(
    id="gd_nonconvex_tight",
    title="Gradient descent, nonconvex, least gradient, sharp constant",
    source="Abbaszadehpeivasti, de Klerk and Zamani 2022 (number not checked)",
    method=gd,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="grad_norm_sq_best",
    bound=4 * gap0 / _PAID,
    start=Integer(1),
    certificate=GradientSum(
        now=alpha * (3 - alpha * L) / 4,
        after=alpha / 4,
        last=1 / (2 * L),
        by={smooth_step: 1},
        plus={(G - H) ** 2: (1 / L - alpha) / 4},
        final={gradient_below_gap: 1 / (2 * L)},
    ),
    defaults=_INVERSE_L,
    note="At alpha = 1/L it is 4 L gap0/(3 k - 1).",
    sibling="gd_nonconvex",
)

gd_convex_gradient_mean = Theorem(
    id="gd_convex_gradient_mean",
    title="Gradient descent, smooth convex, mean squared gradient from the distance",
    source="folklore, by co-coercivity (Baillon and Haddad 1977); derived here",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="grad_norm_sq_mean",
    bound=D**2 / (k * alpha * (2 / L - alpha)),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=alpha * (2 / L - alpha),
        by={cocoercive: 2 * alpha, gradient_below_gap: alpha / L},
    ),
    defaults=_INVERSE_L,
    sibling="gd_convex_gradient_best",
)

gd_convex_gradient_best = Theorem(
    id="gd_convex_gradient_best",
    title="Gradient descent, smooth convex, least gradient from the distance",
    source="Nesterov 2012, How to make the gradients small (constant derived here)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="grad_norm_sq_best",
    bound=D**2 / (alpha**2 * (1 - alpha * L / 2) * k * (k + 1)),
    start=Integer(1),
    certificate=Telescope(
        potential=k * delta + d2 / (2 * alpha),
        weight=(k + 1) * alpha * (1 - alpha * L / 2),
        weight_sum=triangular,
        by={descent_lemma: k + 1, cocoercive: Integer(1)},
        plus={grad_sq: 1 / (2 * L) - alpha / 2},
    ),
    defaults=_INVERSE_L,
    note="The mean of the squared gradients falls like 1/k only, the least one like 1/k^2.",
    sibling="gd_convex_gradient_distance",
)

_EXTREME = Max(Abs(1 - alpha * mu), Abs(1 - alpha * L))
_MIDDLE = 2 / (mu + L)


def _contraction(factor: Expr, rest: Expr, square: Expr) -> Recursion:
    both = 2 * factor / alpha
    return Recursion(
        rate=factor**2,
        noise=Integer(0),
        by={interpolation_step: both, interpolation_step_back: both},
        plus={square: rest},
    )


gd_sc_gradient = Theorem(
    id="gd_sc_gradient",
    title="Gradient descent, strongly convex, gradient norm",
    source="Taylor, Hendrickx and Glineur 2018 (number not checked)",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="grad_norm_sq_last",
    bound=_EXTREME ** (2 * k) * grad0_sq,
    certificate=Cases(
        (
            (
                (alpha <= _MIDDLE,),
                1 - alpha * mu,
                _contraction(
                    1 - alpha * mu,
                    (2 - alpha * (mu + L)) / (alpha * (L - mu)),
                    ((1 - alpha * mu) * G - H) ** 2,
                ),
            ),
            (
                (alpha >= _MIDDLE, alpha < 2 / L),
                alpha * L - 1,
                _contraction(
                    alpha * L - 1,
                    (alpha * (mu + L) - 2) / (alpha * (L - mu)),
                    ((alpha * L - 1) * G + H) ** 2,
                ),
            ),
        )
    ),
    defaults=_INVERSE_L,
    note=(
        "Equality on quadratics along an extreme eigenvector. The step 2/(mu + L) is best, with the factor "
        "((L - mu)/(L + mu))^2."
    ),
    sibling="gd_sc_distance",
)

gd_pl_gradient = Theorem(
    id="gd_pl_gradient",
    title="Gradient descent, Polyak-Łojasiewicz, gradient norm",
    source="corollary of Polyak 1963",
    method=gd,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="grad_norm_sq_last",
    bound=2 * L * (1 - alpha * mu_pl * (2 - alpha * L)) ** k * gap0,
    certificate=Conversion(gd_pl, 2 * L, {gradient_below_gap: 1}, {alpha: alpha}),
    defaults=_INVERSE_L,
    sibling="gd_pl",
)

THEOREMS = (
    gd_nonconvex_tight,
    gd_convex_gradient_mean,
    gd_convex_gradient_best,
    gd_sc_gradient,
    gd_pl_gradient,
)
