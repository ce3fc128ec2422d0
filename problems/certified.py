"""The words of certification: a constant with its pedigree, the refusal, and the description of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.problems.linear_moments import Linear

EPS = float(np.finfo(np.float64).eps)
Direction = Literal["exact", "upper", "lower"]


class NotCertified(RateboundError):
    """A constant that cannot be certified on this problem; the message is the reason."""


@dataclass(frozen=True)
class Constant:
    """A certified constant of a problem.

    Parameters
    ----------
    name
        Symbol name of :mod:`ratebound.theory.symbols`, or a property such as ``"convex"`` (value 1).
    value
        The number, already rounded to the safe side by `error`.
    route
        How it was obtained.
    direction
        ``"exact"`` if the formula is exact (so that only rounding is on the safe side), ``"upper"`` or
        ``"lower"`` if the formula itself is a bound.
    region
        Where it holds, in words and numbers.
    error
        Absolute allowance for rounding that the value contains.
    note
        Anything else that a reader must know.
    """

    name: str
    value: float
    route: str
    direction: Direction
    region: str = "everywhere"
    error: float = 0.0
    note: str = ""


@dataclass(frozen=True, eq=False)
class Memory:
    """A method that is not plain SGD, as constants along its run see it.

    Parameters
    ----------
    name
        Of the method.
    linear
        The run as matrices; None where it is not linear.
    half
        Half the side of the box onto which it projects; None where it does not.
    moves
        The norm in which no step is longer than alpha, ``"euclidean"`` or ``"maximum"``; None for others.
    """

    name: str
    linear: Linear | None
    half: float | None = None
    moves: Literal["euclidean", "maximum"] | None = None


@dataclass(frozen=True, eq=False)
class Setting:
    """A run for which constants are asked.

    Parameters
    ----------
    alphas
        Steps alpha_0 .. alpha_{K-1}, shape (K,).
    batch
        Samples per gradient estimate; where they change from step to step the fewest, which have most noise.
    replacement
        Whether a batch is drawn with replacement.
    sizes
        The batches of each step, shape (K,), where they change.
    radius
        Of a ball to which the constants of the run are confined, whether the run stays there or not.
    memory
        The method, where it is not ``x - alpha g``.
    independent
        Whether batches are independent of each other; not so in passes over the data.
    """

    alphas: np.ndarray
    batch: int = 1
    replacement: bool = True
    memory: Memory | None = None
    sizes: np.ndarray | None = None
    radius: float | None = None
    independent: bool = True

    def __post_init__(self) -> None:
        alphas = np.array(self.alphas, dtype=np.float64, ndmin=1)
        if alphas.ndim != 1:
            raise RateboundError(
                f"alphas has shape {alphas.shape}; pass one step size per update, shape (K,)"
            )
        bad = np.flatnonzero(~np.isfinite(alphas) | (alphas < 0))
        if bad.size:
            raise RateboundError(f"alpha_{bad[0]} = {alphas[bad[0]]}; steps must be finite and nonnegative")
        if self.batch < 1:
            raise RateboundError(f"batch = {self.batch}; it must be at least 1")
        alphas.flags.writeable = False
        object.__setattr__(self, "alphas", alphas)


def batch_factor(n: int, batch: int, replacement: bool) -> float:
    """Return V_b / V_1: how a batch shrinks the variance of the gradient estimate.

    Raises
    ------
    RateboundError
        If the batch is empty, or larger than n without replacement.
    """
    if batch < 1:
        raise RateboundError(f"batch = {batch}; it must be at least 1")
    if replacement:
        return 1.0 / batch
    if batch > n:
        raise RateboundError(f"batch = {batch} exceeds n = {n}; draw with replacement or take batch <= n")
    return 0.0 if n == 1 else (n - batch) / (batch * (n - 1))
