"""Methods in epochs, each from where the one before has got: SVRG as it is run."""

from __future__ import annotations

from sympy import ceiling, floor

from ratebound.theory.certificates.epochs import Epochs
from ratebound.theory.families.variance_reduced import svrg_sc
from ratebound.theory.methods import svrg_epochs
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L_max, alpha, epoch, gap0, k, mu

svrg_epochs_sc = Theorem(
    id="svrg_epochs_sc",
    title="SVRG over epochs, strongly convex, snapshot at the average",
    source="Johnson and Zhang 2013, Theorem 1, with the average in place of a random iterate",
    method=svrg_epochs,
    assumptions=svrg_sc.assumptions,
    step=alpha,
    where=svrg_sc.where,
    measure="gap_last",
    bound=(1 / (mu * alpha * (1 - 2 * alpha * L_max) * epoch) + 2 * alpha * L_max / (1 - 2 * alpha * L_max))
    ** floor(k / epoch)
    * gap0,
    certificate=Epochs(svrg_sc),
    defaults={alpha: 1 / (10 * L_max), epoch: ceiling(20 * L_max / mu)},
    note="x_k is the snapshot, which moves at the ends of epochs. A linear rate where the factor is below "
    "one, as for steps below 1/(4 L_max) and epochs that are long enough.",
    sibling="svrg_sc",
)

THEOREMS = (svrg_epochs_sc,)
