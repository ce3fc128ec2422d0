"""``explore``: what every constant step and batch does on a problem, and what the catalogue knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from itertools import takewhile
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ratebound.experiments import checkpoints as grids
from ratebound.experiments.checks import whole
from ratebound.experiments.exact import is_plain
from ratebound.experiments.plan import check_alphas
from ratebound.experiments.regimes.cells import KEPT, exact_cells, measured_cells, stand_in
from ratebound.experiments.regimes.errors import theorem_errors
from ratebound.experiments.regimes.exact import operator_available
from ratebound.experiments.regimes.theory import Line, candidates, lines
from ratebound.experiments.run import find_method
from ratebound.experiments.sweeps.compute import Outcome, Values, checkpoints
from ratebound.experiments.sweeps.declare import declare
from ratebound.experiments.sweeps.run import label, outcomes, sweep
from ratebound.problems.certified import NotCertified, batch_factor
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.theory.method import Method

Watch = Callable[[int, int, str], None]
_LARGEST_BATCH = 64
_DIMENSIONS = {1: ("batch",), 2: ("step", "batch"), 3: ("step", "batch", "k")}


@dataclass(frozen=True, eq=False)
class Regimes:
    """A map of regimes.

    Parameters
    ----------
    data
        Dimensions ``step`` and ``batch``. Over both: ``regime``; ``error``, the expected error at the horizon
        (exact, else the mean over replicas); ``floor`` and ``contraction`` (exact, else nan); and from
        replicas ``mean``, ``stderr``, ``median``, ``measured_regime``. Over ``batch``: ``threshold``, the
        exact step from which the error no longer converges in mean square, and ``fastest_step``, of the least
        contraction factor (else nan); ``first_divergent``, the smallest step of the grid that is divergent
        (inf if none is); ``best_step``, of the least error. Along the run, over step, batch and ``k``:
        ``curve``, the expected error (exact, else the mean over replicas), and from replicas ``mean_curve``,
        ``low_curve`` and ``high_curve`` (10 % and 90 % quantiles).
    theory
        The theorems on the step axis, for the first batch.
    """

    data: xr.Dataset
    theory: tuple[Line, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; numbers that are not finite read None."""
        found: dict[str, Any] = {str(name): value for name, value in self.data.attrs.items()}
        found |= {str(name): self.data[name].values.tolist() for name in self.data.variables}
        plain: dict[str, Any] = _plain(found | {"theory": [asdict(line) for line in self.theory]})
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def default_steps(problem: Problem, points: int = 24) -> np.ndarray:
    """Return a geometric grid from 1/(32 L_max) to 4/L, which holds the thresholds of SGD and GD."""
    points = whole("grid", points, 2)
    return np.geomspace(1 / (32 * certify(problem, "L_max").value), 4 / certify(problem, "L").value, points)


def default_batches(problem: Problem) -> tuple[int, ...]:
    """Return 1, 2, 4, .. up to 64 and n."""
    powers = (2**j for j in range(_LARGEST_BATCH.bit_length()))
    return tuple(takewhile(lambda b: b <= min(problem.n, _LARGEST_BATCH), powers))


def explore(
    problem: Problem,
    method: str | Method = "sgd",
    *,
    steps_grid: Sequence[float] | np.ndarray | None = None,
    batches: Sequence[int] | None = None,
    replacement: bool = True,
    iterations: int = 1000,
    replicas: int = 64,
    seed: int = 0,
    backend: str = "auto",
    executor: Executor | str | None = None,
    store: str | Path | None = None,
    watch: Watch | None = None,
) -> Regimes:
    """Map the regimes of constant steps, with the theory on the same axis.

    Parameters
    ----------
    problem
        The finite sum.
    method
        Gradient descent or SGD; full gradients know one batch, n.
    steps_grid
        Increasing steps; None for :func:`default_steps`.
    batches
        Increasing batches; None for :func:`default_batches`.
    replacement
        Whether a batch is drawn with replacement.
    iterations
        The horizon K.
    replicas
        Independent runs per cell. 0 for exact results alone, where the problem has them.
    seed
        The one seed of the replicas; all steps of a batch share the sample indices.
    backend
        See :func:`ratebound.experiments.run.simulate`.
    executor, store
        Where replicas run, and the Zarr store that keeps them, so that a map is continued; see
        :func:`ratebound.experiments.sweeps.run.sweep`. A batch is one cell of the sweep. None for this
        process, and for no store.
    watch
        Called with (done, total, what) as batches are finished.

    Returns
    -------
    Regimes
        The error is the gap; ||grad f(x_k)||^2 where no minimum is certified. It is exact on least squares of
        moderate rank (:mod:`ratebound.experiments.regimes.exact`), else the mean over replicas.

    Raises
    ------
    RateboundError
        If an argument is out of range, or the method is neither.
    """
    rule = find_method(method)
    if not is_plain(rule):
        raise RateboundError(f"regimes of {rule.name} are not known; explore gd or sgd")
    steps = _increasing("steps", check_alphas(_grid(problem, steps_grid)))
    chosen = _batches(problem, rule, batches, replacement)
    iterations, replicas = whole("iterations", iterations, 4), whole("replicas", replicas, 0)
    exact = operator_available(problem)
    if replicas < 2 and not exact and rule.sampling == "batch":
        raise RateboundError(
            f"replicas = {replicas}; {problem.name} has no exact second moments, so that at least 2 must run"
        )
    theorems = candidates(problem, rule)
    measure = "gap_last" if problem.x_star is not None else "grad_norm_sq_last"
    full = rule.sampling == "full"
    factors = np.array([0.0 if full else batch_factor(problem.n, b, replacement) for b in chosen])
    declared = {
        "name": f"explore {problem.name}",
        "defaults": {
            "problem": problem,
            "method": rule,
            "step": steps.tolist(),
            "replacement": replacement,
            "steps": iterations,
            # Without replicas the sweep still tells where its runs would be looked at.
            "replicas": max(replicas, 1),
            "seed": seed,
            "measure": measure,
            "backend": backend,
        },
        "axes": {"batch": [1] if full else list(chosen)},
    }
    kept = checkpoints(declare(declared).cells[0])
    say, total = watch or _silent, (len(chosen) if replicas else 0) + 2

    say(0, total, "exact second moments" if exact else "constants")
    dense = np.union1d(grids.checkpoints(iterations), kept)
    cells, errors = exact_cells(problem, steps, factors, dense, kept) if exact else ({}, {})
    if replicas:
        cells |= measured_cells(_replicas(declared, executor, store, say, total))
    if not exact:
        cells |= stand_in(cells)
        run = {
            "batch": 1 if full else chosen[0],
            "replacement": replacement,
            "backend": backend,
            "seed": seed,
        }
        errors = theorem_errors(problem, rule, theorems, steps, iterations, replicas, run)
    divergent = cells["regime"] == "divergent"
    cells["first_divergent"] = np.where(divergent.any(0), steps[divergent.argmax(0)], np.inf)
    cells["best_step"] = steps[np.nan_to_num(cells["error"], nan=np.inf).argmin(0)]

    say(total - 1, total, "theorems")
    limit = float(cells["threshold" if exact else "first_divergent"][0])
    found = lines(
        problem,
        theorems,
        steps,
        errors,
        batch=1 if full else chosen[0],
        replacement=replacement,
        horizon=iterations,
        threshold=limit if np.isfinite(limit) else np.nan,
    )
    run_facts = {"method": rule.name, "replacement": replacement, "iterations": iterations}
    run_facts |= {"replicas": replicas, "seed": seed, "measure": measure, "exact": exact}
    variables = {name: (_DIMENSIONS[value.ndim], value) for name, value in cells.items()}
    coordinates = {"step": steps, "batch": list(chosen), "k": kept}
    return Regimes(xr.Dataset(variables, coordinates, _facts(problem) | run_facts), tuple(found))


def _silent(done: int, total: int, what: str) -> None:
    pass


def _replicas(
    declared: dict[str, Any],
    executor: Executor | str | None,
    store: str | Path | None,
    say: Watch,
    total: int,
) -> list[Values]:
    """Return what the replicas of each batch show, from a sweep whose cells are the batches."""
    plan = declare(declared)
    names = plan.axes["batch"]

    def watch(done: int, _: int, what: str) -> None:
        say(done + 1, total, f"replicas, {what}")

    if store is not None:
        found = sweep(plan, store, executor=executor, progress=watch)
        _refuse_failures(map(str, found["message"].values))
        return [{name: found[name].isel(batch=j).values for name in KEPT} for j in range(len(names))]
    kept: dict[int, Outcome] = {}
    watch(0, total, f"{len(names)} batches")
    for position, outcome in outcomes(plan.cells, range(len(names)), executor):
        _refuse_failures([outcome.message])
        kept[position] = outcome
        watch(len(kept), total, label(plan, position))
    return [kept[position].values or {} for position in range(len(names))]


def _refuse_failures(messages: Iterable[str]) -> None:
    for message in filter(None, messages):
        raise RateboundError(f"the map lacks a batch: {message}")


def _grid(problem: Problem, steps: Sequence[float] | np.ndarray | None) -> np.ndarray:
    if steps is None:
        return default_steps(problem)
    try:
        return np.asarray(steps, dtype=np.float64)
    except (TypeError, ValueError):
        raise RateboundError(f"steps = {steps!r}; pass a sequence of numbers") from None


def _increasing(name: str, values: np.ndarray) -> np.ndarray:
    if values.ndim != 1 or values.size == 0 or (np.diff(values) <= 0).any():
        raise RateboundError(f"{name} = {values.tolist()}; pass increasing numbers, at least one")
    return values


def _batches(
    problem: Problem, method: Method, batches: Sequence[int] | None, replacement: bool
) -> tuple[int, ...]:
    if method.sampling == "full":
        if batches is not None:
            raise RateboundError(f"{method.name} uses full gradients and has no batch; leave batches out")
        return (problem.n,)
    given = default_batches(problem) if batches is None else batches
    chosen = tuple(whole("batch", b, 1) for b in given)
    _increasing("batches", np.array(chosen))
    batch_factor(problem.n, chosen[-1], replacement)
    return chosen


def _facts(problem: Problem) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "problem": problem.name,
        "title": problem.title,
        "loss": problem.loss.name,
        "l2": problem.l2,
        "n": problem.n,
        "d": problem.d,
    }
    for name in ("L", "L_max", "mu", "mu_pl"):
        try:
            facts[name] = certify(problem, name).value
        except NotCertified:
            facts[name] = None
    curvature = facts["mu"] or facts["mu_pl"]
    facts["kappa"] = facts["L"] / curvature if facts["L"] and curvature else None
    return facts
