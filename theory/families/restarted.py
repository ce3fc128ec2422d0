"""Methods in epochs, each from where the one before has got: SVRG and SARAH as they are run."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Rational, ceiling, floor

from ratebound.theory.assumptions import descent_lemma
from ratebound.theory.certificates.away import Backward, differences, young_gradient
from ratebound.theory.certificates.chained import Chained
from ratebound.theory.certificates.epochs import Epochs
from ratebound.theory.families.recursive import sarah_nonconvex, sarah_pl
from ratebound.theory.families.reduced_nonconvex import svrg_nonconvex
from ratebound.theory.families.variance_reduced import svrg_sc
from ratebound.theory.letters.stored import kept, young
from ratebound.theory.methods.epochs import sarah_drawn, sarah_last, svrg_drawn, svrg_epochs, svrg_last
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, L, L_max, alpha, b, epoch, gap0, grad0_sq, grad_sq, k, mu, mu_pl, n

_LINEAR = (
    "x_k is the snapshot, which moves at the ends of epochs. A linear rate where the factor is below one, as "
    "for steps below 1/(2 L_max) and epochs that are long enough."
)
_JOHNSON = "Johnson and Zhang 2013, Theorem 1"

svrg_epochs_sc = Theorem(
    id="svrg_epochs_sc",
    title="SVRG over epochs, strongly convex, snapshot at the average",
    source=f"{_JOHNSON}, with the average in place of a random iterate; constants derived, for longer steps",
    method=svrg_epochs,
    assumptions=svrg_sc.assumptions,
    step=alpha,
    where=svrg_sc.where,
    measure="gap_last",
    bound=(1 / (mu * alpha * epoch) + alpha * L_max / (1 - alpha * L_max)) ** floor(k / epoch) * gap0,
    certificate=Epochs(svrg_sc),
    defaults={alpha: 1 / (5 * L_max), epoch: ceiling(20 * L_max / mu)},
    note=_LINEAR,
    sibling="svrg_sc",
)

svrg_drawn_sc = replace(
    svrg_epochs_sc,
    id="svrg_drawn_sc",
    title="SVRG over epochs, strongly convex, snapshot at a random iterate",
    source=f"{_JOHNSON}, option II; constants derived, for longer steps",
    method=svrg_drawn,
    note=f"{_LINEAR} Step j of an epoch replaces what was drawn with the probability 1/(j + 1): of all steps "
    "one is drawn evenly.",
    sibling="svrg_epochs_sc",
)

_KEPT = alpha * L_max / (b * (2 - alpha * L_max))
"""What remains of a squared gradient after an outer loop of any length: 1/3 at the step 1/(2 L_max)."""

sarah_drawn_pl = Theorem(
    id="sarah_drawn_pl",
    title="SARAH, outer loops, convex components, Polyak-Łojasiewicz, squared gradient",
    source="Nguyen, Liu, Scheinberg and Takáč 2017, Theorem 4 (number not checked), for strongly convex f",
    method=sarah_drawn,
    assumptions=sarah_pl.assumptions,
    step=alpha,
    where=sarah_pl.where,
    measure="grad_norm_sq_last",
    bound=(1 / (mu_pl * alpha * epoch) + _KEPT) ** floor(k / epoch) * grad0_sq,
    certificate=Epochs(sarah_pl),
    defaults={alpha: 1 / (2 * L_max), epoch: ceiling(12 * L_max / mu_pl)},
    note="x_k is where an outer loop starts, and moves at its end to any of the points of the loop, drawn "
    "evenly. A loop of m + 1 points takes m + 1 steps here: the last takes the full gradient.",
    sibling="sarah_pl",
)
_LONGEST_SVRG, _LONGEST_SARAH = (each.step.subs(K, epoch) for each in (svrg_nonconvex, sarah_nonconvex))

svrg_last_nonconvex = Theorem(
    id="svrg_last_nonconvex",
    title="SVRG over epochs, nonconvex, constant step, mean squared gradient",
    source="Reddi, Hefny, Sra, Póczos and Smola 2016, Theorem 2 (number not checked); constants derived",
    method=svrg_last,
    assumptions=svrg_nonconvex.assumptions,
    step=alpha,
    where=(alpha <= _LONGEST_SVRG,),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=Chained(svrg_nonconvex),
    defaults={alpha: _LONGEST_SVRG, epoch: n},
    note="With epochs of n steps the rate of gradient descent with a step n^(2/3) times shorter, at three "
    "gradients per step.",
    sibling="svrg_nonconvex",
)

_YOUNG = young * L_max
_ADDED = alpha**2 * L * L_max**2 / 2
"""What a step adds to the share that it hands back, beside multiplying it by the following factor."""
_GROWN = 1 + alpha * _YOUNG + (alpha * L_max) ** 2


def _share(left: Expr) -> Expr:
    """Return the share of what is away where so many steps are left: that many of the recursion from zero."""
    return _ADDED * (_GROWN**left - 1) / (_GROWN - 1)


_LATER = _share(K - k - 1)
_KEPT_MOST = 1 - alpha * L / 2 - (1 / _YOUNG + alpha) * _share(K - 1)
_KEPT_HERE = 1 - alpha * L / 2 - (1 / _YOUNG + alpha) * _LATER
_SOURCE = "Reddi, Hefny, Sra, Póczos and Smola 2016, Theorem 2 (number not checked)"

_one_epoch = Theorem(
    id="svrg_recursion",
    title="SVRG, one epoch, nonconvex, shares by a backward recursion, mean squared gradient",
    source=_SOURCE,
    method=svrg_nonconvex.method,
    assumptions=svrg_nonconvex.assumptions,
    step=alpha,
    where=(kept <= _KEPT_MOST,),
    measure="grad_norm_sq_mean",
    bound=gap0 / (kept * alpha * K),
    start=Integer(1),
    certificate=Backward(
        share=_share(K - k),
        weight=kept * alpha,
        by={
            descent_lemma: Integer(1),
            differences: alpha**2 * (L / 2 + _LATER),
            young_gradient(_YOUNG): alpha * _LATER,
        },
        plus={grad_sq: alpha * (_KEPT_HERE - kept)},
    ),
    defaults={
        alpha: 1 / (4 * L_max * n ** Rational(2, 3)),
        young: n ** Rational(-1, 3),
        kept: _KEPT_MOST,
    },
)

svrg_last_recursion = replace(
    _one_epoch,
    id="svrg_last_recursion",
    title="SVRG over epochs, nonconvex, shares by a backward recursion, mean squared gradient",
    source=f"{_SOURCE}, with 2 alpha^2 for alpha^2 and twice the start; constants derived",
    method=svrg_last,
    where=(kept <= _KEPT_MOST.subs(K, epoch),),
    bound=gap0 / (kept * alpha * k),
    certificate=Chained(_one_epoch),
    defaults={**_one_epoch.defaults, kept: _KEPT_MOST.subs(K, epoch), epoch: n},
    note="Of any step and any factor y: the shares c_j of what is away obey c_j = (1 + alpha L_max y + "
    "alpha^2 L_max^2) c_{j+1} + alpha^2 L L_max^2/2 and c_m = 0, and c_1 must leave a part of the descent.",
    sibling="svrg_last_nonconvex",
)

sarah_last_nonconvex = Theorem(
    id="sarah_last_nonconvex",
    title="SARAH, outer loops, nonconvex, constant step, mean squared gradient",
    source="derived; Nguyen, Liu, Scheinberg and Takáč 2017, on nonconvex problems, for one outer loop",
    method=sarah_last,
    assumptions=sarah_nonconvex.assumptions,
    step=alpha,
    where=(alpha <= _LONGEST_SARAH,),
    measure="grad_norm_sq_mean",
    bound=2 * gap0 / (alpha * k),
    start=Integer(1),
    certificate=Chained(sarah_nonconvex),
    defaults={alpha: _LONGEST_SARAH, epoch: n},
    note="PAGE whose coin falls at fixed times: the step may be as long, 1/(L_max sqrt(n)) up to a factor.",
    sibling="page_nonconvex",
)

THEOREMS = (
    svrg_epochs_sc,
    svrg_drawn_sc,
    sarah_drawn_pl,
    svrg_last_nonconvex,
    svrg_last_recursion,
    sarah_last_nonconvex,
)
