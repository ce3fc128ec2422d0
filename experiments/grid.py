"""The points (run, k) at which a bound is claimed, what it says there, and how accurate errors are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy import Symbol

from ratebound.experiments.applicability import NotApplicable, Trial
from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.plan import OF_HESSIANS
from ratebound.problems.constants import certify
from ratebound.problems.dual import dual_floor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.problems.point_values import at_most
from ratebound.theory.letters.coordinates import L_coord, L_coord_sum, mu_axis, mu_signs
from ratebound.theory.letters.directions import DIRECTION_CONSTANTS
from ratebound.theory.letters.passes import shuffle_radius
from ratebound.theory.measures import BENT
from ratebound.theory.method import Method
from ratebound.theory.readings import bounded, of_table
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    K,
    L,
    L_batch,
    L_inf,
    L_max,
    L_mean,
    R_sq,
    affine_growth,
    affine_noise,
    component_gap,
    ell,
    mu,
    mu_min,
    mu_pl,
    residual_sq,
    rho,
    second_moment,
    sigma_b_sq,
    sigma_p_sq,
    sigma_star_sq,
    variance_bound,
)

EPS = 1e-9
"""Relative accuracy at which exact expectations are compared with bounds."""
_HORIZONS_PER_DECADE = 4
_UPPER = (
    L, L_max, L_mean, L_inf, ell, second_moment, variance_bound, sigma_star_sq, sigma_b_sq, component_gap,
    L_batch, rho, affine_noise, affine_growth, R_sq, residual_sq, sigma_p_sq, L_coord, L_coord_sum,
    *DIRECTION_CONSTANTS, shuffle_radius,
)  # fmt: skip
_LOWER = (mu, mu_pl, mu_min, mu_signs, mu_axis)
_STRETCH = (1.1, 2.0, 10.0, 100.0)


@dataclass(frozen=True, eq=False)
class Grid:
    """Runs, each with the k at which its bound is looked at.

    A theorem has one run and many k, unless its step knows the horizon: then each K is a run of its own,
    looked at only at its end.

    Parameters
    ----------
    entries
        Pairs of a run and increasing step numbers, all at or after its start.
    """

    entries: tuple[tuple[Trial, np.ndarray], ...]

    @property
    def trial(self) -> Trial:
        """The longest run."""
        return self.entries[-1][0]

    @property
    def theorem(self) -> Theorem:
        """The theorem."""
        return self.trial.theorem

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.trial.problem

    @cached_property
    def k(self) -> np.ndarray:
        """All step numbers, shape (N,)."""
        return np.concatenate([at for _, at in self.entries])

    @cached_property
    def bound(self) -> np.ndarray:
        """The bound at each point, shape (N,)."""
        return np.concatenate([trial.bound(at) for trial, at in self.entries])

    @cached_property
    def claim(self) -> np.ndarray:
        """The least value that the theorem implies at each point, shape (N,).

        Every L' >= L, mu' <= mu, sigma' >= sigma is a valid constant too, so a true bound must hold for each
        of them that stays in the admissible range. Constants that the run itself reads are left alone.
        """
        return np.minimum.reduce([self.bound, *(tried for _, _, tried in self._implied)])

    @cached_property
    def floor(self) -> float:
        """The absolute accuracy of the measure in double precision."""
        return floor_of(self.problem, self.theorem.measure, self.theorem.method, self.trial.steps)

    def variant(self, position: int) -> str:
        """Return the changed constant that makes the claim smaller than the bound there, in words, or ""."""
        return ", ".join(f"{symbol}' = {value:.6g}" for symbol, value in self.changed(position).items())

    def changed(self, position: int) -> dict[Symbol, float]:
        """Return the constants that make the claim smaller than the bound there; none where it is not."""
        if not self._implied or self.claim[position] >= self.bound[position]:
            return {}
        symbol, factor, _ = min(self._implied, key=lambda variant: variant[2][position])
        ends = np.cumsum([at.size for _, at in self.entries])
        trial = self.entries[int(np.searchsorted(ends, position, side="right"))][0]
        return {symbol: trial.values[symbol] * factor}

    def runs(self, chosen: np.ndarray) -> Iterator[tuple[np.ndarray, Trial]]:
        """Yield the chosen positions, from a mask of shape (N,), run by run."""
        first = 0
        for trial, at in self.entries:
            positions = first + np.flatnonzero(chosen[first : first + at.size])
            first += at.size
            if positions.size:
                yield positions, trial

    @cached_property
    def _implied(self) -> list[tuple[Symbol, float, np.ndarray]]:
        """The valid variants: a constant, its factor in every run, and the bound that it gives."""
        found = []
        for symbol, factor in self._variants():
            tried = np.concatenate(
                [trial.bound(at, {symbol: trial.values[symbol] * factor}) for trial, at in self.entries]
            )
            if np.isfinite(tried).all():
                found.append((symbol, factor, tried))
        return found

    def _variants(self) -> Iterator[tuple[Symbol, float]]:
        theorem, values = self.theorem, self.trial.values
        expressions = (*theorem.schedules, theorem.weights, theorem.start)
        fixed = set().union(*(e.free_symbols for e in expressions))
        for symbol in (*_UPPER, *_LOWER):
            if symbol not in values or symbol not in theorem.bound.free_symbols or symbol in fixed:
                continue
            for stretch in _STRETCH:
                factor = stretch if symbol in _UPPER else 1 / stretch
                if self._admissible({symbol: values[symbol] * factor}):
                    yield symbol, factor

    def _admissible(self, variant: Mapping[Symbol, float]) -> bool:
        values = {**self.trial.values, **variant}
        symbols = sorted(values, key=str)
        numbers = [values[s] for s in symbols]
        for relation in self.theorem.where:
            slack = float(lower(relation.gts - relation.lts, (K, *symbols))(self.trial.steps, *numbers))
            if slack < 0 or (slack == 0 and relation.rel_op in ("<", ">")):
                return False
        return True

    def check_bound(self) -> int | None:
        """Return the position of a bound that is negative beyond rounding, None if there is none.

        Raises
        ------
        NotApplicable
            If none is, and the bound is not finite somewhere.
        """
        finite = np.isfinite(self.bound)
        negative, bad = np.flatnonzero(finite & (self.claim < -self.floor)), np.flatnonzero(~finite)
        if bad.size and not negative.size:
            raise NotApplicable(
                f"the bound of {self.theorem.id} is {self.bound[bad[0]]} at k = {self.k[bad[0]]}: "
                "it says nothing there; take smaller steps or a better conditioned problem"
            )
        return int(negative[0]) if negative.size else None

    def every_step(self) -> Grid:
        """Return the grid at every k that is claimed."""
        if self.theorem.at_horizon:
            return self
        return Grid(tuple((trial, np.arange(trial.start, trial.steps + 1)) for trial, _ in self.entries))


def of_run(trial: Trial) -> Grid:
    """Return the grid of one run: its checkpoints from the start of the claim on."""
    at = np.union1d(checkpoints(trial.steps), [trial.start])
    return Grid(((trial, at[at >= trial.start]),))


def horizons(start: int, steps: int) -> np.ndarray:
    """Return the horizons K at which a horizon-tuned theorem is tried: about 4 per decade up to `steps`."""
    count = int(np.ceil(np.log10(steps / start) * _HORIZONS_PER_DECADE)) + 1
    return np.unique(np.geomspace(start, steps, count).round().astype(np.int64))


def _kept_sq(problem: Problem, method: Method) -> float:
    """Return ||x_0 - x*||^2 where a part of the state is kept as it was rounded at the start, 0 elsewhere.

    Steps along axes keep the part of x - x* that f does not see, where f is flat; those with a table keep
    what binds it to the rest of the state, such as v minus the mean of t.
    """
    draws = method.draws
    if draws is None or problem.x_star is None or problem.kind != "quadratic" or problem.sparse:
        return 0.0
    flat = draws.axis is not None and np.linalg.matrix_rank(problem.H) < problem.d
    return float(problem.distance_sq(problem.x0)) if flat or draws.table else 0.0


def _second_order_floor(problem: Problem, value: float) -> float:
    """Return the accuracy of the larger of two lengths where f is known up to `value`."""
    L, fastest = certify(problem, "L").value, certify(problem, "L_hess").value
    moved = (2 * value / problem.curvature_at_minimum) ** 0.5
    rounded = (problem.n + problem.d + 8) * problem.d * np.finfo(float).eps * L / fastest
    return float(max(((2 * L * value) ** 0.5 / fastest) ** 0.5, float(BENT) * (moved + rounded)))


def floor_of(problem: Problem, measure: str, method: Method, steps: int) -> float:
    """Return the absolute accuracy of a measure in double precision after steps; comparisons stop there."""
    if bounded(measure):
        return 0.0  # No difference to a limit is taken.
    value = problem.value_floor
    # What is kept takes up the rounding of every step, and never gives it back.
    kept = (8 + steps) * problem.d * np.finfo(float).eps * _kept_sq(problem, method)
    value += kept * certify(problem, "L").value if kept else 0.0
    if of_table(measure):
        return value + dual_floor(problem)
    if measure.startswith("gap"):
        return value
    if measure.startswith("grad") or measure in ("batch_variance", "estimate_sq"):
        # ||grad f||^2 <= 2 L (f - f*).
        return float(at_most(measure, (2 * certify(problem, "L").value * value) ** 0.5, problem.d))
    if measure in OF_HESSIANS:
        return _second_order_floor(problem, value)
    # ||x - x*||^2 <= (2/mu)(f - f*), and x* itself is known up to its error.
    return 2 * value / problem.curvature_at_minimum + 4 * problem.minimum.distance_error**2
