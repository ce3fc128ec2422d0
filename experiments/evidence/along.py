"""Constants along a run: what bounds the gradients, or their noise, at the points that a run visits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sympy import Symbol

from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.evidence.linear import point_of, setting_of
from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.constants import certify
from ratebound.theory.inequalities.noise_models import to_end
from ratebound.theory.letters.box import grad_inf, margin, x_inf

if TYPE_CHECKING:
    from ratebound.experiments.applicability import Trial


def along_run(trial: Trial, symbol: Symbol) -> Constant:
    """Certify a constant of a run whose steps are known: without draws it is what the run itself shows.

    Raises
    ------
    NotCertified
        If no bound is known.
    """
    if trial.theorem.in_passes:
        raise NotCertified(f"{symbol} is derived for independent batches, not for passes over the data")
    alphas, sizes = trial.alphas, trial.sizes
    if to_end in trial.theorem.assumptions:
        # The step after the last is never made: only the point where it would start counts.
        alphas = np.append(alphas, alphas[-1])
        sizes = None if sizes is None else np.append(sizes, sizes[-1])
    if not trial.theorem.stochastic and symbol != grad_inf:
        return _seen(trial, symbol, alphas)
    setting = setting_of(trial.theorem.method, alphas, trial.batch, trial.replacement)
    setting = replace(setting, sizes=sizes, radius=trial.radius)
    if margin in trial.theorem.method.parameters and setting.memory is not None:
        half = trial.values[margin] + certify(trial.problem, x_inf.name).value
        setting = replace(setting, memory=replace(setting.memory, half=half))
    return certify(trial.problem, symbol.name, setting)


def _seen(trial: Trial, symbol: Symbol, alphas: np.ndarray) -> Constant:
    """Return the largest squared gradient of a run without draws, rounded up."""
    if point_of(trial.theorem.method) != Symbol("x"):
        raise NotCertified(f"{trial.theorem.method.name} takes its gradients elsewhere than at x")
    measure = "grad_norm_sq_last"
    curve = exact_curves(trial.problem, trial.method, alphas, measures=[measure])[measure]
    largest = float(curve[:-1].max())
    if not np.isfinite(largest):
        raise NotCertified("the gradients of this run overflow: the steps make it diverge")
    error = (alphas.size + trial.problem.n + 10) * EPS * largest
    region = f"along x_0 .. x_{alphas.size - 1} of this run"
    return Constant(symbol.name, largest + error, "the run itself", "exact", region, error)
