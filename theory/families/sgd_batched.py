"""SGD where the noise of a batch grows with f - f*: bounded components, nonconvex or not (ABC assumption)."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import (
    cocoercive,
    convex,
    descent_lemma,
    pl,
    pl_inequality,
    smooth,
)
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.growing import Growing
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.inequalities.noise_models import batch_components, batched
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L,
    L_batch,
    L_max,
    alpha,
    component_gap,
    d2,
    gap0,
    grad_sq,
    k,
    mu_pl,
)

_ABC = "Khaled and Richtárik 2020"
_NOISE = L * L_batch * alpha**2 * component_gap
_OWN = 1 - L_batch / L_max
"""The share of ||grad f||^2 in the second moment of a batch."""
_KEPT = 1 - L * alpha * _OWN / 2
_step = {descent_lemma: Integer(1), batch_components: L * alpha**2 / 2}

sgd_batched_nonconvex_constant = Theorem(
    id="sgd_batched_nonconvex_constant",
    title="Mini-batch SGD, nonconvex, function noise, constant step, best squared gradient",
    source=f"{_ABC}, Theorem 2 (number not checked), 1 + k u for its factor (1 + u)^k, half of it for b = 1",
    method=sgd,
    assumptions=(smooth, batched),
    step=alpha,
    where=(alpha < 2 / L,),
    measure="grad_norm_sq_best",
    bound=gap0 / (alpha * _KEPT * k) + alpha * L * L_batch * (gap0 + component_gap) / _KEPT,
    start=Integer(1),
    certificate=Growing(
        growth=1 + L * L_batch * alpha**2,
        decrease=alpha * _KEPT,
        noise=_NOISE,
        by=_step,
    ),
    defaults={alpha: 1 / L},
    note=(
        "Neither a bounded second moment nor a bounded variance: f - f* may grow along the run. In the "
        "source u is L L_batch alpha^2. Steps beyond 2/L say no more than ||grad f(x_0)||^2 <= 2 L gap0."
    ),
    sibling="sgd_nonconvex_variance",
)

_SLOW = 1 / sqrt(L * L_max * K)

sgd_batched_nonconvex = Theorem(
    id="sgd_batched_nonconvex",
    title="Mini-batch SGD, nonconvex, function noise, step of order 1/sqrt(K), best squared gradient",
    source=f"{_ABC}, the corollary of Theorem 2 (numbers not checked), with a smaller constant",
    method=sgd,
    assumptions=(smooth, batched),
    step=_SLOW,
    measure="grad_norm_sq_best",
    bound=(
        ((L_max + L_batch) * gap0 + L_batch * component_gap)
        * sqrt(L / (L_max * K))
        / _KEPT.subs(alpha, _SLOW)
    ),
    start=Integer(1),
    certificate=Corollary(sgd_batched_nonconvex_constant, {alpha: _SLOW}),
    sibling="sgd_nonconvex_variance_horizon",
)

_GROWING = L * (mu_pl * _OWN + L_batch)

sgd_batched_pl = Theorem(
    id="sgd_batched_pl",
    title="Mini-batch SGD, Polyak-Łojasiewicz, function noise, constant step",
    source=f"derived; {_ABC}, Theorem 3 is its schedule (number not checked)",
    method=sgd,
    assumptions=(smooth, pl, batched),
    step=alpha,
    where=(alpha < 2 * mu_pl / _GROWING,),
    measure="gap_last",
    bound=(1 - alpha * (2 * mu_pl - alpha * _GROWING)) ** k * gap0
    + alpha * L * L_batch * component_gap / (2 * mu_pl - alpha * _GROWING),
    certificate=Recursion(
        rate=1 - alpha * (2 * mu_pl - alpha * _GROWING),
        noise=_NOISE,
        by={**_step, pl_inequality: 2 * alpha * _KEPT},
    ),
    defaults={alpha: mu_pl / (L * (mu_pl + 2 * L_batch))},
    note="Larger batches lengthen the step, which may be four times that of the source.",
    sibling="sgd_pl_components",
)

_NET = 1 - alpha * L_batch

sgd_batched_convex = Theorem(
    id="sgd_batched_convex",
    title="Mini-batch SGD, convex, function noise, constant step, averaged iterate",
    source="derived from the one-step bound of Khaled and Richtárik 2020",
    method=sgd,
    assumptions=(smooth, convex, batched),
    step=alpha,
    where=(alpha <= 1 / (L + L_batch),),
    measure="gap_average",
    bound=D**2 / (2 * alpha * _NET * k) + alpha * L_batch * component_gap / _NET,
    start=Integer(1),
    certificate=Telescope(
        potential=d2,
        weight=2 * alpha * _NET,
        noise=2 * alpha**2 * L_batch * component_gap,
        by={cocoercive: 2 * alpha, batch_components: alpha**2},
        plus={grad_sq: alpha * (1 / L - alpha * _OWN)},
    ),
    defaults={alpha: 1 / (2 * (L + L_batch))},
    sibling="sgd_convex_components",
)

THEOREMS = (sgd_batched_nonconvex_constant, sgd_batched_nonconvex, sgd_batched_pl, sgd_batched_convex)
