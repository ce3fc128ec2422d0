"""The worst case over a whole class of functions, by performance estimation: an independent oracle.

PEPit turns "the worst run of this method on this class" into a semidefinite program, whose value is compared
with the bound. PEPit's own formulas are never read. The program is solved in a process of its own: the solver
may abort, and PEPit keeps its state in classes.

Source: Drori and Teboulle 2014; Taylor, Hendrickx and Glineur 2017; Goujaud et al. 2024 (PEPit).
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, TypeAlias

from sympy import Expr, Poly, Symbol

from ratebound.experiments.pep.chosen import CHOOSING, OF_LENGTH
from ratebound.experiments.pep.oracles import ORACLES, Oracle, exact_part, moments_of
from ratebound.experiments.pep.steps import numbers_of, placing, steps_of
from ratebound.problems.lower import lower
from ratebound.theory.catalogue import find
from ratebound.theory.draws import Draws, L_i
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.letters.metric import level_radius
from ratebound.theory.letters.passes import shuffle_radius
from ratebound.theory.letters.penalty import penalty0
from ratebound.theory.letters.search import c1, c2, shrink
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    BY_NAME,
    D,
    K,
    b,
    d2,
    delta,
    descent,
    gamma,
    gap0,
    grad0_sq,
    grad_sq,
    k,
    mu,
    mu_pl,
    n,
    sigma_p_sq,
)
from ratebound.theory.visits import INDEPENDENT

_LENGTH = "length"
_PACKAGES = ("PEPit", "cvxpy", "clarabel")
_STATE = MappingProxyType({str(each): each for each in (grad_sq, delta, descent, d2)})

Request: TypeAlias = "tuple[str | Theorem, Mapping[str, float], int]"


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
        are read; constants and parameters by name (that of the start is set to one), with ``length``, that of
        all steps, for methods that choose it; the k of the comparison.
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
    known: dict[Symbol, float] = {oracle.start: 1.0, n: 2.0, b: 1.0}
    for name, value in values.items():
        if name == _LENGTH:
            continue
        if name not in BY_NAME:
            raise RateboundError(f"{name} is no constant or parameter; pass names such as L, mu, alpha")
        known[BY_NAME[name]] = float(value)
    roles = {s for s in (oracle.curvature, oracle.modulus, oracle.noise, oracle.mean) if s}
    moments = moments_of(theorem)
    needed = roles.union(
        theorem.bound.free_symbols,
        theorem.step.free_symbols,
        *(row.free_symbols - set(_STATE.values()) for row in moments),
    )
    missing = sorted(str(s) for s in needed - set(known) - {k, K})
    missing += [_LENGTH] if theorem.method in OF_LENGTH and _LENGTH not in values else []
    if missing:
        raise RateboundError(f"{', '.join(missing)} has no value; {theorem.id} needs it")

    def read(symbol: Symbol | None) -> float | None:
        return None if symbol is None else known[symbol]

    task = {
        "function_class": oracle.function_class,
        "estimates": oracle.estimates,
        "measure": theorem.measure,
        "starts": _starts(theorem, oracle, known),
        "after": placing(theorem.method)[0],
        "radius": known.get(shuffle_radius) if "shuffle_radius" in theorem.assumed else None,
        # With memory the last point counts as in :mod:`ratebound.problems.noise`.
        "to_end": to_end in theorem.assumptions or len(theorem.method.update) > 1,
        "chooses": theorem.method.name if theorem.method in CHOOSING else "",
        "length": values.get(_LENGTH),
        **{each.name: known.get(each) for each in (c1, c2, shrink, gamma)},
        "level_radius": known.get(level_radius),
        "L": read(oracle.curvature),
        "mu": read(oracle.modulus),
        "mean_mu": read(oracle.mean if oracle.mean == mu else None),
        "mean_pl": read(oracle.mean if oracle.mean == mu_pl else None),
        "common": oracle.common,
        "noise": read(oracle.noise),
        **_parts(theorem, oracle, known),
        **_run(theorem, known, steps),
    }
    return task, _number(theorem.bound, known, steps, steps)


def _starts(theorem: Theorem, oracle: Oracle, known: Mapping[Symbol, float]) -> dict[str, float]:
    """Return the limits at the start by name: of all that the bound reads."""
    read = theorem.bound.free_symbols | {oracle.start}
    starts = (D, gap0, grad0_sq, penalty0)
    return {str(each): known[each] for each in starts if each in read and each in known}


def _row(limit: Expr, known: Mapping[Symbol, float], at: int, steps: int, share: float) -> dict[str, float]:
    """Return the factors of the quantities of x_k in a limit of E||g_k||^2, and of one.

    The limit is about one sample, of whose variance the batch leaves a share.
    """
    row = Poly(limit, *_STATE.values())
    factors = {name: row.coeff_monomial(symbol) for name, symbol in _STATE.items()}
    factors["one"] = row.coeff_monomial(1)
    found = {name: share * _number(factor, known, at, steps) for name, factor in factors.items()}
    return {**found, "grad_sq": found["grad_sq"] + 1 - share}


def _share(theorem: Theorem, batch: int, count: float) -> float:
    """Return what a batch leaves of the variance of one sample; where the theorem reads no n, of many."""
    if theorem.batch is None:
        return 1.0
    reads = theorem.batch.has(n) or theorem.bound.has(n)
    return (count - batch) / (batch * (count - 1)) if reads else 1 / batch


def _parts(theorem: Theorem, oracle: Oracle, known: Mapping[Symbol, float]) -> dict[str, Any]:
    """Return the curvatures of the functions, and with which probabilities they are drawn."""
    top = None if oracle.curvature is None else known[oracle.curvature]
    draws = theorem.method.draws
    if draws is None or draws.weight is None or oracle.estimates != "components":
        count = int(known[n]) if oracle.estimates == "components" else 1
        return {
            "curvatures": [top] * count,
            "probabilities": [1 / count] * count,
            "noise_of": [1 / count] * count,
        }
    assert top is not None
    # Of mean `top`, as the theorem has it.
    curvatures = [0.5 * top, 1.5 * top]
    weights = [_number(draws.weight, {**known, L_i: each}, 0, 0) for each in curvatures]
    drawn = [weight / sum(weights) for weight in weights]
    even = oracle.noise != sigma_p_sq
    return {
        "curvatures": curvatures,
        "probabilities": drawn,
        "noise_of": [0.5 if even else 0.25 / share for share in drawn],
    }


def _run(theorem: Theorem, known: Mapping[Symbol, float], steps: int) -> dict[str, Any]:
    """Return the steps, and where they are linear in vectors what each of them makes of those."""
    # A pass over two components is two steps, and averages are over the points where passes begin.
    inner = 1 if theorem.visits == INDEPENDENT else 2
    alphas = [_number(theorem.step, known, j, steps) for j in range(steps) for _ in range(inner)]
    weights = [_number(theorem.weights, known, j, steps) for j in range(steps)]
    sizes = [1] * len(alphas)
    if theorem.batch is not None:
        top = known[n] if theorem.batch.has(n) or ORACLES[theorem.id].estimates == "components" else math.inf
        sizes = [
            int(min(math.ceil(_number(theorem.batch, known, j, steps) - 1e-9), top)) for j in range(steps)
        ]
    limits = [
        [
            _row(limit, known, j // inner, steps, _share(theorem, size, known[n]))
            for limit in moments_of(theorem)
        ]
        for j, size in enumerate(sizes)
    ]
    run: dict[str, Any] = {
        "alphas": alphas,
        "batches": sizes,
        "moments": limits,
        "weights": [weight if first == 0 else 0.0 for weight in weights for first in range(inner)],
        "order": theorem.visits,
    }
    if theorem.method in CHOOSING:
        return run
    method = exact_part(theorem.method)
    draws = method.draws or Draws()
    return run | {
        "steps": steps_of(method, alphas, {**known, K: steps}),
        "states": [name for name in method.update if name not in numbers_of(method)],
        "from_start": ["x", *method.from_start],
        "from_gradient": list(draws.from_gradient),
        "table": draws.table,
        "first": draws.first,
    }


def _number(expr: Expr, known: Mapping[Symbol, float], at: int, steps: int) -> float:
    symbols = sorted(known, key=str)
    return float(lower(expr, (k, K, *symbols))(at, steps, *(known[s] for s in symbols)))


def _solve(tasks: Sequence[Mapping[str, Any]], timeout: float) -> list[float]:
    command = [sys.executable, "-m", "ratebound.experiments.pep.program"]
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
