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
    """Pose exact line search: the next gradient is orthogonal to step and gradient."""
    from PEPit import Point
    from PEPit.functions import SmoothStronglyConvexFunction

    f = program.declare_function(SmoothStronglyConvexFunction, L=task["L"], mu=task["mu"] or 0)
    x_star, run = f.stationary_point(), [program.set_initial_point()]
    size = {"gap0": lambda x: f(x) - f(x_star), "grad0_sq": lambda x: f.gradient(x) ** 2}
    for name, value in task["starts"].items():
        program.set_initial_condition(size[name](run[0]) <= value)
    for _ in task["alphas"]:
        x, after = run[-1], Point()
        program.add_constraint(f.gradient(after) * f.gradient(x) == 0)
        program.add_constraint(f.gradient(after) * (after - x) == 0)
        run.append(after)
    for x in run:
        if task["mean_pl"]:
            program.add_constraint(f.gradient(x) ** 2 >= 2 * task["mean_pl"] * (f(x) - f(x_star)))
        if task["level_radius"]:
            program.add_constraint((x - x_star) ** 2 <= task["level_radius"] ** 2)
    if task["measure"] == "gap_last":
        program.set_performance_metric(f(run[-1]) - f(x_star))
    else:
        squares = [f.gradient(x) ** 2 for x in run[:-1]]
        program.set_performance_metric(sum(squares[1:], squares[0]) / len(squares))


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
