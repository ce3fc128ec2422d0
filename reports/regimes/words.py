"""What a map of regimes says in words, for the page and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_PLURAL = {"batch": "batches", "momentum": "momenta", "steps": "horizons", "noise": "noise levels"}


def axis(found: Mapping[str, Any]) -> str:
    """Return what the values of the axis are called."""
    return "K" if found["axis"] == "steps" else str(found["axis"])


def named_row(found: Mapping[str, Any], value: float) -> str:
    """Return what a row of a map is called."""
    return f"{axis(found)} = {value:g}"


def reasons(theory: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return why theorems give no number, each reason once, before the theorems."""
    found: dict[str, list[str]] = {}
    for line in theory:
        if line["reason"]:
            found.setdefault(line["reason"], []).append(line["id"])
    return [f"{reason}: {', '.join(names)}" for reason, names in found.items()]


def said(found: Mapping[str, Any]) -> list[str]:
    """Return sentences: what exact noise floors say of convergence, and what the batches say of scaling.

    Parameters
    ----------
    found
        Plain values, as :meth:`ratebound.experiments.regimes.explore.Regimes.as_dict` returns them.
    """
    if not found["exact"] or found["method"] == "gd":
        return []
    floors = [floor for row in found["floor"] for floor in row if floor is not None]
    lines = []
    if floors and min(floors) > found["rounding"]:
        lines.append(
            f"no constant step converges to x*: the noise floor is positive at every stable step, "
            f"{min(floors):.3g} at the least over all steps and {_PLURAL[found['axis']]} of the map"
        )
    elif floors and max(floors) <= found["rounding"]:
        lines.append(
            f"every stable step converges to x* over all {_PLURAL[found['axis']]}: the noise floor is zero"
        )
    if found["critical_batch"] is not None:
        lines.append(
            f"critical batch {found['critical_batch']:.3g}: beyond it the threshold of the first batch, "
            "scaled linearly, exceeds that of full gradients"
        )
    if found["best_exponent"] is not None:
        lines.append(
            f"best step for this horizon: grows like batch^{found['best_exponent']:.2f} (1: linear scaling, "
            "0.5: square root)"
        )
    return lines
