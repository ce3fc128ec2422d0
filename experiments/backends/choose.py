"""The backends by name, and the rule by which ``auto`` picks one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

import numpy as np

from ratebound.experiments.backends.kernel import spec_of
from ratebound.experiments.backends.rules import point_of, rules_of
from ratebound.experiments.backends.sparse_step import sparse_step
from ratebound.experiments.plan import Plan
from ratebound.problems.lower import printed
from ratebound.theory.errors import RateboundError, nearest

Run = Callable[[Plan], dict[str, np.ndarray]]

_PATIENCE = 0.5
"""Seconds in which Numba has loaded and found a kernel in its cache; before that NumPy is done."""
_STEP, _ENTRY, _FULL = 1.3e-7, 1.4e-9, 2e-10
"""Seconds of the NumPy backend, measured: per replica-step, per entry of a sampled row, per entry of data."""


def numpy_seconds(plan: Plan) -> float:
    """Estimate how long the NumPy backend takes for the steps of a plan."""
    S, K = plan.alphas.shape
    problem = plan.problem
    if plan.deterministic:
        return S * K * problem.n * problem.d * _FULL
    return S * K * plan.replicas.size * (_STEP + plan.batch * problem.d * _ENTRY)


def _lazily(name: str) -> Run:
    """Return a backend whose module is imported when it runs: Numba takes half a second to load."""
    return lambda plan: import_module(f"ratebound.experiments.backends.{name}_").run(plan)


def _printable(plan: Plan) -> bool:
    """Whether every expression of a plan can be printed as source."""
    loss, method = plan.problem.loss, plan.method
    if method.draws is None and not plan.deterministic and (method.from_start or point_of(plan) is not None):
        return False
    try:
        if plan.problem.sparse and not plan.deterministic:
            sparse_step(spec_of(plan))
        for expr in (loss.phi, loss.slope, *rules_of(plan).values()):
            printed(expr, "numba")
    except RateboundError:
        return False
    return True


def _auto(plan: Plan) -> dict[str, np.ndarray]:
    if numpy_seconds(plan) < _PATIENCE or not _printable(plan):
        return BACKENDS["numpy"](plan)
    from ratebound.experiments.backends import cuda_

    on_gpu = cuda_.available() and not plan.deterministic and plan.method.draws is None
    return BACKENDS["cuda" if on_gpu else "numba"](plan)


BACKENDS: Mapping[str, Run] = MappingProxyType(
    {"auto": _auto, **{name: _lazily(name) for name in ("numpy", "numba", "cuda")}}
)
"""``auto`` takes NumPy for what it finishes before another engine has loaded, then a GPU if there is one."""


def find_backend(name: str) -> Run:
    """Return the backend of this name.

    Raises
    ------
    RateboundError
        If there is none.
    """
    if name not in BACKENDS:
        raise RateboundError(
            f"unknown backend {name!r}{nearest(str(name), BACKENDS)} (known: {', '.join(BACKENDS)})"
        )
    return BACKENDS[name]
