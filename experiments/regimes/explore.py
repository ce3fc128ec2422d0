"""``explore``: what every constant step does on a problem, row by row, and what the catalogue knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ratebound.experiments.checks import whole
from ratebound.experiments.plain import plain_values
from ratebound.experiments.plan import check_alphas
from ratebound.experiments.regimes.axes import AXES, Row, default_steps, increasing, rows
from ratebound.experiments.regimes.cells import KEPT, Cells, Errors, Exact, measured_row, stacked, stand_in
from ratebound.experiments.regimes.errors import theorem_errors
from ratebound.experiments.regimes.exact import operator_available
from ratebound.experiments.regimes.scaling import NOT_SAID, batch_scaling
from ratebound.experiments.regimes.theory import Line, candidates, lines, trusted
from ratebound.experiments.run import find_method
from ratebound.experiments.sweeps.compute import Outcome, Values, checkpoints
from ratebound.experiments.sweeps.declare import Sweep, declare
from ratebound.experiments.sweeps.run import label, outcomes, sweep
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    from ratebound.theory.method import Method

Watch = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Regimes:
    """A map of regimes.

    Parameters
    ----------
    data
        Dimensions ``step`` and the axis of the map, one of :data:`ratebound.experiments.regimes.axes.AXES`.
        Over both: ``regime``; ``error``, the expected error at the horizon (exact, else the mean over
        replicas); ``floor`` and ``contraction`` (exact, else nan); and from replicas ``mean``, ``stderr``,
        ``median``, ``measured_regime``. Over the axis: ``threshold``, the exact step from which the error no
        longer converges in mean square, and ``fastest_step``, of the least contraction factor (else nan);
        ``first_divergent``, the smallest step of the grid that is divergent (inf if none is); ``best_step``,
        of the least error; ``trusted_step``, ``trusted_price`` and ``trusted_theorem``, the step that the
        least bound of any theorem in the measure of the map asks for, its price, and that theorem. Along the
        run, over step, axis and ``k``: ``curve``, the expected error (exact, else the mean over replicas),
        and from replicas ``mean_curve``, ``low_curve`` and ``high_curve`` (10 % and 90 % quantiles); nan
        beyond the horizon of a row. Among the attributes are what was run, certified constants, and what
        :func:`ratebound.experiments.regimes.scaling.batch_scaling` says of the batches.
    theory
        The theorems on the step axis, for the first batch, or for every row of another axis.
    """

    data: xr.Dataset
    theory: tuple[Line, ...]

    def __repr__(self) -> str:
        run, sizes = self.data.attrs, self.data.sizes
        cells = f"{sizes['step']} steps, {sizes[run['axis']]} rows of {run['axis']}"
        return f"<Regimes of {run['method']} on {run['problem']}: {cells}, {len(self.theory)} theorems>"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; numbers that are not finite read None.

        The values of the axis are called ``values``.
        """
        found: dict[str, Any] = {str(name): value for name, value in self.data.attrs.items()}
        for name in self.data.variables:
            key = "values" if name == found["axis"] else str(name)
            found[key] = self.data[name].values.tolist()
        plain: dict[str, Any] = plain_values(found | {"theory": [asdict(line) for line in self.theory]})
        return plain


def explore(
    problem: Problem,
    method: str | Method = "sgd",
    *,
    axis: str = "batch",
    values: Sequence[Any] | None = None,
    steps_grid: Sequence[float] | np.ndarray | None = None,
    batch: int = 1,
    replacement: bool = True,
    steps: int = 1000,
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
    axis
        What stands beside the step: ``"batch"``; ``"momentum"``, the factor of heavy ball; ``"steps"``,
        the horizon; ``"noise"``, how much of the noise of a least-squares problem is left.
    values
        Increasing values of it; None for its default ones.
    steps_grid
        Increasing steps; None for :func:`ratebound.experiments.regimes.axes.default_steps`.
    batch, steps
        The batch and the horizon of axes that do not say them.
    replacement
        Whether a batch is drawn with replacement.
    replicas
        Independent runs per cell. 0 for exact results alone, where the problem has them.
    seed
        The one seed of the replicas; all steps of a row share the sample indices.
    backend
        See :func:`ratebound.experiments.run.simulate`.
    executor, store
        Where replicas run, and the Zarr store that keeps them, so that a map is continued; see
        :func:`ratebound.experiments.sweeps.run.sweep`. A row is one cell of the sweep. None for this
        process, and for no store.
    watch
        Called with (done, total, what) as rows are finished.

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
    grid = increasing("steps_grid", check_alphas(_grid(problem, steps_grid)))
    steps, replicas = whole("steps", steps, 4), whole("replicas", replicas, 0)
    base = Row(0, problem, find_method(method), batch, replacement, steps)
    chosen = rows(axis, values, base)
    exact = operator_available(problem)
    if replicas < 2 and not exact and base.method.sampling == "batch":
        raise RateboundError(
            f"replicas = {replicas}; {problem.name} has no exact second moments, so that at least 2 must run"
        )
    measure = "gap_last" if problem.x_star is not None else "grad_norm_sq_last"
    plan = _declared(axis, chosen, grid, max(replicas, 1), seed, measure, backend)
    horizons = [checkpoints(cell) for cell in plan.cells]
    say, total = watch or _silent, (len(chosen) if replicas else 0) + 2

    say(0, total, "exact second moments" if exact else "constants")
    table = Exact(grid)
    known = [table.row(row, at) for row, at in zip(chosen, horizons, strict=True)] if exact else []
    found: list[Cells] = [cells for cells, _, _ in known] or [{} for _ in chosen]
    if replicas:
        measured = map(measured_row, _replicas(plan, horizons, executor, store, say, total))
        found = [cells | each for cells, each in zip(found, measured, strict=True)]
    if not exact:
        found = [cells | stand_in(row, grid, cells) for row, cells in zip(chosen, found, strict=True)]
    cells = stacked(found, horizons, kept := reduce(np.union1d, horizons))
    divergent = cells["regime"] == "divergent"
    cells["first_divergent"] = np.where(divergent.any(0), grid[divergent.argmax(0)], np.inf)
    cells["best_step"] = grid[np.nan_to_num(cells["error"], nan=np.inf).argmin(0)]

    say(total - 1, total, "theorems")
    limits = cells["threshold" if exact else "first_divergent"]
    theory: list[list[Line]] = []
    for j, row in enumerate(chosen[:1] if axis == "batch" else chosen):
        theorems = candidates(row.problem, row.method)
        floors: Errors = {}
        if exact:
            _, errors, floors = known[j]
        else:
            errors = theorem_errors(row, theorems, grid, replicas, backend, seed)
        limit = float(limits[j]) if np.isfinite(limits[j]) else np.nan
        theory.append(lines(row, theorems, grid, errors, floors, threshold=limit))
    cells |= trusted(theory, measure, len(chosen))
    facts = {"axis": axis, "method": base.method.name, "replacement": replacement, "replicas": replicas}
    facts |= {name: value for name, value in (("batch", batch), ("steps", steps)) if name != axis}
    facts |= {"seed": seed, "measure": measure, "exact": exact}
    scaled = exact and axis == "batch" and base.method.sampling == "batch"
    facts |= batch_scaling(chosen, cells, grid, table) if scaled else NOT_SAID
    dimensions = {1: (axis,), 2: ("step", axis), 3: ("step", axis, "k")}
    variables = {name: (dimensions[value.ndim], value) for name, value in cells.items()}
    coordinates = {"step": grid, axis: [row.value for row in chosen], "k": kept}
    return Regimes(xr.Dataset(variables, coordinates, _facts(problem) | facts), tuple(chain(*theory)))


def _silent(done: int, total: int, what: str) -> None:
    pass


def _declared(
    axis: str, chosen: Sequence[Row], grid: np.ndarray, replicas: int, seed: int, measure: str, backend: str
) -> Sweep:
    """Return the sweep whose cells are the rows; without replicas it still tells their checkpoints."""
    first, setting = chosen[0], AXES[axis].setting
    along: dict[str, list[Any]] = {
        "batch": [1 if row.method.sampling == "full" else row.batch for row in chosen],
        "method": [row.method for row in chosen],
        "steps": [row.steps for row in chosen],
        "problem": [row.problem for row in chosen],
    }
    shared = {name: each[0] for name, each in along.items() if name != setting}
    shared |= {"step": grid.tolist(), "replacement": first.replacement, "replicas": replicas}
    shared |= {"seed": seed, "measure": measure, "backend": backend}
    table = {"name": f"explore {first.problem.name}, {axis}", "defaults": shared}
    return declare(table | {"axes": {setting: along[setting]}})


def _replicas(
    plan: Sweep,
    horizons: Sequence[np.ndarray],
    executor: Executor | str | None,
    store: str | Path | None,
    say: Watch,
    total: int,
) -> list[Values]:
    """Return what the replicas of each row show."""
    (setting,) = plan.axes

    def watch(done: int, _: int, what: str) -> None:
        say(done + 1, total, f"replicas, {what}")

    if store is not None:
        found = sweep(plan, store, executor=executor, progress=watch)
        _refuse_failures(map(str, found["message"].values))
        kept_there = (found.isel({setting: j}).sel(checkpoint=at) for j, at in enumerate(horizons))
        return [{name: row[name].values for name in KEPT} for row in kept_there]
    kept: dict[int, Outcome] = {}
    watch(0, total, f"{len(horizons)} rows")
    for position, outcome in outcomes(plan.cells, range(len(horizons)), executor):
        _refuse_failures([outcome.message])
        kept[position] = outcome
        watch(len(kept), total, label(plan, position))
    return [kept[position].values or {} for position in range(len(horizons))]


def _refuse_failures(messages: Iterable[str]) -> None:
    for message in filter(None, messages):
        raise RateboundError(f"the map lacks a row: {message}")


def _grid(problem: Problem, steps_grid: Sequence[float] | np.ndarray | None) -> np.ndarray:
    if steps_grid is None:
        return default_steps(problem)
    try:
        return np.asarray(steps_grid, dtype=np.float64)
    except (TypeError, ValueError):
        raise RateboundError(f"steps_grid = {steps_grid!r}; pass a sequence of numbers") from None


def _facts(problem: Problem) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "problem": problem.name,
        "title": problem.title,
        "loss": problem.loss.name,
        "l2": problem.l2,
        "n": problem.n,
        "d": problem.d,
        "rounding": problem.value_floor,
    }
    for name in ("L", "L_max", "mu", "mu_pl"):
        try:
            facts[name] = certify(problem, name).value
        except NotCertified:
            facts[name] = None
    curvature = facts["mu"] or facts["mu_pl"]
    facts["kappa"] = facts["L"] / curvature if facts["L"] and curvature else None
    return facts
