"""Gradient descent: smooth convex, strongly convex, Polyak-Łojasiewicz, nonconvex."""

from __future__ import annotations

from sympy import Abs, Expr, Integer, Max

from ratebound.theory.assumptions import (
    cocoercive,
    coercive,
    convex,
    descent_lemma,
    gradient_lipschitz,
    interpolation_next,
    interpolation_now,
    interpolation_step,
    lower_bounded,
    pl,
    pl_inequality,
    smooth,
    strong_gradient,
    strongly_convex,
)
from ratebound.theory.certificate import Cited
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import gd
from ratebound.theory.onestep import G, H, X
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, d2, delta, gap0, grad_sq, k, mu, mu_pl

_INVERSE_L = {alpha: 1 / L}

gd_convex = Theorem(
    id="gd_convex",
    title="Gradient descent, smooth convex",
    source="folklore; Garrigos and Gower 2023, Theorem 3.4 (number not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=D**2 / (2 * alpha * k),
    start=Integer(1),
    certificate=Telescope(
        potential=k * delta + d2 / (2 * alpha),
        by={descent_lemma: k + 1, cocoercive: Integer(1)},
        plus={grad_sq: (k + 1) * alpha * (1 - alpha * L / 2) - alpha / 2 + 1 / (2 * L)},
    ),
    defaults=_INVERSE_L,
    sibling="gd_convex_tight",
)

gd_convex_tight = Theorem(
    id="gd_convex_tight",
    title="Gradient descent, smooth convex, exact worst case",
    source="Drori and Teboulle 2014, Theorem 3.1 (number not checked)",
    method=gd,
    assumptions=(smooth, convex),
    step=alpha,
    where=(alpha <= 1 / L,),
    measure="gap_last",
    bound=D**2 / (4 * alpha * k + 2 / L),
    certificate=Cited("its proof combines inequalities between all pairs of iterates, not one step"),
    defaults=_INVERSE_L,
    note="Attained at every k by a Huber function whose kink depends on k.",
    sibling="gd_convex",
)

_EXTREME = Max(Abs(1 - alpha * mu), Abs(1 - alpha * L))
_MIDDLE = 2 / (mu + L)
_AT_MIDDLE = (
    "Equality on quadratics along an extreme eigenvector. The step 2/(mu + L) is best, with the factor "
    "((L - mu)/(L + mu))^2."
)

gd_sc_distance = Theorem(
    id="gd_sc_distance",
    title="Gradient descent, strongly convex, distance",
    source="Polyak 1987; Taylor, Hendrickx and Glineur 2018, Theorem 3.1 (number not checked)",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="distance_sq",
    bound=_EXTREME ** (2 * k) * D**2,
    certificate=Cases(
        (
            (
                (alpha <= _MIDDLE,),
                1 - alpha * mu,
                Recursion(
                    rate=(1 - alpha * mu) ** 2,
                    noise=Integer(0),
                    by={coercive: 2 * alpha, strong_gradient: alpha * (_MIDDLE - alpha)},
                ),
            ),
            (
                (alpha >= _MIDDLE, alpha < 2 / L),
                1 - alpha * L,
                Recursion(
                    rate=(1 - alpha * L) ** 2,
                    noise=Integer(0),
                    by={coercive: 2 * alpha, gradient_lipschitz: alpha * (alpha - _MIDDLE)},
                ),
            ),
        )
    ),
    defaults=_INVERSE_L,
    note=_AT_MIDDLE,
)


def _gap_case(rate: Expr, plus: dict[Expr, Expr]) -> Recursion:
    by = {interpolation_step: rate, interpolation_now: rate * (1 - rate), interpolation_next: 1 - rate}
    return Recursion(rate=rate**2, noise=Integer(0), by=by, plus=plus)


_SHORT = {
    (H + (alpha * (L + mu) - 1) * G - alpha * L * mu * X) ** 2: 1 / (2 * (L - mu)),
    (G - mu * X) ** 2: alpha * L * (2 - alpha * (L + mu)) / (2 * (L - mu)),
}
_LONG = {
    (H + G - L * (2 - alpha * L) * X) ** 2: 1 / (2 * (L - mu)),
    (G - L * X) ** 2: (2 - alpha * L) * (alpha * (L + mu) - 2) / (2 * (L - mu)),
}

gd_sc_gap = Theorem(
    id="gd_sc_gap",
    title="Gradient descent, strongly convex, function values",
    source="Taylor, Hendrickx and Glineur 2018, Theorem 3.3; de Klerk, Glineur and Taylor 2017 (not checked)",
    method=gd,
    assumptions=(smooth, strongly_convex),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="gap_last",
    bound=_EXTREME ** (2 * k) * gap0,
    certificate=Cases(
        (
            ((alpha <= _MIDDLE,), 1 - alpha * mu, _gap_case(1 - alpha * mu, _SHORT)),
            ((alpha >= _MIDDLE, alpha < 2 / L), alpha * L - 1, _gap_case(alpha * L - 1, _LONG)),
        )
    ),
    defaults=_INVERSE_L,
    note=_AT_MIDDLE,
)

gd_pl = Theorem(
    id="gd_pl",
    title="Gradient descent, Polyak-Łojasiewicz",
    source="Polyak 1963; Karimi, Nutini and Schmidt 2016, Theorem 1, for the step 1/L; range derived",
    method=gd,
    assumptions=(smooth, pl),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="gap_last",
    bound=(1 - alpha * mu_pl * (2 - alpha * L)) ** k * gap0,
    certificate=Recursion(
        rate=1 - alpha * mu_pl * (2 - alpha * L),
        noise=Integer(0),
        by={descent_lemma: Integer(1), pl_inequality: alpha * (2 - alpha * L)},
    ),
    defaults=_INVERSE_L,
)

gd_nonconvex = Theorem(
    id="gd_nonconvex",
    title="Gradient descent, nonconvex, best gradient",
    source="Nesterov 2004, section 1.2.3; folklore",
    method=gd,
    assumptions=(smooth, lower_bounded),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="grad_norm_sq_best",
    bound=gap0 / (k * alpha * (1 - alpha * L / 2)),
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=alpha * (1 - alpha * L / 2),
        by={descent_lemma: Integer(1)},
    ),
    defaults=_INVERSE_L,
)

THEOREMS = (gd_convex, gd_convex_tight, gd_sc_distance, gd_sc_gap, gd_pl, gd_nonconvex)
