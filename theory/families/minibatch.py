"""Mini-batches: the descent lemma with a gradient error, and the variance of a batch mean."""

from __future__ import annotations

from sympy import Integer

from ratebound.theory.assumptions import descent_lemma, smooth
from ratebound.theory.certificate import OneStep
from ratebound.theory.certificates.batch_variance import BatchVariance
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, L_max, alpha, b, delta, error_sq, grad_sq, n, variance

_QUARTER = {alpha: 1 / (4 * L_max)}

minibatch_descent = Theorem(
    id="minibatch_descent",
    title="Gradient step with an error, decrease in one step",
    source="Friedlander and Schmidt 2012 (number not checked)",
    method=sgd,
    assumptions=(smooth,),
    step=1 / L,
    measure="gap_next",
    bound=delta - grad_sq / (2 * L) + error_sq / (2 * L),
    certificate=OneStep(by={descent_lemma: Integer(1)}, pathwise=True),
    note="It holds for every single batch, whatever the error of its gradient; the step is exactly 1/L.",
)

batch_variance_with = Theorem(
    id="batch_variance_with",
    title="Variance of a mini-batch gradient, with replacement",
    source="elementary",
    method=sgd,
    assumptions=(),
    step=alpha,
    measure="batch_variance",
    bound=variance / b,
    certificate=BatchVariance(),
    defaults=_QUARTER,
    replacement=True,
    equality=True,
    sibling="batch_variance_without",
)

batch_variance_without = Theorem(
    id="batch_variance_without",
    title="Variance of a mini-batch gradient, without replacement",
    source="elementary (Cochran 1977, simple random sampling)",
    method=sgd,
    assumptions=(),
    step=alpha,
    measure="batch_variance",
    bound=variance * (n - b) / (b * (n - 1)),
    certificate=BatchVariance(),
    defaults=_QUARTER,
    replacement=False,
    equality=True,
    note="n = 1 has no such identity: the bound is then 0/0.",
    sibling="batch_variance_with",
)

THEOREMS = (minibatch_descent, batch_variance_with, batch_variance_without)
