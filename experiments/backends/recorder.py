"""The part of a run that all backends share: where to stop, and what to measure there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ratebound.experiments.backends.rules import TRIED
from ratebound.experiments.plan import ALONG_PATH, OVER_PATH, Plan, function_of, undefined_to_nan
from ratebound.problems.finite_sum import Problem
from ratebound.problems.point_values import Values, values_at
from ratebound.problems.quiet import quiet
from ratebound.theory.measures import BEST
from ratebound.theory.readings import state_of

_VALUES = 2**21
HELD = 2**21
"""Values of points that are measured together: they stay in the last cache."""


class Engine(Protocol):
    """What a backend has to offer: state at step 0, and the way from one step to a later one."""

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        ...

    def points(self) -> Any:
        """Return the iterates, shape (S, R, d), in an array that later steps leave alone.

        An array of NumPy, or what the measures of the run take in its place.
        """
        ...

    def state(self, name: str) -> Any:
        """Return a state variable that a measure reads, shape (S, R, d), in such an array too."""
        ...

    def averages(self, weight: np.ndarray) -> Any:
        """Return the weighted averages of the iterates before the present one, shape (S, R, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        ...


@runtime_checkable
class Foresees(Protocol):
    """An engine that works faster if it knows all stops in advance; it then advances through these only."""

    def foresee(self, stops: Sequence[int]) -> None:
        """Learn where :meth:`Engine.advance` will stop, in increasing order."""
        ...

    def renews(self, stop: int) -> bool:
        """Whether the way to a stop takes the place of the arrays that were handed out before."""
        ...


@runtime_checkable
class Together(Protocol):
    """A measure of the points of several arrays, for many small calls cost more than one large one."""

    def each(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the values at the points of each array (..., d), shape (...)."""
        ...


def nan_to_inf(values: np.ndarray) -> np.ndarray:
    """Return the values with nan, the remains of inf - inf in a diverged run, read as inf."""
    return np.where(np.isnan(values), np.inf, values)


def measures_of(problem: Problem) -> dict[str, Values]:
    """Return the measures of single points by name, applied in blocks of replicas.

    They take points (S, R, d) and return values (S, R), where nan reads inf; a block bounds the memory, for a
    measure may need n values per point.
    """

    def blocked(function: Values) -> Values:
        def apply(X: np.ndarray) -> np.ndarray:
            block = max(1, _VALUES // (X.shape[0] * problem.n))
            parts = [function(X[:, start : start + block]) for start in range(0, X.shape[1], block)]
            return nan_to_inf(np.concatenate(parts, axis=1))

        return apply

    return {name: blocked(function) for name, function in values_at(problem).items()}


class _Path:
    """A function q(x_j) along the run: its weighted sum, its minimum and its mean over replicas.

    Points are held, as in :class:`_Points`, and so are the questions in between.
    """

    def __init__(self, plan: Plan, function: Values) -> None:
        S, K = plan.alphas.shape
        self.sum = np.zeros((S, plan.replicas.size))
        self.best = np.full((S, plan.replicas.size), np.inf)
        self.means = np.empty((S, K))
        self._weights, self._function = plan.weights, function
        self._held: list[tuple[int, np.ndarray]] = []
        self._asked: list[tuple[int, Callable[[], None]]] = []
        self._size = 0

    def leave(self, k: int, X: np.ndarray) -> None:
        """Let x_k enter, before the step away from it."""
        self._held.append((k, X))
        self._size += X.size
        if self._size > HELD:
            self.release()

    def ask(self, question: Callable[[], None]) -> None:
        """Have a question answered once the points that were left until now have entered."""
        self._asked.append((len(self._held), question))

    def release(self) -> None:
        """Take the function of all points that are held, and answer what was asked on the way."""
        assert self._weights is not None
        values = taken(self._function, [X for _, X in self._held]) if self._held else []
        asked = iter(self._asked)
        due = next(asked, None)
        for count in range(len(values) + 1):
            while due is not None and due[0] == count:
                due[1]()
                due = next(asked, None)
            if count < len(values):
                k, here = self._held[count][0], values[count]
                self.sum += self._weights[:, k, None] * here
                self.best = np.minimum(self.best, here)
                self.means[:, k] = here.mean(1)
        self._held, self._asked, self._size = [], [], 0


def _tell(place: np.ndarray, path: _Path, name: str, weight: np.ndarray) -> None:
    """Write what a measure along the path is by now; `weight` is what the weights add up to."""
    place[...] = path.best if name in BEST else nan_to_inf(path.sum / weight)


class _Points:
    """Points at which measures are due, taken together: many small calls cost more than one large one."""

    def __init__(self, out: Mapping[str, np.ndarray], measures: Mapping[str, Values]) -> None:
        self._out, self._measures = out, measures
        self._held: list[tuple[int, str, np.ndarray]] = []
        self._size = 0

    def hold(self, name: str, slot: int, X: np.ndarray) -> None:
        """Hold points for a measure at a checkpoint: (S, R, d), or (S, 1, d) where all replicas coincide."""
        self._held.append((slot, name, X))
        self._size += X.size
        if self._size > HELD:
            self.release()

    def release(self) -> None:
        """Take all measures that are due."""
        for name in {name for _, name, _ in self._held}:
            due = [(slot, X) for slot, each, X in self._held if each == name]
            values = taken(self._measures[function_of(name)], [X for _, X in due])
            for (slot, _), found in zip(due, values, strict=True):
                self._out[name][:, :, slot] = found
        self._held, self._size = [], 0


def _release(points: _Points, paths: Mapping[str, _Path]) -> None:
    points.release()
    for path in paths.values():
        path.release()


def taken(measure: Values, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Return the values of a measure at the points of several arrays (S, R, d), shape (S, R) each."""
    if isinstance(measure, Together):
        return measure.each(arrays)
    S, _, d = arrays[0].shape
    ends = np.cumsum([X.shape[1] for X in arrays])
    # As they are read, however the points lie: the measure goes through them row by row.
    points = np.empty((S, ends[-1], d))
    return np.split(measure(np.concatenate(arrays, axis=1, out=points)), ends[:-1], axis=1)


def needs_path(plan: Plan) -> bool:
    """Whether a run stops at every step, for a measure reads a function along the path."""
    return bool(ALONG_PATH.keys() & set(plan.measures))


def record(plan: Plan, engine: Engine, measures: Mapping[str, Values] | None = None) -> dict[str, np.ndarray]:
    """Run a plan on an engine.

    Measures along the path need f or its full gradient at every iterate, far more work than the step itself:
    then every engine stops at every step, and matrix products over all replicas do that work.

    Parameters
    ----------
    plan
        The run.
    engine
        At step 0.
    measures
        Stand in for those of :func:`measures_of`: of arrays on a device, for an engine whose arrays are.

    Returns
    -------
    dict
        For each measure an array (S, R, C); with ``grad_norm_sq_best`` also ``grad_norm_sq_path`` (S, K), the
        mean over replicas of ||grad f(x_j)||^2 at every j, and with ``gap_best`` a ``gap_path``; of methods
        with a line search also how often it has asked for f or its gradient, :data:`TRIED`. A diverged
        replica reads ``inf``; nan occurs only where a measure is over no point at all.
    """
    S, K = plan.alphas.shape
    assert plan.weights is not None
    slot = {int(k): c for c, k in enumerate(plan.checkpoints)}
    measures = measures or measures_of(plan.problem)
    read = {ALONG_PATH[name] for name in plan.measures if name in ALONG_PATH}
    paths = {function: _Path(plan, measures[function]) for function in read}
    stops = range(K + 1) if paths else sorted(slot)
    out: dict[str, np.ndarray] = {
        m: np.empty((S, plan.replicas.size, plan.checkpoints.size)) for m in plan.measures
    }
    foreseeing = engine if isinstance(engine, Foresees) else None
    if foreseeing is not None:
        foreseeing.foresee(stops)
    points = _Points(out, measures)
    weight = np.zeros((S, 1))
    here = 0
    if plan.method.search is not None:
        out[TRIED] = np.zeros((S, plan.replicas.size, plan.checkpoints.size))
    with quiet:
        for k in stops:
            if k > here:
                if foreseeing is not None and foreseeing.renews(k):
                    _release(points, paths)
                engine.advance(here, k)
                weight = weight + plan.weights[:, here:k].sum(1, keepdims=True)
                here = k
            if TRIED in out and k in slot:
                out[TRIED][:, :, slot[k]] = engine.state(TRIED)[..., 0]
            for name in plan.measures if k in slot else ():
                if k == 0 and name in OVER_PATH:
                    out[name][:, :, slot[k]] = np.nan
                elif name in ALONG_PATH:
                    path = paths[ALONG_PATH[name]]
                    path.ask(partial(_tell, out[name][:, :, slot[k]], path, name, weight))
                elif name == "gap_average":
                    points.hold(name, slot[k], engine.averages(weight[:, :, None]))
                else:
                    # All replicas start alike.
                    values = engine.state(state_of(name))
                    points.hold(name, slot[k], values if k else values[:, :1])
            if k < K:
                for path in paths.values():
                    path.leave(k, engine.points())
        _release(points, paths)
    out = undefined_to_nan(out, plan.weights[:, None], plan.checkpoints)
    best = [ALONG_PATH[name] for name in plan.measures if name in BEST]
    return out | {f"{function}_path": paths[function].means for function in best}
