"""Methods that choose the lengths of their steps: programs for lengths that they happen to have.

A length that depends on the run is no number of a program. So it is given, one for all steps, and the run
is one in which the method takes it: the condition for that is linear in values and inner products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from ratebound.experiments.pep.tree import Node, measured
from ratebound.experiments.pep.world import Task, World
from ratebound.theory.method import Method
from ratebound.theory.methods import polyak, sam_normalised, steepest
from ratebound.theory.methods.searched import armijo, exact_search, wolfe

Step: TypeAlias = Callable[[Any, Task, World, Any, float], Any]
"""From the program, the task, its functions, a point and the step of the theorem to the next point."""


def _to_minimum(program: Any, task: Task, world: World, x: Any, alpha: float) -> Any:
    """Go to the minimum along the gradient, where the next one is orthogonal, or a part of the way."""
    from PEPit import Point

    lowest, g = Point(), world.gradient(x)
    after = world.gradient(lowest)
    program.add_constraint(after * g == 0)
    program.add_constraint(after * (lowest - x) == 0)
    return x + (alpha if task["chooses"] == steepest.name else 1.0) * (lowest - x)


def _polyak(program: Any, task: Task, world: World, x: Any, alpha: float) -> Any:
    g = world.gradient(x)
    program.add_constraint(task["length"] * g**2 == alpha * (world.f(x) - world.low))
    return x - task["length"] * g


def _armijo(program: Any, task: Task, world: World, x: Any, alpha: float) -> Any:
    """Take a step by which f falls enough, where the trial before, if there was one, was too long."""
    g, f, length, c1 = world.gradient(x), world.f, task["length"], task["c1"]
    after, trial = x - length * g, length / task["shrink"]
    program.add_constraint(f(after) <= f(x) - c1 * length * g**2)
    if trial <= alpha * (1 + 1e-9):
        program.add_constraint(f(x - trial * g) >= f(x) - c1 * trial * g**2)
    return after


def _wolfe(program: Any, task: Task, world: World, x: Any, alpha: float) -> Any:
    g, f, length = world.gradient(x), world.f, task["length"]
    after = x - length * g
    program.add_constraint(f(after) <= f(x) - task["c1"] * length * g**2)
    program.add_constraint(world.gradient(after) * g <= task["c2"] * g**2)
    return after


def _ahead(program: Any, task: Task, world: World, x: Any, alpha: float) -> Any:
    """Step along the gradient a length gamma uphill, which is `length` times the gradient."""
    g = world.gradient(x)
    program.add_constraint(task["length"] ** 2 * g**2 == task["gamma"] ** 2)
    return x - alpha * world.gradient(x + task["length"] * g)


CHOOSING: Mapping[Method, Step] = MappingProxyType(
    {
        exact_search: _to_minimum,
        steepest: _to_minimum,
        polyak: _polyak,
        armijo: _armijo,
        wolfe: _wolfe,
        sam_normalised: _ahead,
    }
)
"""The steps of these methods."""
OF_LENGTH = frozenset({polyak, armijo, wolfe, sam_normalised})
"""Those of which a length is to be given: to the minimum there is one way."""
_BY_NAME = {method.name: step for method, step in CHOOSING.items()}


def pose_chosen(program: Any, task: Task) -> None:
    """Pose a run of such a method."""
    world = World(program, task)
    run, step = [world.start], _BY_NAME[task["chooses"]]
    for k, alpha in enumerate(task["alphas"]):
        g = world.gradient(run[-1])
        world.limit(run[-1], g, g**2, k)
        run.append(step(program, task, world, run[-1], alpha))
    if task["level_radius"]:
        for x in run:
            program.add_constraint((x - world.x_star) ** 2 <= task["level_radius"] ** 2)
    levels = [[Node(1.0, {"x": x}, [], run[: k + 1])] for k, x in enumerate(run)]
    values = measured(task, levels, world)
    world.close()
    for value in values:
        program.set_performance_metric(value)
