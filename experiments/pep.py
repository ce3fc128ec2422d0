"""The worst case over a whole class of functions, by performance estimation: an independent oracle.

PEPit turns "the worst run of this method on this class" into a semidefinite program, whose value is compared
with the bound. PEPit's own formulas are never read. The program is solved in a process of its own: the solver
may abort, and PEPit keeps its state in classes.

Source: Drori and Teboulle 2014; Taylor, Hendrickx and Glineur 2017; Goujaud et al. 2024 (PEPit).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Rational, Symbol

from ratebound.experiments.linear import linear
from ratebound.problems.lower import lower
from ratebound.theory.catalogue import find
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.noise_models import to_end
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    BY_NAME,
    D,
    K,
    L,
    L_max,
    alpha,
    ell,
    gap0,
    grad0_sq,
    k,
    mu,
    mu_pl,
    second_moment,
    sigma_b_sq,
    sigma_star_sq,
)

_PACKAGES = ("PEPit", "cvxpy", "clarabel")

Request: TypeAlias = "tuple[str | Theorem, Mapping[str, float], int]"


@dataclass(frozen=True)
class Oracle:
    """How a theorem reads as a semidefinite program.

    Parameters
    ----------
    function_class
        ``"convex"``, ``"strongly_convex"``, ``"pl"``, ``"smooth"``, ``"quadratic"``, ``"nonsmooth"`` (convex,
        with the subgradients of the run bounded by the noise), ``"components"`` (a mean of two components,
        strongly convex where there is a modulus, else convex; every path of SGD or SAGA), or the method where
        it sets its steps: ``"line_search"`` (exact), ``"polyak"`` (one step; ``alpha`` is the length that it
        happens to have).
    start
        What is set to one at the start: ``D``, ``gap0``, ``grad0_sq``, or ``gap0 + mu D^2/2``.
    curvature, modulus, noise
        The constants that play the parts of L, mu and the mean of ||grad f_i(x*)||^2, or of the bound on
        squared subgradients.
    projected
        Whether every step is projected onto a convex set, any one.
    tight
        Whether the worst case equals the bound.
    steps
        The largest number of steps that the program can express.
    """

    function_class: str
    start: Expr
    curvature: Symbol | None = L
    modulus: Symbol | None = None
    noise: Symbol | None = None
    tight: bool = False
    steps: int = 50
    projected: bool = False


_ENERGY = gap0 + mu * D**2 / 2

ORACLES: Mapping[str, Oracle] = MappingProxyType(
    {
        "gd_convex": Oracle("convex", D),
        "gd_convex_tight": Oracle("convex", D, tight=True),
        "gd_sc_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_sc_gap": Oracle("strongly_convex", gap0, modulus=mu, tight=True),
        "gd_pl": Oracle("pl", gap0, modulus=mu_pl),
        "gd_nonconvex": Oracle("smooth", gap0),
        "gd_nonconvex_tight": Oracle("smooth", gap0, tight=True),
        "gd_convex_exact": Oracle("convex", D, tight=True),
        "gd_convex_gradient": Oracle("convex", gap0, tight=True),
        "gd_convex_gradient_exact": Oracle("convex", gap0, tight=True),
        "gd_convex_gradient_distance": Oracle("convex", D, tight=True),
        "gd_convex_gradient_best": Oracle("convex", D),
        "gd_convex_average": Oracle("convex", D),
        "gd_convex_average_long": Oracle("convex", D),
        "gd_sc_from_distance": Oracle("strongly_convex", D, modulus=mu),
        "gd_sc_gradient": Oracle("strongly_convex", grad0_sq, modulus=mu, tight=True),
        "gd_middle_gap": Oracle("strongly_convex", gap0, modulus=mu, tight=True),
        "gd_middle_gap_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_pl_refined": Oracle("pl", gap0, modulus=mu_pl),
        "gd_pl_refined_long": Oracle("pl", gap0, modulus=mu_pl),
        "gd_sc_coercive": Oracle("strongly_convex", D, modulus=mu),
        "gd_sc_simple": Oracle("strongly_convex", D, modulus=mu),
        "gd_middle_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_middle_gradient": Oracle("strongly_convex", grad0_sq, modulus=mu, tight=True),
        "gd_middle_gradient_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "gd_middle_gradient_gap": Oracle("strongly_convex", gap0, modulus=mu, tight=True),
        "gd_convex_gradient_mean": Oracle("convex", D),
        "gd_pl_gradient": Oracle("pl", gap0, modulus=mu_pl),
        "gd_quadratic_gap": Oracle("quadratic", D, tight=True),
        "gd_quadratic_gradient": Oracle("quadratic", D, tight=True),
        "gd_quadratic_gradient_gap": Oracle("quadratic", gap0, tight=True),
        "heavy_ball_quadratic": Oracle("quadratic", D, modulus=mu_pl, tight=True),
        "steepest_linear": Oracle("line_search", gap0, modulus=mu_pl, tight=True),
        "polyak_strong": Oracle("polyak", D, modulus=mu, steps=1),
        "projected_gd_convex": Oracle("convex", D, projected=True),
        "projected_gd_strong": Oracle("strongly_convex", D, modulus=mu, projected=True),
        "projected_subgradient": Oracle("nonsmooth", D, None, noise=second_moment, projected=True),
        "subgradient_constant": Oracle("nonsmooth", D, None, noise=second_moment, tight=True),
        "subgradient_horizon": Oracle("nonsmooth", D, None, noise=second_moment, tight=True),
        "subgradient_decaying": Oracle("nonsmooth", D, None, noise=second_moment),
        "subgradient_strong": Oracle("nonsmooth", D, None, mu, second_moment),
        "subgradient_linear_decay": Oracle("nonsmooth", D, None, noise=second_moment, tight=True),
        "subgradient_linear_decay_horizon": Oracle("nonsmooth", D, None, noise=second_moment, tight=True),
        "nesterov_convex": Oracle("convex", D),
        "nesterov_convex_gradient": Oracle("convex", D),
        "nesterov_strong_distance": Oracle("strongly_convex", _ENERGY, modulus=mu),
        "nesterov_strong": Oracle("strongly_convex", _ENERGY, modulus=mu),
        "triple_momentum_distance": Oracle("strongly_convex", D, modulus=mu, tight=True),
        "ogm_convex": Oracle("convex", D),
        "heavy_ball_convex": Oracle("convex", D),
        "heavy_ball_linear": Oracle("pl", gap0, modulus=mu_pl),
        "sgd_nws": Oracle("components", D, L_max, mu, sigma_star_sq, steps=1),
        "sgd_star_constant": Oracle("components", D, ell, mu, sigma_b_sq, steps=1),
        "sgd_star_convex": Oracle("components", D, L_max, noise=sigma_star_sq, steps=3),
        "sgd_handbook_constant": Oracle("components", D, L_max, noise=sigma_star_sq, steps=3),
        "saga_sc": Oracle("components", D, L_max, mu, sigma_star_sq, steps=4),
        "saga_convex": Oracle("components", D, L_max, noise=sigma_star_sq, steps=4),
    }
)
"""The theorems whose worst case PEPit can express."""


@dataclass(frozen=True)
class Comparison:
    """The worst case of the class beside the bound.

    Parameters
    ----------
    theorem
        Id.
    values
        The constants and parameters, by name.
    steps
        The k at which both are taken.
    worst
        Value of the semidefinite program (its dual, an upper bound of the worst case up to the solver).
    bound
        The bound.
    """

    theorem: str
    values: Mapping[str, float]
    steps: int
    worst: float
    bound: float

    @property
    def ratio(self) -> float:
        """How much of the bound the worst case uses."""
        return self.worst / self.bound


def available() -> bool:
    """Whether PEPit and its solver are installed."""
    return all(find_spec(package) is not None for package in _PACKAGES)


def worst_case(
    theorem: str | Theorem, values: Mapping[str, float], steps: int, timeout: float = 120.0
) -> Comparison:
    """Compare a bound with the worst case of its class; see :func:`worst_cases`."""
    return worst_cases([(theorem, values, steps)], timeout)[0]


def worst_cases(requests: Sequence[Request], timeout: float = 120.0) -> list[Comparison]:
    """Compare bounds with the worst cases of their classes.

    Parameters
    ----------
    requests
        Triples: a theorem of :data:`ORACLES` or a variant of one, of which the id, step, measure and bound
        are read; constants and parameters by name (that of the start is set to one); the k of the comparison.
    timeout
        Seconds that the solver may take for all of them.

    Raises
    ------
    RateboundError
        If PEPit is not installed, no program is known, a value is missing, or the solver fails.
    """
    if not available():
        raise RateboundError("PEPit is not installed; pip install 'ratebound[pep]'")
    posed = [_posed(find(theorem), values, steps) for theorem, values, steps in requests]
    worst = _solve([task for task, _ in posed], timeout)
    return [
        Comparison(find(theorem).id, MappingProxyType(dict(values)), steps, value, bound)
        for (theorem, values, steps), (_, bound), value in zip(requests, posed, worst, strict=True)
    ]


def _posed(theorem: Theorem, values: Mapping[str, float], steps: int) -> tuple[dict[str, Any], float]:
    """Return the task, and the bound."""
    if theorem.id not in ORACLES:
        raise RateboundError(f"no semidefinite program for {theorem.id} (known: {', '.join(ORACLES)})")
    oracle = ORACLES[theorem.id]
    if not 1 <= steps <= oracle.steps:
        raise RateboundError(f"steps = {steps}; the program of {theorem.id} takes 1 to {oracle.steps} steps")
    known: dict[Symbol, float] = {oracle.start: 1.0} if isinstance(oracle.start, Symbol) else {}
    for name, value in values.items():
        if name not in BY_NAME:
            raise RateboundError(f"{name} is no constant or parameter; pass names such as L, mu, alpha")
        known[BY_NAME[name]] = float(value)
    if oracle.start == _ENERGY and mu in known:
        # Any pair that makes the sum one will do.
        known |= {gap0: 0.5, D: known[mu] ** -0.5}
    roles = {"L": oracle.curvature, "mu": oracle.modulus, "noise": oracle.noise}
    needed = theorem.bound.free_symbols | theorem.step.free_symbols | {s for s in roles.values() if s}
    missing = sorted(str(s) for s in needed - set(known) - {k, K})
    if missing:
        raise RateboundError(f"{', '.join(missing)} has no value; {theorem.id} needs it")
    task = {
        "function_class": oracle.function_class,
        "measure": theorem.measure,
        "start": str(oracle.start),
        "table": theorem.method.draws is not None and bool(theorem.method.draws.table),
        "gap0": known.get(gap0),
        "projected": oracle.projected,
        "to_end": to_end in theorem.assumptions,
        "weights": [_number(theorem.weights, known, j, steps) for j in range(steps)],
        "length": known.get(alpha),
        **_rules(theorem, known, steps),
        **{role: None if symbol is None else known[symbol] for role, symbol in roles.items()},
    }
    return task, _number(theorem.bound, known, steps, steps)


def _rules(theorem: Theorem, known: Mapping[Symbol, float], steps: int) -> dict[str, Any]:
    """Return the steps, and where they are linear in the states the matrices of each of them."""
    alphas = [_number(theorem.step, known, j, steps) for j in range(steps)]
    values = {symbol: Rational(value) for symbol, value in known.items() if symbol != alpha}
    method, oracle = theorem.method, ORACLES[theorem.id]
    if method.draws is not None or oracle.function_class in ("line_search", "polyak"):
        return {"alphas": alphas}
    if oracle.projected:
        # The step before the projection is that of gradient descent.
        method = METHODS["gd"]
    method = replace(
        method,
        update={name: rule.xreplace(values) for name, rule in method.update.items()},
        point=method.point.xreplace(values),
    )
    run = linear(method, np.array(alphas))
    parts = ("keep", "push", "point", "follows")
    return {"alphas": alphas} | {name: getattr(run, name).tolist() for name in parts}


def _number(expr: Expr, known: Mapping[Symbol, float], at: int, steps: int) -> float:
    symbols = sorted(known, key=str)
    return float(lower(expr, (k, K, *symbols))(at, steps, *(known[s] for s in symbols)))


def _solve(tasks: Sequence[Mapping[str, Any]], timeout: float) -> list[float]:
    command = [sys.executable, "-m", "ratebound.experiments.pep_program"]
    try:
        done = subprocess.run(
            command, input=json.dumps(tasks), capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise RateboundError(f"PEPit took more than {timeout:g} s; take fewer steps") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RateboundError(
            f"PEPit failed (exit code {done.returncode}): {last}; try other values or fewer steps"
        )
    found: list[float] = json.loads(lines[-1])
    return found
