"""A run that a theorem speaks about: its steps, constants, sampling, and its bound as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy import Symbol

from ratebound.experiments.backends.rules import TRIED
from ratebound.experiments.evidence import walked
from ratebound.experiments.plan import Plan
from ratebound.problems.certified import Constant
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, k


@dataclass(frozen=True, eq=False)
class Trial:
    """A run that a theorem speaks about.

    Parameters
    ----------
    theorem, problem
        What is tried, and on what.
    alphas
        Steps, shape (K,).
    weights
        Weights of x_0 .. x_{K-1} in averages, shape (K,); None for equal ones.
    values
        The number of each constant and parameter.
    constants
        The certified constants, with their pedigree.
    parameters_text
        The parameters as they were asked for.
    start
        The first k at which the bound is claimed.
    batch, replacement
        The sampling.
    sizes
        The batches of each step, shape (K,), where they change; then `batch` is the smallest.
    radius
        Of the ball on which the noise is certified, about :func:`ratebound.problems.ball.centre`; replicas
        that leave it count as zero from there. None for the theorem as it is stated.
    """

    theorem: Theorem
    problem: Problem
    alphas: np.ndarray
    weights: np.ndarray | None
    values: Mapping[Symbol, float]
    constants: tuple[Constant, ...]
    parameters_text: str
    start: int
    batch: int
    replacement: bool
    sizes: np.ndarray | None = None
    radius: float | None = None

    @property
    def batches(self) -> int | np.ndarray:
        """The batch of every step, or those of each, shape (K,)."""
        return self.batch if self.sizes is None else self.sizes

    @property
    def steps(self) -> int:
        """The horizon K."""
        return self.alphas.size

    @cached_property
    def method(self) -> Method:
        """The method with its parameters as numbers."""
        return self.theorem.method.with_numbers(self.values)

    @property
    def parameters(self) -> dict[str, float]:
        """Values of the parameters, by name."""
        return {p.name: self.values[p] for p in self.theorem.parameters}

    def plan(self, at: np.ndarray, first: int, count: int, seed: int, measure: str) -> Plan:
        """Return the run of `count` replicas from `first` on, measured at the given k, without averages."""
        return Plan(
            problem=self.problem,
            method=self.method,
            alphas=self.alphas[None],
            weights=None,
            checkpoints=at,
            replicas=np.arange(first, first + count),
            seed=seed,
            batch=self.batch if self.sizes is None else int(self.sizes.max()),
            replacement=self.replacement,
            measures=(measure,),
            sizes=self.sizes,
        )

    def evaluations(self, at: np.ndarray) -> np.ndarray:
        """Return how many gradients of components the run takes up to each k, on average.

        A value or gradient of f that a line search asks for counts n; its run is made again to count them.
        """
        if self.sizes is not None:
            return np.append(0, np.cumsum(self.sizes))[at]
        n = self.problem.n
        per_step = self.method.evaluations(n, self.batch, self.problem.d)
        spent = at * per_step * (n if self.theorem.in_passes else 1)
        if self.method.search is None:
            return spent
        return spent + n * walked.run(self.plan(at, 0, 1, 0, "largest_coordinate"))[TRIED][0, 0]

    def bound(self, at: np.ndarray, values: Mapping[Symbol, float] | None = None) -> np.ndarray:
        """Return the bound at the given k, shape of `at`, with other values of some constants if given."""
        known = {**self.values, **(values or {})}
        symbols = sorted(known, key=str)
        return lower(self.theorem.bound, (k, K, *symbols))(at, self.steps, *(known[s] for s in symbols))
