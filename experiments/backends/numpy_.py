"""The readable reference backend: NumPy arrays over step sizes x replicas, one loop over steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Expr, Symbol

from ratebound.experiments.backends.coins import coins
from ratebound.experiments.backends.drawn import TABLE, Reader, weighted_indices
from ratebound.experiments.backends.line_search import accepted
from ratebound.experiments.backends.metric import MetricSteps, times
from ratebound.experiments.backends.recorder import nan_to_inf, record
from ratebound.experiments.backends.rules import (
    SUM,
    constants_of,
    known,
    point_of,
    rules,
    rules_of,
    started,
    tried,
)
from ratebound.experiments.plan import Plan
from ratebound.experiments.sampling import indices
from ratebound.experiments.shuffling import Passes
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.theory import symbols as s
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters import metric as m
from ratebound.theory.letters.box import sum_inner
from ratebound.theory.method import REDUCED, x

if TYPE_CHECKING:
    from ratebound.theory.method import Method

__all__ = ["NumpyEngine", "compile_method", "compile_rules", "compile_update", "nan_to_inf", "run"]

_DRAWS = 2**16

State = dict[str, np.ndarray]
Update = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def compile_rules(
    expressions: Mapping[str, Expr],
) -> Callable[[State, Mapping[str, np.ndarray]], State]:
    """Return the step of a state: from arrays by name and inputs by name to the next arrays by name."""
    compiled = {}
    for name, expr in expressions.items():
        symbols = sorted(expr.free_symbols, key=str)
        compiled[name] = (lower(expr, symbols), [s.name for s in symbols])

    def step(state: State, inputs: Mapping[str, np.ndarray]) -> State:
        values = {**state, **inputs}
        return {name: f(*(values[s] for s in symbols)) for name, (f, symbols) in compiled.items()}

    return step


@lru_cache(maxsize=256)
def compile_method(
    method: Method, parameters: tuple[str, ...] = ()
) -> tuple[Callable[[State, Mapping[str, np.ndarray]], State], ...]:
    """Return the step of a method, and its point as ``y`` beside the places of its draws.

    Constants and these parameters are inputs by name, so that one compilation serves every problem and value.
    """
    symbols = constants_of(method) | {p.name: p for p in method.parameters if p.name in parameters}
    places = {"y": method.point, **({} if method.draws is None else method.draws.places)}
    places = {name: known(method, place, symbols) for name, place in places.items()}
    return compile_rules(rules(method, symbols)), compile_rules(places)


def compile_update(method: Method) -> Update:
    """Return the update of a method as a function of points, gradients and step sizes that broadcast.

    Raises
    ------
    RateboundError
        If the method keeps state besides x, or its update reads something else than x, g and alpha.
    """
    if set(method.update) != {"x"} or method.point != x or method.draws is not None:
        raise RateboundError(
            f"{method.name} keeps the state {', '.join(method.update)} or draws more than a batch; "
            "only x is supported"
        )
    step = compile_rules(rules(method))
    return lambda x, g, alpha: step({"x": x}, {"g": g, "alpha": alpha})["x"]


def compiled_point(
    plan: Plan, gradient: Callable[[np.ndarray], np.ndarray]
) -> Callable[[State, Mapping[str, np.ndarray]], np.ndarray]:
    """Return where the gradient is taken, as a function of the state and the inputs of the step.

    The full `gradient` is asked for where the point reads the one at x.
    """
    expr = point_of(plan)
    if expr is None:
        return lambda state, inputs: state["x"]
    place = compile_rules({"point": expr})
    if plan.method.gradients == 1:
        return lambda state, inputs: place(state, inputs)["point"]
    return lambda state, inputs: place(state, {**inputs, **at_iterate(gradient(state["x"]))})["point"]


def at_iterate(g: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the point may read of the gradient at the iterate, by name."""
    return {"g": g, "grad_sq": _or_one((g**2).sum(-1))[..., None]}


def reduced(
    plan: Plan,
    state: State,
    y: np.ndarray,
    g: np.ndarray,
    inputs: Mapping[str, np.ndarray],
    p: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return the numbers of the whole vector that the update reads, shape (..., 1), by name.

    Methods with a metric have the step `p` in it; line searches read the step's inputs.

    Where the gradient vanishes a number that is divided by it reads one: nothing moves there.
    """
    problem, read = plan.problem, _numbers_read(plan.method)
    if not read:
        return {}
    functions: dict[Symbol, Callable[[], np.ndarray]] = {
        s.delta: lambda: problem.gap(y),
        s.grad_sq: lambda: _or_one((g**2).sum(-1)),
        s.grad_l1: lambda: np.abs(g).sum(-1),
        sum_inner: lambda: (g * state["s"]).sum(-1),
        s.grad_curvature: lambda: _or_one(((g @ problem.H) * g).sum(-1)),
    }
    if plan.method.search is not None:
        found = accepted(plan.method.search, problem, y, g, inputs)
        functions |= {s.accepted_step: lambda: found.step, tried: lambda: found.evaluations}
        read = (*read, tried)
    if p is not None:
        functions[m.step_inner] = lambda: (g * p).sum(-1)
        functions[m.step_curvature] = lambda: _or_one((times(problem.hessian(y), p) * p).sum(-1))
    return {each.name: functions[each]()[..., None].astype(plan.dtype) for each in read}


@lru_cache(maxsize=256)
def _numbers_read(method: Method) -> tuple[Symbol, ...]:
    read = set().union(*(rule.free_symbols for rule in method.update.values()))
    return tuple(each for each in REDUCED if each in read)


def scalars(plan: Plan, k: int, which: Any = slice(None)) -> dict[str, np.ndarray]:
    """Return by name what a step reads besides state and gradient; alpha and weight have shape (S, 1)."""
    assert plan.weights is not None
    values = {"alpha": plan.alphas[which, k, None], "weight": plan.weights[which, k, None], "k": np.array(k)}
    return {name: value.astype(plan.dtype) for name, value in values.items()}


def in_metric(
    steps: MetricSteps | None,
    plan: Plan,
    state: State,
    y: np.ndarray,
    g: np.ndarray,
    k: int,
    inputs: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], State]:
    """Return what a step of full gradients reads of f, by name, and the next states of its metric."""
    if steps is None:
        return {"g": g, **reduced(plan, state, y, g, inputs)}, {}
    p, after = steps(state, g, k)
    return {"g": g, "p": p, **reduced(plan, state, y, g, inputs, p)}, after


def _or_one(values: np.ndarray) -> np.ndarray:
    return np.where(values == 0, 1.0, values)


def moved(
    reader: Reader,
    point: Callable[[State, Mapping[str, np.ndarray]], np.ndarray],
    step: Callable[[State, Mapping[str, np.ndarray]], State],
    state: State,
    inputs: Mapping[str, np.ndarray],
    batch: np.ndarray,
    fallen: np.ndarray,
) -> State:
    """Return the state after a step of a method with draws: a batch (R, b) and coins (R,)."""
    g = reader.gradient(np.broadcast_to(point(state, inputs), state["x"].shape), batch)
    read = {**inputs, "g": g, **reader.read(state, inputs, batch, fallen, g)}
    after = step(state, read)
    if TABLE in state:
        reader.store(state[TABLE], batch, {**state, **read})
        after[TABLE] = state[TABLE]
    return after


class NumpyEngine:
    """State of all replicas as arrays (S, R, d), moved one step at a time."""

    def __init__(self, plan: Plan) -> None:
        shape = (plan.alphas.shape[0], plan.replicas.size, plan.problem.d)
        expressions = rules_of(plan)
        self._plan = plan
        self._step = compile_rules(expressions)
        self._point = compiled_point(plan, plan.problem.gradient)
        if plan.in_passes:
            self._passes = Passes(plan.seed, plan.replicas, plan.problem.n, plan.order)
        start = np.broadcast_to(plan.problem.x0.astype(plan.dtype), shape)
        rest = np.zeros(shape, plan.dtype)
        self._state = {name: start if started(plan.method, name) else rest for name in expressions}
        self._metric = None if plan.method.metric is None else MetricSteps(plan)
        if self._metric is not None:
            self._state |= self._metric.start(shape, plan.dtype)
        # Drawn ahead in blocks, also where a run stops at every step.
        self._next, self._drawn = 0, self._batches(0, plan.alphas.shape[-1])
        self._reader = None if plan.method.draws is None else Reader(plan)
        if self._reader is not None:
            self._state |= self._reader.start(shape)

    def points(self) -> np.ndarray:
        """Return the iterates, shape (S, R, d)."""
        return self._state["x"]

    def state(self, name: str) -> np.ndarray:
        """Return a state variable, shape (S, R, d), or what is stored for samples, (S, R, n d or n)."""
        if name in self._state:
            return self._state[name]
        # Later steps write into it.
        return self._state[TABLE].reshape(*self._state["x"].shape[:2], -1).copy()

    def averages(self, weight: np.ndarray) -> np.ndarray:
        """Return the weighted averages of the iterates before the present one, shape (S, R, d).

        `weight` (S, 1, 1) is what the weights add up to.
        """
        return self._state[SUM] / weight

    def advance(self, start: int, stop: int) -> None:
        """Make the updates ``start .. stop - 1``."""
        plan, problem = self._plan, self._plan.problem
        if start != self._next:
            self._drawn = self._batches(start, plan.alphas.shape[-1])
        self._next = stop
        for k, batch in zip(range(start, stop), self._drawn, strict=False):
            # One axis more, for the replicas.
            inputs = {name: value[..., None] for name, value in scalars(plan, k).items()}
            if self._reader is not None and batch is not None:
                fallen = coins(plan, np.array([k]))[0]
                self._state = moved(self._reader, self._point, self._step, self._state, inputs, batch, fallen)
                continue
            y = self._point(self._state, inputs)
            g = problem.gradient(y) if batch is None else problem.batch_gradient(y, batch)
            read, after = in_metric(self._metric, plan, self._state, y, g, k, inputs)
            self._state = self._step(self._state, inputs | read) | after

    def _batches(self, start: int, stop: int) -> Iterator[np.ndarray | None]:
        """Yield the indices (R, b) of each step, or None for the full gradient."""
        plan = self._plan
        if plan.deterministic:
            yield from (None for _ in range(start, stop))
            return
        if plan.sizes is not None:
            for k in range(start, stop):
                size = int(plan.sizes[k])
                yield from indices(
                    plan.seed, plan.replicas, np.array([k]), plan.problem.n, size, plan.replacement
                )
            return
        block = max(1, _DRAWS // (plan.replicas.size * (plan.batch + 3)))
        for first in range(start, stop, block):
            numbers = np.arange(first, min(first + block, stop))
            if plan.method.draws is not None and plan.method.draws.uneven:
                yield from weighted_indices(plan, numbers)
            elif plan.in_passes:
                yield from self._passes.indices(numbers, plan.batch)
            else:
                # Runs of several lengths share blocks of a power of two.
                count = min(block, 1 << (stop - first - 1).bit_length())
                yield from _drawn(
                    plan.seed,
                    plan.replicas.astype(np.uint64).tobytes(),
                    (first, first + count),
                    plan.problem.n,
                    plan.batch,
                    plan.replacement,
                )[: numbers.size]


@lru_cache(maxsize=32)
def _drawn(
    seed: int, replicas: bytes, steps: tuple[int, int], n: int, batch: int, replacement: bool
) -> np.ndarray:
    """Return the samples of a block of steps, (T, R, b): runs of one seed read the same."""
    found = indices(seed, np.frombuffer(replicas, np.uint64), np.arange(*steps), n, batch, replacement)
    found.flags.writeable = False
    return found


def run(plan: Plan) -> dict[str, np.ndarray]:
    """Run a plan; see :func:`ratebound.experiments.backends.recorder.record` for what is returned.

    Raises
    ------
    RateboundError
        If the update of the method reads an unknown symbol.
    """
    with quiet:
        return record(plan, NumpyEngine(plan))
