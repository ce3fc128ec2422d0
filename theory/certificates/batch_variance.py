"""The variance of the mean of a batch, by the law of two draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sympy import Integer

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import b, n, variance

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem


@dataclass(frozen=True)
class BatchVariance:
    """The variance of a batch mean, by the expected inner product of two draws.

    With ``v_i = grad f_i - grad f``, sum_i v_i = 0, and ``E||(1/b) sum_t v_{i_t}||^2`` the mean of b squares
    and b (b-1) products of different draws.
    """

    proves_equality: ClassVar[bool] = True
    cited: bool = field(default=False, init=False)

    def check(self, theorem: Theorem) -> None:
        """Check the identity from the law of two draws."""
        if theorem.measure != "batch_variance" or not theorem.equality or theorem.replacement is None:
            raise RateboundError("this certificate is for the identity of batch_variance under one sampling")
        if theorem.method.sampling != "batch" or theorem.method.draws is not None:
            raise RateboundError(f"{theorem.method.name} does not step along the mean of an even batch")
        squares, total = n * variance, Integer(0)
        # Independent draws meet each ordered pair (i, j) with probability 1/n^2; distinct ones only i != j.
        product = total / n**2 if theorem.replacement else (total - squares) / (n * (n - 1))
        exact = (b * variance + b * (b - 1) * product) / b**2
        if not vanishes(theorem.bound - exact):
            raise RateboundError(f"the variance of the batch mean is {exact.factor()}, not {theorem.bound}")
