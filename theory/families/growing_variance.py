"""SGD with batches that grow, under a bounded variance of single samples.

As with the noise at the minimiser (:mod:`ratebound.theory.families.growing_batches`): what a batch leaves
of the noise of one sample is ``1/b_k`` of it, or less where its samples are different ones, and falls as
fast as the rate of the recursion allows. On f that is not convex, where there is no rate to keep up with,
batches that grow like ``k + 1`` leave ``log(k)/k`` of the floor.

Source: Friedlander and Schmidt 2012; Byrd, Chin, Nocedal and Wu 2012 (numbers not checked).
"""

from __future__ import annotations

from dataclasses import replace

from sympy import log

from ratebound.theory.algebra.lemmas import harmonic
from ratebound.theory.assumptions import bounded_noise
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.growing_batches import BYRD, FS, LARGE, batch_noise, growing, of_samples
from ratebound.theory.families.sgd_variance import sgd_nonconvex_variance, sgd_pl_variance, sgd_sc_variance
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.letters.inexact import fall
from ratebound.theory.symbols import L, L_max, alpha, b, gap0, k, mu_pl

_PL = "SGD, Polyak-Łojasiewicz, bounded variance of samples"
_STRONG = "SGD, strongly convex, bounded variance of samples"
_BOTH = f"{BYRD}; {FS} (numbers not checked; constants derived)"
_BOTTOU = f"Bottou, Curtis and Nocedal 2018, Theorem 5.1, with a smaller constant; {_BOTH}"
_EXACT = 1 - alpha * mu_pl
"""The factor of exact gradients."""

sgd_growing_pl_variance = growing(
    sgd_pl_variance,
    "sgd_growing_pl_variance",
    f"{_PL}, batches that grow geometrically",
    _BOTTOU,
    geometric=True,
)
sgd_growing_pl_variance_fast = replace(
    sgd_growing_pl_variance,
    id="sgd_growing_pl_variance_fast",
    title=f"{_PL}, batches that outgrow the rate",
    where=(alpha <= 1 / L, fall < _EXACT),
    defaults={alpha: 1 / (4 * L_max), fall: _EXACT**2},
    note=f"The rate of gradient descent, with a larger constant. {LARGE}",
    sibling="sgd_growing_pl_variance",
)
sgd_growing_pl_variance_linear = growing(
    sgd_pl_variance,
    "sgd_growing_pl_variance_linear",
    f"{_PL}, batches that grow like k",
    f"{FS} (number not checked; constants derived)",
    geometric=False,
)
sgd_growing_pl_variance_finite = growing(
    sgd_pl_variance,
    "sgd_growing_pl_variance_finite",
    f"{_PL}, batches that grow to the whole sum",
    f"{FS}, section 3 (number not checked; constants derived)",
    geometric=True,
    finite=True,
)
sgd_growing_sc_variance = growing(
    sgd_sc_variance,
    "sgd_growing_sc_variance",
    f"{_STRONG}, batches that grow geometrically, distance",
    _BOTH,
    geometric=True,
)

_summed = sgd_nonconvex_variance.certificate
assert isinstance(_summed, Telescope)

sgd_growing_nonconvex_variance = replace(
    sgd_nonconvex_variance,
    id="sgd_growing_nonconvex_variance",
    title="SGD, nonconvex, bounded variance of samples, batches that grow like k",
    source=f"{FS} for the setting (number not checked); derived here",
    assumptions=of_samples(sgd_nonconvex_variance.assumptions),
    batch=k + 1,
    bound=2 * gap0 / (alpha * k) + L * alpha * sample_variance * (1 + log(k)) / k,
    certificate=replace(
        _summed,
        noise=L * alpha**2 * sample_variance / (2 * b),
        noise_sum=harmonic,
        by={batch_noise if each == bounded_noise else each: m for each, m in _summed.by.items()},
    ),
    replacement=False,
    note=f"Neither horizon nor floor, and a constant step. {LARGE}",
    sibling="sgd_nonconvex_variance",
)

THEOREMS = (
    sgd_growing_pl_variance,
    sgd_growing_pl_variance_fast,
    sgd_growing_pl_variance_linear,
    sgd_growing_pl_variance_finite,
    sgd_growing_sc_variance,
    sgd_growing_nonconvex_variance,
)
