"""Methods with several states in many digits: the rules of a run, and the moments of linear ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
from sympy import Expr, Rational, Symbol

from ratebound.experiments.backends.line_search import line_minimum
from ratebound.experiments.backends.rules import constants_of, known, rules
from ratebound.experiments.evidence.linear import factors, rests
from ratebound.experiments.precise.moments import BITS, WholeMoments, inner, scaled, times
from ratebound.problems.constants import certify
from ratebound.problems.lower import lower_mp
from ratebound.theory import symbols as s
from ratebound.theory.letters.box import sum_inner
from ratebound.theory.method import REDUCED, Search

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.method import LineMinimum, Method

_TRIALS = 2000
"""Of a line search, before rounding is taken for the reason that f does not fall."""
Vector = np.ndarray
"""Numbers of mpmath, or scaled integers, as objects."""


class Rules:
    """The step of a method of full gradients on vectors of mpmath numbers.

    Parameters
    ----------
    problem, method
        What runs; parameters of the method are numbers. Constants that it reads are the certified ones.
    gradient, gap, curved
        f's gradient, its gap and ``H v`` at or for a vector, in many digits.
    """

    def __init__(
        self,
        problem: Problem,
        method: Method,
        gradient: Callable[[Vector], Vector],
        gap: Callable[[Vector], Any],
        curved: Callable[[Vector], Vector],
    ) -> None:
        # Exactly the float: a Float would make 17 digits of what is computed with it.
        values = {name: Rational(certify(problem, name).value) for name in constants_of(method)}
        self._rules = {name: compiled(rule) for name, rule in rules(method, values).items()}
        self._point = compiled(known(method, method.point, values))
        self._gradient, self._twice = gradient, method.gradients > 1
        read = set().union(*(rule.free_symbols for rule in method.update.values()))
        functions: Mapping[Any, Callable[[Mapping[str, Vector], Vector, Vector], Any]] = {
            s.delta: lambda state, y, g: gap(y),
            s.grad_sq: lambda state, y, g: (g @ g) or mpmath.mpf(1),
            s.grad_l1: lambda state, y, g: sum(abs(v) for v in g),
            sum_inner: lambda state, y, g: g @ state["s"],
            s.grad_curvature: lambda state, y, g: (g @ curved(g)) or mpmath.mpf(1),
        }
        self._search = None if method.search is None else searched(method.search, gradient, gap)
        self._reduced = {s.name: functions[s] for s in REDUCED if s in read and s in functions}

    def __call__(
        self, state: Mapping[str, Vector], alpha: Any, k: int, more: Mapping[str, Any] | None = None
    ) -> dict[str, Vector]:
        """Return the next state; `more` is what the update reads of a metric."""
        inputs: dict[str, Any] = {**state, "alpha": alpha, "k": k, **(more or {})}
        if self._twice:
            inputs["g"] = here = self._gradient(state["x"])
            inputs["grad_sq"] = (here @ here) or mpmath.mpf(1)
        y = self._point(inputs, state["x"].size)
        inputs["g"] = g = self._gradient(y)
        inputs |= {name: function(state, y, g) for name, function in self._reduced.items()}
        if self._search is not None:
            inputs[s.accepted_step.name] = self._search(y, g, alpha)
        return {name: rule(inputs, g.size) for name, rule in self._rules.items()}


def searched(
    search: Search | LineMinimum, gradient: Callable[[Vector], Vector], gap: Callable[[Vector], Any]
) -> Callable[[Vector, Vector, Any], Any]:
    """Return how a line search finds its step from x along -g, from a first trial on."""
    if isinstance(search, Search):
        return Trials(search, gradient, gap)

    def least(x: Vector, g: Vector, first: Any) -> Any:
        one = np.array([mpmath.mpf(first)], dtype=object)
        return line_minimum(lambda ends: gradient(ends[0])[None], x[None], g[None], one).step[0]

    return least


class Trials:
    """The step that a line search accepts, trial by trial; the numbers of the search are rational."""

    def __init__(
        self, search: Search, gradient: Callable[[Vector], Vector], gap: Callable[[Vector], Any]
    ) -> None:
        self._limits = [mpmath.mpf(each.p) / each.q for each in search.expressions]
        self._gradient, self._gap = gradient, gap

    def __call__(self, x: Vector, g: Vector, first: Any) -> Any:
        """Return the accepted step from x along -g."""
        decrease, shrink, *slope = self._limits
        if shrink >= 1:  # The next trial is no shorter: the first is taken.
            return first
        step, low, high, square, here = mpmath.mpf(first), mpmath.mpf(0), None, g @ g, self._gap(x)
        for _ in range(_TRIALS):
            end = x - step * g
            if all(end == x):
                break
            if self._gap(end) > here - decrease * step * square:
                high = step
            elif slope and self._gradient(end) @ g > slope[0] * square:
                low = step
            else:
                break
            step = 2 * step if high is None else low + shrink * (high - low)
        return step


def compiled(expr: Expr) -> Callable[[Mapping[str, Any], int], Vector]:
    """Return an expression as a function of vectors and numbers by name, coordinate by coordinate."""
    symbols = sorted(expr.free_symbols, key=str)
    function, names = lower_mp(expr, symbols), [symbol.name for symbol in symbols]

    def evaluate(inputs: Mapping[str, Any], size: int) -> Vector:
        values = [inputs[name] for name in names]
        rows = ([v[i] if isinstance(v, np.ndarray) else v for v in values] for i in range(size))
        return np.array([function(*row) for row in rows], dtype=object)

    return evaluate


class StateMoments:
    """Moments of all states of a linear method on least squares, in scaled integers.

    The last state is the weighted sum of the points left behind. The recursion is that of
    :mod:`ratebound.problems.linear_moments`; it is walked as :class:`WholeMoments` is.

    Parameters
    ----------
    law
        The moments of plain SGD at the start: what a gradient's second moment is.
    method
        Linear in its states and g.
    alphas
        Steps as mpf, length K.
    """

    def __init__(self, law: WholeMoments, method: Method, alphas: Sequence[Any]) -> None:
        self.H, self.HH = law.H, law.HH
        self._law, self._alphas, self._k = law, alphas, 0
        self._factors, follows = factors(method), rests(method)
        self._states = len(follows) + 1
        self._mean = [law.m if each else 0 * law.m for each in (*follows, False)]
        first = range(self._states)
        self._E = {(a, b): np.outer(self._mean[a], self._mean[b]) >> BITS for a in first for b in first}

    def constants(self) -> dict[Symbol, Any]:
        """Return the constants of the problem that are known exactly at the start."""
        return self._law.constants()

    def _now(self) -> list[list[int]]:
        """Return the factors of this step, scaled; after the last those of the last."""
        k = min(self._k, len(self._alphas) - 1)
        return [[int(scaled(f(k, self._alphas[k]))) for f in row] for row in self._factors]

    def second(self) -> Vector:
        """Return E g_k g_k^T, shape (d, d)."""
        S, m = self._point(self._now()[-1])
        return self._law.second_at(S, m, self._k)

    @property
    def mean_square(self) -> int:
        """Return E||grad f||^2 where the gradient is taken."""
        return inner(self.HH, self._point(self._now()[-1])[0])

    def _point(self, point: Sequence[int]) -> tuple[Vector, Vector]:
        pairs = product(enumerate(point[:-1]), repeat=2)
        S = _sum(((p * q) >> BITS, self._E[a, b]) for (a, p), (b, q) in pairs)
        return S, _sum((p, self._mean[a]) for a, p in enumerate(point[:-1]))

    def step(self, alpha: int, weight: int, second: Vector) -> None:
        """Advance by one update; `weight` and E g g^T are scaled, `alpha` is that of the schedule."""
        *rules, point = self._now()
        states, last = range(self._states), self._states - 1
        rows = [[*row[:-1], 0] for row in rules] + [[weight] + [0] * (last - 1) + [1 << BITS]]
        push = [*(row[-1] for row in rules), 0]
        _, m_y = self._point(point)
        crossed = [times(_sum((p, self._E[a, b]) for b, p in enumerate(point[:-1])), self.H) for a in states]
        mixed = [_sum((c, crossed[a]) for a, c in enumerate(row)) for row in rows]
        half = {
            (j, b): _sum((c, self._E[a, b]) for a, c in enumerate(rows[j])) for j in states for b in states
        }
        after = {}
        for j, i in product(states, repeat=2):
            kept = _sum((c, half[j, b]) for b, c in enumerate(rows[i]))
            pushed = _sum([(push[i], mixed[j]), (push[j], mixed[i].T), ((push[j] * push[i]) >> BITS, second)])
            after[j, i] = kept + pushed
        drift = times(self.H, m_y)
        self._mean = [
            _sum([*zip(row, self._mean, strict=True), (b, drift)]) for row, b in zip(rows, push, strict=True)
        ]
        self._E, self._k = after, self._k + 1

    @property
    def sums(self) -> Vector:
        """E s s^T of the weighted sum of the points before."""
        return self._E[self._states - 1, self._states - 1]

    @property
    def gap(self) -> int:
        """E f(x_k) - f*."""
        return inner(self.H, self._E[0, 0]) // 2

    @property
    def distance_sq(self) -> int:
        """E ||x_k - x*||^2."""
        return int(np.trace(self._E[0, 0]))

    @property
    def grad_norm_sq(self) -> int:
        """E ||grad f(x_k)||^2."""
        return inner(self.HH, self._E[0, 0])


def _sum(terms: Iterable[tuple[int, Vector]]) -> Vector:
    """Return the sum of arrays times scaled factors."""
    return np.asarray(sum(((factor * array) >> BITS for factor, array in terms), start=0))
