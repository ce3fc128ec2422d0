"""The premises of a proof that its author states, held against data: one that fails somewhere is refuted.

What comes with this library is measured by its tests. An inequality of an author's own may assume anything:
it is looked at where the run goes, and at points about the start where its constants hold everywhere. That
it holds at these proves nothing.
"""

from __future__ import annotations

import numpy as np
from sympy import Expr, Symbol

from ratebound.experiments.applicability import Trial
from ratebound.experiments.evidence.conditional import state_at, visited
from ratebound.experiments.evidence.linear import is_plain
from ratebound.experiments.evidence.step_claim import StepFinding
from ratebound.problems.lower import lower
from ratebound.problems.own_loss import is_own
from ratebound.theory import symbols as s
from ratebound.theory.inequality import Inequality
from ratebound.theory.onestep import STATE
from ratebound.theory.premises import UNKNOWN, in_words

_MOST_STEPS, _MOST_WORK, _SPREAD, _NEAR = 300, 5e6, (0.01, 0.3, 3.0), 4
_ROUNDING = 1e-9

Point = tuple[int, np.ndarray]


def with_premises(found: StepFinding, trial: Trial, seed: int) -> StepFinding:
    """Return what was found about the step of a proof, and about what authors of proofs and losses state.

    Parameters
    ----------
    found
        What was found about the step.
    trial
        The run.
    seed
        The seed of the points.
    """
    holds, reasons = found.holds, [found.reason] if found.reason else []
    if is_own(trial.problem.loss):
        stated = f"the constants rest on what the {trial.problem.loss.title} states of itself"
        reasons.append(f"{stated}, {UNKNOWN}; no value of it was found that refutes it")
    for premise in trial.theorem.premises:
        words = f"the proof rests on {in_words(premise)}, {UNKNOWN}"
        if isinstance(premise, Inequality):
            known, seen = _look(trial, premise, seed)
            holds = False if known is False else holds
            words += f"; {seen}"
        reasons.append(words)
    return StepFinding(holds, "; ".join(reasons), found.k, found.x)


def _look(trial: Trial, inequality: Inequality, seed: int) -> tuple[bool | None, str]:
    """Return whether an inequality holds at all points where it was looked at, and what was seen."""
    theorem, problem = trial.theorem, trial.problem
    if not is_plain(theorem.method) or theorem.in_passes or problem.n**2 * problem.d > _MOST_WORK:
        return None, "it was not held against this run, which has more to it than x - alpha g on a small sum"
    unknown = {q for q in inequality.slack.free_symbols if q not in STATE} - trial.values.keys() - {s.k, s.K}
    if unknown:
        return None, f"it reads {', '.join(sorted(map(str, unknown)))}, which is not certified here"
    slack, seen = inequality.slack.expand().as_ordered_terms(), 0
    read = set(STATE) & inequality.slack.free_symbols
    for k, x in _points(trial, inequality, seed):
        state = _state(trial, k, x)
        if state is None or not read <= state.keys():
            continue
        terms = [_value(term, trial, k, state) for term in slack]
        if not np.isfinite(terms).all():
            continue
        seen += 1
        if sum(terms) < -_ROUNDING * sum(map(abs, terms)) - problem.value_floor:
            at = f"the step k = {k}, at ||x - x_0|| = {np.linalg.norm(x - problem.x0):.3g}"
            return False, f"PREMISE REFUTED: its slack is {sum(terms):.3g} < 0 in {at}"
    if not seen:
        return None, "it reads what is not known at the points of this run"
    return True, f"it holds at the {seen} points where it was looked at, which proves nothing"


def _points(trial: Trial, inequality: Inequality, seed: int) -> list[Point]:
    """Return (k, x): where the run goes, and points about its start where all constants hold everywhere."""
    points = visited(trial, seed, _MOST_STEPS)
    read = {symbol.name for symbol in inequality.slack.free_symbols}
    if all(each.region == "everywhere" for each in trial.constants if each.name in read):
        x0, rng = trial.problem.x0, np.random.default_rng(seed)
        scale = 1 + float(np.linalg.norm(x0))
        points += [
            (0, x0 + size * scale * rng.normal(size=x0.size)) for size in _SPREAD for _ in range(_NEAR)
        ]
    return points


def _state(trial: Trial, k: int, x: np.ndarray) -> dict[Symbol, float] | None:
    """Return the state quantities of a plain step at a point that inequalities may read, by symbol."""
    state = state_at(trial, k, x)
    if state is None:
        return None
    alpha = float(trial.alphas[k])
    state |= {s.move_inner: -alpha * state[s.grad_sq], s.move_sq: alpha**2 * state[s.moment]}
    if trial.problem.x_star is not None:
        state[s.descent] = float(trial.problem.gradient(x) @ (x - trial.problem.x_star))
    return state


def _value(term: Expr, trial: Trial, k: int, state: dict[Symbol, float]) -> float:
    # A bound along the run is what is certified: it need not be least at x_k.
    known = {**state, **trial.values, s.alpha: float(trial.alphas[k])}
    symbols = sorted(known, key=str)
    return float(lower(term, (s.k, s.K, *symbols))(k, trial.steps, *(known[symbol] for symbol in symbols)))
