"""The certificate of superlinear steps of BFGS and DFP on a quadratic: the determinant pays for slow ones.

Seen in the metric of the Hessian H the matrix B of the method is C, between 1 and q = L/mu, and a step v
from ``Cv`` to ``(C - 1) v``, whose squares are twice the gaps. With c the eigenvalues of C, s = 1 - 1/c,
and p the shares of ``||Cv||^2``, the gap shrinks by ``r = sum of p s^2``. The update by v divides det C by
t >= 1, of which

    1 - 1/t = (sum of p c^-e s)/(sum of p c^-e),

with e = 1 for BFGS, where ``t = <v, Cv>/||v||^2``, and e = 2 for DFP, where ``t = ||v||^2/<v, C^-1 v>``.
As the sum below is at most one, and ``s^2 <= q^(e-1) (q - 1) c^-e s``, each r is at most ``q^(e-1) (q - 1)
(1 - 1/t)``. The product of the t is at most det C at the start over one, ``q^d``, and ``log(1 - exp(-y))``
grows and is concave in y = log t: k steps are worst where all t are ``q^(d/k)``.

Source: the determinant as a measure, and rates with better constants, are in Rodomanov and Nesterov 2022
(not checked); derived here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, Integer, Symbol, exp, log, together

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.certificate import require
from ratebound.theory.certificates.needed import require_properties
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.coordinates import d
from ratebound.theory.methods.metric import bfgs, dfp
from ratebound.theory.symbols import L, gap0, k, mu_pl

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

_RATIO = L / mu_pl
_EXPONENT = {bfgs: 1, dfp: 2}
"""e of each method."""


def _price(ratio: Expr, exponent: int) -> Expr:
    """What r is at most, in parts of 1 - 1/t."""
    return ratio ** (exponent - 1) * (ratio - 1)


def _check_terms(exponent: int) -> None:
    """Check ``s^2`` against its part of 1 - 1/t, for every c between one and the ratio."""
    more, beyond = free("c"), free("q")
    c, ratio = 1 + more, 1 + more + beyond
    s = 1 - 1 / c
    if not nonnegative(together(_price(ratio, exponent) * c**-exponent * s - s**2)):
        raise RateboundError(f"a square exceeds {_price(ratio, exponent)} times its part of 1 - 1/t")
    if not nonnegative(together(1 - c**-exponent)):
        raise RateboundError("the sum of p c^-e is not at most one")


def _check_concave() -> None:
    """Check that ``log(1 - exp(-y))`` grows, and is concave."""
    y, fall = Symbol("y", positive=True), 1 / (1 + free("y"))
    gain = log(1 - exp(-y))
    slope, bend = (gain.diff(y, times).subs(exp(-y), fall) for times in (1, 2))
    if bend.has(exp) or not nonnegative(together(slope)) or not nonnegative(together(-bend)):
        raise RateboundError("log(1 - exp(-y)) is not proved to grow and to be concave")


@dataclass(frozen=True)
class Determinant:
    """``f(x_k) - f*`` is at most the k-th power of `factor` times that at the start."""

    cited: bool = field(default=False, init=False)

    @staticmethod
    def implied(exponent: int) -> Expr:
        """Return the bound that follows."""
        return (_price(_RATIO, exponent) * (1 - exp(-d * log(_RATIO) / k))) ** k * gap0

    def check(self, theorem: Theorem) -> None:
        """Check the method, what each step pays, that equal payments are worst, and the bound."""
        exponent = _EXPONENT.get(theorem.method)
        if exponent is None or theorem.measure != "gap_last" or theorem.step != 1:
            raise RateboundError("this certificate bounds gap_last, for full steps of BFGS or DFP")
        require_properties(theorem, "quadratic", "smooth", "pl")
        if not nonnegative(theorem.start - Integer(1)):
            raise RateboundError("the mean over k steps is claimed from k = 1 on")
        _check_terms(exponent)
        _check_concave()
        if theorem.bound != (implied := self.implied(exponent)):
            require(theorem.bound - implied, theorem, "the bound against equal shares of the determinant")
