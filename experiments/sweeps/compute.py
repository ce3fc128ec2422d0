"""The work of one cell, in whatever process or thread it is done: the same numbers everywhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from ratebound.experiments import checkpoints as grids
from ratebound.experiments.regimes.classify import measured_regime
from ratebound.experiments.run import simulate
from ratebound.experiments.schedule import resolve
from ratebound.experiments.sweeps import content
from ratebound.experiments.sweeps.settings import SHARED, Cell
from ratebound.experiments.verify import verify
from ratebound.problems.blas import one_blas_thread
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError

_VALUES = 2**24
"""Values of states and samples that one run holds at a time; it does not depend on the machine."""

_THIN = 3

Values = Mapping[str, np.ndarray | float | str]


class Outcome(NamedTuple):
    """What became of a cell.

    Parameters
    ----------
    values
        Variable -> value; None if it failed.
    message
        Why it failed.
    final
        Whether to try again is idle: the cell itself is at fault.
    """

    values: Values | None
    message: str = ""
    final: bool = True


def compute(cells: Sequence[Cell], alone: bool = False) -> list[Outcome]:
    """Compute cells; an error of one is its outcome and does not touch the others.

    Parameters
    ----------
    cells
        The cells.
    alone
        Whether one cell at a time is computed on this machine, which then has all its cores; else one core.
    """
    with _one_blas_thread(), nullcontext() if alone else _one_kernel_thread():
        return [_outcome(cell) for cell in cells]


def _outcome(cell: Cell) -> Outcome:
    try:
        return Outcome(_verdict(cell) if cell.judges else _run(cell))
    except RateboundError as error:
        return Outcome(None, str(error))
    except MemoryError:
        return Outcome(
            None, "not enough memory; ask for fewer replicas, or start workers that have more", False
        )
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}", False)


def checkpoints(cell: Cell) -> np.ndarray:
    """Return the step numbers at which a run is looked at, shape (C,); the rules of regimes read K/4, K/2.

    Where many steps share one cell a third of them does, for each look costs as much as many steps.
    """
    steps = cell.settings["steps"]
    at = grids.checkpoints(steps)
    kept = at[::_THIN] if any(isinstance(cell.settings[key], tuple) for key in SHARED) else at
    return np.union1d(kept, [steps // 4, steps // 2, steps])


def _at_once(cell: Cell, schedules: int) -> int:
    """Return how many replicas one run holds: a number that follows from the cell alone."""
    return max(64, _VALUES // (schedules * (checkpoints(cell).size + 4 * cell.problem.d)))


def working_memory(cell: Cell) -> float:
    """Return about how many bytes a cell needs while it is computed."""
    told = cell.settings
    schedules = max((len(told[key]) for key in SHARED if isinstance(told[key], tuple)), default=1)
    at, replicas = checkpoints(cell).size, told["replicas"]
    held = min(replicas, _at_once(cell, schedules)) * (at + 4 * cell.problem.d)
    return 8.0 * schedules * (held + 2 * replicas * at + 2 * told["steps"])


def _run(cell: Cell) -> Values:
    told, problem, method = cell.settings, cell.problem, cell.method
    at, measure = checkpoints(cell), told["measure"]
    common: dict[str, Any] = {"batch": told["batch"], "replacement": told["replacement"]}
    alphas = _alphas(cell, common)
    seed, total = content.seed(cell), told["replicas"]
    at_once = _at_once(cell, len(alphas))
    samples = np.concatenate(
        [
            simulate(
                problem,
                method,
                alphas,
                steps=told["steps"],
                replicas=min(at_once, total - first),
                first_replica=first,
                seed=seed,
                measures=[measure],
                checkpoints=at,
                backend=told["backend"],
                **common,
            )[measure].values
            for first in range(0, 1 if method.sampling == "full" else total, at_once)
        ],
        axis=1,
    )
    rounding = problem.value_floor if measure == "gap_last" else 0.0
    found = summary(samples) | {"alpha": alphas[:, 0]}
    found["regime"] = np.array([measured_regime(at, each, rounding) for each in samples], dtype=object)
    alone = not any(isinstance(told[key], tuple) for key in SHARED)
    return {name: value[0] if alone else value for name, value in found.items()}


def _alphas(cell: Cell, common: Mapping[str, Any]) -> np.ndarray:
    """Return the step sizes of a cell, shape (S, K)."""
    told = cell.settings
    step = list(told["step"]) if isinstance(told["step"], tuple) else told["step"]
    found = resolve(step, cell.problem, told["steps"], parameters=told["parameters"], **common).alphas
    factors = np.atleast_1d(np.array(told["step_factor"]))
    return (factors[:, None, None] * found).reshape(-1, told["steps"])


def summary(samples: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is kept of replicas, shape (S, R, C): means, spreads, quantiles, the share that diverged.

    The spread is the standard error of the mean, nan for one replica or where one diverged; quantiles are
    order statistics, which infinite values of diverged replicas do not disturb.
    """
    size = samples.shape[1]
    with quiet:
        mean = samples.mean(1)
        spread = samples.std(1, ddof=1) / np.sqrt(size) if size > 1 else np.full_like(mean, np.nan)
    low = np.quantile(samples, 0.1, axis=1, method="lower")
    median, high = (np.quantile(samples, q, axis=1, method="higher") for q in (0.5, 0.9))
    lost = (~np.isfinite(samples[..., -1])).mean(1)
    return {"mean": mean, "stderr": spread, "low": low, "median": median, "high": high, "diverged": lost}


def _verdict(cell: Cell) -> Values:
    told, theorem = cell.settings, cell.theorem
    verdict = verify(
        theorem,
        cell.problem,
        parameters=told["parameters"],
        step=_step(cell),
        steps=told["steps"],
        replicas=told["replicas"],
        seed=content.seed(cell),
        delta=cell.delta,
        batch=told["batch"],
        replacement=told["replacement"],
        backend=told["backend"],
        cells=cell.family,
    )
    numbers = {name: getattr(verdict, name) for name in ("k", "measured", "bound", "tightness", "e_value")}
    found: dict[str, Any] = {name: np.nan if each is None else float(each) for name, each in numbers.items()}
    return found | {
        "outcome": verdict.outcome,
        "evidence": verdict.evidence,
        "reason": verdict.reason,
        "alpha": float(next(iter(verdict.parameters.values()), np.nan)),
    }


def _step(cell: Cell) -> Any:
    """Return the step that a verdict is about: the declared one, or the theorem's own, times the factor."""
    theorem, step, factor = cell.theorem, cell.settings["step"], cell.settings["step_factor"]
    if factor == 1.0:
        return step
    if step is None:
        if theorem.step not in theorem.parameters:
            raise RateboundError(
                f"step_factor needs a step to multiply; {theorem.id} has none of its own: state one"
            )
        step = theorem.chosen()[theorem.step]
    return factor * step if isinstance(step, float) else f"{factor!r}*({step})"


@contextmanager
def _one_kernel_thread() -> Iterator[None]:
    """Keep the fused kernels that this thread calls to one thread."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)


_lock = threading.Lock()
_inside = 0
_limit: Any = None


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread while any thread of this process computes: cores go to cells.

    The limit belongs to the process, so that the first to come sets it and the last to leave lifts it.
    """
    global _inside, _limit
    with _lock:
        if not _inside:
            _limit = one_blas_thread()
            _limit.__enter__()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limit.__exit__(None, None, None)
