"""Stationary moments: what a constant step settles to on a line with additive noise, and how it gets there.

On ``f = mu x^2/2`` with gradients ``mu y + e`` at y, where ``E e = 0`` and ``E e^2`` is the same at every
step, a method whose update is linear maps its states s by ``K s + p e``. So ``E s s^T`` obeys
``M <- K M K^T + variance p p^T``. Its fixed point M is stated and checked; then at every k, exactly,

    E s_k s_k^T = M + K^k (s_0 s_0^T - M) (K^k)^T,

and the second part vanishes, for K contracts over the whole range (checked by Jury's conditions). Least
squares on a line of equal rows are of this kind, and every eigenvector of a quadratic with additive noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Dummy, Expr, Matrix, Symbol, expand, factor
from sympy.core.relational import Relational

from ratebound.theory.algebra.chart import Chart, chart_of, on_chart
from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import sgd
from ratebound.theory.symbols import alpha, beta, k, mu, variance_bound

_z = Symbol("z", real=True)
scale = Symbol("q", positive=True)
"""How many times longer a step is, or larger a batch."""


@dataclass(frozen=True)
class Stationary:
    """The second moments that a method settles to.

    Parameters
    ----------
    id, title, source
        As of a theorem.
    method
        Linear in its one or two states and the gradient, with the step alpha.
    moments
        Pair of states -> the limit of the expectation of their product, in alpha, parameters, mu and
        ``variance_bound``, which is here the variance of the gradient of a batch.
    where
        The steps and parameters for which there is a limit.

    Raises
    ------
    RateboundError
        If a step does not keep these moments, or the start may not be forgotten within the range.
    """

    id: str
    title: str
    source: str
    method: Method
    moments: Mapping[tuple[str, str], Expr]
    where: tuple[Relational, ...]

    def __post_init__(self) -> None:
        try:
            self._check()
        except RateboundError as problem:
            raise RateboundError(f"stationary moments {self.id}: {problem}") from problem

    @property
    def states(self) -> list[str]:
        """The states, the iterate first."""
        return sorted(self.method.update, key=lambda name: (name != "x", name))

    @property
    def distance_sq(self) -> Expr:
        """The limit of E||x_k - x*||^2."""
        return self.moments["x", "x"]

    @cached_property
    def matrix(self) -> Matrix:
        """The limit of E s s^T."""
        names = self.states
        return Matrix([[self.moments[min(one, two), max(one, two)] for two in names] for one in names])

    @cached_property
    def step(self) -> tuple[Matrix, Matrix]:
        """K and p."""
        symbols = [Symbol(name, real=True) for name in self.states]
        rules = [self.method.update[name] for name in self.states]
        noise = Matrix([rule.diff(g) for rule in rules])
        moved = [rule.xreplace({g: mu * self.method.point}) for rule in rules]
        K = Matrix([[expand(rule).coeff(symbol) for symbol in symbols] for rule in moved])
        left = [expand(rule - row) for rule, row in zip(moved, K * Matrix(symbols), strict=True)]
        if any(left) or noise.has(g, k) or K.has(k):
            raise RateboundError(
                f"{self.method.name} is not linear in its states and the gradient, the same in every step"
            )
        return K, noise

    def _check(self) -> None:
        if self.method.sampling != "batch" or self.method.draws is not None:
            raise RateboundError(f"{self.method.name} does not step along the gradient of a batch")
        if len(self.states) > 2:
            raise RateboundError(f"{self.method.name} has more than two states")
        wanted = {(one, two) for one in self.states for two in self.states if one <= two}
        if set(self.moments) != wanted:
            raise RateboundError(f"state the moments of {', '.join(map(str, sorted(wanted)))}")
        K, noise = self.step
        change = K * self.matrix * K.T + variance_bound * noise * noise.T - self.matrix
        if not all(vanishes(left) for left in change):
            raise RateboundError("a step does not keep these moments")
        chart = chart_of(self.where)
        for what, room in _room(K).items():
            if not _positive(room, chart):
                raise RateboundError(f"{what} is not proved for {', '.join(map(str, self.where))}")


def _room(K: Matrix) -> dict[str, Expr]:
    """Return what has to be positive for the eigenvalues of K to lie within the unit circle (Jury 1964)."""
    if K.rows == 1:
        return {"K < 1": 1 - K[0], "K > -1": 1 + K[0]}
    trace, det = K.trace(), K.det()
    return {"det K < 1": 1 - det, "tr K < 1 + det K": 1 + det - trace, "-tr K < 1 + det K": 1 + det + trace}


def _positive(expr: Expr, chart: Chart) -> bool:
    """Whether an expression is positive within open ranges, whose ends the chart's symbols reach at zero."""
    swept = on_chart(expr, chart)
    inner = {symbol: Dummy(symbol.name, positive=True) for symbol in swept.free_symbols}
    return bool(factor(swept.xreplace(inner)).is_positive)


@dataclass(frozen=True)
class Comparison:
    """The distances that two methods settle to, one over the other.

    Parameters
    ----------
    id, title, source
        As of a theorem.
    first, second
        Stationary moments, and values that are put in for letters in them.
    ratio
        E||x_k - x*||^2 of the second over that of the first, as k grows.

    Raises
    ------
    RateboundError
        If that is not the ratio.
    """

    id: str
    title: str
    source: str
    first: tuple[Stationary, Mapping[Symbol, Expr]]
    second: tuple[Stationary, Mapping[Symbol, Expr]]
    ratio: Expr

    def __post_init__(self) -> None:
        one, two = (each.distance_sq.subs(values) for each, values in (self.first, self.second))
        if not vanishes(two / one - self.ratio):
            raise RateboundError(f"comparison {self.id}: the ratio is {factor(two / one)}, not {self.ratio}")


_heavy = Method(
    "heavy", "Heavy ball", {"x": x - alpha * g + beta * (x - _z), "z": x}, "batch", from_start=("z",)
)
_ahead = x + beta * (x - _z)
_nesterov = Method(
    "ahead",
    "Nesterov's momentum",
    {"x": _ahead - alpha * g, "z": x},
    "batch",
    point=_ahead,
    from_start=("z",),
)
_averaged = Method(
    "averaged",
    "SGD and a moving average of its iterates, which is x",
    {"x": beta * x + (1 - beta) * (_z - alpha * g), "z": _z - alpha * g},
    "batch",
    point=_z,
    from_start=("z",),
)

_KEPT = 1 - alpha * mu
_SGD = alpha * variance_bound / (mu * (2 - alpha * mu))
_HEAVY = alpha * variance_bound * (1 + beta) / (mu * (1 - beta) * (2 * (1 + beta) - alpha * mu))
_ROOM = 2 * (1 + beta) - alpha * mu * (1 + 2 * beta)
_AHEAD = alpha * variance_bound / (mu * (1 - beta * _KEPT) * _ROOM)
_SHARE = (1 - beta) / (1 - beta * _KEPT)
_SHORT = (alpha < 2 / mu,)

sgd_stationary = Stationary(
    id="sgd_stationary",
    title="SGD with a constant step",
    source="elementary; Mandt, Hoffman and Blei 2017 for the setting (number not checked)",
    method=sgd,
    moments={("x", "x"): _SGD},
    where=_SHORT,
)
heavy_ball_stationary = Stationary(
    id="heavy_ball_stationary",
    title="Heavy ball with a constant step",
    source="Smith and Le 2018 for the setting (number not checked); derived here",
    method=_heavy,
    moments={("x", "x"): _HEAVY, ("x", "z"): _HEAVY * (1 - alpha * mu / (1 + beta)), ("z", "z"): _HEAVY},
    where=(beta < 1, alpha < 2 * (1 + beta) / mu),
)
nesterov_stationary = Stationary(
    id="nesterov_stationary",
    title="Nesterov's momentum with a constant step: the gradient is taken ahead",
    source="derived here",
    method=_nesterov,
    moments={
        ("x", "x"): _AHEAD * (1 + beta * _KEPT),
        ("x", "z"): _AHEAD * (1 + beta) * _KEPT,
        ("z", "z"): _AHEAD * (1 + beta * _KEPT),
    },
    where=(beta < 1, alpha < 2 * (1 + beta) / (mu * (1 + 2 * beta))),
)
average_stationary = Stationary(
    id="average_stationary",
    title="A moving average of the iterates of SGD with a constant step",
    source="elementary: a moving average of an autoregression; derived here",
    method=_averaged,
    moments={
        ("x", "x"): _SHARE * (1 + beta * _KEPT) / (1 + beta) * _SGD,
        ("x", "z"): _SHARE * _SGD,
        ("z", "z"): _SGD,
    },
    where=(beta < 1, *_SHORT),
)

STATIONARY: Mapping[str, Stationary] = {
    each.id: each for each in (sgd_stationary, heavy_ball_stationary, nesterov_stationary, average_stationary)
}
"""The stationary moments by id."""
COMPARISONS: Mapping[str, Comparison] = {
    each.id: each
    for each in (
        Comparison(
            id="batch_for_step",
            title="A batch so many times larger, instead of a step so many times shorter",
            source="Smith, Kindermans, Ying and Le 2018 to first order (number not checked); exact here",
            first=(sgd_stationary, {alpha: alpha / scale}),
            second=(sgd_stationary, {variance_bound: variance_bound / scale}),
            ratio=1 + alpha * mu * (1 - 1 / scale) / (2 - alpha * mu),
        ),
        Comparison(
            id="momentum_for_step",
            title="Heavy ball, instead of SGD with the step alpha/(1 - beta)",
            source="Yuan, Ying and Sayed 2016 to first order (number not checked); exact here",
            first=(sgd_stationary, {alpha: alpha / (1 - beta)}),
            second=(heavy_ball_stationary, {}),
            ratio=1 - 2 * alpha * beta * mu / ((1 - beta) * (2 * (1 + beta) - alpha * mu)),
        ),
    )
}
"""The comparisons by id."""
