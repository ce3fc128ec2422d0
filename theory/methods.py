"""The methods, each an update rule in SymPy: what a proof expands is what a kernel runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Rational, Symbol, sqrt

from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import L, alpha, delta, grad_curvature, grad_sq, k, mu, mu_pl

x = Symbol("x", real=True)
"""One coordinate of the iterate x_k."""
g = Symbol("g", real=True)
"""The same coordinate of the gradient estimate at x_k."""
REDUCED = (delta, grad_sq, grad_curvature)
"""Numbers of the whole vector that an update may read, at the point of the gradient; no sampling."""


@dataclass(frozen=True)
class Method:
    """An update rule, coordinate by coordinate.

    Parameters
    ----------
    name
        Registered name.
    title
        What readers call it.
    update
        State variable -> its next value, an expression in the state, ``g``, ``alpha``, ``k``, constants and,
        for full gradients, the numbers of :data:`REDUCED`.
        The variable ``x`` is the iterate.
    sampling
        ``"full"``: g is the gradient of f. ``"batch"``: g is the mean of the gradients of a random batch.
    point
        Where the gradient is taken, an expression in the state.
    from_start
        State variables that start at x_0, as ``x`` does; the others start at zero.
    """

    name: str
    title: str
    update: Mapping[str, Expr]
    sampling: Literal["full", "batch"]
    point: Expr = x
    from_start: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "update", MappingProxyType(dict(self.update)))
        if "x" not in self.update:
            raise RateboundError(f"the method {self.name} does not update x; add a rule for 'x'")
        read = set().union(*(rule.free_symbols for rule in self.update.values()))
        if self.sampling == "batch" and read & set(REDUCED):
            raise RateboundError(f"{self.name} reads numbers of f, which batches do not know")
        if self.sampling not in ("full", "batch"):
            raise RateboundError(f"sampling = {self.sampling!r} of {self.name}; it must be 'full' or 'batch'")

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled, and runs are sent to other processes.
        return Method, (self.name, self.title, dict(self.update), self.sampling, self.point, self.from_start)

    def __hash__(self) -> int:
        rules = tuple(sorted(self.update.items(), key=lambda rule: rule[0]))
        return hash((self.name, self.sampling, rules, self.point, self.from_start))


gd = Method("gd", "Gradient descent", {"x": x - alpha * g}, "full")
sgd = Method("sgd", "Stochastic gradient descent", {"x": x - alpha * g}, "batch")

m = Symbol("m", real=True)
"""One coordinate of the momentum, a weighted sum of past gradient estimates."""
BETA = Rational(9, 10)
"""The constant momentum factor of practice."""


def _momentum(name: str, title: str, factor: Expr) -> Method:
    """Return SGD in heavy-ball form: ``m_{k+1} = factor m_k + g_k``, ``x_{k+1} = x_k - alpha_k m_{k+1}``."""
    ahead = factor * m + g
    return Method(name, title, {"x": x - alpha * ahead, "m": ahead}, "batch")


sgd_momentum = _momentum("sgd_momentum", f"SGD with momentum {BETA}", BETA)
sgd_momentum_averaging = _momentum(
    "sgd_momentum_averaging", "SGD with momentum k/(k+2), a moving average of iterates", k / (k + 2)
)
sgd_primal_averaging = _momentum(
    "sgd_primal_averaging", "SGD with momentum k/(k+1), a uniform average of iterates", k / (k + 1)
)

_z = Symbol("z", real=True)
_ahead = (k * x + 2 * _z) / (k + 2)
nesterov = Method(
    "nesterov",
    "Nesterov's accelerated gradient",
    {"x": _ahead - alpha * g, "z": _z - alpha * (k + 2) / 2 * g},
    "full",
    point=_ahead,
    from_start=("z",),
)
_root = sqrt(alpha * mu)
_mixed = (x + _root * _z) / (1 + _root)
nesterov_constant = Method(
    "nesterov_constant",
    "Nesterov's accelerated gradient, constant momentum",
    {"x": _mixed - alpha * g, "z": (1 - _root) * _z + _root * (_mixed - g / mu)},
    "full",
    point=_mixed,
    from_start=("z",),
)

_m = Symbol("m", real=True)
heavy_ball_pl = Method(
    "heavy_ball_pl",
    "Heavy ball, momentum sqrt((1 - alpha mu)(1 - alpha L))",
    {"x": x - alpha * g + sqrt((1 - alpha * mu_pl) * (1 - alpha * L)) * (x - _m), "m": x},
    "full",
    from_start=("m",),
)
heavy_ball_polyak = Method(
    "heavy_ball_polyak",
    "Heavy ball, Polyak's momentum for quadratics",
    {"x": x - alpha * g + ((sqrt(L) - sqrt(mu_pl)) / (sqrt(L) + sqrt(mu_pl))) ** 2 * (x - _m), "m": x},
    "full",
    from_start=("m",),
)
heavy_ball_decaying = Method(
    "heavy_ball_decaying",
    "Heavy ball, momentum k/(k + 2) and step alpha/(k + 2)",
    {"x": x - alpha / (k + 2) * g + k / (k + 2) * (x - _m), "m": x},
    "full",
    from_start=("m",),
)
ogm = Method(
    "ogm",
    "Optimised gradient method, rational weights",
    {"x": _ahead - alpha * g, "z": _z - alpha * (k + 2) * g},
    "full",
    point=_ahead,
    from_start=("z",),
)
polyak = Method(
    "polyak",
    "Gradient descent, alpha times Polyak's step",
    {"x": x - alpha * delta / grad_sq * g},
    "full",
)
steepest = Method(
    "steepest",
    "Steepest descent on least squares, alpha times the exact line search",
    {"x": x - alpha * grad_sq / grad_curvature * g},
    "full",
)

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            gd,
            sgd,
            sgd_momentum,
            sgd_momentum_averaging,
            sgd_primal_averaging,
            nesterov,
            nesterov_constant,
            ogm,
            heavy_ball_pl,
            heavy_ball_polyak,
            heavy_ball_decaying,
            polyak,
            steepest,
        )
    }
)
"""The methods by name."""
