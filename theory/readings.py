"""Measures that read a state of the method by its name: its norm, seen from zero, or the dual function.

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
        Name of the state variable, or of the vectors stored for the samples.
    norm
        ``"square"``: the squared Euclidean norm. ``"largest"``: the largest coordinate in absolute value.
        What a dual point tells, see :mod:`ratebound.problems.dual`: its ``"duality_gap"``, and how far below
        its maximum the dual function is there, the ``"dual_suboptimality"``.
    like
        A constant of the same unit.
    quantity
        What it is, in a word or two.
    """

    state: str
    norm: Literal["square", "largest", "duality_gap", "dual_suboptimality"]
    like: str
    quantity: str

    @property
    def latex(self) -> str:
        """The expectation, typeset."""
        square = rf"\lVert {self.state}_k\rVert"
        of_dual = {"duality_gap": r"f(y_k)-D(b_k)", "dual_suboptimality": r"f_*-D(b_k)"}
        typeset = {"square": f"{square}^2", "largest": rf"{square}_\infty"}
        typeset |= {name: rf"\left[{text}\right]" for name, text in of_dual.items()}
        return rf"\mathbb{{E}}{typeset[self.norm]}"

    @property
    def words(self) -> str:
        """The expectation in plain letters."""
        words = {
            "square": f"||{self.state}_k||^2",
            "largest": f"||{self.state}_k||_inf",
            "duality_gap": "[f(y_k) - D(b_k)]",
            "dual_suboptimality": "[f* - D(b_k)]",
        }
        return f"E{words[self.norm]}"

    @property
    def settles(self) -> bool:
        """Whether it tends to zero as errors do; what only stays bounded has no rate."""
        return self.norm != "largest"

    @property
    def of_table(self) -> bool:
        """Whether it reads all that is stored for samples, (n, d) or (n,), in place of one vector."""
        return self.norm in ("duality_gap", "dual_suboptimality")


READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        "estimate_sq": Reading("v", "square", "grad0_sq", "squared estimate"),
        "largest_coordinate": Reading("x", "largest", "x0_inf", "largest coordinate"),
        "estimated_distance": Reading("e", "largest", "D", "estimate of the distance"),
        "last_move": Reading("u", "largest", "gamma", "largest coordinate of the last step"),
        "duality_gap": Reading("dual", "duality_gap", "gap0", "duality gap"),
        "dual_suboptimality": Reading("dual", "dual_suboptimality", "gap0", "gap of the dual"),
    }
)
"""The measures by name: of the estimates v_k of the gradient and e_k of the distance, a number, that a method
keeps, of the iterate, of its last step u_k, and of the dual vectors b_k, one of each sample, and their point
y_k, which SDCA stores."""


def bounded(measure: str) -> bool:
    """Whether a measure only stays bounded; see :attr:`Reading.settles`."""
    return measure in READINGS and not READINGS[measure].settles


def of_table(measure: str) -> bool:
    """Whether a measure reads all that is stored for samples; see :attr:`Reading.of_table`."""
    return measure in READINGS and READINGS[measure].of_table


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
    stored = [method.draws.table] if method.draws is not None and method.draws.table else []
    if state_of(measure) not in (stored if of_table(measure) else method.update):
        kept = ", ".join([*method.update, *stored])
        raise RateboundError(
            f"{measure} reads the state {state_of(measure)!r}, and {method.name} keeps {kept}; take another"
        )
