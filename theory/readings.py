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
        ``"square"``: the squared Euclidean norm.
    like
        A constant of the same unit.
    quantity
        What it is, in a word or two.
    """

    state: str
    norm: Literal["square"]
    like: str
    quantity: str

    @property
    def latex(self) -> str:
        """The expectation, typeset."""
        return rf"\mathbb{{E}}\lVert {self.state}_k\rVert^2"

    @property
    def words(self) -> str:
        """The expectation in plain letters."""
        return f"E||{self.state}_k||^2"


READINGS: Mapping[str, Reading] = MappingProxyType(
    {"estimate_sq": Reading("v", "square", "grad0_sq", "squared estimate")}
)
"""The measures by name: ``estimate_sq`` is E||v_k||^2 of the gradient estimate v_k that a method keeps."""


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
