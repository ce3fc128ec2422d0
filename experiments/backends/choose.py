"""The backends by name, and the rule by which ``auto`` picks one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType

import numpy as np

from ratebound.experiments.backends.kernel import spec_of
from ratebound.experiments.backends.pieces import rooms, split
from ratebound.experiments.backends.recorder import needs_path
from ratebound.experiments.backends.rules import rules_of
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
    loss = plan.problem.loss
    try:
        rules = rules_of(plan) if plan.deterministic else spec_of(plan).rules
        for expr in (loss.phi, loss.slope, *rules.values()):
            printed(expr, "numba")
    except RateboundError:
        return False
    return True


def _suits_a_gpu(plan: Plan) -> bool:
    """Whether a GPU has work to do: not where each step waits for the host, as measures of a path make it.

    A replica must fit into the memory of every device, and full gradients must be what it can step along.
    """
    from ratebound.experiments.backends import cuda_device
    from ratebound.experiments.backends.cuda_full_gradient import suits

    if needs_path(plan) or not cuda_device.available() or (plan.deterministic and not suits(plan)):
        return False
    try:
        split(plan, rooms(plan, cuda_device.devices()))
    except RateboundError:
        return False
    return True


def _auto(plan: Plan) -> dict[str, np.ndarray]:
    if numpy_seconds(plan) < _PATIENCE or not _printable(plan):
        return BACKENDS["numpy"](plan)
    return BACKENDS["cuda" if _suits_a_gpu(plan) else "numba"](plan)


BACKENDS: Mapping[str, Run] = MappingProxyType(
    {"auto": _auto, **{name: _lazily(name) for name in ("numpy", "numba", "cuda")}}
)
"""``auto`` takes NumPy for what it finishes before another engine has loaded, then a GPU if there is one."""


def find_backend(name: str) -> Run:
    """Return the backend of this name; ``cuda:0,2`` names the devices that share the replicas.

    Raises
    ------
    RateboundError
        If there is none.
    """
    kind, numbers = _read(name)
    if not numbers:
        return BACKENDS[kind]
    return partial(import_module("ratebound.experiments.backends.cuda_").run, numbers=numbers)


def check_here(name: str) -> None:
    """Refuse the name of a backend that does not exist, or that this machine cannot run.

    Raises
    ------
    RateboundError
        If there is none, or it is ``cuda`` where there is no such device.
    """
    kind, numbers = _read(name)
    if kind == "cuda":
        import_module("ratebound.experiments.backends.cuda_device").devices(numbers)


def _read(name: str) -> tuple[str, list[int]]:
    """Return the kind of a backend, and the numbers of the devices that its name lists."""
    kind, colon, listed = str(name).partition(":")
    if kind not in BACKENDS or (colon and kind != "cuda"):
        raise RateboundError(
            f"unknown backend {name!r}{nearest(kind, BACKENDS)} (known: {', '.join(BACKENDS)}, cuda:0,1)"
        )
    numbers = listed.split(",") if colon else []
    if not all(number.isdecimal() for number in numbers) or len(set(numbers)) < len(numbers):
        raise RateboundError(f"backend = {name!r}; name each CUDA device once, such as 'cuda:0,1'")
    return kind, [int(number) for number in numbers]
