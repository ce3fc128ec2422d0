"""The words of assumptions: an inequality that holds at every iterate, and a property that gives some."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy import Expr, S

from ratebound.theory.printed import printed

if TYPE_CHECKING:
    from ratebound.theory.method import Method


def _stated_here() -> bool:
    """Whether what is being built stands in the sources of this library: who states it vouches for it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") in (__name__, "dataclasses"):
        frame = frame.f_back
    module = str(frame.f_globals.get("__name__"))
    return module.partition(".")[0] == __name__.partition(".")[0]


@dataclass(frozen=True)
class Inequality:
    """An inequality ``slack >= 0`` that holds at every iterate.

    Parameters
    ----------
    name
        What readers call it.
    slack
        An expression, linear in the state quantities.
    requires
        Names of the assumptions that together imply it.
    about
        The only method that it is about; None for all.
    estimate
        Where it speaks of E||g_k||^2, of which estimate g_k: as
        :attr:`ratebound.theory.method.Method.estimate`.
    visits
        The orders of samples that it is about, names of :data:`ratebound.theory.visits.ORDERS`; none for all.
    positive
        What has to be positive for it to hold, such as the factor of Young's inequality.
    strict
        Whether it must be so at every end of the range that the theorem does not leave out. Else it may
        vanish there, where a bound that divides by it is infinite.
    known
        Whether it comes with this library, whose tests hold it against data, and is not an author's own.
    """

    name: str
    slack: Expr
    requires: frozenset[str]
    about: Method | None = None
    estimate: str = "batch"
    visits: tuple[str, ...] = ()
    positive: Expr = S.One
    strict: bool = False
    known: bool = field(init=False, default_factory=_stated_here, compare=False, repr=False)

    def __repr__(self) -> str:
        return f"<Inequality {self.name!r}: {printed(self.slack)} >= 0>"


def needs(*names: str) -> frozenset[str]:
    """Return what an inequality requires: the assumptions of these names."""
    return frozenset(names)


@dataclass(frozen=True)
class Assumption:
    """A named property of a problem or of a run.

    Parameters
    ----------
    name
        Identifier, for filters and for :attr:`Inequality.requires`.
    title
        What readers call it.
    constants
        Names of the constants and properties that a problem must certify.
    inequalities
        The inequalities that it contributes by itself.
    known
        Whether it comes with this library, as for :class:`Inequality`.
    """

    name: str
    title: str
    constants: tuple[str, ...]
    inequalities: tuple[Inequality, ...] = ()
    known: bool = field(init=False, default_factory=_stated_here, compare=False, repr=False)

    def __repr__(self) -> str:
        return f"<Assumption {self.name}: {self.title}>"
