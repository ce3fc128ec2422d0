"""A finite sum f(x) = (1/n) sum_i [ phi(a_i.x, y_i) + (l2/2)||x||^2 ]: values, gradients, the gap."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ratebound.problems.blas import one_blas_thread
from ratebound.problems.bregman import bregman
from ratebound.problems.certified import EPS
from ratebound.problems.checks import as_floats, check_l2, check_labels, check_shapes
from ratebound.problems.losses import Loss
from ratebound.problems.losses import z as prediction
from ratebound.problems.lower import lower
from ratebound.problems.minimiser import Minimum, minimise
from ratebound.problems.own_loss import check_own
from ratebound.problems.quiet import quiet
from ratebound.problems.rounding import gradient_rounding, value_rounding
from ratebound.problems.sparse import (
    as_data,
    batch_slopes,
    combined,
    is_sparse,
    need_dense,
    predictions,
    sparse_spectrum,
)
from ratebound.problems.spectrum import Spectrum, spectrum, triangular_root
from ratebound.theory.errors import RateboundError


@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """A finite sum of losses of linear predictions.

    Parameters
    ----------
    name
        Short identifier.
    A
        Data, shape (n, d), one sample a row; a SciPy sparse matrix is kept as a CSR array.
    y
        Labels, shape (n,).
    loss
        The loss phi(z, y).
    l2
        Weight of ``(l2/2)||x||^2``, present in every component.
    x0
        Start, shape (d,).
    preprocessing
        What was done to the data, in words.
    title
        What readers call it.

    Raises
    ------
    RateboundError
        If the data are not finite numbers of matching shapes, the labels do not suit the loss, what a user's
        loss states is false, or the data are sparse and the loss is neither squared nor logistic.
    """

    name: str
    A: np.ndarray
    y: np.ndarray
    loss: Loss
    l2: float
    x0: np.ndarray
    preprocessing: str = "as given"
    title: str = ""
    l1 = 0.0
    """Weight of ``||x||_1``; positive in :class:`ratebound.problems.composite.Composite` only."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "A", as_data(self.A))
        for key in ("y", "x0"):
            object.__setattr__(self, key, as_floats(key, getattr(self, key), 1))
        object.__setattr__(self, "l2", check_l2(self.l2))
        object.__setattr__(self, "title", self.title or self.name)
        check_shapes(self.A, self.y, self.x0)
        check_labels(self.y, self.loss)
        check_own(self.loss, self.y)
        if self.sparse and self.loss.name not in ("squared", "logistic"):
            need_dense(self.A, f"the {self.loss.title}")

    def __repr__(self) -> str:
        more = f"l2 = {self.l2:g}" + f", l1 = {self.l1:g}" * (self.l1 > 0) + ", sparse" * self.sparse
        return f"<Problem {self.name}: {self.loss.title}, n = {self.n}, d = {self.d}, {more}>"

    def __reduce__(self) -> tuple[type[Problem], tuple[Any, ...]]:
        """Return how a copy is made: built anew, for data that are unpickled could be written to."""
        return type(self), tuple(getattr(self, each.name) for each in fields(self))

    @property
    def n(self) -> int:
        """Number of components."""
        return self.A.shape[0]

    @property
    def d(self) -> int:
        """Dimension of x."""
        return self.A.shape[1]

    @property
    def sparse(self) -> bool:
        """Whether the data are stored by their nonzero entries."""
        return is_sparse(self.A)

    @property
    def kind(self) -> Literal["quadratic", "general"]:
        """``"quadratic"`` for the squared loss."""
        return "quadratic" if self.loss.name == "squared" else "general"

    def value(self, X: np.ndarray) -> np.ndarray:
        """Return f, shape (...), at points of shape (..., d)."""
        with quiet:
            Z = predictions(self.A, X)
            return self.loss.value_at(Z, self.y).mean(-1) + self.l2 / 2 * (X * X).sum(-1)

    @cached_property
    def _single(self) -> tuple[Any, np.ndarray]:
        return self.A.astype(np.float32), self.y.astype(np.float32)

    def _as(self, X: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return the data in the precision of points: rounded for float32 ones."""
        return self._single if X.dtype == np.float32 else (self.A, self.y)

    def gradient(self, X: np.ndarray) -> np.ndarray:
        """Return the gradients of f, shape (..., d), at points of shape (..., d), in their precision."""
        A, y = self._as(X)
        with quiet:
            slopes = self.loss.slope_at(predictions(A, X), y)
            return combined(A, slopes) / self.n + self.l2 * X

    def component_gradients(self, x: np.ndarray) -> np.ndarray:
        """Return the gradients of all components, shape (n, d), at one point of shape (d,)."""
        need_dense(self.A, "the gradient of every component")
        with quiet:
            return self.loss.slope_at(self.A @ x, self.y)[:, None] * self.A + self.l2 * x

    def batch_gradient(self, X: np.ndarray, idx: np.ndarray) -> np.ndarray:
        """Return mini-batch gradients.

        Parameters
        ----------
        X
            Points, shape (..., R, d).
        idx
            Component indices of each replica, shape (R, b), shared over the leading axes.

        Returns
        -------
        numpy.ndarray
            Means over each batch, shape (..., R, d), in the precision of the points.
        """
        A, y = self._as(X)
        with quiet:
            slopes = batch_slopes(A, X, idx, lambda Z: self.loss.slope_at(Z, y[idx]))
            return slopes / idx.shape[-1] + self.l2 * X

    def batch_product(self, X: np.ndarray, V: np.ndarray, idx: np.ndarray) -> np.ndarray:
        """Return the Hessians of batches at points X times vectors V; see :meth:`batch_gradient`."""
        A, y = self._as(X)
        with quiet:
            bent = batch_slopes(A, X, idx, lambda Z, met: self.loss.second_at(Z, y[idx]) * met, V)
            return bent / idx.shape[-1] + self.l2 * V

    @cached_property
    def spectrum(self) -> Spectrum:
        """Eigenvalues of (1/n) A^T A."""
        with self._calmly():
            if self.sparse:
                return sparse_spectrum(self.A)
            return spectrum(self.A, settle=self.l2 == 0 and self.loss.labels == "real")

    @cached_property
    def minimum(self) -> Minimum:
        """The certified minimum."""
        with self._calmly():
            return minimise(self.A, self.y, self.loss, self.l2, self.x0, self.spectrum)

    def _calmly(self) -> AbstractContextManager[object]:
        """Keep BLAS to one thread, unless a factorisation of the data is long work."""
        return one_blas_thread(self.n * self.d**2)

    @property
    def x_star(self) -> np.ndarray | None:
        """Minimiser nearest to x0, shape (d,), or None if none is certified."""
        return self.minimum.x_star

    @property
    def f_star(self) -> float:
        """Minimal value, or a lower bound of f if no minimiser is certified."""
        return self.minimum.f_star

    @cached_property
    def H(self) -> np.ndarray:
        """Hessian of a quadratic problem, shape (d, d).

        Raises
        ------
        RateboundError
            If the problem is not quadratic.
        """
        if self.kind != "quadratic":
            raise RateboundError(f"{self.name} has the {self.loss.title}: its Hessian is not constant")
        need_dense(self.A, "the Hessian")
        return self.A.T @ self.A / self.n + self.l2 * np.eye(self.d)

    def hessian(self, X: np.ndarray) -> np.ndarray:
        """Return the Hessians of f, shape (..., d, d), at points of shape (..., d).

        Raises
        ------
        RateboundError
            If the data are sparse.
        """
        need_dense(self.A, "the Hessian")
        with quiet:
            bends = self.loss.second_at(predictions(self.A, X), self.y)
            weighted = np.broadcast_to(bends, (*X.shape[:-1], self.n))[..., None] * self.A
        return np.swapaxes(weighted, -1, -2) @ self.A / self.n + self.l2 * np.eye(self.d)

    @cached_property
    def root(self) -> np.ndarray:
        """Triangular R with R^T R = H, for a quadratic problem."""
        with self._calmly():
            return triangular_root(self.A, self.l2)

    def gap(self, X: np.ndarray) -> np.ndarray:
        """Return f - f*, shape (...), at points of shape (..., d), without cancellation.

        If no minimiser is certified this is f minus a lower bound of f (``minimum.route == "lower bound"``).
        """
        minimum = self.minimum
        with quiet:
            if minimum.route == "closed form" and self.sparse:
                away = X - minimum.x_star
                squares = predictions(self.A, away) ** 2
                return squares.mean(-1) / 2 + self.l2 / 2 * (away**2).sum(-1)
            if minimum.route == "closed form":
                roots = (X - minimum.x_star) @ self.root.T
                return np.asarray(np.einsum("...j,...j->...", roots, roots)) / 2
            if minimum.route == "newton":
                return bregman(self, X)
            if self.loss.additive_noise and minimum.x_star is not None:
                # The noise sums to zero exactly; summing it in floating point would only add rounding.
                return lower(self.loss.noiseless, (prediction,))(X @ self.A.T).mean(-1) - minimum.f_star
            return self.value(X) - minimum.f_star

    def distance_sq(self, X: np.ndarray) -> np.ndarray:
        """Return the squared distance to the minimiser nearest to x0, shape (...).

        Raises
        ------
        RateboundError
            If no minimiser is certified.
        """
        if self.minimum.x_star is None:
            raise RateboundError(f"{self.name}: no distance to a minimiser; {self.minimum.note}")
        with quiet:
            return ((X - self.minimum.x_star) ** 2).sum(-1)

    def grad_norm_sq(self, X: np.ndarray) -> np.ndarray:
        """Return ||grad f||^2, shape (...), at points of shape (..., d)."""
        with quiet:
            return (self.gradient(X) ** 2).sum(-1)

    @cached_property
    def curvature_at_minimum(self) -> float:
        """The mu of ``f - f* <= ||grad f||^2 / (2 mu)`` near the minimum, where errors are read off.

        It certifies the minimum where a certificate needs it; else it is the smallest nonzero eigenvalue of
        the Hessian there, infinite where the curvature vanishes.
        """
        minimum = self.minimum
        if np.isfinite(minimum.curvature) or minimum.x_star is None or self.loss.kinked:
            return minimum.curvature
        least = float(self.loss.second_at(self.A @ minimum.x_star, self.y).min())
        local = least * self.spectrum.smallest_nonzero + self.l2
        return local if local > 0 else np.inf

    @cached_property
    def value_floor(self) -> float:
        """Absolute accuracy of :meth:`gap` and of a run in double precision; comparisons stop there."""
        minimum = self.minimum
        rounding = value_rounding(self.A, self.y, self.loss, self.l2, self.x0) + 8 * EPS * abs(minimum.f_star)
        if minimum.x_star is None:
            return rounding
        # An error g of the gradient moves the point where a run stalls by at most |g|^2/(2 mu) in value; the
        # gradients of noisy components cancel there only up to rounding, also where x* itself is exact.
        stall = gradient_rounding(self.A, self.y, self.loss, self.l2, minimum.x_star) + minimum.gradient_norm
        stalled = float(100 * stall**2 / (2 * self.curvature_at_minimum))
        if minimum.route == "attained bound":
            # Around the origin predictions are computed to relative accuracy, and so is the gap.
            relative = not minimum.x_star.any() and minimum.f_star == 0
            return minimum.value_error + stalled + (0.0 if relative else rounding)
        if minimum.route == "vertex":
            return minimum.value_error + rounding
        far = 0.0 if minimum.route == "closed form" else 8 * EPS * abs(minimum.f_star)
        return stalled + far
