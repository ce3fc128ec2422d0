"""Quasi-Newton methods on least squares: BFGS and DFP with full steps, BFGS with exact line search."""

from __future__ import annotations

from sympy import Integer, Rational, sqrt

from ratebound.theory.assumptions import pl, quadratic, quadratic_step, smooth
from ratebound.theory.certificate import Cited
from ratebound.theory.method import Method
from ratebound.theory.methods_metric import bfgs, bfgs_exact, dfp
from ratebound.theory.recursion import Recursion
from ratebound.theory.second_order import BETWEEN
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, gap0, k, mu_pl

_RATE = 1 - mu_pl / L


def _full_steps(method: Method, title: str) -> Theorem:
    below, inside = BETWEEN[method.name]
    return Theorem(
        id=f"{method.name}_quadratic",
        title=f"{title} from L I, least squares, full steps",
        source="Rodomanov and Nesterov 2022, quadratic functions (number not checked)",
        method=method,
        assumptions=(quadratic, smooth, pl),
        step=Integer(1),
        measure="gap_last",
        bound=_RATE ** (2 * k) * gap0,
        certificate=Recursion(
            rate=_RATE**2,
            noise=Integer(0),
            by={quadratic_step: Integer(1), inside: Rational(1, 2), below: _RATE / 2},
        ),
        note="The linear phase, from the first step on; later ones are superlinear.",
        sibling="gd_sc_gap",
    )


bfgs_quadratic = _full_steps(bfgs, "BFGS")
dfp_quadratic = _full_steps(dfp, "DFP")

_RHO = (sqrt(L) - sqrt(mu_pl)) / (sqrt(L) + sqrt(mu_pl))

bfgs_exact_quadratic = Theorem(
    id="bfgs_exact_quadratic",
    title="BFGS with exact line search, least squares: the rate of conjugate gradients",
    source="Nazareth 1979 for the steps; Nocedal and Wright 2006, chapter 5 (numbers not checked)",
    method=bfgs_exact,
    assumptions=(quadratic, smooth, pl),
    step=Integer(1),
    measure="gap_last",
    bound=4 * gap0 / (_RHO**k + _RHO**-k) ** 2,
    certificate=Cited("that the steps are those of conjugate gradients is not derived here"),
    note="Ends after as many steps as the Hessian has different eigenvalues, in exact arithmetic.",
    sibling="steepest_linear",
)

THEOREMS = (bfgs_quadratic, dfp_quadratic, bfgs_exact_quadratic)
