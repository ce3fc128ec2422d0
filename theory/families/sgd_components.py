"""SGD with the noise in units of f: the gap between f* and the mean of the infima of the components."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import (
    bounded_components,
    components_below,
    convex,
    descent_lemma,
    first_order,
    pl,
    pl_inequality,
    smooth,
    strong_first_order,
    strongly_convex,
)
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, L_max, alpha, component_gap, d2, delta, gap0, k, mu, mu_pl

sgd_pl_components = Theorem(
    id="sgd_pl_components",
    title="SGD, Polyak-Łojasiewicz, function noise, constant step",
    source="Garrigos and Gower 2023, section 5 (number not checked)",
    method=sgd,
    assumptions=(smooth, pl, bounded_components),
    step=alpha,
    where=(alpha <= mu_pl / (L * L_max),),
    measure="gap_last",
    bound=(1 - alpha * mu_pl) ** k * gap0 + alpha * L * L_max * component_gap / mu_pl,
    certificate=Recursion(
        rate=1 - alpha * mu_pl,
        noise=L * alpha**2 * L_max * component_gap,
        by={descent_lemma: Integer(1), pl_inequality: 2 * alpha, components_below: L * alpha**2 / 2},
        plus={delta: alpha * (mu_pl - L * L_max * alpha)},
    ),
    defaults={alpha: mu_pl / (L * L_max)},
    note="The step is tiny: it takes of the order of (L L_max / mu^2) steps to see the rate.",
)

sgd_convex_components = Theorem(
    id="sgd_convex_components",
    title="SGD, convex, function noise, constant step, averaged iterate",
    source="Garrigos and Gower 2023, section 5 (number not checked); constants derived",
    method=sgd,
    assumptions=(convex, bounded_components),
    step=alpha,
    where=(alpha < 1 / L_max,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * (1 - alpha * L_max) * k) + alpha * L_max * component_gap / (1 - alpha * L_max),
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha * (1 - alpha * L_max),
        noise=2 * alpha**2 * L_max * component_gap,
        by={first_order: 2 * alpha, components_below: alpha**2},
    ),
    defaults={alpha: 1 / (4 * L_max)},
    sibling="sgd_star_convex",
)

sgd_sc_components = Theorem(
    id="sgd_sc_components",
    title="SGD, strongly convex, function noise, constant step, distance",
    source="derived from the one-step bound of Garrigos and Gower 2023",
    method=sgd,
    assumptions=(strongly_convex, bounded_components),
    step=alpha,
    where=(alpha <= 1 / L_max,),
    measure="distance_sq",
    bound=(1 - alpha * mu) ** k * D**2 + 2 * alpha * L_max * component_gap / mu,
    certificate=Recursion(
        rate=1 - alpha * mu,
        noise=2 * alpha**2 * L_max * component_gap,
        by={strong_first_order: 2 * alpha, components_below: alpha**2},
        plus={delta: 2 * alpha * (1 - alpha * L_max)},
    ),
    defaults={alpha: 1 / (4 * L_max)},
    sibling="sgd_nws",
)

THEOREMS = (sgd_pl_components, sgd_convex_components, sgd_sc_components)
