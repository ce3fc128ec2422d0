"""What it takes to refute a statement: the statement, and an instance on which it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class Counterexample:
    """A finite sum on which a statement fails.

    Parameters
    ----------
    A
        Rows a_i, shape (n, d).
    y
        Labels, shape (n,).
    x0
        Start, shape (d,).
    steps
        Horizon K.
    parameters
        Values of the theorem's parameters, as expressions.
    loss, l2
        The loss, and the weight of ``||x||^2/2``.
    batch
        Size of the batches.
    """

    A: tuple[tuple[float, ...], ...]
    y: tuple[float, ...]
    x0: tuple[float, ...]
    steps: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    loss: str = "squared"
    l2: float = 0.0
    batch: int = 1


@dataclass(frozen=True)
class Refuted:
    """A false statement.

    Parameters
    ----------
    theorem
        The statement, as a conjecture.
    counterexample
        Where it fails.
    why
        What is wrong with it, in one sentence.
    """

    theorem: Theorem
    counterexample: Counterexample
    why: str
