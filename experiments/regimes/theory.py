"""What the theorems of the catalogue know about a constant step, beside the truth.

A theorem takes part if its step is one constant parameter. Its admissible range is its ``where`` relations
with certified constants put in, an interval of steps. Its *conservatism* is the true stability threshold
divided by the largest step allowed: below 1, the range reaches into divergence (the bound stays true there,
for it contains a second moment that explodes). The *bound-optimal* step minimises the bound at the horizon
over the grid; the *price* of trusting it is the true error there divided by the least true error of any
step of the grid, both in the measure of the theorem.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sympy import Expr, Symbol

from ratebound.experiments.evidence.linear import setting_of
from ratebound.experiments.regimes.axes import Row
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.method import Method
from ratebound.theory.printed import printed
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN, BY_NAME, K, k

_FOREVER = 10**15
"""Updates after which a bound has reached its limit."""
_HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Line:
    """A theorem on the step axis, for one row of a map.

    Parameters
    ----------
    at
        Where the row stands on its axis.
    id, title, measure
        Of the theorem.
    range_text
        Its range as stated; ``""`` where it states none.
    least, largest
        Infimum and supremum of the steps allowed, 0 and ``inf`` where none is stated; nan if it does not
        apply.
    reason
        Why it does not apply, or gives no number at any step of the grid; ``""`` otherwise.
    conservatism
        True threshold / `largest`; nan where one of them is not known.
    bound_step, bound
        The step of the grid with the least bound at the horizon, and that bound.
    error
        True error at `bound_step`, in `measure`.
    best_step, best_error
        The step of the grid with the least true error, and that error.
    price
        ``error / best_error``.
    bound_floor, floor
        Limits of the bound and of the true error at `bound_step`; nan where they are not known, as for a
        bound whose constants belong to the horizon.
    """

    at: float
    id: str
    title: str
    measure: str
    range_text: str = ""
    least: float = np.nan
    largest: float = np.nan
    reason: str = ""
    conservatism: float = np.nan
    bound_step: float = np.nan
    bound: float = np.nan
    error: float = np.nan
    best_step: float = np.nan
    best_error: float = np.nan
    price: float = np.nan
    bound_floor: float = np.nan
    floor: float = np.nan


def candidates(problem: Problem, method: Method) -> list[Theorem]:
    """Return the theorems about a constant step of this method whose measure exists on the problem."""
    return [
        theorem
        for theorem in THEOREMS.values()
        if theorem.method == method
        and not theorem.in_passes
        and theorem.batch is None
        and theorem.parameters == (theorem.step,)
        and theorem.measure not in ONE_STEP
        and (problem.x_star is not None or not theorem.measure.startswith(("gap", "distance")))
    ]


class _Constants:
    """Certified constants of a row; those along a run once per step, for all theorems."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._known: dict[tuple[str, float], float | NotCertified] = {}

    def __call__(self, name: str, step: float = 0.0) -> float:
        key = (name, step)
        if key not in self._known:
            row = self._row
            alphas = np.full(row.steps if step else 1, step)
            batch = 1 if row.method.sampling == "full" else row.batch
            try:
                found = certify(row.problem, name, setting_of(row.method, alphas, batch, row.replacement))
                self._known[key] = found.value
            except NotCertified as reason:
                self._known[key] = reason
        value = self._known[key]
        if isinstance(value, NotCertified):
            raise value
        return value


def lines(
    row: Row,
    theorems: list[Theorem],
    steps: np.ndarray,
    errors: Mapping[str, np.ndarray],
    floors: Mapping[str, np.ndarray],
    *,
    threshold: float,
) -> list[Line]:
    """Return every theorem on the step axis.

    Parameters
    ----------
    row
        The runs.
    theorems
        See :func:`candidates`.
    steps
        The grid, shape (S,).
    errors
        Measure -> true error at the horizon, shape (S,).
    floors
        Measure -> limit of the true error, shape (S,), where it is known.
    threshold
        The true stability threshold, nan if it is not known.
    """
    constants, unknown = _Constants(row), np.full(steps.size, np.nan)
    return [
        _line(t, row, steps, errors[t.measure], floors.get(t.measure, unknown), constants, threshold)
        for t in theorems
    ]


def trusted(theory: Sequence[Sequence[Line]], measure: str, rows: int) -> dict[str, np.ndarray]:
    """Return what the least bound in a measure asks for, over rows: its step, its price and its theorem.

    Rows without such a bound read nan and ``""``.
    """
    step, price, name = np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, "", dtype=object)
    for j, row in enumerate(theory):
        told = [line for line in row if line.measure == measure and np.isfinite(line.bound)]
        if told:
            least = min(told, key=lambda line: line.bound)
            step[j], price[j], name[j] = least.bound_step, least.price, least.id
    return {"trusted_step": step, "trusted_price": price, "trusted_theorem": name}


def _line(
    theorem: Theorem,
    row: Row,
    steps: np.ndarray,
    error: np.ndarray,
    floor: np.ndarray,
    constants: _Constants,
    threshold: float,
) -> Line:
    horizon = row.steps
    line = Line(
        row.value,
        theorem.id,
        theorem.title,
        theorem.measure,
        range_text=", ".join(printed(relation) for relation in theorem.where),
    )
    try:
        fixed = {name: constants(name) for name in theorem.constants if BY_NAME.get(name) not in ALONG_RUN}
    except NotCertified as missing:
        return replace(line, reason=str(missing))
    known = {BY_NAME[name]: value for name, value in fixed.items() if name in BY_NAME}
    limits = [(relation.rel_op, _number(relation.rhs, known, horizon)) for relation in theorem.where]
    least = max((limit for sign, limit in limits if sign in (">", ">=")), default=0.0)
    largest = min((limit for sign, limit in limits if sign in ("<", "<=")), default=np.inf)
    bounds = np.full(steps.size, np.nan)
    reason = f"no step of the grid is within {line.range_text}"
    for j, step in enumerate(steps):
        if not all(_HOLDS[sign](step, limit) for sign, limit in limits):
            continue
        try:
            bounds[j] = _bound(theorem, float(step), known, constants, horizon)
        except NotCertified as missing:
            reason = str(missing)
    conservatism = threshold / largest if np.isfinite(largest) else np.nan
    line = replace(line, least=least, largest=largest, conservatism=conservatism)
    if not np.isfinite(bounds).any():
        return replace(line, reason=reason)
    chosen, best = int(np.nanargmin(bounds)), int(np.argmin(error))
    settled = not any(s.name in theorem.constants for s in ALONG_RUN)
    at_step = {**known, theorem.parameters[0]: float(steps[chosen])}
    return replace(
        line,
        bound_step=float(steps[chosen]),
        bound=float(bounds[chosen]),
        error=float(error[chosen]),
        best_step=float(steps[best]),
        best_error=float(error[best]),
        price=float(error[chosen] / error[best]) if error[best] > 0 else np.nan,
        bound_floor=_bound_floor(theorem, at_step) if settled else np.nan,
        floor=float(floor[chosen]),
    )


def _bound(
    theorem: Theorem, step: float, known: Mapping[Symbol, float], constants: _Constants, horizon: int
) -> float:
    along = {s: constants(s.name, step) for s in ALONG_RUN if s.name in theorem.constants}
    return _number(theorem.bound, {**known, **along, theorem.parameters[0]: step}, horizon)


def _bound_floor(theorem: Theorem, at_step: Mapping[Symbol, float]) -> float:
    """Return what the bound falls to: exactly zero where it is slow, too."""
    falls = theorem.order.kind in ("linear", "superlinear", "quadratic", "power")
    return 0.0 if falls else _number(theorem.bound, at_step, _FOREVER)


def _number(expression: Expr, values: Mapping[Symbol, float], horizon: int) -> float:
    symbols = sorted(values, key=str)
    with quiet:
        return float(lower(expression, (k, K, *symbols))(horizon, horizon, *(values[s] for s in symbols)))
