"""Quasi-Newton methods on least squares: BFGS, DFP and L-BFGS with full steps, or with exact line search."""

from __future__ import annotations

from sympy import Integer, Rational, exp, log, sqrt

from ratebound.theory.assumptions import pl, quadratic, quadratic_step, smooth
from ratebound.theory.certificate import Cited
from ratebound.theory.certificates.determinant import Determinant
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.inequalities.second_order import BETWEEN
from ratebound.theory.letters.coordinates import d
from ratebound.theory.method import Method
from ratebound.theory.methods.metric import bfgs, bfgs_exact, dfp, lbfgs, lbfgs_exact
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import L, gap0, k, mu_pl

_RATE = 1 - mu_pl / L
_SOURCE = "Rodomanov and Nesterov 2022, quadratic functions (number not checked)"


_LATER = "The linear phase, from the first step on; later ones are superlinear."


def _full_steps(method: Method, title: str, source: str = _SOURCE, note: str = _LATER) -> Theorem:
    below, inside = BETWEEN[method.name]
    return Theorem(
        id=f"{method.name}_quadratic",
        title=f"{title} from L I, least squares, full steps",
        source=source,
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
        note=note,
        sibling="gd_sc_gap",
    )


bfgs_quadratic = _full_steps(bfgs, "BFGS")
dfp_quadratic = _full_steps(dfp, "DFP")
lbfgs_quadratic = _full_steps(
    lbfgs,
    "L-BFGS",
    "Rodomanov and Nesterov 2022 (number not checked), for BFGS, and for the updates; derived here",
    "The factor of gradient descent, whatever the memory.",
)

_RHO = (sqrt(L) - sqrt(mu_pl)) / (sqrt(L) + sqrt(mu_pl))


def _exact_search(method: Method, title: str, source: str, sibling: str) -> Theorem:
    return Theorem(
        id=f"{method.name}_quadratic",
        title=f"{title} with exact line search, least squares: the rate of conjugate gradients",
        source=source,
        method=method,
        assumptions=(quadratic, smooth, pl),
        step=Integer(1),
        measure="gap_last",
        bound=4 * gap0 / (_RHO**k + _RHO**-k) ** 2,
        certificate=Cited("that the steps are those of conjugate gradients is not derived here"),
        note="Ends after as many steps as the Hessian has different eigenvalues, in exact arithmetic.",
        sibling=sibling,
    )


bfgs_exact_quadratic = _exact_search(
    bfgs_exact,
    "BFGS",
    "Nazareth 1979 for the steps; Nocedal and Wright 2006, chapter 5 (numbers not checked)",
    "steepest_linear",
)
lbfgs_exact_quadratic = _exact_search(
    lbfgs_exact,
    "L-BFGS",
    "Nazareth 1979, for any memory; Nocedal and Wright 2006, chapters 5 and 7 (numbers not checked)",
    "bfgs_exact_quadratic",
)

bfgs_superlinear = Theorem(
    id="bfgs_superlinear",
    title="BFGS from L I, least squares, full steps: superlinear",
    source="Rodomanov and Nesterov 2022, quadratic functions (number not checked)",
    method=bfgs,
    assumptions=(quadratic, smooth, pl),
    step=Integer(1),
    measure="gap_last",
    bound=(exp(d * log(L / mu_pl) / k) - 1) ** k * L / mu_pl * gap0,
    start=Integer(1),
    certificate=Cited("the proof follows the determinant of B, which claims about one step do not read"),
    note="It says something after about d log(L/mu) steps.",
    sibling="bfgs_quadratic",
)


def _determinant(method: Method, title: str, exponent: int, sibling: str) -> Theorem:
    return Theorem(
        id=f"{method.name}_determinant",
        title=f"{title} from L I, least squares, full steps: superlinear, by the determinant",
        source="in the manner of Rodomanov and Nesterov 2022 (not checked); derived here",
        method=method,
        assumptions=(quadratic, smooth, pl),
        step=Integer(1),
        measure="gap_last",
        bound=Determinant.implied(exponent),
        start=Integer(1),
        certificate=Determinant(),
        note=f"It says something after about d (L/mu)^{exponent} log(L/mu) steps.",
        sibling=sibling,
    )


bfgs_determinant = _determinant(bfgs, "BFGS", 1, "bfgs_superlinear")
dfp_determinant = _determinant(dfp, "DFP", 2, "dfp_quadratic")

THEOREMS = (
    bfgs_quadratic,
    dfp_quadratic,
    lbfgs_quadratic,
    bfgs_exact_quadratic,
    lbfgs_exact_quadratic,
    bfgs_superlinear,
    bfgs_determinant,
    dfp_determinant,
)
