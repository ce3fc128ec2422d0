"""Exact equivalences: two methods that make the same run, up to a change of variables that may depend on k.

The proof is an induction over k. If the states of the second method are the stated expressions in those of
the first at k, then after one step of both they are so again; and they are so at the start. The gradients
are taken at the same point or, where f(c x) = f(x) for c > 0, at a multiple of it: the gradient there is the
inverse multiple.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, S, Symbol, sqrt

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import nesterov, nesterov_constant, sgd_momentum_averaging, sgd_primal_averaging
from ratebound.theory.methods.plain import m
from ratebound.theory.symbols import alpha, alpha0, beta, k, mu

decay = Symbol("decay", positive=True)
"""Weight decay: the factor of ||x||^2/2 in the objective."""
kept = Symbol("kept", positive=True)
"""What weight decay with momentum keeps of the weights per step, in the long run; between beta and one."""
_z = Symbol("z", real=True)


@dataclass(frozen=True)
class Equivalence:
    """The second method makes the run of the first.

    Parameters
    ----------
    id, title, source
        As of a theorem.
    first, second
        The methods; ``alpha`` in them is their step.
    steps
        The step of each, expressions in k and constants.
    states
        State of the second method -> what it is in the states of the first at k.
    scale
        The point of the second is this multiple of that of the first; other than one for f(c x) = f(x).

    Raises
    ------
    RateboundError
        If the induction does not close.
    """

    id: str
    title: str
    source: str
    first: Method
    second: Method
    steps: tuple[Expr, Expr]
    states: Mapping[str, Expr]
    scale: Expr = S.One

    def __post_init__(self) -> None:
        try:
            self._check()
        except RateboundError as problem:
            raise RateboundError(f"equivalence {self.id}: {problem}") from problem

    def _check(self) -> None:
        if set(self.states) != set(self.second.update):
            raise RateboundError(
                f"{', '.join(self.second.update)} of {self.second.name} need an expression each"
            )
        put = {Symbol(name, real=True): expr for name, expr in self.states.items()}
        one, two = ({alpha: step} for step in self.steps)
        points = self.second.point.xreplace(two).xreplace(put), self.first.point.xreplace(one)
        if not vanishes(points[0] - self.scale * points[1]):
            raise RateboundError(f"the gradients are taken at {points[0]} and {points[1]}")
        moved = {Symbol(name, real=True): rule.xreplace(one) for name, rule in self.first.update.items()}
        for name, expr in self.states.items():
            reached = expr.subs(k, k + 1).xreplace(moved)
            made = self.second.update[name].xreplace(two).xreplace({**put, g: g / self.scale})
            if not vanishes(reached - made):
                raise RateboundError(f"after a step {name} differs by {(reached - made).simplify()}")
            start = expr.subs(k, 0).xreplace(_at_start(self.first))
            if not vanishes(start - _at_start(self.second)[Symbol(name, real=True)]):
                raise RateboundError(f"at the start {name} is {start}")


def _at_start(method: Method) -> dict[Symbol, Expr]:
    """Return each state at k = 0, where x_0 is written x."""
    points = {"x", *method.from_start}
    return {Symbol(name, real=True): x if name in points else S.Zero for name in method.update}


_penalised = Method("penalised", "SGD with an L2 penalty", {"x": x - alpha * (g + decay * x)}, "batch")
_decoupled = Method("decoupled", "SGD with weight decay", {"x": (1 - alpha * decay) * x - alpha * g}, "batch")
_plain = Method("plain", "SGD", {"x": x - alpha * g}, "batch")
_buffer = Method(
    "buffer", "SGD with a momentum buffer", {"x": x - alpha * (beta * m + g), "m": beta * m + g}, "batch"
)
_heavy = Method(
    "heavy",
    "Heavy ball",
    {"x": x - alpha * g + beta * (x - _z), "z": x},
    "batch",
    from_start=("z",),
)
_moving = Method(
    "moving_average",
    "SGD, a moving average of its iterates",
    {"x": ((k + 1) * x + 2 * (_z - alpha * g)) / (k + 3), "z": _z - alpha * g},
    "batch",
    from_start=("z",),
)
_uniform = Method(
    "uniform_average",
    "SGD, the uniform average of its iterates",
    {"x": ((k + 1) * x + _z - alpha * g) / (k + 2), "z": _z - alpha * g},
    "batch",
    from_start=("z",),
)
_extrapolated = Method(
    "extrapolated",
    "Nesterov's method with the momentum (k - 1)/(k + 2)",
    {"x": x + (k - 1) / (k + 2) * (x - m) - alpha * g, "m": x},
    "full",
    point=x + (k - 1) / (k + 2) * (x - m),
    from_start=("m",),
)
_factor = (1 - sqrt(alpha * mu)) / (1 + sqrt(alpha * mu))
_extrapolated_constant = Method(
    "extrapolated_constant",
    "Nesterov's method with a constant momentum",
    {"x": x + _factor * (x - m) - alpha * g, "m": x},
    "full",
    point=x + _factor * (x - m),
    from_start=("m",),
)
_proximal = Method(
    "proximal",
    "Proximal gradient, a ridge by its prox",
    {"x": (x - alpha * g) / (1 + alpha * decay)},
    "batch",
)
_averaged = Method(
    "averaged_momentum",
    "Momentum as a moving average of gradients",
    {"x": x - alpha * (beta * m + (1 - beta) * g), "m": beta * m + (1 - beta) * g},
    "batch",
)
_KEPT = 1 - alpha0 * decay
_shrinking = Method(
    "shrinking",
    "Heavy ball with the weight decay (1 - kept)(kept - beta)/(kept alpha)",
    {"x": x - alpha * g - (1 - kept) * (kept - beta) / kept * x + beta * (x - _z), "z": x},
    "batch",
    from_start=("z",),
)
_stronger = Method(
    "larger_momentum",
    "Heavy ball with the momentum beta/kept^2, from the velocity (1 - kept) x_0",
    {"x": x - alpha * g + beta / kept**2 * (x - kept * _z), "z": x / kept},
    "batch",
    from_start=("z",),
)

EQUIVALENCES: Mapping[str, Equivalence] = {
    each.id: each
    for each in (
        Equivalence(
            id="penalty_is_weight_decay",
            title="Plain SGD: an L2 penalty is decoupled weight decay",
            source="Loshchilov and Hutter 2019, Proposition 1 (number not checked)",
            first=_penalised,
            second=_decoupled,
            steps=(alpha, alpha),
            states={"x": x},
        ),
        Equivalence(
            id="weight_decay_is_growing_step",
            title="Scale-invariant f: weight decay is an exponentially growing step",
            source="Li and Arora 2020, without momentum (number not checked)",
            first=_decoupled,
            second=_plain,
            steps=(alpha0, alpha0 * _KEPT ** (-2 * k - 1)),
            states={"x": x / _KEPT**k},
            scale=_KEPT**-k,
        ),
        Equivalence(
            id="weight_decay_with_momentum_is_growing_step",
            title="Scale-invariant f, heavy ball: weight decay is a growing step and a larger momentum",
            source="Li and Arora 2020, with momentum (number not checked); derived here",
            first=_shrinking,
            second=_stronger,
            steps=(alpha0, alpha0 * kept ** (-2 * k - 1)),
            states={"x": x / kept**k, "z": _z / kept**k},
            scale=kept**-k,
        ),
        Equivalence(
            id="buffer_is_heavy_ball",
            title="A momentum buffer is Polyak's heavy ball, for a constant step",
            source="folklore",
            first=_heavy,
            second=_buffer,
            steps=(alpha0, alpha0),
            states={"x": x, "m": (_z - x) / alpha0},
        ),
        Equivalence(
            id="growing_momentum_is_averaging",
            title="Momentum k/(k+2) with the step 2 alpha0/(k+3) is a moving average of plain SGD",
            source="Sebbouh, Gower and Defazio 2021; Garrigos and Gower 2023 (numbers not checked)",
            first=sgd_momentum_averaging,
            second=_moving,
            steps=(2 * alpha0 / (k + 3), alpha0),
            states={"x": x, "z": x - alpha0 * k / (k + 2) * m},
        ),
        Equivalence(
            id="primal_averaging_is_averaging",
            title="Momentum k/(k+1) with the step alpha0/(k+2) is the uniform average of plain SGD",
            source="primal averaging; Taylor and Bach 2019 (number not checked)",
            first=sgd_primal_averaging,
            second=_uniform,
            steps=(alpha0 / (k + 2), alpha0),
            states={"x": x, "z": x - alpha0 * k / (k + 1) * m},
        ),
        Equivalence(
            id="ridge_prox_is_shorter_step",
            title="The prox of a ridge is a gradient step with the penalty, of alpha/(1 + alpha decay)",
            source="elementary; Parikh and Boyd 2014 (number not checked)",
            first=_proximal,
            second=_penalised,
            steps=(alpha, alpha / (1 + alpha * decay)),
            states={"x": x},
        ),
        Equivalence(
            id="moving_average_is_buffer",
            title="Momentum as a moving average of gradients is a buffer with (1 - beta) times the step",
            source="folklore",
            first=_averaged,
            second=_buffer,
            steps=(alpha0, (1 - beta) * alpha0),
            states={"x": x, "m": m / (1 - beta)},
        ),
        Equivalence(
            id="nesterov_strong_is_extrapolation",
            title="Nesterov's constant scheme is one extrapolation, (1 - q)/(1 + q) with q = sqrt(alpha mu)",
            source="Nesterov 2004, section 2.2 (number not checked)",
            first=_extrapolated_constant,
            second=nesterov_constant,
            steps=(alpha0, alpha0),
            states={"x": x, "z": m + (x - m) / sqrt(alpha0 * mu)},
        ),
        Equivalence(
            id="nesterov_is_extrapolation",
            title="Nesterov's two sequences are one with the momentum (k - 1)/(k + 2)",
            source="Tseng 2008; Su, Boyd and Candes 2016 (numbers not checked)",
            first=_extrapolated,
            second=nesterov,
            steps=(alpha0, alpha0),
            states={"x": x, "z": m + (k + 1) / 2 * (x - m)},
        ),
    )
}
"""The equivalences by id."""
