"""SGD with batches that grow: the noise of a constant step, divided by the size of the batch.

A recursion ``q_{k+1} <= r q_k + N`` about single samples becomes ``r q_k + N/b_k``. Batches that grow like
``p^{-k}`` leave ``r^k q_0 + N (p^k - r^k)/(p - r)``, just what the recursion gives and without a floor: the
slower of the two factors is the rate. Batches that grow like ``1 + s k``, with ``r = 1 - 2 s``, leave
``(q_0 + N/s)/(1 + s k)``.

Drawn without replacement a batch of b has the variance of one sample times ``(n - b)/(b (n - 1))``, less than
``1/b``: batches of ``n/(1 + (n - 1) p^k)`` do the same, and never exceed the data.

Source: Friedlander and Schmidt 2012; Byrd, Chin, Nocedal and Wu 2012 (numbers not checked).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr, Integer, Symbol, factor_terms

from ratebound.theory.assumptions import (
    bounded_noise,
    bounded_variance,
    cocoercive_components,
    components_below,
    descent_lemma,
    pl_inequality,
)
from ratebound.theory.certificate import AT_START, LAST
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.families.sgd_components import sgd_pl_components
from ratebound.theory.families.sgd_star import sgd_nws
from ratebound.theory.inequalities.noise_models import bounded_sample_variance
from ratebound.theory.inequality import Assumption, Inequality, needs
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.letters.inexact import fall
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    L,
    L_max,
    alpha,
    b,
    component_gap,
    gap0,
    k,
    mu_pl,
    n,
    sigma_star_sq,
    variance_bound,
)

finite_share = (n - b) / (b * (n - 1))
"""What is left of the variance of one sample in a batch without replacement."""


def _in_batches(inequality: Inequality, noise: Symbol, share: Expr, words: str) -> Inequality:
    """Return what an inequality about E||g_k||^2 of one sample says of batches that leave a share of noise.

    E||g||^2 is ||grad f||^2 and that share of the variance of one sample, or less; where the first is not
    kept, both are 2 L_max times what stands here, the first without noise.
    """
    slack = inequality.slack.subs(noise, OF_ONE.get(noise, noise) * share)
    requires = needs(*(_ASSUMED.get(each, each) for each in inequality.requires))
    return Inequality(f"{inequality.name}, in batches of b{words}", slack, requires)


OF_ONE: Mapping[Symbol, Symbol] = {variance_bound: sample_variance}
"""Bounds on the noise of the batch that is drawn, and of one sample whatever the batch."""
_SINGLE: Mapping[Assumption, Assumption] = {bounded_variance: bounded_sample_variance}
_ASSUMED = {batch.name: one.name for batch, one in _SINGLE.items()}
_DIFFERENT = " different ones"
batch_cocoercive = _in_batches(cocoercive_components, sigma_star_sq, 1 / b, "")
batch_below = _in_batches(components_below, component_gap, 1 / b, "")
batch_noise = _in_batches(bounded_noise, variance_bound, 1 / b, "")
finite_cocoercive = _in_batches(cocoercive_components, sigma_star_sq, finite_share, _DIFFERENT)
finite_below = _in_batches(components_below, component_gap, finite_share, _DIFFERENT)
finite_noise = _in_batches(bounded_noise, variance_bound, finite_share, _DIFFERENT)
_IN_BATCHES: Mapping[Inequality, tuple[Inequality, Inequality]] = {
    cocoercive_components: (batch_cocoercive, finite_cocoercive),
    components_below: (batch_below, finite_below),
    bounded_noise: (batch_noise, finite_noise),
}
LARGE = "A batch that would exceed the data is all of them: from there on gradients are exact."
_FEWER = "Fewer samples for the same bound: near the size of the data about half."


def of_samples(assumptions: tuple[Assumption, ...]) -> tuple[Assumption, ...]:
    """Return the assumptions, with those on the noise of a batch made about one sample."""
    return tuple(_SINGLE.get(each, each) for each in assumptions)


def growing(
    theorem: Theorem, name: str, title: str, source: str, geometric: bool, finite: bool = False
) -> Theorem:
    """Return a theorem about single samples with batches that grow, and the rate that they bring."""
    proof = theorem.certificate
    assert isinstance(proof, Recursion)
    rate, half = proof.rate, factor_terms((1 - proof.rate) / 2)
    falls = fall**k if geometric else 1 / (1 + half * k)
    noise, start = proof.noise.subs(OF_ONE), AT_START[LAST[theorem.measure][0]]
    left = rate**k * start + noise * (falls - rate**k) / (fall - rate)
    by = {_IN_BATCHES[i][finite] if i in _IN_BATCHES else i: m for i, m in proof.by.items()}
    return replace(
        theorem,
        id=name,
        title=title,
        source=source,
        assumptions=of_samples(theorem.assumptions),
        batch=n / (1 + (n - 1) * falls) if finite else 1 / falls,
        where=(*theorem.where, fall > rate, fall < 1) if geometric else theorem.where,
        bound=left if geometric else falls * (start + factor_terms(noise / half)),
        defaults={**theorem.defaults, fall: 1 - half} if geometric else theorem.defaults,
        certificate=replace(proof, noise=noise * (finite_share if finite else 1 / b), by=by),
        replacement=False,
        note=_FEWER if finite else LARGE,
        sibling=name.removesuffix("_finite") if finite else theorem.id,
    )


_LEFT = 2 * mu_pl - alpha * L * L_max
_sharp_pl_components = replace(
    sgd_pl_components,
    where=(alpha < 2 * mu_pl / (L * L_max),),
    bound=(1 - alpha * _LEFT) ** k * gap0 + alpha * L * L_max * component_gap / _LEFT,
    certificate=Recursion(
        rate=1 - alpha * _LEFT,
        noise=L * alpha**2 * L_max * component_gap,
        by={descent_lemma: Integer(1), pl_inequality: 2 * alpha, components_below: L * alpha**2 / 2},
    ),
)
"""sgd_batched_pl of single samples: the published constants spend half of the longest step."""

FS, BYRD = "Friedlander and Schmidt 2012", "Byrd, Chin, Nocedal and Wu 2012"
_STRONG = "SGD, strongly convex, variance at the minimiser"
_PL = "SGD, Polyak-Łojasiewicz, function noise"

sgd_growing_sc = growing(
    sgd_nws,
    "sgd_growing_sc",
    f"{_STRONG}, batches that grow geometrically, distance",
    f"{BYRD}, {FS} (numbers not checked; constants derived)",
    geometric=True,
)
sgd_growing_sc_linear = growing(
    sgd_nws,
    "sgd_growing_sc_linear",
    f"{_STRONG}, batches that grow like k, distance",
    f"{FS} (number not checked; constants derived)",
    geometric=False,
)
sgd_growing_pl = growing(
    _sharp_pl_components,
    "sgd_growing_pl",
    f"{_PL}, batches that grow geometrically",
    f"{BYRD}, {FS} (numbers not checked; constants derived)",
    geometric=True,
)
sgd_growing_pl_linear = growing(
    _sharp_pl_components,
    "sgd_growing_pl_linear",
    f"{_PL}, batches that grow like k",
    f"{FS} (number not checked; constants derived)",
    geometric=False,
)
sgd_growing_sc_finite = growing(
    sgd_nws,
    "sgd_growing_sc_finite",
    f"{_STRONG}, batches that grow to the whole sum, distance",
    f"{FS}, section 3, for a bounded variance (number not checked; constants derived)",
    geometric=True,
    finite=True,
)
sgd_growing_pl_finite = growing(
    _sharp_pl_components,
    "sgd_growing_pl_finite",
    f"{_PL}, batches that grow to the whole sum",
    f"{FS}, section 3, for a bounded variance (number not checked; constants derived)",
    geometric=True,
    finite=True,
)
THEOREMS = (
    sgd_growing_sc,
    sgd_growing_sc_linear,
    sgd_growing_pl,
    sgd_growing_pl_linear,
    sgd_growing_sc_finite,
    sgd_growing_pl_finite,
)
