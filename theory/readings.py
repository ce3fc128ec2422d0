"""Measures that read a state of the method by its name: its norm, seen from zero.

The other measures read the iterate, as a point of f. These need no more of a method than that it keeps the
state; every engine, exact route and report takes them from this one table, without SymPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.theory.method import Method


@dataclass(frozen=True)
class Reading:
    """What a measure reads of a run at step k.

    Parameters
    ----------
    state
        Name of the state variable.
    norm
        ``"square"``: the squared Euclidean norm. ``"largest"``: the largest coordinate in absolute value.
    like
        A constant of the same unit.
    quantity
        What it is, in a word or two.
    """

    state: str
    norm: Literal["square", "largest"]
    like: str
    quantity: str

    @property
    def latex(self) -> str:
        """The expectation, typeset."""
        return (
            rf"\mathbb{{E}}\lVert {self.state}_k\rVert" + {"square": "^2", "largest": r"_\infty"}[self.norm]
        )

    @property
    def words(self) -> str:
        """The expectation in plain letters."""
        return f"E||{self.state}_k||" + {"square": "^2", "largest": "_inf"}[self.norm]

    @property
    def settles(self) -> bool:
        """Whether it tends to zero as errors do; what only stays bounded has no rate."""
        return self.norm == "square"


READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        "estimate_sq": Reading("v", "square", "grad0_sq", "squared estimate"),
        "largest_coordinate": Reading("x", "largest", "x0_inf", "largest coordinate"),
        "estimated_distance": Reading("e", "largest", "D", "estimate of the distance"),
        "last_move": Reading("u", "largest", "gamma", "largest coordinate of the last step"),
    }
)
"""The measures by name: of the estimates v_k of the gradient and e_k of the distance, a number, that a method
keeps, of the iterate, and of its last step u_k."""


def bounded(measure: str) -> bool:
    """Whether a measure only stays bounded; see :attr:`Reading.settles`."""
    return measure in READINGS and not READINGS[measure].settles


def state_of(measure: str) -> str:
    """Return the name of the state that a measure reads; all but :data:`READINGS` read the iterate."""
    return READINGS[measure].state if measure in READINGS else "x"


def require_state(measure: str, method: Method) -> None:
    """Check that a method keeps the state that a measure reads.

    Raises
    ------
    RateboundError
        If it does not.
    """
    if state_of(measure) not in method.update:
        kept = ", ".join(method.update)
        raise RateboundError(
            f"{measure} reads the state {state_of(measure)!r}, and {method.name} keeps {kept}; take another"
        )
