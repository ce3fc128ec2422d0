"""SGD on least squares in whole numbers: the second-moment recursion with 90 digits after the point.

Data, start, steps and weights are floats, hence rational; a number v is kept as the integer ``v 2^BITS``,
rounded down. The recursion is that of :mod:`ratebound.problems.moments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import mpmath
import numpy as np
from sympy import Symbol

from ratebound.experiments.plan import ALONG_PATH, AVERAGED
from ratebound.problems.finite_sum import Problem
from ratebound.theory import symbols as s
from ratebound.theory.readings import READINGS, of_table, state_of

if TYPE_CHECKING:
    from ratebound.experiments.precise.draws import DrawnMoments
    from ratebound.experiments.precise.states import StateMoments

    Start: TypeAlias = "WholeMoments | StateMoments | DrawnMoments"

BITS = 320
_ONE = 1 << BITS
_OVERHEAD = 500
"""Cost of a step beside its multiplications, counted in multiplications."""


def work(problem: Problem, steps: int) -> float:
    """Return the multiplications of whole numbers that a run takes; about 5e6 a second."""
    d = problem.d
    size = d * (d + 1) // 2
    return problem.n * size**2 + steps * (size * (size + d) + 8 * d**3 + _OVERHEAD)


def numbers(array: np.ndarray) -> np.ndarray:
    """Return floats as mpmath numbers, an object array of the same shape."""
    flat = [mpmath.mpf(float(v)) for v in np.ravel(array)]
    return np.array(flat, dtype=object).reshape(np.shape(array))


def scaled(values: Any) -> np.ndarray:
    """Return numbers (floats, mpf) as scaled integers, an object array of the same shape."""
    flat = [int(mpmath.floor(mpmath.ldexp(mpmath.mpf(v), BITS))) for v in np.ravel(values)]
    return np.array(flat, dtype=object).reshape(np.shape(values))


def number(value: int) -> Any:
    """Return a scaled integer as an mpf."""
    return mpmath.ldexp(mpmath.mpf(value), -BITS)


def times(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Return the product of scaled matrices."""
    return np.asarray((A @ B) >> BITS)


def inner(A: np.ndarray, B: np.ndarray) -> int:
    """Return the inner product of scaled matrices."""
    return int((A * B).sum()) >> BITS


class WholeMoments:
    """The moments of x_k - x* and of the weighted sum of the points before, in scaled integers.

    Parameters
    ----------
    problem
        Least squares.
    x_star
        The minimiser nearest to x0 as mpf, shape (d,), with as many digits as are kept here.
    factors
        V_b / V_1 of the sampling, exactly: of each step, the last of which goes on.
    """

    def __init__(self, problem: Problem, x_star: np.ndarray, factors: Sequence[Fraction]) -> None:
        n, d = problem.n, problem.d
        self._n, self._k = n, 0
        self._factors = [_ONE * factor.numerator // factor.denominator for factor in factors]
        A, y = scaled(problem.A), scaled(problem.y)
        self._l2, self._x = int(scaled(problem.l2)), scaled(x_star)
        residual = times(A, self._x) - y
        self._C = times(A.T, A) // n
        self.H = self._C + self._l2 * np.eye(d, dtype=object)
        self.HH = times(self.H, self.H)
        self._rows, self._cols = np.triu_indices(d)
        features = (A[:, self._rows] * A[:, self._cols]) >> BITS
        doubled = features * np.where(self._rows == self._cols, 1, 2).astype(object)
        self._from_S = times(features.T, doubled) // n
        self._from_m = times(features.T, (2 * residual[:, None] * A) >> BITS) // n
        self._constant = times(features.T, (residual * residual) >> BITS) // n
        components = ((residual[:, None] * A) >> BITS) + ((self._l2 * self._x) >> BITS)
        self.noise_at_minimum = inner(components, components) // n
        self.largest = max(int(v) for v in ((A * A) >> BITS).sum(1)) + self._l2
        self.m = scaled(problem.x0) - self._x
        self.S = np.outer(self.m, self.m) >> BITS
        self.sums = np.zeros((d, d), dtype=object)
        self._cross = np.zeros((d, d), dtype=object)

    def second(self) -> np.ndarray:
        """Return E g_k g_k^T, shape (d, d)."""
        return self.second_at(self.S, self.m, self._k)

    def second_at(self, S: np.ndarray, m: np.ndarray, k: int) -> np.ndarray:
        """Return E g g^T in the step k at a point y with these moments of y - x*."""
        factor = self._factors[min(k, len(self._factors) - 1)]
        packed = self._from_S @ S[self._rows, self._cols] + self._from_m @ m
        single = np.empty_like(S)
        single[self._rows, self._cols] = single[self._cols, self._rows] = (packed >> BITS) + self._constant
        if self._l2:
            CS = times(self._C, S)
            mixed = np.outer(times(self._C, m), self._x) >> BITS
            square = S - (np.outer(self._x, self._x) >> BITS)
            tied = CS + CS.T + mixed + mixed.T + ((self._l2 * square) >> BITS)
            single = single + ((self._l2 * tied) >> BITS)
        mean = times(times(self.H, S), self.H)
        return np.asarray(mean + ((factor * (single - mean)) >> BITS))

    def step(self, alpha: int, weight: int, second: np.ndarray) -> None:
        """Advance by one update; `alpha`, `weight` and E g g^T are scaled."""
        cross = (weight * (self._cross + self._cross.T)) >> BITS
        self.sums = self.sums + cross + ((weight * ((weight * self.S) >> BITS)) >> BITS)
        self._cross = self._cross + ((weight * self.S) >> BITS)
        self._cross = self._cross - ((alpha * times(self.H, self._cross)) >> BITS)
        HS = times(self.H, self.S)
        quadratic = (alpha * ((alpha * second) >> BITS)) >> BITS
        self.S = self.S - ((alpha * (HS + HS.T)) >> BITS) + quadratic
        self.m = self.m - ((alpha * times(self.H, self.m)) >> BITS)
        self._k += 1

    def constants(self) -> dict[Symbol, Any]:
        """Return the constants of the problem that are known exactly at the start."""
        return {
            s.gap0: number(self.gap),
            s.D: mpmath.sqrt(number(self.distance_sq)),
            s.L_max: number(self.largest),
            s.sigma_star_sq: number(self.noise_at_minimum),
            s.sigma_b_sq: number((max(self._factors) * self.noise_at_minimum) >> BITS),
        }

    @property
    def gap(self) -> int:
        """E f(x_k) - f*."""
        return inner(self.H, self.S) // 2

    @property
    def distance_sq(self) -> int:
        """E ||x_k - x*||^2."""
        return int(np.trace(self.S))

    @property
    def grad_norm_sq(self) -> int:
        """E ||grad f(x_k)||^2."""
        return inner(self.HH, self.S)

    @property
    def mean_square(self) -> int:
        """E||grad f||^2 where the gradient is taken."""
        return self.grad_norm_sq


def run(
    moments: Start,
    alphas: Sequence[Any],
    weights: np.ndarray,
    measure: str,
    at: np.ndarray,
    to_end: bool = False,
) -> tuple[dict[int, Any], dict[Symbol, Any]]:
    """Walk the recursion.

    Parameters
    ----------
    moments
        At the start.
    alphas
        Steps as mpf, length K.
    weights
        Weights in averages, shape (K,).
    measure
        Name of a measure.
    at
        Step numbers to look at.
    to_end
        Whether the noise counts at the last point, too, from where no step is made.

    Returns
    -------
    dict
        k -> expectation of the measure, mpf.
    dict
        The constants of the run and the problem that the recursion knows exactly.
    """
    known = moments.constants()
    wanted, found = set(at.tolist()), {}
    total, gathered, best = 0, 0, mpmath.inf
    largest, spread = 0, 0
    for k in range(len(alphas) + 1):
        square = moments.grad_norm_sq
        if k in wanted:
            found[k] = _value(moments, measure, square, total, gathered, best)
        if k == len(alphas) and not to_end:
            break
        second = moments.second()
        moment = int(np.trace(second))
        largest, spread = max(largest, moment), max(spread, moment - moments.mean_square)
        if k == len(alphas):
            break
        along = moments.gap if measure in ALONG_PATH and measure.startswith("gap") else square
        alpha, weight = (int(scaled(v)) for v in (alphas[k], float(weights[k])))
        moments.step(alpha, weight, second)
        total, gathered = total + weight, gathered + ((weight * along) >> BITS)
        best = min(best, along)
    return found, known | {s.second_moment: number(largest), s.variance_bound: number(spread)}


def _value(moments: Start, measure: str, square: int, total: int, gathered: int, best: Any) -> Any:
    if measure in AVERAGED and not total:
        return mpmath.nan
    if measure == "gap_average":
        return number(inner(moments.H, moments.sums)) / 2 / number(total) ** 2
    if measure in AVERAGED:
        return mpmath.mpf(gathered) / total
    if measure in READINGS:
        # Only methods with draws get here: see `exact_available`.
        drawn = cast("DrawnMoments", moments)
        return drawn.of_dual(measure) if of_table(measure) else number(drawn.square(state_of(measure)))
    direct = {
        "gap_last": lambda: moments.gap,
        "distance_sq": lambda: moments.distance_sq,
        "grad_norm_sq_last": lambda: square,
        "grad_norm_sq_best": lambda: best,
        "gap_best": lambda: best,
    }
    return number(direct[measure]())
