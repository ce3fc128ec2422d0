"""All theorems by id."""

from __future__ import annotations

import logging
from functools import lru_cache
from importlib import import_module

from ratebound.theory import proved
from ratebound.theory.errors import RateboundError
from ratebound.theory.named import Named
from ratebound.theory.statement import Theorem

_log = logging.getLogger(__name__)

FAMILIES = (
    "gd",
    "gd_refined",
    "gd_gradients",
    "gd_averaged",
    "gd_middle",
    "gd_exact",
    "silver",
    "gd_norm",
    "gd_inexact",
    "adaptive",
    "adagrad",
    "rmsprop",
    "signs",
    "bounded",
    "sgd_directions",
    "projected",
    "projected_strong",
    "frank_wolfe",
    "proximal",
    "proximal_star",
    "proximal_reduced",
    "proximal_stored",
    "adagrad_box",
    "d_adaptation",
    "armijo",
    "wolfe",
    "exact_search",
    "sharpness",
    "sharpness_batches",
    "accelerated",
    "momentum",
    "optimal",
    "quadratics",
    "newton",
    "quasi_newton",
    "sgd_moment",
    "sgd_sc",
    "sgd_averaged",
    "subgradient",
    "sgd_variance",
    "sgd_components",
    "sgd_star",
    "minibatch",
    "growing_batches",
    "growing_variance",
    "sgd_momentum",
    "schedule_free",
    "sgd_growth",
    "sgd_accelerated",
    "katyusha",
    "sgd_affine",
    "sgd_batched",
    "sgd_star_more",
    "sgd_least_squares",
    "sgd_weighted",
    "row_space",
    "sgd_tail",
    "sgd_last",
    "variance_reduced",
    "reduced_convex",
    "restarted",
    "stored_averages",
    "reduced_nonconvex",
    "dual",
    "shuffled",
    "shuffled_nonconvex",
    "recursive",
    "coordinate_descent",
    "greedy",
    "polyak_samples",
)
"""Modules of :mod:`ratebound.theory.families` that hold theorems, each in a tuple ``THEOREMS``."""


@lru_cache(maxsize=1)
def _all() -> dict[str, Theorem]:
    found: dict[str, Theorem] = {}
    with proved.remembered() as known:
        if not known:
            _log.info("checking every proof of the catalogue, once for these sources; half a minute or so")
        for family in FAMILIES:
            for theorem in import_module(f"ratebound.theory.families.{family}").THEOREMS:
                if theorem.id in found:
                    raise RateboundError(f"two theorems are called {theorem.id}; rename one")
                found[theorem.id] = theorem
    if not known:
        proved.stamp()
    return found


THEOREMS = Named("theorem", lambda: _all())
"""The theorems by id, built at the first look (:mod:`ratebound.theory.proved`)."""


def find(theorem: str | Theorem) -> Theorem:
    """Return the theorem of this id, or the theorem itself.

    Raises
    ------
    RateboundError
        If no theorem has this id.
    """
    if isinstance(theorem, Theorem):
        return theorem
    if theorem not in THEOREMS:
        raise RateboundError(THEOREMS.unknown(theorem))
    return THEOREMS[theorem]
