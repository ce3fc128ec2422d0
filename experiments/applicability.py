"""Whether a theorem speaks about a run: constants certified, parameters in range, steps as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from sympy import Expr, Float, Integer, Symbol
from sympy.core.relational import Relational

from ratebound.experiments.checks import whole
from ratebound.experiments.evidence.along import along_run
from ratebound.experiments.evidence.leaving import checked_radius
from ratebound.experiments.evidence.linear import setting_of
from ratebound.experiments.plan import OVER_PATH, check_alphas, nothing_averaged
from ratebound.experiments.sampling_of import NotApplicable, sampling_of, sizes_of
from ratebound.experiments.trial import Trial
from ratebound.problems.certified import Constant, NotCertified, Setting
from ratebound.problems.constants import CONSTANTS, certify
from ratebound.problems.dual import require_dual
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.theory.errors import RateboundError, nearest
from ratebound.theory.inequalities.proximity import penalised
from ratebound.theory.letters.box import margin
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.parse import parse
from ratebound.theory.readings import of_table
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN, BY_NAME, K, delta, k
from ratebound.theory.symbols import CONSTANTS as CONSTANT_SYMBOLS
from ratebound.theory.symbols import b as b_size

__all__ = ["NotApplicable", "Parameter", "Trial", "prepare"]

Parameter: TypeAlias = "float | str | Expr"
"""What a user may pass for a parameter."""
_ROUNDING = 1e-12
"""Relative slack of a range: the rounding of the two sides, far below the allowances of the constants."""
_TRIES = 60
_INFLATED = 1.001


def prepare(
    theorem: Theorem,
    problem: Problem,
    *,
    steps: int,
    parameters: Mapping[str, Parameter] | None = None,
    batch: int | Sequence[int] | np.ndarray = 1,
    replacement: bool | None = None,
    order: str | None = None,
    region: float | None = None,
) -> Trial:
    """Return the run that the theorem speaks about.

    Parameters
    ----------
    theorem, problem
        What is tried, and on what.
    steps
        The horizon K.
    parameters
        Values of the theorem's parameters by name: numbers, or expressions (or their text) in the constants;
        the theorem's defaults stand in for the others.
    batch, replacement
        The sampling; None for that of the theorem, else with replacement. Of batches that change from step to
        step, at least `steps` of them, the first are taken; constants are those of the smallest.
    order
        As in :func:`ratebound.experiments.run.simulate`; None for that of the theorem.
    region
        As in :func:`ratebound.experiments.verify.verify`.

    Raises
    ------
    NotApplicable
        If a constant cannot be certified, a parameter is out of range, or too few steps are made.
    RateboundError
        If a parameter is unknown or no number.
    """
    steps = whole("steps", steps, 1)
    batch, sizes, replacement = sampling_of(theorem, problem, steps, batch, replacement, order)
    _check_minimum(theorem, problem)
    chosen, text = _chosen(theorem, parameters or {})
    certified = _certified(theorem, problem, chosen, Setting(np.zeros(1), batch, replacement))
    trial = Trial(theorem, problem, np.zeros(1), None, {}, certified, text, 0, batch, replacement, sizes)
    names = _names(theorem, chosen)
    if region is not None:
        trial = replace(trial, radius=checked_radius(theorem, problem, region, names))
    if sizes is not None and b_size.name in names:
        raise NotApplicable(f"{theorem.id} is about batches of one size b, not about sizes that change")
    along = [symbol for symbol in ALONG_RUN if symbol.name in names]
    if not along or theorem.measure in ONE_STEP:
        return _with_steps(trial, chosen, steps)
    reads = theorem.step.free_symbols.union(*(e.free_symbols for e in chosen.values()))
    if reads & set(along):
        (symbol,) = along
        return _fixed_point(trial, symbol, chosen, steps)
    first = _with_steps(trial, chosen, steps)
    try:
        found = [along_run(first, symbol) for symbol in along]
    except NotCertified as reason:
        raise NotApplicable(f"{theorem.id} needs {along[0].name}: {reason}") from None
    return _with_steps(replace(trial, constants=(*certified, *found)), chosen, steps)


def _check_minimum(theorem: Theorem, problem: Problem) -> None:
    if of_table(theorem.measure):
        try:
            require_dual(problem)
        except NotCertified as reason:
            raise NotApplicable(f"{theorem.id} reads dual vectors: {reason}") from None
    if problem.l1 and penalised not in theorem.assumptions:
        raise NotApplicable(
            f"{theorem.id} is about a finite sum alone, and {problem.name} adds l1 ||x||_1; `ratebound list` "
            "shows the proximal methods"
        )
    if problem.x_star is not None or not theorem.measure.startswith(("gap", "distance")):
        return
    if theorem.measure == "gap_next" and theorem.bound.expand().coeff(delta) == 1:
        return  # The unknown f* cancels.
    raise NotApplicable(f"{theorem.measure} is measured from the minimum, and {problem.minimum.note}")


def _chosen(theorem: Theorem, given: Mapping[str, Parameter]) -> tuple[dict[Symbol, Expr], str]:
    """Return an expression for each parameter, and the choice in words."""
    known = {p.name: p for p in theorem.parameters}
    for name in given:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise RateboundError(
                f"{theorem.id} has no parameter {name!r}{nearest(name, known)} (parameters: {listed})"
            )
    chosen = theorem.chosen({known[name]: _expression(name, value) for name, value in given.items()})
    words = []
    for name, symbol in known.items():
        value = given.get(name, theorem.defaults[symbol])
        words.append(f"{name} = {float(value):.6g}" if isinstance(value, Real) else f"{name} = {value}")
    return {symbol: _expression(symbol.name, value) for symbol, value in chosen.items()}, ", ".join(words)


def _expression(name: str, value: Any) -> Expr:
    if isinstance(value, str):
        value = parse(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        if not np.isfinite(float(value)):
            raise RateboundError(f"{name} = {value}; it must be a finite number")
        # Repeated in full precision: SymPy's default of 15 digits would change the number.
        return Float(float(value), 17)
    if not isinstance(value, Expr):
        raise RateboundError(f"{name} = {value!r}; pass a number or an expression such as '1/(4*L_max)'")
    alien = sorted(str(s) for s in value.free_symbols - {K, *CONSTANT_SYMBOLS})
    if alien:
        raise RateboundError(f"{name} = {value} reads {', '.join(alien)}; it may read K and constants only")
    return value


def _names(theorem: Theorem, chosen: Mapping[Symbol, Expr]) -> list[str]:
    """Return the names that must be certified for this choice of parameters."""
    expressions = (*theorem.schedules, theorem.start, theorem.weights, *theorem.where, *chosen.values())
    read = set().union(*(e.free_symbols for e in (*expressions, theorem.bound)))
    assumed = [name for each in theorem.assumptions for name in each.constants]
    return list(dict.fromkeys([*assumed, *(s.name for s in CONSTANT_SYMBOLS if s in read)]))


def _certify(theorem: Theorem, problem: Problem, name: str, setting: Setting) -> Constant:
    try:
        return certify(problem, name, setting)
    except NotCertified as reason:
        raise NotApplicable(f"{theorem.id} needs {name}: {reason}") from None


def _certified(
    theorem: Theorem, problem: Problem, chosen: Mapping[Symbol, Expr], setting: Setting
) -> tuple[Constant, ...]:
    """Return the constants that do not depend on the steps."""
    names = [name for name in _names(theorem, chosen) if BY_NAME.get(name) not in ALONG_RUN]
    unknown = [name for name in names if name not in CONSTANTS]
    if unknown:
        raise NotApplicable(f"{theorem.id} needs {', '.join(unknown)}, which problems do not certify")
    return tuple(_certify(theorem, problem, name, setting) for name in names)


def _with_steps(trial: Trial, chosen: Mapping[Symbol, Expr], steps: int) -> Trial:
    """Put numbers in: parameters, range (as far as its constants are known), steps, weights, start."""
    theorem = trial.theorem
    by_name = {s.name: s for s in CONSTANT_SYMBOLS}
    values = {by_name[c.name]: c.value for c in trial.constants if c.name in by_name}

    def number(expr: Expr, at: np.ndarray | int = 0) -> np.ndarray:
        symbols = sorted(values, key=str)
        return lower(expr, (k, K, *symbols))(at, steps, *(values[s] for s in symbols))

    waiting = list(theorem.where)
    # Parameters that defaults of others read come first: where they are out of range, these make no sense.
    for symbol in sorted(chosen, key=lambda p: bool(theorem.defaults[p].free_symbols & chosen.keys())):
        value = float(number(chosen[symbol]))
        value = float(np.ceil(value)) if symbol.is_integer else value
        if not np.isfinite(value) or (symbol.is_positive and value <= 0):
            given = "" if chosen[symbol].is_Number else f" = {chosen[symbol]}"
            if chosen[symbol] == theorem.defaults[symbol].xreplace(dict(chosen)):
                raise NotApplicable(f"the default {symbol}{given} is {value:.6g} there, and not positive")
            raise RateboundError(f"{symbol}{given} = {value:.6g}; it must be positive and finite")
        values[symbol] = value
        for relation in [each for each in waiting if each.free_symbols <= {*values, K}]:
            waiting.remove(relation)
            _check_range(theorem, relation, float(number(relation.lhs)), float(number(relation.rhs)))
    trial = replace(trial, values=values)
    try:
        alphas = check_alphas(number(theorem.step, np.arange(steps)))
    except RateboundError as problem:
        raise NotApplicable(f"the schedule {theorem.step}: {problem}") from None
    weights = None
    start = int(number(theorem.start)) if theorem.measure not in ONE_STEP else 0
    start = max(start, 1) if theorem.measure in OVER_PATH else start
    if theorem.averaged_over is not None and theorem.weights != Integer(1):
        weights = number(theorem.weights, np.arange(steps))
        # Before the first point that counts there is no average to ask about.
        first = int(nothing_averaged(np.broadcast_to(weights, steps)).sum())
        start = max(start, first) if first > steps or not theorem.at_horizon else start
    if start > steps:
        raise NotApplicable(
            f"{theorem.id} claims its bound from k = {start} on, and the run makes {steps} steps; "
            f"take steps >= {start}"
        )
    sizes = (
        trial.sizes
        if theorem.batch is None
        else sizes_of(trial.problem, number(theorem.batch, np.arange(steps)), trial.replacement)
    )
    return replace(trial, alphas=alphas, weights=weights, start=start, sizes=sizes)


def in_range(relation: Relational, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether both sides of a range, arrays of one shape, obey it; up to rounding where it has its end."""
    with quiet:
        slack = (right - left) if relation.rel_op in ("<", "<=") else (left - right)
        # An end that overflows leaves no room for rounding: -oo is not within it of any number.
        rounding = np.where(np.isfinite(right), _ROUNDING * np.abs(right), 0.0)
        return np.asarray(slack > 0 if relation.rel_op in ("<", ">") else slack >= -rounding)


def _check_range(theorem: Theorem, relation: Relational, left: float, right: float) -> None:
    if in_range(relation, np.array(left), np.array(right)):
        return
    word, remedy = ("exceeds", "smaller") if relation.rel_op in ("<", "<=") else ("is below", "larger")
    if left == right:
        word = "equals"
    raise NotApplicable(
        f"{relation.lhs} = {left:.6g} {word} {relation.rhs} = {right:.6g}, which {theorem.id} requires "
        f"({relation}); pass a {remedy} {relation.lhs}, or map the regimes with `ratebound explore`"
    )


def _fixed_point(trial: Trial, symbol: Symbol, chosen: Mapping[Symbol, Expr], steps: int) -> Trial:
    """Certify a noise constant s together with the steps that s itself sets: certify(alphas(s)) <= s.

    Any such s will do: the run with these steps has a noise of at most s, which is all that the theorem
    asks. The search doubles s while the run of its steps diverges.
    """
    resting = setting_of(trial.theorem.method, np.zeros(1), trial.batch, trial.replacement)
    # On a box the bound is the same for all steps: any first guess will do.
    guessed = not trial.theorem.stochastic or margin in trial.theorem.method.parameters
    first = "grad0_sq" if guessed else symbol.name
    assumed = _certify(trial.theorem, trial.problem, first, resting).value
    failure = "the certified value grows at every try"
    for _ in range(_TRIES):
        guess = Constant(symbol.name, assumed, "assumed", "upper")
        found = _with_steps(replace(trial, constants=(*trial.constants, guess)), chosen, steps)
        try:
            certified = along_run(found, symbol)
        except NotCertified as reason:
            failure, assumed = str(reason), 2 * assumed
            continue
        if certified.value <= assumed:
            route = f"fixed point of value -> steps -> value; {certified.route}"
            moment = replace(certified, value=assumed, route=route, direction="upper")
            return replace(found, constants=(*trial.constants, moment))
        assumed = _INFLATED * certified.value
    raise NotApplicable(
        f"{trial.theorem.id} sets its steps by {symbol}, and no value was found that its own steps "
        f"respect: {failure}"
    )
