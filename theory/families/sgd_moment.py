"""SGD under a bounded second moment, ``E||grad f_i(x_k)||^2 <= second_moment`` along the run.

The bound on the second moment cannot hold on all of R^d together with strong convexity; a problem certifies
it along the run, or on a region that holds the run.
"""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import (
    bounded_moment,
    bounded_second_moment,
    convex,
    descent_lemma,
    first_order,
    lower_bounded,
    pl,
    pl_inequality,
    smooth,
    strong_monotone,
    strongly_convex,
)
from ratebound.theory.certificate import OneStep
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    L,
    L_max,
    alpha,
    d2,
    delta,
    gap0,
    grad_sq,
    k,
    mu,
    mu_pl,
    s0,
    second_moment,
)

_QUARTER = {alpha: 1 / (4 * L_max)}

sgd_descent = Theorem(
    id="sgd_descent",
    title="SGD, decrease in one step",
    source="folklore; Bottou, Curtis and Nocedal 2018, Lemma 4.4 (number not checked)",
    method=sgd,
    assumptions=(smooth, bounded_second_moment),
    step=alpha,
    measure="gap_next",
    bound=delta - alpha * grad_sq + L * alpha**2 / 2 * second_moment,
    certificate=OneStep(by={descent_lemma: Integer(1), bounded_moment: L * alpha**2 / 2}),
    defaults=_QUARTER,
)

_pl_step = {descent_lemma: Integer(1), pl_inequality: 2 * alpha, bounded_moment: L * alpha**2 / 2}
_pl_recursion = Recursion(rate=1 - 2 * alpha * mu_pl, noise=L * alpha**2 * second_moment / 2, by=_pl_step)
_sc_recursion = Recursion(
    rate=1 - 2 * alpha * mu,
    noise=alpha**2 * second_moment,
    by={strong_monotone: 2 * alpha, bounded_moment: alpha**2},
)

sgd_pl_constant = Theorem(
    id="sgd_pl_constant",
    title="SGD, Polyak-Łojasiewicz, constant step",
    source="Karimi, Nutini and Schmidt 2016, Theorem 4",
    method=sgd,
    assumptions=(smooth, pl, bounded_second_moment),
    step=alpha,
    where=(alpha < 1 / (2 * mu_pl),),
    measure="gap_last",
    bound=(1 - 2 * alpha * mu_pl) ** k * gap0 + L * second_moment * alpha / (4 * mu_pl),
    certificate=_pl_recursion,
    defaults=_QUARTER,
)

sgd_pl_decaying = Theorem(
    id="sgd_pl_decaying",
    title="SGD, Polyak-Łojasiewicz, decaying step",
    source="Karimi, Nutini and Schmidt 2016, Theorem 4",
    method=sgd,
    assumptions=(smooth, pl, bounded_second_moment),
    step=(2 * k + 1) / (2 * mu_pl * (k + 1) ** 2),
    measure="gap_last",
    bound=L * second_moment / (2 * mu_pl**2 * k),
    start=Integer(1),
    certificate=_pl_recursion,
    note=(
        "The first step is 1/(2 mu), far above 1/L on ill-conditioned problems: the run first leaves, and "
        "the second moment along it is so large that the bound says nothing. Read the shifted schedule."
    ),
    sibling="sgd_pl_decaying_shifted",
)

sgd_pl_decaying_shifted = Theorem(
    id="sgd_pl_decaying_shifted",
    title="SGD, Polyak-Łojasiewicz, decaying step, shifted start",
    source="derived from the proof of Karimi, Nutini and Schmidt 2016, Theorem 4",
    method=sgd,
    assumptions=(smooth, pl, bounded_second_moment),
    step=(2 * (k + s0) + 1) / (2 * mu_pl * (k + s0 + 1) ** 2),
    measure="gap_last",
    bound=(s0**2 * gap0 + L * second_moment * k / (2 * mu_pl**2)) / (k + s0) ** 2,
    certificate=_pl_recursion,
    defaults={s0: L_max / mu_pl},
    note="With s0 >= L_max/mu the first step is at most 1/L_max: the second moment stays near its start.",
    sibling="sgd_pl_decaying",
)

sgd_sc_constant = Theorem(
    id="sgd_sc_constant",
    title="SGD, strongly convex, constant step, distance",
    source="folklore; Nemirovski, Juditsky, Lan and Shapiro 2009 (recursion)",
    method=sgd,
    assumptions=(strongly_convex, bounded_second_moment),
    step=alpha,
    where=(alpha <= 1 / (2 * mu),),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu) ** k * D**2 + alpha * second_moment / (2 * mu),
    certificate=_sc_recursion,
    defaults=_QUARTER,
)

sgd_sc_decaying = Theorem(
    id="sgd_sc_decaying",
    title="SGD, strongly convex, decaying step, distance",
    source="the proof of Karimi, Nutini and Schmidt 2016, Theorem 4, on the distance",
    method=sgd,
    assumptions=(strongly_convex, bounded_second_moment),
    step=(2 * k + 1) / (2 * mu * (k + 1) ** 2),
    measure="distance_sq",
    bound=second_moment / (mu**2 * k),
    start=Integer(1),
    certificate=_sc_recursion,
    note="The first step is 1/(2 mu): see the note of sgd_pl_decaying.",
    sibling="sgd_sc_decaying_shifted",
)

sgd_sc_decaying_shifted = Theorem(
    id="sgd_sc_decaying_shifted",
    title="SGD, strongly convex, decaying step, shifted start, distance",
    source="derived from the proof of Karimi, Nutini and Schmidt 2016, Theorem 4",
    method=sgd,
    assumptions=(strongly_convex, bounded_second_moment),
    step=(2 * (k + s0) + 1) / (2 * mu * (k + s0 + 1) ** 2),
    measure="distance_sq",
    bound=(s0**2 * D**2 + second_moment * k / mu**2) / (k + s0) ** 2,
    certificate=_sc_recursion,
    defaults={s0: L_max / mu},
    sibling="sgd_sc_decaying",
)

sgd_convex_constant = Theorem(
    id="sgd_convex_constant",
    title="SGD, convex, constant step, averaged iterate",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009; Bubeck 2015 (numbers not checked)",
    method=sgd,
    assumptions=(convex, bounded_second_moment),
    step=alpha,
    measure="gap_average",
    bound=D**2 / (2 * alpha * k) + alpha * second_moment / 2,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha,
        noise=alpha**2 * second_moment,
        by={first_order: 2 * alpha, bounded_moment: alpha**2},
    ),
    defaults=_QUARTER,
    note="The average is over x_0 .. x_{k-1}.",
)

sgd_nonconvex_constant = Theorem(
    id="sgd_nonconvex_constant",
    title="SGD, nonconvex, constant step, mean squared gradient",
    source="Ghadimi and Lan 2013 (number not checked)",
    method=sgd,
    assumptions=(smooth, lower_bounded, bounded_second_moment),
    step=alpha,
    measure="grad_norm_sq_mean",
    bound=gap0 / (alpha * k) + L * alpha * second_moment / 2,
    start=Integer(1),
    certificate=Telescope(
        potential=delta,
        weight=alpha,
        noise=L * alpha**2 * second_moment / 2,
        by={descent_lemma: Integer(1), bounded_moment: L * alpha**2 / 2},
    ),
    defaults=_QUARTER,
)

THEOREMS = (
    sgd_descent,
    sgd_pl_constant,
    sgd_pl_decaying,
    sgd_pl_decaying_shifted,
    sgd_sc_constant,
    sgd_sc_decaying,
    sgd_sc_decaying_shifted,
    sgd_convex_constant,
    sgd_nonconvex_constant,
)
