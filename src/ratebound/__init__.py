"""ratebound: state a convergence theorem once; prove it, run it on real data, judge it.

The names below are loaded when they are first used, so that ``import ratebound``, the pytest plugin and
``ratebound --help`` stay light.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratebound import experiments, problems, reports, theory
    from ratebound.experiments.paired import paired
    from ratebound.experiments.run import simulate
    from ratebound.experiments.suite import load_suite, run_suite
    from ratebound.experiments.sweeps.run import sweep
    from ratebound.experiments.verdict import Verdict
    from ratebound.experiments.verify import verify
    from ratebound.experiments.versus import compare
    from ratebound.problems.finite_sum import Problem
    from ratebound.theory.catalogue import THEOREMS as theorems
    from ratebound.theory.catalogue import find
    from ratebound.theory.errors import RateboundError
    from ratebound.theory.method import Method
    from ratebound.theory.methods import METHODS as methods
    from ratebound.theory.parse import parse
    from ratebound.theory.statement import Theorem

    __version__: str

__all__ = [
    "Method",
    "Problem",
    "RateboundError",
    "Theorem",
    "Verdict",
    "__version__",
    "compare",
    "experiments",
    "find",
    "load_suite",
    "methods",
    "paired",
    "parse",
    "problems",
    "reports",
    "run_suite",
    "simulate",
    "sweep",
    "theorems",
    "theory",
    "verify",
]

_HOMES = MappingProxyType(
    {
        "Method": ("theory.methods", "Method"),
        "Problem": ("problems.finite_sum", "Problem"),
        "RateboundError": ("theory.errors", "RateboundError"),
        "Theorem": ("theory.statement", "Theorem"),
        "Verdict": ("experiments.verdict", "Verdict"),
        "compare": ("experiments.versus", "compare"),
        "find": ("theory.catalogue", "find"),
        "load_suite": ("experiments.suite", "load_suite"),
        "methods": ("theory.methods", "METHODS"),
        "paired": ("experiments.paired", "paired"),
        "parse": ("theory.parse", "parse"),
        "run_suite": ("experiments.suite", "run_suite"),
        "simulate": ("experiments.run", "simulate"),
        "sweep": ("experiments.sweeps.run", "sweep"),
        "theorems": ("theory.catalogue", "THEOREMS"),
        "verify": ("experiments.verify", "verify"),
    }
)
_PACKAGES = frozenset({"theory", "problems", "experiments", "reports"})


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"ratebound.{name}")
    if name == "__version__":
        return import_module("importlib.metadata").version("ratebound")
    if name not in _HOMES:
        raise AttributeError(f"module 'ratebound' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f"ratebound.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
