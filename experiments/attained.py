"""The error of a method on the instance of a lower bound, beside the bound."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ratebound.experiments.evidence.exact import exact_curves
from ratebound.problems.build import from_arrays
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import huber
from ratebound.problems.lower import lower
from ratebound.theory.instances import Instance
from ratebound.theory.lower_bounds import LowerBound
from ratebound.theory.method import Method
from ratebound.theory.symbols import BY_NAME, K, k


def made_of(instance: Instance) -> Problem:
    """Return the problem that an instance describes."""
    loss = "squared" if instance.kink is None else huber(instance.kink)
    return from_arrays(np.array(instance.A), np.array(instance.y), loss, x0=np.array(instance.x0))


def error_and_bound(
    statement: LowerBound, method: Method, steps: int, values: Mapping[str, float]
) -> tuple[float, float]:
    """Return the exact expectation of the measure after `steps` steps on the instance, and the lower bound.

    Parameters
    ----------
    statement, method
        A lower bound, and one of its methods.
    steps
        The k.
    values
        Constants of the class and parameters, by name; those of the start are those of the instance.
    """
    problem = made_of(statement.instance(steps, values))
    method = method.with_numbers({each: values[each.name] for each in method.parameters})
    known = {BY_NAME[name]: value for name, value in values.items()}
    known |= {
        BY_NAME["D"]: float(problem.distance_sq(problem.x0)) ** 0.5,
        BY_NAME["gap0"]: float(problem.gap(problem.x0)),
    }
    symbols = sorted(known, key=str)
    numbers = [known[symbol] for symbol in symbols]
    alphas = lower(statement.step, (k, K, *symbols))(np.arange(steps), steps, *numbers)
    found = exact_curves(problem, method, alphas, measures=[statement.measure])[statement.measure]
    bound = lower(statement.bound, (k, K, *symbols))(steps, steps, *numbers)
    return float(found[-1]), float(bound)
