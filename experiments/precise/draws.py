"""Methods with draws on least squares in many digits: coins, tables, weights, axes, second points.

A step maps the state by a map that depends on what is drawn. Here the maps are made of linear forms: a
vector is a matrix that takes (1, state) to it, gradients of least squares are matrices of such, and the
rules of the method, linear in vectors, are applied to them column by column. That is another way than that
of :mod:`ratebound.experiments.evidence.affine`, which reads the maps off runs in doubles. Probabilities
are those of the certified constants, exactly normalised.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
from sympy import Expr, Rational, Symbol

from ratebound.experiments.backends.coins import PICKED, sides
from ratebound.experiments.backends.rules import constants_of, known, rules, weight
from ratebound.experiments.precise.moments import BITS, WholeMoments, inner, number, numbers, scaled, times
from ratebound.experiments.precise.states import compiled
from ratebound.problems.axes import axis_smoothness
from ratebound.problems.constants import certify
from ratebound.problems.curvature import component_smoothness
from ratebound.problems.dual import squares_of
from ratebound.problems.lower import lower_mp
from ratebound.theory.draws import Draws, L_i, L_j, along, coin, picked
from ratebound.theory.method import g
from ratebound.theory.symbols import k

if TYPE_CHECKING:
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.method import Method

_RULE = 40


def work(problem: Problem, method: Method, batch: int, steps: int, maps: int) -> float:
    """Return about how many multiplications of whole numbers a run with so many different steps takes."""
    assert method.draws is not None
    moved = problem.d * (len(method.update) + 1 + bool(method.draws.table))
    size = 1 + moved + (problem.d * problem.n if method.draws.table else 0)
    outcomes = problem.d if method.draws.axis is not None else 2.0 * problem.n**batch
    # Rules are evaluated entry by entry, each at the cost of some multiplications.
    built = steps if any(rule.has(k) for rule in method.update.values()) else maps
    return outcomes * moved * size * (size * steps + _RULE * built)


class DrawnMoments:
    """Second moments of (1, the state seen from rest, the weighted sum of the points before).

    Parameters
    ----------
    problem
        Least squares.
    method
        Linear in its vectors, with draws other than values.
    law
        The moments of plain SGD at the start.
    x_star
        The minimiser, mpf, shape (d,).
    alphas
        Steps as mpf, length K.
    batch, replacement
        The sampling.
    """

    def __init__(
        self,
        problem: Problem,
        method: Method,
        law: WholeMoments,
        x_star: np.ndarray,
        alphas: Sequence[Any],
        batch: int,
        replacement: bool,
    ) -> None:
        assert method.draws is not None
        self.H, self.HH, self._law, self._alphas, self._k = law.H, law.HH, law, alphas, 0
        self._problem, self._draws, self._d = problem, method.draws, problem.d
        self._A, self._y, self._x0 = (numbers(part) for part in (problem.A, problem.y, problem.x0))
        self._l2 = mpmath.mpf(problem.l2)
        values: dict[str, Expr] = {n: Rational(certify(problem, n).value) for n in constants_of(method)}
        self._rules = {name: compiled(rule) for name, rule in rules(method, values).items()}
        points = {"g": method.point, **self._draws.places}
        self._points = {name: compiled(known(method, point, values)) for name, point in points.items()}
        kept = g if self._draws.stores is None else known(method, self._draws.stores, values)
        self._kept = compiled(kept)
        self._batches = self._drawn(batch, replacement)
        self._chance = _chance_of_coin(self._draws, problem)
        starts = {"x", *method.from_start}
        rest = {name: x_star if name in starts else 0 * x_star for name in self._rules}
        start = {name: self._x0 if name in starts else 0 * x_star for name in self._rules}
        start |= {name: self._full(self._x0[:, None])[:, 0] for name in self._draws.from_gradient}
        if self._draws.table:
            rest |= {f"table {i}": self._part(i, x_star[:, None])[:, 0] for i in range(problem.n)}
            whole = 0 if self._draws.first == "zeros" else 1
            mean = (self._draws.first == "centred") * self._full(self._x0[:, None])[:, 0]
            parts = [self._part(i, self._x0[:, None])[:, 0] for i in range(problem.n)]
            start |= {f"table {i}": whole * part - mean for i, part in enumerate(parts)}
        self._rest = rest
        self._at = {name: 1 + problem.d * j for j, name in enumerate(rest)}
        self._size = 1 + problem.d * (len(rest) + 1)
        offsets = [start[name] - rest[name] for name in rest]
        z = np.concatenate([[mpmath.mpf(1)], *offsets, 0 * x_star])
        self._M = np.asarray(np.outer(scaled(z), scaled(z)) >> BITS)
        self._now, self._maps = None, {}  # type: tuple[Any, int] | None, dict[Any, list[Any]]
        reads = set().union(*(e.free_symbols for e in (*method.update.values(), *points.values())))
        self._steady = not any(s.name == "k" for s in reads)

    def _drawn(self, batch: int, replacement: bool) -> list[tuple[tuple[int, ...], Any]]:
        """Return the batches (or axes) and their probabilities."""
        n, draws = self._problem.n, self._draws
        self._p = [mpmath.mpf(1) / n] * n
        if draws.axis is not None:
            of_axes = [mpmath.mpf(v) for v in axis_smoothness(self._problem)]
            self._p = _shares(draws.axis, L_j, of_axes, self._problem)
        elif draws.weight is not None:
            smooth = [mpmath.mpf(v) for v in component_smoothness(self._problem)]
            self._p = _shares(draws.weight, L_i, smooth, self._problem)
        indices = [i for i, p in enumerate(self._p) if p > 0]
        batches = [b for b in product(indices, repeat=batch) if replacement or len(set(b)) == batch]
        chances = [mpmath.fprod(self._p[i] for i in b) for b in batches]
        whole = mpmath.fsum(chances)
        return [(b, p / whole) for b, p in zip(batches, chances, strict=True)]

    def _part(self, i: int, form: np.ndarray) -> np.ndarray:
        """Return the gradient of a component at a linear form, shape (d, columns); the first is the one."""
        slopes = self._A[i] @ form
        slopes[0] = slopes[0] - self._y[i]
        return np.outer(self._A[i], slopes) + self._l2 * form

    def _full(self, form: np.ndarray) -> np.ndarray:
        slopes = self._A @ form
        slopes[:, 0] = slopes[:, 0] - self._y
        return np.asarray(self._A.T @ slopes / self._problem.n + self._l2 * form)

    def _estimate(self, drawn: tuple[int, ...], form: np.ndarray) -> np.ndarray:
        if self._draws.axis is not None:
            full = self._full(form)
            full[np.arange(self._d) != drawn[0]] *= 0
            return full
        n = self._problem.n
        uneven = self._draws.weight is not None
        parts = [self._part(i, form) / (n * self._p[i] if uneven else 1) for i in drawn]
        return np.asarray(sum(parts[1:], parts[0]) / len(parts))

    def _map(self, drawn: tuple[int, ...], side: float, alpha: Any, w: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that a step changes, and by which multiples of (1, state), scaled."""
        picks, fallen = (int(part) for part in divmod(side, PICKED))
        d, forms = self._d, {}
        for name, first in self._at.items():
            form = np.zeros((d, self._size), dtype=object) + mpmath.mpf(0)
            form[:, 0] = self._rest[name]
            form[np.arange(d), first + np.arange(d)] += 1
            forms[name] = form
        inputs: dict[str, Any] = {name: form.ravel() for name, form in forms.items()}
        inputs |= {"alpha": alpha, "k": self._k, coin.name: fallen, picked.name: picks}
        inputs[weight.name] = w
        for name in ("g", *self._draws.also, *self._draws.hessian, *self._draws.full):
            # In this order: a point may read g.
            place = self._points[name](inputs, d * self._size).reshape(d, -1)
            if name in self._draws.full:
                read = self._full(place) if fallen else 0 * place
            elif name in self._draws.hessian:
                # Gradients of least squares differ by the Hessian times what their points differ by.
                vector = self._points[along(name)](inputs, d * self._size).reshape(d, -1)
                read = self._estimate(drawn, vector) - self._estimate(drawn, 0 * vector)
            else:
                read = self._estimate(drawn, place)
            inputs[name] = read.ravel()
        if self._draws.table:
            inputs[self._draws.table] = forms[f"table {drawn[0]}"].ravel()
        if self._draws.smoothness:
            inputs[L_i.name] = mpmath.mpf(component_smoothness(self._problem)[drawn[0]])
        if self._draws.axis is not None:
            of_axes = [mpmath.mpf(v) for v in axis_smoothness(self._problem)]
            inputs[L_j.name] = np.repeat(np.array(of_axes, dtype=object), self._size)
        after = {name: rule(inputs, d * self._size).reshape(d, -1) for name, rule in self._rules.items()}
        if self._draws.table:
            after[f"table {drawn[0]}"] = self._kept(inputs, d * self._size).reshape(d, -1)
        rows = [self._at[name] + np.arange(d) for name in after]
        changes = [after[name] - forms[name] for name in after]
        # The sum of the points is seen from that of x*.
        seen = forms["x"].copy()
        seen[:, 0] = seen[:, 0] * 0
        rows.append(np.arange(self._size - d, self._size))
        changes.append(w * seen)
        return np.concatenate(rows), scaled(np.concatenate(changes))

    def step(self, alpha: int, weight: int, second: np.ndarray) -> None:
        """Advance by one update; `weight` is scaled, and `alpha` is that of the schedule."""
        now = self._alphas[self._k], weight
        if not self._steady or self._now != now:
            self._now, self._maps = now, {}
        total, w = self._M.copy(), mpmath.ldexp(mpmath.mpf(weight), -BITS)
        for side, share in sides(self._draws, self._k, self._chance):
            if side not in self._maps:
                self._maps[side] = [
                    (*self._map(b, side, self._alphas[self._k], w), p) for b, p in self._batches
                ]
            for rows, change, p in self._maps[side]:
                chance, moved = int(scaled(p * share)), times(change, self._M)
                weighted = (chance * moved) >> BITS
                total[rows] += weighted
                total[:, rows] += weighted.T
                total[np.ix_(rows, rows)] += (chance * times(moved, change.T)) >> BITS
        self._M, self._k = total, self._k + 1

    def constants(self) -> dict[Symbol, Any]:
        """Return the constants of the problem that are known exactly at the start."""
        return self._law.constants()

    def second(self) -> np.ndarray:
        """Return zeros: what a step makes of gradients has no noise that a theorem reads."""
        return 0 * self.H

    def _square(self, first: int) -> np.ndarray:
        place = slice(first, first + self._d)
        return np.asarray(self._M[place, place])

    def square(self, name: str) -> int:
        """E ||v||^2 of a state variable, seen from where it rests."""
        return int(np.trace(self._square(self._at[name])))

    def of_dual(self, measure: str) -> Any:
        """Return the expectation of a measure of :mod:`ratebound.problems.dual`, mpf."""
        stored = [*(f"table {i}" for i in range(self._problem.n)), "w"]
        read = np.concatenate([self._at[name] + np.arange(self._d) for name in stored])
        rows, weights = squares_of(measure, self._A, self._l2)
        whole = scaled(rows)
        squares = (times(whole, self._M[np.ix_(read, read)]) * whole).sum(1) >> BITS
        return mpmath.fsum(w * number(square) for w, square in zip(weights, squares, strict=True)) / 2

    @property
    def sums(self) -> np.ndarray:
        """E s s^T of the weighted sum of the points before."""
        return self._square(self._size - self._d)

    @property
    def gap(self) -> int:
        """E f(x_k) - f*."""
        return inner(self.H, self._square(self._at["x"])) // 2

    @property
    def distance_sq(self) -> int:
        """E ||x_k - x*||^2."""
        return self.square("x")

    @property
    def grad_norm_sq(self) -> int:
        """E ||grad f(x_k)||^2."""
        return inner(self.HH, self._square(self._at["x"]))

    @property
    def mean_square(self) -> int:
        """E||grad f||^2 where measures take it."""
        return self.grad_norm_sq


def _shares(expr: Expr, letter: Symbol, smooth: Sequence[Any], problem: Problem) -> list[Any]:
    """Return probabilities in proportion to an expression in smoothness constants."""
    others = sorted(expr.free_symbols - {letter}, key=str)
    values = [mpmath.mpf(certify(problem, symbol.name).value) for symbol in others]
    function = lower_mp(expr, (letter, *others))
    weights = [function(v, *values) for v in smooth]
    return [w / mpmath.fsum(weights) for w in weights]


def _chance_of_coin(draws: Draws, problem: Problem) -> Any:
    """Return the probability that a coin falls by chance."""
    symbols = sorted(draws.coin.free_symbols, key=str)
    values = [mpmath.mpf(certify(problem, symbol.name).value) for symbol in symbols]
    return min(mpmath.mpf(1), mpmath.mpf(lower_mp(draws.coin, symbols)(*values)))
