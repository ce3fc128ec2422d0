"""A finite sum plus a penalty: f(x) = (1/n) sum_i f_i(x) + l1 ||x||_1."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from ratebound.problems.active_set import minimise_penalised
from ratebound.problems.bregman import bregman
from ratebound.problems.certified import Constant
from ratebound.problems.finite_sum import Problem
from ratebound.problems.minimiser import Minimum
from ratebound.problems.quiet import quiet
from ratebound.problems.sparse import need_dense
from ratebound.theory.errors import RateboundError

_LOSSES = ("squared", "logistic")


@dataclass(frozen=True, eq=False, repr=False)
class Composite(Problem):
    """A finite sum plus ``l1 ||x||_1``.

    Values, the minimum and gaps are those of f; gradients, Hessians and their constants, such as L and mu,
    are those of the finite sum alone.

    Parameters
    ----------
    l1
        Weight of ``||x||_1``.

    Raises
    ------
    RateboundError
        If l1 is not a positive number, the loss is neither squared nor logistic, or the data are sparse.
    """

    l1: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "l1", float(self.l1))
        if not (np.isfinite(self.l1) and self.l1 > 0):
            raise RateboundError(f"l1 = {self.l1}; the weight of ||x||_1 must be positive and finite")
        if self.loss.name not in _LOSSES:
            raise RateboundError(
                f"{self.loss.title} with l1 > 0; a penalty is for {' and '.join(_LOSSES)} losses"
            )
        need_dense(self.A, "the penalty l1 ||x||_1")

    def value(self, X: np.ndarray) -> np.ndarray:
        """Return f, shape (...), at points of shape (..., d)."""
        with quiet:
            return super().value(X) + self.l1 * np.abs(X).sum(-1)

    @cached_property
    def minimum(self) -> Minimum:
        """The certified minimum."""
        return minimise_penalised(self.A, self.y, self.loss, self.l2, self.l1, self.spectrum)

    @cached_property
    def _signs(self) -> np.ndarray:
        """Minus the gradient of the sum at x*, divided by l1: a subgradient of ||x||_1 there."""
        x_star = self.minimum.x_star
        assert x_star is not None
        inside = np.clip(-self.gradient(x_star) / self.l1, -1, 1)
        return np.where(x_star == 0, inside, np.sign(x_star))

    def gap(self, X: np.ndarray) -> np.ndarray:
        """Return f - f*, shape (...), at points of shape (..., d), without cancellation.

        The sum rises above its tangent at x*, and the penalty above its own: no term is negative.
        """
        minimum = self.minimum
        if minimum.x_star is None:
            return self.value(X) - minimum.f_star
        with quiet:
            if self.kind == "quadratic":
                roots = (X - minimum.x_star) @ self.root.T
                rise = np.asarray(np.einsum("...j,...j->...", roots, roots)) / 2
            else:
                rise = bregman(self, X)
            return rise + self.l1 * (np.abs(X) - self._signs * X).sum(-1)


def penalised(problem: Problem, l1: float, name: str = "", title: str = "") -> Composite:
    """Return the problem with ``l1 ||x||_1`` added: the lasso of least squares, sparse logistic regression.

    Raises
    ------
    RateboundError
        As :class:`Composite`.
    """
    parts = {each.name: getattr(problem, each.name) for each in fields(Problem)}
    named = {"name": name or problem.name, "title": title or f"{problem.title} with l1 = {l1:g}"}
    return Composite(**{**parts, **named}, l1=l1)


def l1(problem: Problem) -> Constant:
    """Return the weight of ||x||_1 in f, zero for a finite sum alone."""
    return Constant("l1", problem.l1, "given", "exact")


def penalty0(problem: Problem) -> Constant:
    """Return ``l1 ||x_0||_1``, rounded up."""
    size = problem.l1 * float(np.abs(problem.x0).sum())
    error = (problem.d + 2) * float(np.finfo(float).eps) * size
    return Constant("penalty0", size + error, "closed form", "exact", "at x0", error)
