"""The numbers of the interactive map of regimes, as plain JSON for its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ratebound.reports import style
from ratebound.reports.regimes.map import AXES, COLOURS, of_one_row

_DIGITS = 4
_CURVES = {"curve": "curve", "mean": "mean_curve", "low": "low_curve", "high": "high_curve"}
_SCALARS = ("error", "floor", "contraction", "mean", "stderr", "median")


def payload(regimes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page draws.

    Parameters
    ----------
    regimes
        Plain values, as :meth:`ratebound.experiments.regimes.explore.Regimes.as_dict` returns them.

    Returns
    -------
    dict
        Axes ``step``, ``values`` and ``k``; over (values, step) the ``regime`` and its code, and ``numbers``;
        over (values, step, k) ``curves``; and ``allowed``, the theorems that allow a step in row ``told``.
    """
    names = list(COLOURS)
    told, theory = of_one_row(regimes)
    rows = range(len(regimes["values"]))
    return {
        "step": [_short(step) for step in regimes["step"]],
        "axis": regimes["axis"],
        "axis_name": AXES[regimes["axis"]],
        "values": regimes["values"],
        "k": regimes["k"],
        "units": {name: regimes[name] for name in ("L", "L_max") if regimes[name] is not None},
        "exact": regimes["exact"],
        "measure": "f(x_k) − f*" if regimes["measure"] == "gap_last" else "‖∇f(x_k)‖²",
        "regimes": names,
        "colours": list(COLOURS.values()),
        "ink": {"curve": style.VERMILION, "mean": style.BLUE},
        "code": [[names.index(row[j]) for row in regimes["regime"]] for j in rows],
        "numbers": {name: _by_row(regimes[name], rows) for name in _SCALARS if name in regimes},
        "measured": [[row[j] for row in regimes["measured_regime"]] for j in rows]
        if "measured_regime" in regimes
        else None,
        "threshold": [_short(limit) for limit in regimes["threshold"]],
        "curves": {
            name: _by_row(regimes[stored], rows) for name, stored in _CURVES.items() if stored in regimes
        },
        "best": [_short(step) for step in regimes["best_step"]],
        "trusted": {
            name: [_short(each) for each in regimes[f"trusted_{name}"]]
            for name in ("step", "price", "theorem")
        },
        "told": told,
        "allowed": [allowed(theory, step) for step in regimes["step"]],
    }


def allowed(theory: Sequence[Mapping[str, Any]], step: float) -> list[str]:
    """Return the theorems that apply and allow a step; one without a stated range allows every step."""
    applying = (line for line in theory if line["largest"] is not None or line["bound_step"] is not None)
    return [
        line["id"]
        for line in applying
        if (line["least"] or 0.0) <= step <= (float("inf") if line["largest"] is None else line["largest"])
    ]


def _by_row(values: Sequence[Any], rows: range) -> list[Any]:
    return [[_short(row[j]) for row in values] for j in rows]


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(each) for each in value]
    return value if value is None or isinstance(value, str) else float(f"{value:.{_DIGITS}g}")
