"""The methods, each an update rule in SymPy: what a proof expands is what a kernel runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Max, Min, Rational, Symbol, ceiling, log, sign, sqrt

from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import (
    PARAMETERS,
    L,
    alpha,
    b0,
    beta,
    clip,
    delta,
    grad_curvature,
    grad_l1,
    grad_sq,
    k,
    mu,
    mu_pl,
    radius,
)

x = Symbol("x", real=True)
"""One coordinate of the iterate x_k."""
g = Symbol("g", real=True)
"""The same coordinate of the gradient estimate at x_k."""
REDUCED = (delta, grad_sq, grad_curvature, grad_l1)
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
        State variable -> its next value, an expression in the state, ``g``, ``alpha``, ``k``, constants,
        parameters and, for full gradients, the numbers of :data:`REDUCED`.
        The variable ``x`` is the iterate.
    sampling
        ``"full"``: g is the gradient of f. ``"batch"``: g is the mean of the gradients of a random batch.
    point
        Where the gradient is taken, an expression in the state; with full gradients it may read ``g``,
        which is there the gradient at x.
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
        if self.sampling == "batch" and self.gradients > 1:
            raise RateboundError(f"{self.name} takes two gradients per step, which batches do not do")
        if self.sampling not in ("full", "batch"):
            raise RateboundError(f"sampling = {self.sampling!r} of {self.name}; it must be 'full' or 'batch'")

    @property
    def gradients(self) -> int:
        """Gradients per step: two where the point is one that the gradient at x gives."""
        return 2 if self.point.has(g) else 1

    @property
    def parameters(self) -> tuple[Symbol, ...]:
        """The symbols besides the step that the user chooses."""
        read = set().union(*(rule.free_symbols for rule in (*self.update.values(), self.point)))
        return tuple(p for p in PARAMETERS if p in read and p != alpha)

    def at(self, values: Mapping[Symbol, Expr]) -> Method:
        """Return the method with values put in for parameters."""
        update = {name: rule.xreplace(dict(values)) for name, rule in self.update.items()}
        return replace(self, update=update, point=self.point.xreplace(dict(values)))

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

normalised = Method(
    "normalised",
    "Normalised gradient descent",
    {"x": x - alpha / sqrt(grad_sq) * g},
    "full",
)
clipped = Method(
    "clipped",
    "Gradient descent with clipped gradients",
    {"x": x - alpha * Min(1, clip / sqrt(grad_sq)) * g},
    "full",
)
sign_descent = Method("sign_descent", "Sign descent", {"x": x - alpha * sign(g)}, "full")
sign_steepest = Method(
    "sign_steepest",
    "Steepest descent in the maximum norm",
    {"x": x - alpha * grad_l1 * sign(g)},
    "full",
)
armijo = Method(
    "armijo",
    "Gradient descent on least squares, alpha halved until f falls by half of the step times ||g||^2",
    {"x": x - alpha * 2 ** -Max(0, ceiling(log(alpha * grad_curvature / grad_sq) / log(2))) * g},
    "full",
)
_v = Symbol("v", real=True)
"""The sum of the squared gradient norms, the same in every coordinate."""
adagrad_norm = Method(
    "adagrad_norm",
    "AdaGrad-Norm: gradient descent with the step alpha b0/sqrt(b0^2 + sum of ||g||^2)",
    {"x": x - alpha * b0 / sqrt(b0**2 + _v + grad_sq) * g, "v": _v + grad_sq},
    "full",
)
sam = Method(
    "sam",
    "Sharpness-aware minimisation, not normalised, full gradients",
    {"x": x - alpha * g},
    "full",
    point=x + radius * g,
)
heavy_ball = Method(
    "heavy_ball",
    "Heavy ball",
    {"x": x - alpha * (beta * m + g), "m": beta * m + g},
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
            normalised,
            clipped,
            sign_descent,
            sign_steepest,
            armijo,
            adagrad_norm,
            sam,
            heavy_ball,
        )
    }
)
"""The methods by name."""
