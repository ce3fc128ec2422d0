"""The functions of a semidefinite program: their class, their minimum, and what limits their gradients.

Either f alone is of a class, or f is the mean of two components of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Task = Mapping[str, Any]


class World:
    """Functions, the start and the minimum.

    Parameters
    ----------
    program
        A PEP.
    task
        See :mod:`ratebound.experiments.pep.worst_case`.
    """

    def __init__(self, program: Any, task: Task) -> None:
        from PEPit import Expression
        from PEPit.functions import ConvexFunction, ConvexIndicatorFunction

        self._program, self._task = program, task
        self.parts = [_declare(program, task, L) for L in task["curvatures"]]
        self.f = np.mean(self.parts) if len(self.parts) > 1 else self.parts[0]
        self.start, self.whole = program.set_initial_point(), self.f
        self._other: Any = None
        if task["after"]:
            kinds = {"projection": ConvexIndicatorFunction, "proximal": ConvexFunction}
            self._other = program.declare_function(kinds[task["after"]])
            self.whole = self.f + self._other
        if task["after"] == "projection":
            self.start = self.placed(self.start, 1)
        # A smooth function that is only bounded below need not attain its infimum.
        attained = task["function_class"] != "smooth"
        self.x_star = self._minimum() if attained else None
        self.low = self.whole(self.x_star) if attained else Expression()
        self._at: dict[Any, tuple[Any, Any]] = {}
        self._begin()
        if task["radius"] is not None:
            self._near(task["radius"])

    def _minimum(self) -> Any:
        """Return x*, where the components may have gradients that cancel, as large as the noise."""
        from PEPit import Expression, Point

        task = self._task
        if not task["common"]:
            x_star = self.whole.stationary_point()
            if task["noise"] is not None:
                # With a penalty, or on a set, the gradients at x* need not cancel.
                mean = self.f.gradient(x_star) if task["after"] else 0 * self.start
                weighted = [
                    w * (part.gradient(x_star) - mean) ** 2
                    for w, part in zip(task["noise_of"], self.parts, strict=True)
                ]
                self._program.add_constraint(total(weighted) <= task["noise"])
            return x_star
        x_star = Point()
        for part in self.parts:
            part.add_point((x_star, 0 * x_star, Expression()))
        return x_star

    def _begin(self) -> None:
        x, starts = self.start, self._task["starts"]
        for name, value in starts.items():
            if name == "D":
                size = (x - self.x_star) ** 2
            elif name == "gap0":
                size = self.whole(x) - self.low
            elif name == "penalty0":
                size = self._other(x)
            else:
                size = self.f.gradient(x) ** 2
            self._program.set_initial_condition(size <= value)

    def _near(self, radius: float) -> None:
        """Let a pass of two components that takes the gradients of x* stay within the radius of x*."""
        gone, (one, two) = [], self.parts
        for part, other in ((one, two), (two, one)):
            after = self.x_star - self._task["alphas"][0] * other.gradient(self.x_star)
            slope = part.gradient(self.x_star) * (after - self.x_star)
            gone.append(part(after) - part(self.x_star) - slope)
        self._program.add_constraint(total(gone) / 2 <= self._task["alphas"][0] ** 2 * radius)

    def placed(self, x: Any, alpha: float) -> Any:
        """Return the projection or proximal step of a point, where the method takes one."""
        from PEPit.primitive_steps import proximal_step

        return x if self._other is None else proximal_step(x, self._other, alpha)[0]

    def gradient(self, y: Any) -> Any:
        """Return the gradient of f at a point of the run, the same one whenever it comes there."""
        place = frozenset(y.decomposition_dict.items())
        if place not in self._at:
            self._at[place] = y, self.f.gradient(y)
        return self._at[place][1]

    def limit(self, y: Any, g: Any, moment: Any, k: int) -> None:
        """Let E||g_k||^2 at a point be as the assumptions on the noise say."""
        for row in self._task["moments"][k]:
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
        """Add what holds between the points of the run: the infimum, and what is assumed of a mean."""
        task, f, add, seen = self._task, self.f, self._program.add_constraint, list(self._at.values())
        if "penalty0" in task["starts"]:
            for _, _, value in self._other.list_of_points:
                add(value >= 0)
        if self.x_star is None:
            for y, g in seen:
                add(self.low <= f(y) - g**2 / (2 * task["curvatures"][0]))
        if task["mean_pl"]:
            for y, g in seen:
                add(g**2 >= 2 * task["mean_pl"] * (f(y) - self.low))
        if task["mean_mu"]:
            known = [*seen, (self.x_star, f.gradient(self.x_star))]
            for y, g in known:
                for z, _ in known:
                    if z is not y:
                        add(f(z) >= f(y) + g * (z - y) + task["mean_mu"] / 2 * (z - y) ** 2)


def total(terms: Sequence[Any]) -> Any:
    """Return the sum of vectors or of numbers of a program, to neither of which a plain zero can be added."""
    return sum(terms[1:], start=terms[0])


def _declare(program: Any, task: Task, L: float | None) -> Any:
    from PEPit import functions

    kind, mu = task["function_class"], task["mu"]
    if kind == "convex":
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
