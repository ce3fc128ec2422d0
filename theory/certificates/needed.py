"""What a proof needs to be assumed, beside what its inequalities ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


def require_properties(theorem: Theorem, *names: str) -> None:
    """Check that the theorem assumes the properties of these names.

    Raises
    ------
    RateboundError
        Naming those that are lacking.
    """
    lacking = [name for name in names if name not in theorem.assumed]
    if lacking:
        raise RateboundError(f"the proof needs the assumption {', '.join(lacking)}")
