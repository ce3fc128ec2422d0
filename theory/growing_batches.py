"""SGD with batches that grow: the noise of a constant step, divided by the size of the batch.

A recursion ``q_{k+1} <= (1 - 2 s) q_k + N`` about single samples becomes ``(1 - 2 s) q_k + N/b_k``. Batches
that grow like ``(1 - s)^{-k}`` bring q down like ``(1 - s)^k``, without a floor; batches that grow like
``1 + s k`` bring it down like ``1/(1 + s k)``. Both times the constant is ``q_0 + N/s``.

Source: Friedlander and Schmidt 2012; Byrd, Chin, Nocedal and Wu 2012 (numbers not checked).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import factor_terms

from ratebound.theory.assumptions import cocoercive_components, components_below
from ratebound.theory.certificate import AT_START, LAST
from ratebound.theory.inequality import Inequality
from ratebound.theory.recursion import Recursion
from ratebound.theory.sgd_components import sgd_pl_components
from ratebound.theory.sgd_star import sgd_nws
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import b, component_gap, k, sigma_star_sq

batch_cocoercive = Inequality(
    "co-coercive components and variance at the minimiser, in batches of b",
    cocoercive_components.slack.subs(sigma_star_sq, sigma_star_sq / b),
    cocoercive_components.requires,
)
batch_below = Inequality(
    "||grad f_i||^2 <= 2 L_max (f_i - inf f_i), averaged, in batches of b",
    components_below.slack.subs(component_gap, component_gap / b),
    components_below.requires,
)
"""E||g||^2 is ||grad f||^2 and the variance of one sample divided by b, or less; both are 2 L_max times what
stands here, the first without noise."""
_IN_BATCHES: Mapping[Inequality, Inequality] = {
    cocoercive_components: batch_cocoercive,
    components_below: batch_below,
}


def _growing(theorem: Theorem, name: str, title: str, source: str, geometric: bool) -> Theorem:
    """Return a theorem about single samples with batches that grow, and the rate that they bring."""
    proof = theorem.certificate
    assert isinstance(proof, Recursion)
    half = factor_terms((1 - proof.rate) / 2)
    falls = (1 - half) ** k if geometric else 1 / (1 + half * k)
    return replace(
        theorem,
        id=name,
        title=title,
        source=source,
        batch=1 / falls,
        bound=falls * (AT_START[LAST[theorem.measure][0]] + factor_terms(proof.noise / half)),
        certificate=replace(
            proof, noise=proof.noise / b, by={_IN_BATCHES.get(i, i): m for i, m in proof.by.items()}
        ),
        replacement=False,
        note="A batch that would exceed the data is all of them: from there on gradients are exact.",
        sibling=theorem.id,
    )


_FS, _BYRD = "Friedlander and Schmidt 2012", "Byrd, Chin, Nocedal and Wu 2012"
_STRONG = "SGD, strongly convex, variance at the minimiser"
_PL = "SGD, Polyak-Łojasiewicz, function noise"

sgd_growing_sc = _growing(
    sgd_nws,
    "sgd_growing_sc",
    f"{_STRONG}, batches that grow geometrically, distance",
    f"{_BYRD}, {_FS} (numbers not checked; constants derived)",
    geometric=True,
)
sgd_growing_sc_linear = _growing(
    sgd_nws,
    "sgd_growing_sc_linear",
    f"{_STRONG}, batches that grow like k, distance",
    f"{_FS} (number not checked; constants derived)",
    geometric=False,
)
sgd_growing_pl = _growing(
    sgd_pl_components,
    "sgd_growing_pl",
    f"{_PL}, batches that grow geometrically",
    f"{_BYRD}, {_FS} (numbers not checked; constants derived)",
    geometric=True,
)
sgd_growing_pl_linear = _growing(
    sgd_pl_components,
    "sgd_growing_pl_linear",
    f"{_PL}, batches that grow like k",
    f"{_FS} (number not checked; constants derived)",
    geometric=False,
)
THEOREMS = (sgd_growing_sc, sgd_growing_sc_linear, sgd_growing_pl, sgd_growing_pl_linear)
