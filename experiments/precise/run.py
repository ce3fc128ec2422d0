"""A run once more with 50 digits and more: nothing is called violated on the strength of rounding.

Known are deterministic runs, whose points are computed again, and SGD and other linear methods on least
squares, whose second moments are: methods with several states, too, and those with draws. Data, start,
parameters and weights are taken as the rational numbers that their floats are, and the schedule is evaluated
anew. Constants are the certified ones, rounded to the safe side; those that depend on the run are recomputed
with it, unless the schedule reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from sympy import Rational, Symbol

from ratebound.experiments.applicability import Trial
from ratebound.experiments.backends.rules import constants_of
from ratebound.experiments.evidence import affine
from ratebound.experiments.evidence.linear import is_linear, is_plain
from ratebound.experiments.plan import ALONG_PATH, AVERAGED, OF_HESSIANS, function_of
from ratebound.experiments.precise import draws as drawn
from ratebound.experiments.precise import moments
from ratebound.experiments.precise.metric import MetricRules
from ratebound.experiments.precise.products import Data
from ratebound.experiments.precise.states import Rules, StateMoments
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import y as label
from ratebound.problems.losses import z as prediction
from ratebound.problems.lower import lower_mp
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.measures import BEST
from ratebound.theory.method import Method
from ratebound.theory.readings import READINGS
from ratebound.theory.symbols import K, delta, k

_DIGITS, _LONG = 50, 100
_WORK, _MOMENT_WORK, _METRIC_WORK = 3e6, 1e7, 1e5
"""Multiplications of mpmath numbers, of whole ones, and under Hessians, that are affordable: seconds."""
_REFINEMENTS = 9
_NORMS: Mapping[str, Callable[[np.ndarray], Any]] = {
    "square": lambda v: v @ v,
    "largest": lambda v: max(abs(each) for each in v),
}
"""What measures read of a state."""
_READ: Mapping[str, Callable[[np.ndarray], Any]] = {
    "grad_norm_sq": lambda g: g @ g,
    "grad_norm": lambda g: mpmath.sqrt(g @ g),
    "grad_l1": lambda g: sum(abs(v) for v in g),
}
"""What measures read of a gradient."""


def feasible(trial: Trial, at: int) -> bool:
    """Whether :func:`ratios` can recompute the measure at x_k, k <= `at`, at a cost of a few seconds."""
    problem, method = trial.problem, trial.theorem.method
    if trial.theorem.in_passes or trial.theorem.measure in OF_HESSIANS:
        return False
    if method.draws is not None:
        if not affine.available(problem, method, trial.batch):
            return False
        maps = len(np.unique(trial.alphas))
        return drawn.work(problem, method, trial.batch, trial.steps, maps) <= _MOMENT_WORK
    states = len(method.update)
    if method.metric is not None:
        # The root of the cubic model is sought in doubles only.
        return not method.metric.cubic and problem.n * problem.d**2 * (at + 1) <= _METRIC_WORK
    if not _sampled(trial):
        return problem.n * problem.d * (at + 1) * states <= _WORK
    if problem.kind != "quadratic" or problem.x_star is None or not is_linear(trial.method):
        return False
    pairs = 1 if is_plain(method) else (states + 1) ** 2
    return moments.work(problem, trial.steps) * pairs <= _MOMENT_WORK


def _sampled(trial: Trial) -> bool:
    """Whether the run is random; a single component is its own full gradient."""
    return trial.theorem.stochastic and (trial.problem.n > 1 or trial.theorem.method.draws is not None)


def _exact(trial: Trial) -> Method:
    """Return the method with its parameters and constants as the rational numbers that their floats are."""
    method = trial.theorem.method
    values = {p: Rational(float(trial.values[p])) for p in method.parameters}
    constants = constants_of(method).items()
    values |= {symbol: Rational(certify(trial.problem, name).value) for name, symbol in constants}
    return method.at(values)


def ratio(trial: Trial, at: int) -> float:
    """Return measured/bound at k = `at`, where :func:`feasible` holds."""
    return float(ratios(trial, np.array([at]), [{}])[0])


def ratios(trial: Trial, at: np.ndarray, changed: Sequence[Mapping[Symbol, float]]) -> np.ndarray:
    """Return measured/bound, computed with at least 50 digits, then rounded.

    Parameters
    ----------
    trial
        A run for which :func:`feasible` holds.
    at
        Increasing step numbers, shape (N,).
    changed
        At each of them, other valid values of constants.

    Returns
    -------
    numpy.ndarray
        Shape (N,).
    """
    with mpmath.workdps(_LONG if _sampled(trial) else _DIGITS):
        alphas = _alphas(trial, int(at.max()))
        weights = np.ones(trial.steps) if trial.weights is None else trial.weights
        known: dict[Symbol, Any] = {}
        if _sampled(trial):
            measured, known = _expected(trial, weights, at)
        else:
            measured = _walked(trial, alphas, weights, at)
        found = []
        for step, variant in zip(at.tolist(), changed, strict=True):
            values = {**trial.values, **known, **variant}
            symbols = sorted(values, key=str)
            bound = lower_mp(trial.theorem.bound, (k, K, *symbols))(
                step, trial.steps, *(values[symbol] for symbol in symbols)
            )
            if bound > 0:
                found.append(float(measured[step] / bound))
            else:
                found.append(float("inf") if measured[step] > bound else 0.0)
        return np.array(found)


def _alphas(trial: Trial, steps: int) -> list[Any]:
    symbols = sorted(trial.values, key=str)
    step = lower_mp(trial.theorem.step, (k, K, *symbols))
    numbers = [float(trial.values[symbol]) for symbol in symbols]
    return [step(j, trial.steps, *numbers) for j in range(steps)]


def _expected(trial: Trial, weights: np.ndarray, at: np.ndarray) -> tuple[dict[int, Any], dict[Symbol, Any]]:
    """Return the expectations, and the constants that neither the schedule nor the averages read."""
    problem, n = trial.problem, trial.problem.n
    factors = [
        Fraction(1, b) if trial.replacement or n == 1 else Fraction(n - b, b * (n - 1))
        for b in np.ravel(trial.batches).tolist()
    ]
    x_star = FiniteSum(problem).minimiser(problem)
    whole = moments.WholeMoments(problem, x_star, factors)
    # The noise along the run is that of all its steps.
    theorem, alphas = trial.theorem, _alphas(trial, trial.steps)
    plain = is_plain(theorem.method)
    start: moments.Start = whole
    if theorem.method.draws is not None:
        start = drawn.DrawnMoments(
            problem, _exact(trial), whole, x_star, alphas, trial.batch, trial.replacement
        )
    elif not plain:
        start = StateMoments(whole, _exact(trial), alphas)
    # With memory the last point counts as in :mod:`ratebound.problems.noise`.
    ends = not plain or to_end in theorem.assumptions
    found, known = moments.run(start, alphas, weights, theorem.measure, at, ends)
    if theorem.method.draws is not None:
        known = start.constants()  # What a step makes of gradients has another noise.
    fixed = set().union(*(e.free_symbols for e in (*theorem.schedules, theorem.weights, theorem.start)))
    return found, {each: v for each, v in known.items() if each in trial.values and each not in fixed}


class FiniteSum:
    """A finite sum in mpmath numbers."""

    def __init__(self, problem: Problem) -> None:
        self._data = Data(problem.A)
        self._y = moments.numbers(problem.y)
        self._l2, self._n = mpmath.mpf(problem.l2), problem.n
        self._phi = lower_mp(problem.loss.phi, (prediction, label))
        self._slope = lower_mp(problem.loss.slope, (prediction, label))
        self._bend = lower_mp(problem.loss.second, (prediction, label))

    def value(self, x: np.ndarray) -> Any:
        """Return f(x)."""
        terms = [self._phi(t, y) for t, y in zip(self._data.times(x), self._y, strict=True)]
        return sum(terms, mpmath.mpf(0)) / self._n + self._l2 * (x @ x) / 2

    def gradients(self, x: np.ndarray) -> np.ndarray:
        """Return the gradients of the components, shape (n, d)."""
        slopes = [self._slope(t, y) for t, y in zip(self._data.times(x), self._y, strict=True)]
        return np.asarray(np.array(slopes, dtype=object)[:, None] * self._data.numbers + self._l2 * x)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Return the gradient of f, shape (d,)."""
        slopes = [self._slope(t, y) for t, y in zip(self._data.times(x), self._y, strict=True)]
        return self._data.combined(np.array(slopes, dtype=object)) / self._n + self._l2 * x

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """Return the Hessian at x."""
        bends = [self._bend(t, y) for t, y in zip(self._data.times(x), self._y, strict=True)]
        weighted = np.array(bends, dtype=object)[:, None] * self._data.numbers
        return weighted.T @ self._data.numbers / self._n + self._l2 * np.eye(x.size, dtype=int)

    def curved(self, v: np.ndarray) -> np.ndarray:
        """Return H v on least squares."""
        return self._data.combined(self._data.times(v)) / self._n + self._l2 * v

    def minimiser(self, problem: Problem) -> np.ndarray:
        """Refine the minimiser by Newton steps; the Hessian in double precision gains its digits at each."""
        assert problem.x_star is not None
        curvature = problem.loss.second_at(problem.A @ problem.x_star, problem.y)
        hessian = (problem.A.T * curvature) @ problem.A / problem.n + problem.l2 * np.eye(problem.d)
        inverse = moments.numbers(np.linalg.pinv(hessian, hermitian=True))
        x = moments.numbers(problem.x_star)
        for _ in range(_REFINEMENTS):
            x = x - inverse @ self.gradient(x)
        return x


def _walked(trial: Trial, alphas: list[Any], weights: np.ndarray, at: np.ndarray) -> dict[int, Any]:
    """Return the measure at the given k along the run of full gradients."""
    problem, name = trial.problem, trial.theorem.measure
    exact, method = FiniteSum(problem), _exact(trial)
    reads_gap = method.search is not None or any(rule.has(delta) for rule in method.update.values())
    needed = reads_gap or name == "distance_sq" or name.startswith("gap")
    x_star = exact.minimiser(problem) if needed else None
    least = None if x_star is None else exact.value(x_star)
    step_of = Rules(problem, method, exact.gradient, lambda y: exact.value(y) - least, exact.curved)
    in_metric = None if method.metric is None else MetricRules(problem, method, exact.hessian)
    x = moments.numbers(problem.x0)
    state = {each: x if each in ("x", *method.from_start) else x * 0 for each in method.update}
    past, total, summed, best = x * 0, mpmath.mpf(0), mpmath.mpf(0), mpmath.inf
    read = _READ.get(function_of(name), _READ["grad_norm_sq"])
    wanted, found = set(at.tolist()), {}
    for step in range(int(at.max()) + 1):
        g = exact.gradient(x)
        size = read(g)
        along = exact.value(x) - least if name in ALONG_PATH and name.startswith("gap") else size
        if step in wanted:
            if name in BEST:
                found[step] = best
            elif name in AVERAGED and not total:
                found[step] = mpmath.nan
            elif name in ALONG_PATH:
                found[step] = summed / total
            elif name.startswith("grad"):
                found[step] = size
            elif name in READINGS:
                found[step] = _NORMS[READINGS[name].norm](state[READINGS[name].state])
            elif name == "distance_sq":
                found[step] = (x - x_star) @ (x - x_star)
            else:
                found[step] = exact.value(past / total if name == "gap_average" else x) - least
        if step == len(alphas):
            break
        w = mpmath.mpf(float(weights[step]))
        past, total, summed = past + w * x, total + w, summed + w * along
        best = min(best, along)
        if in_metric is None:
            state = step_of(state, alphas[step], step)
        else:
            state = step_of(state, alphas[step], step, in_metric(x, g, step))
        x = state["x"]
    return found
