"""A map of regimes as the command line prints it: what is true of every row, then what the theorems say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ratebound.commands.text import aligned
from ratebound.reports.regimes.words import axis, named_row, reasons, said


def regime_text(found: Mapping[str, Any]) -> str:
    """Return the tables of a map.

    Parameters
    ----------
    found
        Plain values, as :meth:`ratebound.experiments.regimes.explore.Regimes.as_dict` returns them.
    """
    how = "exact expectation" if found["exact"] else "mean over replicas"
    error = "f(x_K) - f*" if found["measure"] == "gap_last" else "||grad f(x_K)||^2"
    kappa = f", kappa = {found['kappa']:.4g}" if found["kappa"] else ""
    horizon = f" = {found['steps']}" if "steps" in found else ""
    lines = [
        f"{found['method']} on {found['problem']} (n = {found['n']}, d = {found['d']}{kappa}), "
        f"constant steps by {axis(found)}",
        f"error {error} after K{horizon}: {how}; {found['replicas']} replicas, seed {found['seed']}",
        "",
        aligned(_rows(found)),
        *(("", *sentences) if (sentences := said(found)) else ()),
    ]
    if found["theory"]:
        at = found["theory"][0 if found["axis"] in ("batch", "momentum") else -1]["at"]
        shown = [line for line in found["theory"] if line["at"] == at]
        lines += [
            "",
            f"theorems about a constant step, {named_row(found, at)}",
            aligned(_theorem_rows(shown)),
            "bound and error: at K, in the measure of the theorem, at the step of its least bound; "
            "price: error / least error of the grid; floors: their limits at that step",
        ]
        lines += [f"no number: {each}" for each in reasons(shown)]
    return "\n".join(lines)


def _rows(found: Mapping[str, Any]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [
        (
            axis(found), "threshold", "fastest", "best step", "error", "floor", "trusted step", "price",
            "regime, up to step",
        )
    ]  # fmt: skip
    for j, value in enumerate(found["values"]):
        best = found["step"].index(found["best_step"][j])
        limit = found["threshold"][j]
        if limit is None and found["first_divergent"][j] is not None:
            threshold = f"<= {found['first_divergent'][j]:.4g}"
        else:
            threshold = _short(limit)
        numbers = [
            found["fastest_step"][j], found["best_step"][j], found["error"][best][j], found["floor"][best][j],
            found["trusted_step"][j], found["trusted_price"][j],
        ]  # fmt: skip
        regimes = [row[j] for row in found["regime"]]
        rows.append((f"{value:g}", threshold, *map(_short, numbers), _runs(found["step"], regimes)))
    return rows


def _runs(steps: Sequence[float], regimes: Sequence[str]) -> str:
    """Return the regimes along the steps, each with the last step of its run."""
    runs = [list(run) for _, run in groupby(zip(steps, regimes, strict=True), key=lambda pair: pair[1])]
    return ", ".join(f"{run[-1][1]} {run[-1][0]:.2g}" for run in runs)


_COLUMNS = {
    "limit": "largest",
    "threshold/limit": "conservatism",
    "least bound at": "bound_step",
    "bound": "bound",
    "error": "error",
    "best": "best_step",
    "price": "price",
    "bound's floor": "bound_floor",
    "floor": "floor",
}


def _theorem_rows(theory: Sequence[Mapping[str, Any]]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("theorem", "range", *_COLUMNS)]
    rows += [
        (line["id"], line["range_text"] or "any", *(_short(line[name]) for name in _COLUMNS.values()))
        for line in theory
        if not line["reason"]
    ]
    return rows


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
