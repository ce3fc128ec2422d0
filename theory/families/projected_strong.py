"""SGD under a bounded second moment, projected onto a box: the theorems of the plain steps hold on it.

On a box strong convexity and bounded gradients go together, so that the classical steps of the order 1/mu can
be certified: no run leaves. A projection onto a convex set brings no point of the set further away than the
plain step does: each proof gains one multiplier, and no constant changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr, Integer, Symbol

from ratebound.theory.certificate import Certificate
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.tails import Tail
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.families.projected import ON_BOX, ON_THE_BOX
from ratebound.theory.families.sgd_last import sgd_convex_last_decaying, sgd_sc_last
from ratebound.theory.families.sgd_moment import sgd_sc_constant
from ratebound.theory.families.sgd_sc import sgd_sc_inverse, sgd_sc_theta, sgd_sc_uniform_average
from ratebound.theory.families.sgd_tail import sgd_tail_sc
from ratebound.theory.inequalities.projections import boxed, nonexpansive_mean
from ratebound.theory.methods.boxed import projected_sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, alpha0, gap0, k, mu

_LENGTH = D**2 / gap0


def _projected(
    theorem: Theorem,
    name: str,
    source: str,
    factor: Expr | None = None,
    first: Theorem | None = None,
    defaults: Mapping[Symbol, Expr] | None = None,
) -> Theorem:
    """Return a theorem about SGD with steps that are projected onto the box.

    Parameters
    ----------
    theorem
        About plain steps.
    name, source
        As of a theorem.
    factor
        What the proof multiplies ``||x_{k+1} - x*||^2`` by; None where it has no one-step claim.
    first
        The projected theorem on the start of a tail.
    defaults
        Values of parameters, where they are not those of the plain steps.
    """
    proof: Certificate | None = theorem.certificate
    if factor is not None:
        assert isinstance(proof, Recursion | Telescope | Tail)
        proof = replace(proof, by={**proof.by, nonexpansive_mean: factor})
    if isinstance(proof, Tail) and first is not None:
        proof = replace(proof, first=first)
    return replace(
        theorem,
        id=name,
        title=theorem.title.replace("SGD", "Projected SGD"),
        source=source,
        method=projected_sgd,
        assumptions=(*theorem.assumptions, boxed),
        certificate=proof,
        defaults={**(theorem.defaults if defaults is None else defaults), **ON_BOX},
        note=ON_THE_BOX,
        sibling=theorem.id,
    )


_HALF = mu * (k + 1) / 2

projected_sgd_sc_constant = _projected(
    sgd_sc_constant, "projected_sgd_sc_constant", sgd_sc_constant.source, Integer(1)
)
projected_sgd_sc_theta = _projected(sgd_sc_theta, "projected_sgd_sc_theta", sgd_sc_theta.source, Integer(1))
projected_sgd_sc_inverse = _projected(
    sgd_sc_inverse, "projected_sgd_sc_inverse", sgd_sc_inverse.source, Integer(1)
)
projected_sgd_sc_uniform = _projected(
    sgd_sc_uniform_average, "projected_sgd_sc_uniform", sgd_sc_uniform_average.source, _HALF
)
projected_sgd_sc_tail = _projected(
    sgd_tail_sc, "projected_sgd_sc_tail", sgd_tail_sc.source, _HALF, first=projected_sgd_sc_inverse
)
projected_sgd_sc_last = _projected(sgd_sc_last, "projected_sgd_sc_last", sgd_sc_last.source)
projected_sgd_last_decaying = _projected(
    sgd_convex_last_decaying,
    "projected_sgd_last_decaying",
    sgd_convex_last_decaying.source,
    defaults={alpha0: _LENGTH},
)

THEOREMS = (
    projected_sgd_sc_constant,
    projected_sgd_sc_theta,
    projected_sgd_sc_inverse,
    projected_sgd_sc_uniform,
    projected_sgd_sc_tail,
    projected_sgd_sc_last,
    projected_sgd_last_decaying,
)
