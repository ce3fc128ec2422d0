"""Semidefinite programs in a process of their own: tasks as JSON on stdin, worst cases as JSON on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from ratebound.experiments.pep.tree import pose


def solve(task: Mapping[str, Any]) -> float:
    """Return the worst case of a method over a class, by PEPit."""
    from PEPit import PEP

    program = PEP()
    poses = {"line_search": _line_search, "polyak": _polyak}
    poses.get(task["function_class"], pose)(program, task)
    # The default solver may return values below the true worst case.
    return float(program.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0))


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


def main() -> None:
    """Read the tasks, print their values."""
    print(json.dumps([solve(task) for task in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
