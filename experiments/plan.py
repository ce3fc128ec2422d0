"""What a backend needs to know of a run: one checked description, the same for every backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ratebound.experiments.checks import whole
from ratebound.experiments.shuffling import check_order
from ratebound.problems.dual import require_dual
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError, among, nearest
from ratebound.theory.letters.penalty import l1
from ratebound.theory.measures import BEST, WEIGHED
from ratebound.theory.readings import READINGS, of_table, require_state
from ratebound.theory.visits import INDEPENDENT

if TYPE_CHECKING:
    from ratebound.theory.method import Method

SQUARES = (
    "gap_last",
    "distance_sq",
    "grad_norm_sq_last",
    "gap_average",
    "gap_mean",
    "gap_best",
    "grad_norm_sq_mean",
    "grad_norm_sq_best",
)
"""Measures that second moments give where f is quadratic."""
MEASURES = (*SQUARES, "grad_norm_last", "grad_l1_last", "grad_norm_mean", "grad_l1_mean")
"""``gap_last`` f(x_k) - f*; ``distance_sq`` ||x_k - x*||^2; ``grad_norm_sq_last`` ||grad f(x_k)||^2, and
``grad_norm_last`` its root; ``grad_l1_last`` the sum of the absolute values of grad f(x_k); ``gap_average``
f - f* at the weighted mean of x_0 .. x_{k-1}, ``gap_mean`` its weighted mean, ``gap_best`` its minimum there;
``grad_norm_sq_mean`` the weighted mean and ``grad_norm_sq_best`` the minimum of ||grad f(x_j)||^2 over j < k;
``grad_norm_mean`` and ``grad_l1_mean`` the weighted means of the norm itself and of that sum. Those of the
points before x_k are nan at k = 0, and means are until a weight is positive. What reads a state of a method
stands in :data:`ratebound.theory.readings.READINGS`."""
OF_HESSIANS = ("second_order_best",)
"""The minimum over j < k of the larger of two lengths, ``sqrt(||grad f(x_j)||/L_hess)`` and, with the least
eigenvalue of the Hessian, ``-(2/3) lambda_min/L_hess``: on dense data, where the Hessian is Lipschitz."""
AVERAGED = WEIGHED
"""Those that weigh the points: undefined as long as all weights are zero."""
OVER_PATH = WEIGHED | BEST
"""Measures of the points before x_k, undefined at k = 0."""
ALONG_PATH = {
    "gap_mean": "gap",
    "gap_best": "gap",
    "grad_norm_sq_mean": "grad_norm_sq",
    "grad_norm_sq_best": "grad_norm_sq",
    "grad_norm_mean": "grad_norm",
    "grad_l1_mean": "grad_l1",
    "second_order_best": "second_order",
}
"""Measures that read a function at every point of the path, and the function."""


def function_of(measure: str) -> str:
    """Return the name of the function of a vector that a measure reads, such as ``gap`` for ``gap_last``."""
    if measure in READINGS:
        return READINGS[measure].norm
    if measure == "gap_average":
        return "gap"
    return ALONG_PATH.get(measure, measure.removesuffix("_last"))


PRECISIONS = ("float64", "float32")
"""In what numbers the steps may be computed; measures are taken in float64 always."""


def check_measures(measures: Sequence[str]) -> tuple[str, ...]:
    """Return the measures as a tuple.

    Raises
    ------
    RateboundError
        If there is none, or a name is unknown.
    """
    chosen = (measures,) if isinstance(measures, str) else tuple(measures)
    known = (*MEASURES, *OF_HESSIANS, *READINGS)
    for name in chosen:
        if name not in known:
            raise RateboundError(f"unknown measure {name!r}{among(name, known)}")
    if not chosen:
        raise RateboundError(f"no measure asked for; choose among {', '.join(known)}")
    return tuple(dict.fromkeys(chosen))


def check_alphas(alphas: np.ndarray) -> np.ndarray:
    """Return step sizes as float64, after checking that each is positive and finite.

    Raises
    ------
    RateboundError
        If one is not.
    """
    alphas = np.asarray(alphas, dtype=np.float64)
    looked = without_repeats(alphas)
    bad = np.argwhere(~(np.isfinite(looked) & (looked > 0)))
    if bad.size:
        raise RateboundError(
            f"alpha_{bad[0][-1]} = {alphas[tuple(bad[0])]:.6g}; step sizes must be positive and finite"
        )
    return alphas


def without_repeats(values: np.ndarray) -> np.ndarray:
    """Return one column of values that repeat it in memory: a run makes nothing for each of its steps."""
    return values[..., :1] if values.strides[-1] == 0 else values


def check_weights(weights: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Return averaging weights broadcast to `shape` (..., K); None stands for equal weights.

    Raises
    ------
    RateboundError
        If they do not fit, one is negative or not finite, or all are zero.
    """
    equal = np.broadcast_to(1.0, shape[-1:])
    given = equal if weights is None else np.asarray(weights, dtype=np.float64)
    if given.shape not in (shape, shape[-1:]):
        raise RateboundError(f"weights have shape {given.shape}; pass one per step, shape {shape[-1:]}")
    looked = without_repeats(given)
    bad = np.argwhere(~(np.isfinite(looked) & (looked >= 0)))
    if bad.size:
        raise RateboundError(
            f"weight {bad[0][-1]} is {given[tuple(bad[0])]:.6g}; weights must be finite and not negative"
        )
    if not looked.any(-1).all():
        raise RateboundError("all weights of an average are zero; give at least one point a positive weight")
    return np.broadcast_to(given, shape)


def nothing_averaged(weights: np.ndarray) -> np.ndarray:
    """Return whether no point before x_k has a positive weight, k = 0 .. K, for weights of shape (..., K)."""
    return np.concatenate([np.zeros_like(weights[..., :1]), np.cumsum(weights, -1)], -1) == 0


def undefined_to_nan(
    curves: Mapping[str, np.ndarray], weights: np.ndarray, at: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return curves (..., K+1), or their values at some k, with nan where a mean is over no point."""
    if not AVERAGED & curves.keys():
        return dict(curves)  # Runs without averages keep nothing for each step.
    none_yet = nothing_averaged(weights)[..., slice(None) if at is None else at]
    return {n: np.where(none_yet, np.nan, curve) if n in AVERAGED else curve for n, curve in curves.items()}


def check_grid(grid: Sequence[int] | np.ndarray, steps: int) -> np.ndarray:
    """Return checkpoints as increasing int64 step numbers.

    Raises
    ------
    RateboundError
        If they are not increasing integers in 0 .. steps.
    """
    given = np.asarray(grid)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "iu":
        raise RateboundError(f"checkpoints = {grid!r}; pass a sequence of step numbers")
    given = given.astype(np.int64)
    if given[0] < 0 or given[-1] > steps or (np.diff(given) <= 0).any():
        raise RateboundError(f"checkpoints must increase within 0 .. {steps}; got {given[0]} .. {given[-1]}")
    return given


def check_batch(batch: int | Sequence[int] | np.ndarray, steps: int) -> np.ndarray:
    """Return the batch size of each step, shape (steps,).

    Raises
    ------
    RateboundError
        If it is neither one positive integer nor one per step.
    """
    sizes = np.asarray(batch)
    if sizes.ndim == 0:
        return np.broadcast_to(whole("batch", batch, 1), steps)
    if sizes.shape != (steps,):
        raise RateboundError(
            f"batch has shape {sizes.shape}; pass one size, or one per step, shape ({steps},)"
        )
    return np.array([whole(f"batch {k}", size, 1) for k, size in enumerate(sizes.tolist())])


@dataclass(frozen=True, eq=False)
class Plan:
    """A run.

    Parameters
    ----------
    problem
        The finite sum.
    method
        Update rule and sampling.
    alphas
        Step sizes, shape (S, K): S schedules that share the indices of each replica.
    weights
        Weights of x_0 .. x_{K-1} in averages, shape (S, K) or (K,), zero for points that are left out; None
        for equal ones.
    checkpoints
        Step numbers at which measures are taken, shape (C,).
    replicas
        Ids of replicas, shape (R,).
    seed
        The one seed.
    batch, replacement
        Samples per gradient estimate, and whether one batch may repeat a sample.
    measures
        Names out of :data:`MEASURES`.
    order
        ``"independent"`` batches, or passes over the data, to which `replacement` means nothing.
    dtype
        Numbers of the steps, one of :data:`PRECISIONS`.
    sizes
        Samples of each step, shape (K,), where they change from step to step; `batch` is then the largest.

    Raises
    ------
    RateboundError
        If anything is out of range.
    """

    problem: Problem
    method: Method
    alphas: np.ndarray
    weights: np.ndarray | None
    checkpoints: np.ndarray
    replicas: np.ndarray
    seed: int
    batch: int
    replacement: bool
    measures: tuple[str, ...]
    order: str = INDEPENDENT
    dtype: str = "float64"
    sizes: np.ndarray | None = None

    def __post_init__(self) -> None:
        alphas = check_alphas(self.alphas)
        batch = whole("batch", self.batch, 1)
        check_order(self.order)
        if self.dtype not in PRECISIONS:
            raise RateboundError(
                f"unknown dtype {self.dtype!r}{nearest(str(self.dtype), PRECISIONS)} "
                f"(known: {', '.join(PRECISIONS)})"
            )
        if not (self.in_passes or self.replacement) and batch > self.problem.n:
            raise RateboundError(
                f"batch = {batch} exceeds n = {self.problem.n}; draw with replacement or take a smaller batch"
            )
        self._check_draws(batch)
        self._check_penalty()
        if self.sizes is not None:
            self._check_sizes(self.sizes, alphas.shape[-1])
        checked = {
            "alphas": alphas,
            "weights": check_weights(self.weights, alphas.shape),
            "checkpoints": check_grid(self.checkpoints, alphas.shape[-1]),
            "seed": whole("seed", self.seed, 0, 2**64 - 1),
            "batch": batch,
            "measures": check_measures(self.measures),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        for measure in self.measures:
            require_state(measure, self.method)
            if of_table(measure):
                require_dual(self.problem)

    def _check_penalty(self) -> None:
        read = set().union(*(rule.free_symbols for rule in self.method.update.values()))
        if self.problem.l1 and l1 not in read:
            raise RateboundError(
                f"{self.method.name} takes no account of the l1 ||x||_1 of {self.problem.name}; take a "
                "proximal method, such as prox_gd or prox_sgd"
            )

    def _check_sizes(self, sizes: np.ndarray, steps: int) -> None:
        if self.deterministic or self.in_passes or self.method.draws is not None:
            raise RateboundError(
                "batches that change from step to step are drawn independently and are all that is drawn; "
                f"{self.method.name} in the order {self.order!r} takes one size"
            )
        if check_batch(sizes, steps).max() != self.batch:
            raise RateboundError(f"batch = {self.batch} is not the largest of the sizes, {sizes.max()}")

    def _check_draws(self, batch: int) -> None:
        draws, name = self.method.draws, self.method.name
        if draws is None:
            return
        if draws.table and self.problem.sparse:
            from ratebound.experiments.backends.stored import check_rows

            check_rows(self)
        if self.in_passes:
            raise RateboundError(f"{name} draws its samples itself, not in passes; leave out the order")
        if draws.single and batch != 1:
            what = "moves along one axis" if draws.axis is not None else "reads or stores one sample"
            raise RateboundError(f"batch = {batch}; {name} {what} per step: pass 1")
        if draws.every != 0 and not (draws.every.is_number and draws.every >= 1 and draws.every % 1 == 0):
            raise RateboundError(f"{name} has epochs of {draws.every} steps; pass a whole number")
        if draws.coin.is_number and draws.coin > 1:
            raise RateboundError(f"{name} has a coin of the probability {draws.coin}; it must be at most 1")
        if draws.weight is not None and not self.replacement:
            raise RateboundError(f"{name} draws by weights, with replacement; pass replacement=True")

    @property
    def in_passes(self) -> bool:
        """Whether samples are drawn in passes over the data."""
        return self.order != INDEPENDENT

    @property
    def deterministic(self) -> bool:
        """Whether every step uses the full gradient, so that all replicas coincide."""
        return self.method.sampling == "full"
