"""Records made by hand for the tests of reports: every shape that a figure or a page must survive."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_BOUND = r"\frac{L \lVert x_0-x_*\rVert^{2}}{4 k + 2}"


def theorem(
    name: str = "gd_convex", kind: str = "power", exponent: float | None = -1.0, **changes: Any
) -> dict:
    base = {
        "id": name,
        "title": "Gradient descent, smooth convex",
        "source": "Drori and Teboulle 2014, Theorem 3.1",
        "proof": "certified",
        "measure": "gap_last",
        "measure_latex": r"\mathbb{E}\left[f(x_k)-f_*\right]",
        "bound_latex": _BOUND,
        "schedule_latex": r"\frac{1}{L}",
        "order": {
            "text": "O(1/k)" if kind == "power" else "O(rho^k)",
            "latex": r"\mathcal{O}\left(\frac{1}{k}\right)" if kind == "power" else r"\mathcal{O}(\rho^k)",
            "kind": kind,
            "exponent": exponent,
            "log_power": 0,
        },
        "complexity_latex": r"\mathcal{O}\left(\frac{1}{\epsilon}\right)",
        "assumptions": ["L-smooth", "convex"],
        "setting": "convex",
        "stochastic": False,
        "note": "",
        "sibling": None,
    }
    return base | changes


def problem(**changes: Any) -> dict:
    base = {
        "name": "diabetes",
        "title": "Diabetes, least squares",
        "n": 442,
        "d": 10,
        "kappa": 470.3,
        "L_max_over_L": 12.1,
        "preprocessing": "columns standardised, no intercept",
        "loss": "squared",
        "l2": 0.0,
    }
    return base | changes


def verdict(outcome: str = "holds", **changes: Any) -> dict:
    base = {
        "outcome": outcome,
        "evidence": "exact",
        "k": 1,
        "measured": 0.1,
        "bound": 0.2,
        "tightness": 0.5,
        "vacuous": False,
        "e_value": None,
        "reason": "the exact expectation lies below the bound at every checkpoint",
        "slope": None,
        "slope_low": None,
        "slope_high": None,
        "slope_range": None,
    }
    return base | changes


def constant(name: str = "L", latex: str = "L", value: float = 4.0242) -> dict:
    return {
        "name": name,
        "latex": latex,
        "value": value,
        "route": "eigenvalue with error bound",
        "direction": "upper",
        "region": "everywhere",
        "error": 1e-12,
        "note": "",
    }


def run(**changes: Any) -> dict:
    base = {
        "method": "gd",
        "batch": 1,
        "replacement": True,
        "steps": 10_000,
        "replicas": 256,
        "seed": 0,
        "parameters": {"alpha": 0.1},
        "parameters_text": "alpha = 1/L",
    }
    return base | changes


def empty_series() -> dict:
    names = ("k", "bound", "evaluations")
    nothing = ("exact", "mean", "mean_low", "mean_high", "q10", "q90", "replicas", "floor")
    return {name: [] for name in names} | {name: None for name in nothing}


def series(
    error: Any, bound: Any, steps: int = 10_000, spread: float = 0.0, exact: bool = True, **changes: Any
) -> dict:
    """Series of `error(k)` and `bound(k)` on a geometric grid; a spread > 0 adds replicas."""
    k = np.unique(np.concatenate([np.arange(6), np.geomspace(1, steps, 40).round()])).astype(float)
    curve = np.asarray(error(k), dtype=float)
    found = empty_series() | {
        "k": k.tolist(),
        "bound": np.asarray(bound(k), dtype=float).tolist(),
        "exact": curve.tolist() if exact else None,
        "evaluations": k.tolist(),
    }
    if spread > 0:
        rng = np.random.default_rng(0)
        noise = np.exp(spread * rng.standard_normal((64, k.size)) - spread**2 / 2)
        noise[:, 0] = 1.0
        draws = curve * noise
        mean, error_of_mean = draws.mean(axis=0), draws.std(axis=0) / 8
        found |= {
            "mean": mean.tolist(),
            "mean_low": (mean - 4 * error_of_mean).tolist(),
            "mean_high": (mean + 4 * error_of_mean).tolist(),
            "q10": np.quantile(draws, 0.1, axis=0).tolist(),
            "q90": np.quantile(draws, 0.9, axis=0).tolist(),
            "replicas": draws[:4].tolist(),
        }
    return found | changes


def cell(**parts: Any) -> dict:
    base = {
        "theorem": theorem(),
        "problem": problem(),
        "run": run(),
        "constants": [constant(), constant("D", r"\lVert x_0-x_*\rVert", 2.5)],
        "verdict": verdict(),
        "series": series(lambda k: 3 / (k + 2) ** 1.1, lambda k: 10 / (4 * k + 2) * 2),
    }
    return base | parts


def fitted(slope: float, low: int = 100, high: int = 10_000, width: float = 0.03) -> dict:
    return {
        "slope": slope,
        "slope_low": slope - width * abs(slope),
        "slope_high": slope + width * abs(slope),
        "slope_range": [low, high],
    }


def shapes() -> dict[str, dict]:
    """Cells by name, one for every shape of figure."""
    noisy = {"stochastic": True, "title": "SGD, constant step, Polyak-Łojasiewicz"}
    linear = theorem("sgd_pl_constant", "linear", None, setting="pl", measure="gap_last", **noisy)
    power = theorem(
        "sgd_convex_decaying",
        exponent=-0.5,
        setting="convex",
        measure="gap_weighted",
        measure_latex=r"\mathbb{E}\left[f(\bar x_k)-f_*\right]",
        **(noisy | {"title": "SGD, decaying step, convex, step-weighted average"}),
    )
    monte_carlo = {"evidence": "monte carlo", "e_value": 0.02}
    return {
        "power": cell(verdict=verdict(**fitted(-1.1))),
        "linear-to-floor": cell(
            theorem=linear,
            run=run(method="sgd", steps=2000),
            series=series(
                lambda k: 40 * 0.985**k + 0.02, lambda k: 50 * 0.99**k + 0.06, 2000, 0.5, floor=0.06
            ),
        ),
        "linear": cell(
            theorem=theorem(
                "gd_strong", "linear", None, setting="strongly convex", title="GD, strongly convex"
            ),
            run=run(steps=400),
            series=series(lambda k: 30 * 0.93**k, lambda k: 40 * 0.95**k, 400),
            verdict=verdict(**fitted(math.log(0.93), 100, 400)),
        ),
        "stochastic-power": cell(
            theorem=power,
            run=run(method="sgd"),
            series=series(
                lambda k: 2 / np.sqrt(k + 1),
                lambda k: 9 * np.log(k + 2) / np.sqrt(k + 1),
                spread=0.6,
                exact=False,
            ),
            verdict=verdict(**fitted(-0.49), **monte_carlo),
        ),
        "vacuous": cell(
            theorem=theorem("sgd_pl_decaying", title="SGD, decaying step, PL", setting="pl", stochastic=True),
            run=run(method="sgd"),
            series=series(lambda k: 5 / (k + 1), lambda k: 3e40 / (k + 0.1), spread=0.4),
            verdict=verdict(
                vacuous=True, tightness=2.1e-40, reason="the second moment is 1e40", **fitted(-1.0)
            ),
        ),
        "violated": cell(
            verdict=verdict("violated", k=35, measured=0.93, bound=0.31, tightness=3.0, e_value=None),
            series=series(lambda k: 3 / (k + 2) ** 0.3, lambda k: 5 / (k + 1)),
        ),
        "tiny": cell(series=series(lambda k: 3e-290 / (k + 2), lambda k: 8e-290 / (k + 1))),
        "narrow": cell(series=series(lambda k: 0.5 + 0.1 / (k + 1), lambda k: 0.9 + 0.05 / (k + 1))),
        "diverged": cell(
            theorem=linear,
            run=run(method="sgd", steps=3000),
            series=series(
                lambda k: np.where(k < 900, 1.9 ** np.minimum(k, 900), np.inf), lambda k: 50 * 0.99**k, 3000
            ),
            verdict=verdict("violated", k=3, measured=7.0, bound=5.0, tightness=math.inf),
        ),
        "undecided": cell(
            theorem=power,
            run=run(method="sgd"),
            series=series(
                lambda k: 2 / np.sqrt(k + 1), lambda k: 2.1 / np.sqrt(k + 1), spread=1.5, exact=False
            ),
            verdict=verdict(
                "undecided",
                evidence="monte carlo",
                e_value=3.1,
                tightness=0.97,
                reason="256 replicas decide neither way",
            ),
        ),
        "not-applicable": cell(
            constants=[],
            verdict=verdict(
                "not applicable",
                evidence="none",
                k=None,
                measured=None,
                bound=None,
                tightness=None,
                reason="f is not strongly convex: rank 9 < d = 10",
            ),
            series=empty_series(),
        ),
    }


def record(cells: list[dict] | None = None) -> dict:
    cells = list(shapes().values()) if cells is None else cells
    return {
        "schema": 1,
        "provenance": {
            "versions": {"numpy": "2.4.6", "scipy": "1.17", "sympy": "1.14", "ratebound": "0.1.0"},
            "machine": "Linux x86_64, 2 cores",
            "seed": 0,
            "command": "ratebound report lecture",
            "started": "2026-01-02T03:04:05+00:00",
            "seconds": 61.5,
            "python": "3.11.7",
        },
        "suite": {
            "name": "lecture",
            "title": "The lecture's theorems",
            "description": "Real data, default steps.",
        },
        "budget": {"delta": 1e-6, "cells": len(cells)},
        "cells": cells,
    }
