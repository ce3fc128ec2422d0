"""Runs of linear methods as semidefinite programs: one outcome at every step, or two that are equally likely.

Gradients are full, or those of one of two components of a class whose mean is f, or f is of a class and its
estimates are ``grad f + e`` and ``grad f - e`` with any e that the assumptions on the noise allow.
Expectations are means over all paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Task = Mapping[str, Any]


@dataclass
class _Node:
    """A state of a run: its variables, the points x_0 .. x_j before and here, and the stored gradients."""

    states: list[Any]
    points: list[Any]
    stored: list[Any] | None
    gradient: Any = None

    def after(self, states: list[Any], stored: list[Any] | None) -> _Node:
        return _Node(states, [*self.points, states[0]], stored)


def pose(program: Any, task: Task) -> None:
    """Pose a run: functions, start, steps, noise and the measure at its end."""
    world = _World(program, task)
    levels = _walk(task, world)
    if task["to_end"]:
        for node in levels[-1]:
            world.draw(node, node.states[0])
    world.close()
    for value in _measured(task, levels, world):
        program.set_performance_metric(value)


class _World:
    """The functions of a program, their minimum, and the estimates of gradients at a point."""

    def __init__(self, program: Any, task: Task) -> None:
        from PEPit import Expression
        from PEPit.functions import ConvexFunction, ConvexIndicatorFunction

        self._program, self._task = program, task
        drawn = task["estimates"] == "components"
        self._parts = [_declare(program, task) for _ in range(2 if drawn else 1)]
        self.f = np.mean(self._parts) if drawn else self._parts[0]
        self.start, self.whole, self._other = program.set_initial_point(), self.f, None
        if task["after"]:
            kinds = {"projection": ConvexIndicatorFunction, "proximal": ConvexFunction}
            self._other = program.declare_function(kinds[task["after"]])
            self.whole = self.f + self._other
        if task["after"] == "projection":
            self.start = self._placed(self.start, 1)
        # A smooth function that is only bounded below need not attain its infimum.
        attained = task["function_class"] != "smooth"
        self.x_star = self._minimum() if attained else None
        self.low = self.whole(self.x_star) if attained else Expression()
        self._seen: list[tuple[Any, Any]] = []
        if drawn:
            self._seen.append((self.x_star, 0 * self.start))
        self._begin()

    def _minimum(self) -> Any:
        """Return x*, where the components may have gradients that cancel, as large as the noise."""
        from PEPit import Expression, Point

        noise = self._task["noise"]
        if len(self._parts) == 1 or noise is not None:
            x_star = self.whole.stationary_point()
            if len(self._parts) > 1:
                slopes = np.mean([part.gradient(x_star) ** 2 for part in self._parts])
                self._program.add_constraint(slopes <= noise)
            return x_star
        x_star = Point()
        for part in self._parts:
            part.add_point((x_star, 0 * x_star, Expression()))
        return x_star

    def _begin(self) -> None:
        x, starts = self.start, self._task["starts"]
        for name, value in starts.items():
            if name == "D":
                size = (x - self.x_star) ** 2
            elif name == "gap0":
                size = self.whole(x) - self.low
            elif name == "grad0_sq":
                size = self.f.gradient(x) ** 2
            else:
                size = self.whole(x) - self.low + self._task["mu"] / 2 * (x - self.x_star) ** 2
            self._program.set_initial_condition(size <= value)

    def start_node(self) -> _Node:
        """Return the beginning: the states that start at x_0, the others at zero."""
        states = [self.start if starts else 0 * self.start for starts in self._task["follows"]]
        stored = [part.gradient(self.start) for part in self._parts] if self._task["table"] else None
        return _Node(states, [states[0]], stored)

    def draw(self, node: _Node, y: Any) -> list[tuple[Any, list[Any] | None]]:
        """Return the estimates of the gradient at a point, with what is stored after each."""
        from PEPit import Point

        if self._task["estimates"] == "components":
            return self._component(node, y)
        node.gradient = self.f.gradient(y)
        self._seen.append((y, node.gradient))
        if self._task["estimates"] == "full":
            self._bound(y, node.gradient, node.gradient**2)
            return [(node.gradient, None)]
        error = Point()
        self._bound(y, node.gradient, node.gradient**2 + error**2)
        return [(node.gradient + error, None), (node.gradient - error, None)]

    def _component(self, node: _Node, y: Any) -> list[tuple[Any, list[Any] | None]]:
        slopes = [part.gradient(y) for part in self._parts]
        node.gradient = np.mean(slopes)
        self._seen.append((y, node.gradient))
        if node.stored is None:
            return [(g, None) for g in slopes]
        mean = np.mean(node.stored)
        return [
            (g - node.stored[i] + mean, [*node.stored[:i], g, *node.stored[i + 1 :]])
            for i, g in enumerate(slopes)
        ]

    def _bound(self, y: Any, g: Any, moment: Any) -> None:
        for row in self._task["moments"]:
            # Of what an assumption does not read, the class may have no value.
            limit = row["one"] + row["grad_sq"] * g**2
            if row["delta"]:
                limit += row["delta"] * (self.f(y) - self.low)
            if row["descent"]:
                limit += row["descent"] * (g * (y - self.x_star))
            if row["d2"]:
                limit += row["d2"] * (y - self.x_star) ** 2
            self._program.add_constraint(moment <= limit)

    def close(self) -> None:
        """Add what holds between the points of the run: the infimum, and strong convexity of a mean."""
        task, f = self._task, self.f
        if self.x_star is None:
            for y, g in self._seen:
                self._program.add_constraint(self.low <= f(y) - g**2 / (2 * task["L"]))
        if task["estimates"] == "components" and task["mu"]:
            for y, g in self._seen:
                for z, _ in self._seen:
                    rise = g * (z - y) + task["mu"] / 2 * (z - y) ** 2
                    if z is not y:
                        self._program.add_constraint(f(z) >= f(y) + rise)

    def placed(self, states: list[Any], alpha: float) -> list[Any]:
        """Return the states after the projection or proximal step of the iterate, where there is one."""
        return states if self._other is None else [self._placed(states[0], alpha), *states[1:]]

    def _placed(self, x: Any, alpha: float) -> Any:
        from PEPit.primitive_steps import proximal_step

        return proximal_step(x, self._other, alpha)[0]

    def gradient(self, node: _Node) -> Any:
        """Return the gradient at the iterate of a node."""
        if node.gradient is None:
            node.gradient = self.f.gradient(node.states[0])
            self._seen.append((node.states[0], node.gradient))
        return node.gradient


def _walk(task: Task, world: _World) -> list[list[_Node]]:
    """Return the nodes of every level, 0 .. K."""
    levels = [[world.start_node()]]
    rows = zip(task["keep"], task["push"], task["point"], task["alphas"], strict=True)
    for keep, push, point, alpha in rows:
        after = []
        for node in levels[-1]:
            for estimate, stored in world.draw(node, combined(point, node.states)):
                vectors = [*node.states, estimate]
                states = [combined([*row, p], vectors) for row, p in zip(keep, push, strict=True)]
                after.append(node.after(world.placed(states, alpha), stored))
        levels.append(after)
    return levels


def _measured(task: Task, levels: list[list[_Node]], world: _World) -> list[Any]:
    """Return the values whose least one is the measure."""
    f, low, last = world.whole, world.low, levels[-1]
    shares = [w / sum(task["weights"]) for w in task["weights"]]
    if task["measure"] == "distance_sq":
        return [np.mean([(node.states[0] - world.x_star) ** 2 for node in last])]
    if task["measure"] == "gap_last":
        return [np.mean([f(node.states[0]) for node in last]) - low]
    if task["measure"] == "gap_average":
        return [np.mean([f(combined(shares, node.points)) for node in levels[-2]]) - low]
    if task["measure"] == "gap_best":
        return [np.mean([f(node.states[0]) for node in level]) - low for level in levels[:-1]]
    if task["measure"] == "grad_norm_sq_last":
        return [np.mean([world.gradient(node) ** 2 for node in last])]
    squares = [np.mean([node.gradient**2 for node in level]) for level in levels[:-1]]
    return squares if task["measure"] == "grad_norm_sq_best" else [combined(shares, squares)]


def combined(factors: Sequence[float], vectors: Sequence[Any]) -> Any:
    """Return the sum of vectors (or numbers) times factors."""
    terms = [c * v for c, v in zip(factors, vectors, strict=True)]
    return sum(terms[1:], start=terms[0])


def _declare(program: Any, task: Task) -> Any:
    from PEPit import functions

    kind, L, mu = task["function_class"], task["L"], task["mu"]
    if kind == "convex" or task["estimates"] == "components":
        return program.declare_function(functions.SmoothConvexFunction, L=L)
    if kind == "pl":
        return program.declare_function(functions.SmoothQuadraticLojasiewiczFunctionExpensive, L=L, mu=mu)
    if kind == "smooth":
        return program.declare_function(functions.SmoothFunction, L=L)
    if kind == "quadratic":
        return program.declare_function(functions.SmoothStronglyConvexQuadraticFunction, L=L, mu=mu or 0)
    if kind == "nonsmooth":
        # The subgradients that the run meets are bounded one by one.
        return program.declare_function(functions.StronglyConvexFunction, mu=mu or 0)
    return program.declare_function(functions.SmoothStronglyConvexFunction, L=L, mu=mu)
