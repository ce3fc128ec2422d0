"""``simulate``: replicas of a method on a problem, as a labelled data set that says how to repeat it."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from sympy import Float

from ratebound.experiments import checkpoints as grids
from ratebound.experiments.backends.choose import find_backend
from ratebound.experiments.backends.rules import TRIED
from ratebound.experiments.checks import positive, whole
from ratebound.experiments.plan import MEASURES, OVER_PATH, Plan, check_batch, without_repeats
from ratebound.experiments.schedule import Schedule, Step, resolve
from ratebound.problems.finite_sum import Problem
from ratebound.problems.library import named
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import MEANING
from ratebound.theory.visits import INDEPENDENT

if TYPE_CHECKING:
    import xarray as xr

    from ratebound.theory.method import Method

__all__ = ["MEASURES", "OVER_PATH", "find_method", "simulate"]

_LARGEST_ID = 2**32


def find_method(method: str | Method) -> Method:
    """Return the method of this name, or the method itself.

    Raises
    ------
    RateboundError
        If no method has this name.
    """
    if not isinstance(method, str):
        return method
    if method not in METHODS:
        raise RateboundError(METHODS.unknown(method))
    return METHODS[method]


def _with_parameters(method: Method, given: Mapping[str, float]) -> tuple[Method, dict[str, float]]:
    """Return the method with its parameters as numbers, and the values that it does not read."""
    values = {}
    for symbol in method.parameters:
        if symbol.name not in given:
            raise RateboundError(
                f"{method.name} reads {symbol.name} ({MEANING[symbol]}); "
                f"pass parameters={{{symbol.name!r}: ...}}"
            )
        value = positive(symbol.name, given[symbol.name])
        values[symbol] = Float(np.ceil(value) if symbol.is_integer else value, 17)
    taken = {symbol.name for symbol in values}
    return method.at(values), {name: value for name, value in given.items() if name not in taken}


@cache
def _versions() -> str:
    found = {name: version(name) for name in ("ratebound", "numpy", "scipy", "sympy")}
    return json.dumps(found | {"python": platform.python_version()})


def _samples(plan: Plan) -> str:
    """Return which part of the stream a run reads, in a word."""
    draws = plan.method.draws
    if plan.deterministic:
        return "none"
    if draws is None or not draws.uneven:
        return "even"
    return "axes" if draws.axis is not None else "weighted"


def _attributes(plan: Plan, schedule: Schedule, average: bool) -> dict[str, str | int]:
    problem = plan.problem
    return {
        "problem": problem.name,
        "preprocessing": problem.preprocessing,
        "loss": problem.loss.name,
        "l2": problem.l2,
        "l1": problem.l1,
        "n": problem.n,
        "d": problem.d,
        "method": plan.method.name,
        "step": schedule.text,
        "step_values": json.dumps(dict(schedule.values)),
        "average": "weights given" if average else "uniform",
        "steps": plan.alphas.shape[1],
        "seed": str(plan.seed),
        "batch": plan.batch,
        "replacement": int(plan.replacement),
        "order": plan.order,
        "samples": _samples(plan),
        "dtype": plan.dtype,
        "versions": _versions(),
    }


def _dataset(plan: Plan, schedule: Schedule, average: bool, out: dict[str, np.ndarray]) -> xr.Dataset:
    if plan.sizes is None:
        spent = plan.checkpoints * plan.method.evaluations(plan.problem.n, plan.batch, plan.problem.d)
    else:
        spent = np.concatenate([[0], np.cumsum(plan.sizes)])[plan.checkpoints]
    along: tuple[str, ...] = ("checkpoint",)
    if TRIED in out:
        # There is one replica, and each step size has trials of its own.
        spent, along = spent + plan.problem.n * out[TRIED][:, 0], ("step_size", "checkpoint")
    data: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        name: (("step_size", "replica", "checkpoint"), out[name]) for name in plan.measures
    }
    data |= {name: (("step_size", "step"), path) for name, path in out.items() if name.endswith("_path")}
    if schedule.given:
        data["alpha"] = (("step_size", "step"), plan.alphas)
    if plan.sizes is not None:
        data["batch_size"] = (("step",), plan.sizes)
    if average:
        assert plan.weights is not None
        data["weight"] = (("step_size", "step"), plan.weights)
    coords = {
        "step_size": plan.alphas[:, 0],
        "replica": plan.replicas,
        "checkpoint": plan.checkpoints,
        "evaluations": (along, spent),
    }
    # Many commands load this module, and few need what takes so long to load.
    from xarray import Dataset

    return Dataset(data, coords, _attributes(plan, schedule, average))


def simulate(
    problem: str | Problem,
    method: str | Method,
    step: Step,
    *,
    batch: int | Sequence[int] | np.ndarray = 1,
    replacement: bool = True,
    order: str = INDEPENDENT,
    steps: int = 1000,
    replicas: int = 256,
    seed: int = 0,
    average: np.ndarray | None = None,
    measures: Sequence[str] = ("gap_last",),
    checkpoints: Sequence[int] | np.ndarray | None = None,
    parameters: Mapping[str, float] | None = None,
    first_replica: int = 0,
    dtype: str = "float64",
    backend: str = "auto",
) -> xr.Dataset:
    """Run independent replicas of a method on a finite sum.

    Parameters
    ----------
    problem
        The finite sum, or a name that :func:`ratebound.problems.library.load` knows.
    method
        Name of a method, or a method.
    step
        Step size: a number; a sequence of numbers, which share the sample indices of each replica; an array
        (steps,) or (S, steps); an expression in ``k``, ``K``, parameters and constants of the problem; or
        its text, such as ``"1/(4*L_max)"``.
    batch
        Samples per gradient estimate, or those of each step, shape (steps,), such as growing batches. These
        run on the NumPy backend, and a step that reads a constant of the sampling reads that of the smallest.
    replacement
        Whether a batch is drawn with replacement.
    order
        ``"independent"`` batches; or passes over the data: ``"reshuffle"`` (a new random order for every
        pass), ``"shuffle_once"`` or ``"cyclic"`` (the samples as they lie). Each pass visits every sample
        once; where `batch` does not divide n a batch runs on into the next pass. No `replacement` then.
    steps
        Updates.
    replicas
        Independent runs. A method of full gradients runs once.
    seed
        The one seed, 0 <= seed < 2^64.
    average
        Weights of x_0 .. x_{steps-1} in averages, shape (steps,), zero for points that are left out, such as
        the first half for an average of the tail; None for equal weights.
    measures
        Names out of :data:`MEASURES`.
    checkpoints
        Step numbers at which measures are taken; None for 0 .. 5 and a geometric grid.
    parameters
        Values of symbols in `step` and of the parameters of the method, such as ``beta``, by name.
    first_replica
        Id of the first replica: replicas 64 .. 127 of a run continue its replicas 0 .. 63.
    dtype
        Numbers in which steps are computed: ``"float64"``, or ``"float32"``, which takes half the memory and
        about half the time, and overflows beyond 3e38. It draws the same samples; measures are taken in
        float64 of the iterates as they are.
    backend
        ``"numpy"``, the reference; ``"numba"``, fused kernels on the CPU; ``"cuda"``, the same on all GPUs
        of this machine, which share the replicas, or ``"cuda:0,2"`` on those; or ``"auto"``: NumPy for what
        it finishes before the others have loaded, then a GPU if there is one and it has work to do, then
        Numba. All draw the same indices and agree to rounding.

    Returns
    -------
    xarray.Dataset
        One variable per measure with dimensions (step_size, replica, checkpoint). The coordinate `step_size`
        is alpha_0, `evaluations` counts component gradients (n per full step, `batch` per stochastic one);
        where a line search makes trials it depends on the step size too, and each value or gradient of f that
        they ask for counts n.
        ``grad_norm_sq_best`` and ``gap_best`` are minima along each replica, whose mean lies below the
        minimum over j of the mean that theorems speak of; for the latter ``grad_norm_sq_path`` and
        ``gap_path`` (step_size, step) hold the means over replicas at every step. A diverged replica reads
        ``inf``; averages and minima over j < k are nan at k = 0, where they are undefined, and averages until
        the first positive weight. Attributes tell how to repeat the run.

    Raises
    ------
    RateboundError
        If a name is unknown or a value out of range.
    """
    problem, execute = named(problem), find_backend(backend)
    rule, rest = _with_parameters(find_method(method), parameters or {})
    steps = whole("steps", steps, 1, _LARGEST_ID)
    replicas = whole("replicas", replicas, 1, _LARGEST_ID)
    first = whole("first_replica", first_replica, 0, _LARGEST_ID - replicas)
    sizes = check_batch(batch, steps)
    schedule = resolve(
        step,
        problem,
        steps,
        batch=int(without_repeats(sizes).min()),
        replacement=replacement,
        order=order,
        parameters=rest,
    )
    plan = Plan(
        problem=problem,
        method=rule,
        alphas=schedule.alphas,
        weights=average,
        checkpoints=grids.checkpoints(steps) if checkpoints is None else np.asarray(checkpoints),
        replicas=np.arange(first, first + (1 if rule.sampling == "full" else replicas)),
        seed=seed,
        batch=int(without_repeats(sizes).max()),
        replacement=replacement,
        measures=tuple([measures] if isinstance(measures, str) else measures),
        order=order,
        dtype=dtype,
        sizes=sizes if np.ndim(batch) and (sizes != sizes[0]).any() else None,
    )
    chosen = {name: float(value) for name, value in (parameters or {}).items() if name not in rest}
    found = _dataset(plan, schedule, average is not None, execute(plan))
    return found.assign_attrs(method_values=json.dumps(chosen)) if chosen else found
