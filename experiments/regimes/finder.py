"""The learning-rate range test of practice, judged by what its suggestions do when they are held.

A range test is one run whose step grows geometrically. Practice smooths its losses, stops once they exceed
four times the least one, and reads a step off the curve: a tenth of the step at the minimum, or the step at
the steepest fall. Such a run says what one step does after few others; whether a constant step converges
depends on many. Here every replica makes its own test, and each suggestion is held for the horizon, beside
steps that theory gives.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.checks import whole
from ratebound.experiments.plain import plain_values
from ratebound.experiments.regimes.axes import Row, between, default_steps
from ratebound.experiments.regimes.cells import Exact
from ratebound.experiments.regimes.classify import measured_regime
from ratebound.experiments.regimes.exact import operator_available
from ratebound.experiments.run import simulate
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS

_KEPT, _STOP, _MARGIN = 0.98, 4.0, 10.0
_LOW, _HIGH = 1e-3, 40.0
_DEAR = 2.0


@dataclass(frozen=True)
class Suggestion:
    """A step, and what it does when it is held.

    Parameters
    ----------
    rule
        Who suggests it.
    step, low, high
        The median over replicas, and their 10 % and 90 % quantiles; all equal for a step of theory.
    ratio
        Step / stability threshold.
    beyond
        Share of replicas whose suggestion is at or beyond the threshold.
    regime, price
        Of the median step, held for the horizon: its regime, and its error divided by the least error of any
        step.
    """

    rule: str
    step: float
    low: float
    high: float
    ratio: float
    beyond: float
    regime: str
    price: float

    @property
    def verdict(self) -> str:
        """``"diverges"``, ``"dear"`` (twice the least error or more), or ``"good"``."""
        if self.regime == "divergent":
            return "diverges"
        return "dear" if self.price >= _DEAR else "good"


@dataclass(frozen=True, eq=False)
class Finder:
    """A range test.

    Parameters
    ----------
    problem, batch, steps
        What was run, and for how long a suggestion is held.
    tried
        The growing steps, shape (T,).
    losses
        f(x) - f* after each of them, smoothed, nan after a test has stopped, shape (R, T).
    threshold, exact
        The stability threshold, and whether it is exact; else it is the first step of a grid that diverged,
        inf if none did.
    best_step
        The step of least error at the horizon.
    suggestions
        Of the test, then of theory.
    """

    problem: str
    batch: int
    steps: int
    tried: np.ndarray
    losses: np.ndarray
    threshold: float
    exact: bool
    best_step: float
    suggestions: tuple[Suggestion, ...]

    def __repr__(self) -> str:
        found = ", ".join(f"{each.rule} {each.step:.4g} ({each.verdict})" for each in self.suggestions)
        return f"<Finder on {self.problem}, batch {self.batch}, K = {self.steps}: {found}>"

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the curves of single tests as plain values; for these, their quantiles."""
        with quiet:
            low, middle, high = np.quantile(
                np.nan_to_num(self.losses, nan=np.inf), (0.1, 0.5, 0.9), axis=0, method="nearest"
            )
        found: dict[str, Any] = {"problem": self.problem, "batch": self.batch, "steps": self.steps}
        found |= {"tried": self.tried.tolist(), "threshold": self.threshold, "exact": self.exact}
        found |= {"low": low.tolist(), "median": middle.tolist(), "high": high.tolist()}
        found |= {"best_step": self.best_step}
        found["suggestions"] = [asdict(each) | {"verdict": each.verdict} for each in self.suggestions]
        plain: dict[str, Any] = plain_values(found)
        return plain


def find_step(
    problem: Problem,
    *,
    batch: int = 1,
    test_steps: int = 100,
    steps: int = 1000,
    replicas: int = 64,
    seed: int = 0,
) -> Finder:
    """Make range tests of SGD, and hold what they suggest.

    Parameters
    ----------
    problem
        A problem whose minimum is certified.
    batch
        Samples per gradient.
    test_steps
        Updates of a test.
    steps
        Updates for which a suggestion is held.
    replicas
        Independent tests, and runs of each held step.
    seed
        The one seed.

    Raises
    ------
    RateboundError
        If an argument is out of range, or no minimum is certified.
    """
    if problem.x_star is None:
        raise RateboundError(f"{problem.name} has no certified minimum, against which a step could be priced")
    test_steps, steps = whole("test_steps", test_steps, 10), whole("steps", steps, 4)
    replicas = whole("replicas", replicas, 2)
    tried = np.geomspace(*between(problem, _LOW, _HIGH), test_steps)
    losses = _tests(problem, tried, batch, replicas, seed)
    smooth = smoothed(losses)
    found = {
        "range test: minimum / 10": np.array([at_minimum(tried, each) / _MARGIN for each in smooth]),
        "range test: steepest fall": np.array([at_steepest(tried, each) for each in smooth]),
    }
    found |= {name: np.array([step]) for name, step in _of_theory(problem).items()}
    medians = {name: float(np.quantile(each, 0.5, method="higher")) for name, each in found.items()}
    grid = np.union1d(default_steps(problem), list(medians.values()))
    regime, error, threshold = _held(problem, batch, grid, steps, replicas, seed)
    suggestions = []
    for name, each in found.items():
        place = int(np.searchsorted(grid, medians[name]))
        low, high = (float(np.quantile(each, q, method="nearest")) for q in (0.1, 0.9))
        suggestions.append(
            Suggestion(
                name,
                medians[name],
                low,
                high,
                ratio=medians[name] / threshold,
                beyond=float((each >= threshold).mean()),
                regime=str(regime[place]),
                price=float(error[place] / np.nanmin(error)),
            )
        )
    best = float(grid[np.nanargmin(error)])
    exact = operator_available(problem)
    return Finder(problem.name, batch, steps, tried, smooth, threshold, exact, best, tuple(suggestions))


def _held(
    problem: Problem, batch: int, grid: np.ndarray, steps: int, replicas: int, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return regime and error of every step, shape (S,), and the threshold, inf if no step diverges."""
    row = Row(batch, problem, METHODS["sgd"], batch, True, steps)
    if operator_available(problem):
        cells, _, _ = Exact(grid).row(row, np.array([steps]))
        return cells["regime"], cells["error"], float(cells["threshold"])
    at = checkpoints(steps)
    run = simulate(
        problem,
        "sgd",
        grid.tolist(),
        batch=batch,
        steps=steps,
        replicas=replicas,
        seed=seed,
        measures=["gap_last"],
        checkpoints=at,
    )["gap_last"].values
    regime = np.array([measured_regime(at, each, problem.value_floor) for each in run], dtype=object)
    with quiet:
        error = run[..., -1].mean(1)
    diverged = regime == "divergent"
    return regime, error, float(grid[diverged.argmax()]) if diverged.any() else np.inf


def _tests(problem: Problem, tried: np.ndarray, batch: int, replicas: int, seed: int) -> np.ndarray:
    """Return f(x) - f* after each growing step, shape (R, T)."""
    at = np.arange(tried.size + 1)
    run = simulate(
        problem,
        "sgd",
        tried,
        batch=batch,
        steps=tried.size,
        replicas=replicas,
        seed=seed,
        measures=["gap_last"],
        checkpoints=at,
    )
    losses: np.ndarray = run["gap_last"].values[0, :, 1:]
    return losses


def smoothed(losses: np.ndarray) -> np.ndarray:
    """Return exponential averages of each test, shape (R, T), nan after it has stopped."""
    total, found = np.zeros(losses.shape[0]), np.empty_like(losses)
    with quiet:
        for k in range(losses.shape[1]):
            total = _KEPT * total + (1 - _KEPT) * losses[:, k]
            found[:, k] = total / (1 - _KEPT ** (k + 1))
        stopped = ~(found <= _STOP * np.minimum.accumulate(np.nan_to_num(found, nan=np.inf), axis=1))
    return np.where(np.logical_or.accumulate(stopped, axis=1), np.nan, found)


def at_minimum(steps: np.ndarray, losses: np.ndarray) -> float:
    """Return the step at the least loss of a test."""
    return float(steps[np.nanargmin(losses)])


def at_steepest(steps: np.ndarray, losses: np.ndarray) -> float:
    """Return the step at the steepest fall of a test over the logarithm of the step."""
    return float(steps[np.nanargmin(np.gradient(losses))])


def _of_theory(problem: Problem) -> dict[str, float]:
    found = {}
    for name, multiple, constant in (
        ("1/(2 L_max)", 0.5, "L_max"),
        ("1/L_max", 1.0, "L_max"),
        ("1/L, for full gradients", 1.0, "L"),
    ):
        try:
            found[name] = multiple / certify(problem, constant).value
        except NotCertified:
            continue
    return found
