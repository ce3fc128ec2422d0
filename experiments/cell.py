"""A verdict as one cell of a record: plain numbers, lists and words, all that reports read."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Integer

from ratebound.experiments.adversary.tightness import known_tightness
from ratebound.experiments.verdict import Verdict
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.finite_sum import Problem
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition import latex
from ratebound.theory.exposition.proofs import exposition
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import BY_NAME

_CURVES = ("exact", "mean", "mean_low", "mean_high", "q10", "q90", "replicas")
_BAND = "mean +- 2.58 standard errors, a normal approximation for the eye; no verdict rests on it"

_UNNAMED = MappingProxyType(
    {
        "text": "a rate without a name",
        "latex": r"\mathrm{no\ named\ rate}",
        "kind": "power",
        "exponent": None,
        "log_power": 0,
    }
)


def cell(theorem: Theorem, problem: Problem, verdict: Verdict) -> dict[str, Any]:
    """Return the cell of a verdict, in the layout that :mod:`ratebound.experiments.record` checks."""
    return {
        "theorem": _theorem(theorem),
        "problem": _problem(problem),
        "run": _run(theorem, verdict),
        "constants": [
            {
                "name": each.name,
                "latex": latex.name(each.name),
                "value": each.value,
                "route": each.route,
                "direction": each.direction,
                "region": each.region,
                "error": each.error,
                "note": each.note,
            }
            for each in verdict.constants
        ],
        "verdict": _verdict(verdict),
        "series": _series(verdict),
    }


def _theorem(theorem: Theorem) -> dict[str, Any]:
    weighted = theorem.measure == "gap_average" and theorem.weights != Integer(1)
    return {
        "id": theorem.id,
        "title": theorem.title,
        "source": theorem.source,
        "proof": theorem.proof,
        "measure": "gap_weighted" if weighted else theorem.measure,
        "measure_latex": latex.measure(theorem),
        "bound_latex": latex.tex(theorem.bound),
        "schedule_latex": latex.tex(theorem.step),
        **_rate(theorem),
        "assumptions": [each.title for each in theorem.assumptions],
        "setting": theorem.setting,
        "stochastic": theorem.stochastic,
        "note": theorem.note,
        "sibling": theorem.sibling,
        "exposition": _exposition(theorem),
        "worst": _worst(theorem),
    }


def _exposition(theorem: Theorem) -> list[dict[str, Any]]:
    """Return the lines of the proof; of a registered theorem they are typeset once for all its cells."""
    registered = THEOREMS.get(theorem.id) is theorem
    return [dict(line) for line in (_known_lines(theorem.id) if registered else _lines(theorem))]


@cache
def _known_lines(name: str) -> list[dict[str, Any]]:
    return _lines(THEOREMS[name])


def _lines(theorem: Theorem) -> list[dict[str, Any]]:
    return [
        {
            "words": line.words,
            "latex": None if line.formula is None else latex.tex(line.formula),
            "relation": line.relation,
        }
        for line in exposition(theorem)
    ]


def _worst(theorem: Theorem) -> dict[str, Any] | None:
    """Return the worst ratio on record for the statement, None where it has not been searched."""
    known = known_tightness(theorem.id)
    if known is None or THEOREMS.get(theorem.id) is not theorem:
        return None
    witness = known.witness
    return {
        "ratio": known.ratio,
        "verdict": known.verdict,
        "evaluations": known.evaluations,
        "instance": witness.instance["family"],
        "k": witness.k,
    }


def _rate(theorem: Theorem) -> dict[str, Any]:
    """Return order and complexity; a conjecture may decay like no named power, and is drawn log-log."""
    try:
        order, complexity = theorem.order, latex.complexity(theorem)
    except RateboundError:
        return {"order": dict(_UNNAMED), "complexity_latex": None}
    return {
        "order": {
            "text": order.text,
            "latex": order.latex,
            "kind": order.kind,
            "exponent": None if order.exponent is None else -float(order.exponent),
            "log_power": order.log_power,
        },
        "complexity_latex": complexity,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    smoothness = None if problem.loss.kinked else [certify(problem, name).value for name in ("L", "L_max")]
    return {
        "name": problem.name,
        "title": problem.title,
        "n": problem.n,
        "d": problem.d,
        "kappa": None if smoothness is None else _kappa(problem, smoothness[0]),
        "L_max_over_L": None if smoothness is None else smoothness[1] / smoothness[0],
        "preprocessing": problem.preprocessing,
        "loss": problem.loss.name,
        "l2": problem.l2,
        "l1": problem.l1,
    }


def _kappa(problem: Problem, L: float) -> float | None:
    """Return L/mu, or L over the PL constant; None where neither is certified."""
    for name in ("mu", "mu_pl"):
        try:
            return L / certify(problem, name).value
        except NotCertified:
            continue
    return None


def _run(theorem: Theorem, verdict: Verdict) -> dict[str, Any]:
    return {
        **verdict.run,
        "replicas": verdict.replicas,
        "parameters": dict(verdict.parameters),
        "parameters_text": verdict.parameters_text,
        "range": _range(theorem, verdict),
    }


def _range(theorem: Theorem, verdict: Verdict) -> list[dict[str, Any]]:
    """Return how much of each admissible range the run uses: a share of 1 is its edge."""
    values = dict(verdict.parameters) | {each.name: each.value for each in verdict.constants}
    known = {BY_NAME[name]: value for name, value in values.items() if name in BY_NAME}
    found = []
    for relation in theorem.where:
        left, right = relation.lhs.subs(known), relation.rhs.subs(known)
        if not (left.is_number and right.is_number and left > 0 and right > 0):
            continue
        value, limit = float(left), float(right)
        upper = relation.rel_op in ("<", "<=")
        found.append(
            {
                "text": str(relation),
                "value": value,
                "limit": limit,
                "share": value / limit if upper else limit / value,
            }
        )
    return found


def _verdict(verdict: Verdict) -> dict[str, Any]:
    slope = verdict.slope
    return {
        "outcome": verdict.outcome,
        "evidence": verdict.evidence,
        "k": verdict.k,
        "measured": verdict.measured,
        "bound": verdict.bound,
        "tightness": verdict.tightness,
        "vacuous": verdict.vacuous,
        "e_value": verdict.e_value,
        "confirm_value": verdict.confirm_value,
        "reason": verdict.reason,
        "region": verdict.region,
        "risk": verdict.risk,
        "exits": verdict.exits,
        "step_holds": verdict.step_holds,
        "step_reason": verdict.step_reason,
        "slope": None if slope is None else slope.slope,
        "slope_low": None if slope is None else slope.low,
        "slope_high": None if slope is None else slope.high,
        "slope_range": None if slope is None else list(slope.k_range),
    }


def _series(verdict: Verdict) -> dict[str, Any]:
    curves = verdict.curves
    series: dict[str, Any] = {name: _listed(curves.get(name)) or [] for name in ("k", "bound", "evaluations")}
    series |= {name: _listed(curves.get(name)) for name in _CURVES}
    series["floor"] = verdict.floor
    series["band"] = _BAND if "mean_low" in curves else None
    return series


def _listed(values: np.ndarray | None) -> list[Any] | None:
    return None if values is None else np.asarray(values).tolist()
