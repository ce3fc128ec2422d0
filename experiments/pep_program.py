"""Semidefinite programs in a process of their own: tasks as JSON on stdin, worst cases as JSON on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def solve(task: Mapping[str, Any]) -> float:
    """Return the worst case of a method over a class, by PEPit."""
    from PEPit import PEP

    program = PEP()
    pose = {"components": _paths, "line_search": _line_search, "polyak": _polyak}
    pose.get(task["function_class"], _full_gradients)(program, task)
    # The default solver may return values below the true worst case.
    return float(program.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0))


def _declare(program: Any, task: Mapping[str, Any]) -> Any:
    from PEPit import functions

    kind, L, mu = task["function_class"], task["L"], task["mu"]
    if kind == "convex":
        return program.declare_function(functions.SmoothConvexFunction, L=L)
    if kind == "pl":
        return program.declare_function(functions.SmoothQuadraticLojasiewiczFunctionExpensive, L=L, mu=mu)
    if kind == "smooth":
        return program.declare_function(functions.SmoothFunction, L=L)
    if kind == "quadratic":
        return program.declare_function(functions.SmoothStronglyConvexQuadraticFunction, L=L, mu=mu or 0)
    if L is None:
        # Nonsmooth: the subgradients that the run meets are bounded one by one.
        return program.declare_function(functions.StronglyConvexFunction, mu=mu or 0)
    return program.declare_function(functions.SmoothStronglyConvexFunction, L=L, mu=mu)


def _full_gradients(program: Any, task: Mapping[str, Any]) -> None:
    f = _declare(program, task)
    x, whole, project = program.set_initial_point(), f, None
    if task["projected"]:
        x, whole, project = _onto_set(program, f, x)
    # A smooth function that is only bounded below need not attain its infimum.
    attained = task["function_class"] != "smooth"
    if attained:
        x_star = whole.stationary_point()
        f_star = f(x_star)
        starts = {"D": (x - x_star) ** 2, "gap0": f(x) - f_star, "grad0_sq": f.gradient(x) ** 2}
        energy = f(x) - f_star + (task["mu"] or 0) / 2 * (x - x_star) ** 2
        program.set_initial_condition(starts.get(task["start"], energy) <= 1)
    start, gradients, points = x, [], []
    # The states of the method, the iterate first, start at x_0 or at zero.
    states = [x if starts else 0 * x for starts in task["follows"]]
    for keep, push, point in zip(task["keep"], task["push"], task["point"], strict=True):
        points.append(states[0])
        gradients.append(f.gradient(_combined(point, states)))
        states = [_combined([*row, p], [*states, gradients[-1]]) for row, p in zip(keep, push, strict=True)]
        states = states if project is None else [project(states[0]), *states[1:]]
    x = states[0]
    if task["noise"] is not None:
        bounded = [*gradients, *([f.gradient(x)] if task["to_end"] else [])]
        for g in bounded:
            program.add_constraint(g**2 <= task["noise"])
    if task["measure"] == "gap_last":
        program.set_performance_metric(f(x) - f_star)
    elif task["measure"] == "distance_sq":
        program.set_performance_metric((x - x_star) ** 2)
    elif task["measure"] == "gap_average":
        shares = [w / sum(task["weights"]) for w in task["weights"]]
        program.set_performance_metric(f(_combined(shares, points)) - f_star)
    elif task["measure"] == "grad_norm_sq_mean":
        program.set_performance_metric(sum(g**2 for g in gradients) / len(gradients))
    elif task["measure"] == "grad_norm_sq_last":
        program.set_performance_metric(f.gradient(x) ** 2)
    elif attained:
        for g in gradients:
            program.set_performance_metric(g**2)
    else:
        for g in gradients:
            program.set_performance_metric(g**2)
        # f >= f(x) - ||grad f(x)||^2 / (2 L) at every point: the infimum lies below all of these.
        program.set_initial_condition(f(start) - f(x) + f.gradient(x) ** 2 / (2 * task["L"]) <= 1)


def _onto_set(program: Any, f: Any, x: Any) -> tuple[Any, Any, Any]:
    """Return x projected onto a convex set, f with the indicator of the set, and the projection."""
    from PEPit.functions import ConvexIndicatorFunction
    from PEPit.primitive_steps import proximal_step

    indicator = program.declare_function(ConvexIndicatorFunction)

    def project(y: Any) -> Any:
        return proximal_step(y, indicator, 1)[0]

    return project(x), f + indicator, project


def _line_search(program: Any, task: Mapping[str, Any]) -> None:
    """Pose steepest descent with exact line search: the next gradient is orthogonal to step and gradient."""
    from PEPit import Point
    from PEPit.functions import SmoothStronglyConvexFunction

    f = program.declare_function(SmoothStronglyConvexFunction, L=task["L"], mu=task["mu"])
    x_star, x = f.stationary_point(), program.set_initial_point()
    program.set_initial_condition(f(x) - f(x_star) <= 1)
    for _ in task["alphas"]:
        g, after = f.gradient(x), Point()
        program.add_constraint(f.gradient(after) * g == 0)
        program.add_constraint(f.gradient(after) * (after - x) == 0)
        x = after
    program.set_performance_metric(f(x) - f(x_star))


def _polyak(program: Any, task: Mapping[str, Any]) -> None:
    """Pose a step of Polyak whose length happens to be the one given."""
    from PEPit.functions import SmoothStronglyConvexFunction

    f = program.declare_function(SmoothStronglyConvexFunction, L=task["L"], mu=task["mu"])
    x_star, x = f.stationary_point(), program.set_initial_point()
    program.set_initial_condition((x - x_star) ** 2 <= 1)
    g = f.gradient(x)
    program.add_constraint(task["length"] * g**2 == task["alphas"][0] * (f(x) - f(x_star)))
    program.set_performance_metric((x - task["length"] * g - x_star) ** 2)


def _combined(factors: Sequence[float], vectors: Sequence[Any]) -> Any:
    terms = [c * v for c, v in zip(factors, vectors, strict=True)]
    return sum(terms[1:], start=terms[0])


def _paths(program: Any, task: Mapping[str, Any]) -> None:
    """Pose SGD or SAGA on two components: every path of samples has points of its own."""
    from PEPit.functions import SmoothStronglyConvexFunction

    components = [
        program.declare_function(SmoothStronglyConvexFunction, L=task["L"], mu=task["mu"] or 0)
        for _ in range(2)
    ]
    f = np.mean(components)
    x_star = f.stationary_point()
    x = program.set_initial_point()
    program.set_initial_condition((x - x_star) ** 2 <= 1)
    if task["gap0"] is not None:
        program.set_initial_condition(f(x) - f(x_star) <= task["gap0"])
    noise = np.mean([each.gradient(x_star) ** 2 for each in components])
    program.add_constraint(noise <= task["noise"])
    average = task["measure"] == "gap_average"
    stored = [each.gradient(x) for each in components] if task["table"] else None
    paths = [([x], stored)]
    # An average is over the points before the last step.
    for alpha in task["alphas"][: -1 if average else None]:
        paths = [
            _moved(path, table, alpha, each, i) for path, table in paths for i, each in enumerate(components)
        ]
    walked = [path for path, _ in paths]
    if average:
        program.set_performance_metric(np.mean([f(np.mean(path)) for path in walked]) - f(x_star))
    else:
        program.set_performance_metric(np.mean([(path[-1] - x_star) ** 2 for path in walked]))


def _moved(path: list[Any], table: list[Any] | None, alpha: float, drawn: Any, i: int) -> tuple[Any, Any]:
    """Return a path and its stored gradients after a step with the component i."""
    g = drawn.gradient(path[-1])
    if table is None:
        return [*path, path[-1] - alpha * g], None
    estimate = g - table[i] + np.mean(table)
    return [*path, path[-1] - alpha * estimate], [*table[:i], g, *table[i + 1 :]]


def main() -> None:
    """Read the tasks, print their values."""
    print(json.dumps([solve(task) for task in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
