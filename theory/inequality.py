"""The words of assumptions: an inequality that holds at every iterate, and a property that gives some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sympy import Expr, S

if TYPE_CHECKING:
    from ratebound.theory.method import Method


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
    """

    name: str
    slack: Expr
    requires: frozenset[str]
    about: Method | None = None
    estimate: str = "batch"
    visits: tuple[str, ...] = ()
    positive: Expr = S.One
    strict: bool = False


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
    """

    name: str
    title: str
    constants: tuple[str, ...]
    inequalities: tuple[Inequality, ...] = ()
