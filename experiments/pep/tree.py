"""Runs of linear methods as semidefinite programs: all that may happen in a step becomes a branch.

Gradients are full, with an error or not, or those of one of two components, or f is of a class and its
estimates are ``grad f + e`` and ``grad f - e`` with any e that the assumptions on the noise allow.
Expectations are sums over the branches with their shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ratebound.experiments.pep.world import Task, World, total
from ratebound.theory.readings import READINGS, state_of
from ratebound.theory.visits import CYCLIC, INDEPENDENT, SHUFFLE_ONCE


@dataclass
class Node:
    """Where a run may be: its share, state variables, stored vectors, x_0 .. x_j, and samples so far."""

    share: float
    states: dict[str, Any]
    stored: list[Any]
    points: list[Any]
    visited: tuple[int, ...] = ()

    def to(self, share: float, states: dict[str, Any], stored: list[Any], sample: int) -> Node:
        """Return the node after a step."""
        points, visited = [*self.points, states["x"]], (*self.visited, sample)
        return Node(self.share * share, states, stored, points, visited)


def pose(program: Any, task: Task) -> None:
    """Pose a run: functions, start, steps, noise and the measure at its end."""
    world = World(program, task)
    levels = [[_start(world, task)]]
    for outcomes, alpha in zip(task["steps"], task["alphas"], strict=True):
        levels.append(
            [after for node in levels[-1] for after in _stepped(world, task, node, outcomes, alpha)]
        )
    if task["to_end"]:
        for node in levels[-1]:
            _estimates(world, task, node, node.states["x"])
    values = measured(task, levels, world)
    world.close()
    for value in values:
        program.set_performance_metric(value)


def _start(world: World, task: Task) -> Node:
    x, nothing = world.start, 0 * world.start
    states = {name: x if name in task["from_start"] else nothing for name in task["states"]}
    states |= {name: world.gradient(x) for name in task["from_gradient"]}
    blank = task["first"] == "zeros" or not task["table"]
    mean = world.gradient(x) if task["first"] == "centred" else nothing
    return Node(1.0, states, [nothing if blank else part.gradient(x) - mean for part in world.parts], [x])


def _stepped(
    world: World, task: Task, node: Node, outcomes: Sequence[Mapping[str, Any]], alpha: float
) -> Iterator[Node]:
    """Yield the nodes after a step, one for each outcome of the coin and each sample or sign of the noise."""
    for outcome in outcomes:
        if "g" in outcome["point"]:
            # A second gradient per step is taken where the first one leads.
            y = combined(outcome["point"], {**node.states, "g": world.gradient(node.states["x"])})
        else:
            y = combined(outcome["point"], node.states)
        full = {name: world.gradient(combined(row, node.states)) for name, row in outcome["full"].items()}
        for share, sample, scale, estimate in _estimates(world, task, node, y):
            part = world.parts[sample]
            also = {
                name: scale * part.gradient(combined(row, {**node.states, "g": estimate}))
                for name, row in outcome["also"].items()
            }
            read = {**node.states, **full, **also, "g": estimate, task["table"]: node.stored[sample]}
            for name, row in outcome["placed"].items():
                if any(name in each for each in outcome["update"].values()):
                    read[name] = world.placed(combined(row, read), alpha)
            states = {name: combined(row, read) for name, row in outcome["update"].items()}
            stored = list(node.stored)
            stored[sample] = combined(outcome["stores"], read)
            yield node.to(outcome["share"] * share, states, stored, sample)


def _estimates(world: World, task: Task, node: Node, y: Any) -> list[tuple[float, int, float, Any]]:
    """Return the estimates of the gradient at a point: their shares, samples, factors and values."""
    from PEPit import Point

    # No step is made from the last point.
    k = min(len(node.points), len(task["moments"])) - 1
    if task["estimates"] == "components" and task["batches"][k] > 1:
        gradients = [part.gradient(y) for part in world.parts]
        batches = list(combinations(gradients, min(task["batches"][k], len(gradients))))
        return [(1 / len(batches), 0, 1.0, total(batch) / len(batch)) for batch in batches]
    if task["estimates"] == "components":
        drawn = _samples(task, node)
        independent = task["order"] == INDEPENDENT
        scales = [1 / (len(world.parts) * share) if independent else 1.0 for share, _ in drawn]
        slopes = {i: world.parts[i].gradient(y) for _, i in drawn}
        if len(drawn) > 1 or task["moments"][k]:
            squares = [part.gradient(y) ** 2 / len(world.parts) for part in world.parts]
            world.limit(y, world.gradient(y), total(squares), k)
        return [(share, i, scale, scale * slopes[i]) for (share, i), scale in zip(drawn, scales, strict=True)]
    g = world.gradient(y)
    if task["estimates"] == "full":
        world.limit(y, g, g**2, k)
        return [(1.0, 0, 1.0, g)]
    error = Point()
    world.limit(y, g, g**2 + error**2, k)
    if task["estimates"] == "inexact":
        return [(1.0, 0, 1.0, g + error)]
    return [(0.5, 0, 1.0, g + error), (0.5, 0, 1.0, g - error)]


def _samples(task: Task, node: Node) -> list[tuple[float, int]]:
    """Return the samples that may come next, with their shares."""
    order, visited = task["order"], node.visited
    if order == INDEPENDENT:
        return [(share, i) for i, share in enumerate(task["probabilities"])]
    if len(visited) % 2:
        return [(1.0, 1 - visited[-1])]
    if order == CYCLIC:
        return [(1.0, 0)]
    if order == SHUFFLE_ONCE and visited:
        return [(1.0, visited[0])]
    return [(0.5, 0), (0.5, 1)]


def measured(task: Task, levels: list[list[Node]], world: World) -> list[Any]:
    """Return the values whose least one is the measure."""
    f, low, measure = world.whole, world.low, task["measure"]
    shares = {j: w / sum(task["weights"]) for j, w in enumerate(task["weights"]) if w}

    def square(node: Node) -> Any:
        return world.gradient(node.states["x"]) ** 2

    if measure == "distance_sq":
        return [_mean(levels[-1], lambda node: (node.states["x"] - world.x_star) ** 2)]
    if measure == "gap_last":
        return [_mean(levels[-1], lambda node: f(node.states["x"]) - low)]
    if measure == "gap_average":

        def averaged(node: Node) -> Any:
            return f(total([share * node.points[j] for j, share in shares.items()])) - low

        return [_mean(levels[-2], averaged)]
    if measure in ("gap_best", "gap_mean"):
        gaps = {j: _mean(levels[j], lambda node: f(node.states["x"]) - low) for j in shares}
        return list(gaps.values()) if measure == "gap_best" else [_weighed(shares, gaps)]
    if measure == "grad_norm_sq_last":
        return [_mean(levels[-1], square)]
    if measure in READINGS and READINGS[measure].norm == "square":
        return [_mean(levels[-1], lambda node: node.states[state_of(measure)] ** 2)]
    squares = {j: _mean(levels[j], square) for j in shares}
    if measure == "grad_norm_sq_best":
        return list(squares.values())
    if measure == "grad_norm_sq_mean":
        return [_weighed(shares, squares)]
    raise ValueError(f"no program reads {measure}")


def _weighed(shares: Mapping[int, float], values: Mapping[int, Any]) -> Any:
    return total([share * values[j] for j, share in shares.items()])


def _mean(nodes: list[Node], value: Callable[[Node], Any]) -> Any:
    return total([node.share * value(node) for node in nodes])


def combined(row: Mapping[str, float], vectors: Mapping[str, Any]) -> Any:
    """Return the sum of named vectors times factors."""
    terms = [factor * vectors[name] for name, factor in row.items()]
    return total(terms) if terms else 0 * vectors["x"]
