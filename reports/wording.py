"""Numbers and verdicts in words, the same in figures, tables and the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ratebound.theory.exposition.rarely import rarely
from ratebound.theory.exposition.sure import sure
from ratebound.theory.readings import READINGS
from ratebound.theory.visits import INDEPENDENT

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ITERATE = {
    "gap_last": "last iterate",
    "gap_average": "averaged iterate",
    "gap_weighted": "weighted average of the iterates",
    "gap_mean": "mean over the iterates",
    "gap_best": "best iterate",
    "distance_sq": "last iterate",
    "grad_norm_sq_best": "best iterate",
    "grad_norm_sq_mean": "mean over the iterates",
    "grad_norm_mean": "mean over the iterates",
    "grad_l1_mean": "mean over the iterates",
    "second_order_best": "best iterate",
}
_MEASURE = {
    "gap_last": "E[f(x_k) − f*]",
    "gap_next": "E[f(x_k+1) − f*]",
    "batch_variance": "E‖g_B − ∇f(x)‖²",
    "gap_average": "E[f(x̄_k) − f*]",
    "gap_weighted": "E[f(x̄_k) − f*]",
    "gap_mean": "mean E[f(x_j) − f*]",
    "gap_best": "min E[f(x_j) − f*]",
    "distance_sq": "E‖x_k − x*‖²",
    "grad_norm_sq_best": "min E‖∇f(x_j)‖²",
    "grad_norm_sq_mean": "mean E‖∇f(x_j)‖²",
    "grad_norm_mean": "mean E‖∇f(x_j)‖",
    "grad_l1_mean": "mean E‖∇f(x_j)‖₁",
    "second_order_best": "min E max(√(‖∇f(x_j)‖/L_H), −⅔ λ_min(∇²f(x_j))/L_H)",
    **{name: reading.words for name, reading in READINGS.items()},
}
_QUANTITY = {
    "gap_last": "gap",
    "gap_average": "gap of the average",
    "gap_weighted": "gap of the average",
    "gap_mean": "mean gap",
    "gap_best": "best gap",
    "distance_sq": "squared distance",
    "grad_norm_sq_best": "smallest squared gradient",
    "grad_norm_sq_mean": "mean squared gradient",
    "grad_norm_mean": "mean gradient norm",
    "grad_l1_mean": "mean sum of |∇f|",
    "second_order_best": "smallest length of second order",
    **{name: reading.quantity for name, reading in READINGS.items()},
}


def number(value: float | None, digits: int = 3) -> str:
    """Return a number for readers: ``0.0312``, ``470``, ``3.1×10⁴⁰``, ``∞``; a dash where there is none."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 10**6:
        return str(int(value)).replace("-", "−")
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text.replace("-", "−")
    mantissa, _, exponent = text.partition("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPT)
    return (power if mantissa == "1" else f"{mantissa}×{power}").replace("-", "−")


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{number(100 * share)} %"


def iterate(theorem: Mapping[str, Any]) -> str:
    """Return which iterate the measure speaks about, ``""`` for a measure without a common name."""
    return _ITERATE.get(theorem["measure"], "")


def measure(theorem: Mapping[str, Any]) -> str:
    """Return the measure in plain letters, with the iterate, for places where mathematics cannot be set."""
    name, of = _MEASURE.get(theorem["measure"], "error"), iterate(theorem)
    name = name if theorem["stochastic"] else sure(name)
    return f"{name} ({of})" if of else name


def quantity(theorem: Mapping[str, Any]) -> str:
    """Return what is measured, in a word or two, for titles."""
    return _QUANTITY.get(theorem["measure"], "error")


def is_vacuous(cell: Mapping[str, Any]) -> bool:
    """Tell whether the bound holds and says nothing."""
    return cell["verdict"]["outcome"] == "holds" and bool(cell["verdict"].get("vacuous"))


def headline(cell: Mapping[str, Any]) -> str:
    """Return the verdict in a few words."""
    verdict = cell["verdict"]
    outcome = verdict["outcome"]
    if verdict.get("risk") is not None and outcome != "not applicable":
        return rarely(outcome, number(verdict["risk"]))
    if verdict.get("region") and outcome != "not applicable":
        return f"{outcome}, on the region {verdict['region']} only"
    if outcome == "holds":
        return f"holds, vacuous: bound / error ≥ {looseness(verdict)}" if is_vacuous(cell) else "holds"
    if outcome == "violated" and verdict.get("k") is not None:
        return f"violated at k = {number(verdict['k'])}"
    return str(outcome)


def evidence(cell: Mapping[str, Any]) -> str:
    """Return what the verdict rests on, with its numbers."""
    verdict, run = cell["verdict"], cell["run"]
    kind = verdict.get("evidence") or "none"
    parts = []
    if kind == "monte carlo":
        parts.append(f"Monte Carlo, {number(run['replicas'])} replicas")
    elif kind == "exact" and not cell["theorem"]["stochastic"]:
        parts.append("exact: the run itself")
    elif kind == "exact":
        parts.append("exact expectation")
    elif kind == "enumeration":
        parts.append("exact: all index paths")
    elif kind == "proof":
        parts.append("proof")
    if verdict.get("exits") is not None:
        parts.append(f"{number(verdict['exits'])} of {number(run['replicas'])} replicas left the region")
    if verdict.get("e_value") is not None:
        parts.append(f"e-value {number(verdict['e_value'])}")
    if verdict["outcome"] == "violated" and verdict.get("measured") is not None:
        parts.append(f"error {number(verdict['measured'])} > bound {number(verdict.get('bound'))}")
    elif verdict.get("tightness") is not None:
        parts.append(f"largest error / bound = {number(verdict['tightness'])}{_where(verdict)}")
    return "; ".join(parts)


def _where(verdict: Mapping[str, Any]) -> str:
    return f" at k = {number(verdict['k'])}" if verdict.get("k") is not None else ""


def looseness(verdict: Mapping[str, Any]) -> str:
    """Return bound / error where the two come closest, rounded down: the bound is at least so loose."""
    tightness = verdict.get("tightness")
    if tightness is None:
        return "–"
    if tightness <= 0:
        return "∞"
    unit = 10.0 ** (math.floor(math.log10(1 / tightness)) - 1)
    # A ratio that is a round number but for its rounding stays one.
    return number(float(f"{math.floor(1 / tightness / unit * (1 + 1e-9)) * unit:.2g}"))


def problem_facts(problem: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of n, d, kappa, L_max/L, those that are known, for titles."""
    named = (("n", "n"), ("d", "d"), ("κ", "kappa"), ("L_max/L", "L_max_over_L"))
    return [(label, number(problem[key])) for label, key in named if problem.get(key) is not None]


def run_facts(cell: Mapping[str, Any]) -> str:
    """Return how the method was run, in one line."""
    run = cell["run"]
    parts = [str(run["method"])]
    if run.get("parameters_text"):
        parts.append(str(run["parameters_text"]))
    order = run.get("order", INDEPENDENT)
    if order != INDEPENDENT:
        parts.append(f"order {order}")
    if cell["theorem"]["stochastic"]:
        if order == INDEPENDENT:
            drawn = "with" if run.get("replacement", True) else "without"
            parts.append(f"batch {number(run['batch'])} {drawn} replacement")
        if run["replicas"]:
            parts.append(f"{number(run['replicas'])} replicas")
    parts.append(f"{number(run['steps'])} {'steps' if order == INDEPENDENT else 'passes'}")
    return ", ".join(parts)


def step_facts(cell: Mapping[str, Any]) -> str:
    """Return method, step and batch in a few words, for tables."""
    run = cell["run"]
    parts = [str(run["method"]), *([str(run["parameters_text"])] if run.get("parameters_text") else [])]
    if cell["theorem"]["stochastic"] and run["batch"] > 1:
        parts.append(f"batch {number(run['batch'])}")
    return ", ".join(parts)


def is_power(order: Mapping[str, Any]) -> bool:
    """Tell whether a rate is a power of k (drawn log-log) rather than geometric (semilog)."""
    return order["kind"] == "power" or (order["kind"] == "floor" and order.get("exponent") is not None)


def theory_exponent(order: Mapping[str, Any]) -> float | None:
    """Return the power of k in the bound, negative as measured: -1 for 1/k; None for geometric rates."""
    exponent = order.get("exponent")
    return None if exponent is None or not is_power(order) else -abs(float(exponent))


def interval(verdict: Mapping[str, Any]) -> str:
    """Return the fitted slope with the range of its pairwise slopes, a dash where nothing was fitted."""
    slope = verdict.get("slope")
    if slope is None:
        return "–"
    low, high = verdict.get("slope_low"), verdict.get("slope_high")
    text = number(slope)
    return text if low is None or high is None else f"{text} [{number(low)}, {number(high)}]"


def fitted(cell: Mapping[str, Any]) -> str:
    """Return the fitted slope of a cell with its interval and its kind: power of k, or rate per step."""
    verdict = cell["verdict"]
    if verdict.get("slope") is None:
        return interval(verdict)
    if is_power(cell["theorem"]["order"]):
        return f"power {interval(verdict)}"
    counted = "step" if cell["run"].get("order", INDEPENDENT) == INDEPENDENT else "pass"
    return f"{interval(verdict)} per {counted}"


def file_stem(words: str) -> str:
    """Return words as a name fit for files and links on every system."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in words)[:120]


def distinct(stems: Sequence[str]) -> list[str]:
    """Return the stems with those that repeat numbered, also where a file system ignores case."""
    names: list[str] = []
    taken: set[str] = set()
    for stem in stems:
        name, count = stem, 1
        while name.lower() in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name.lower())
        names.append(name)
    return names
