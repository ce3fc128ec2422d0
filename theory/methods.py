"""The methods, each an update rule in SymPy: what a proof expands is what a kernel runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Symbol

from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import alpha

x = Symbol("x", real=True)
"""One coordinate of the iterate x_k."""
g = Symbol("g", real=True)
"""The same coordinate of the gradient estimate at x_k."""


@dataclass(frozen=True)
class Method:
    """An update rule, coordinate by coordinate.

    Parameters
    ----------
    name
        Registered name.
    title
        What readers call it.
    update
        State variable -> its next value, an expression in the state, ``g`` and ``alpha``. The variable ``x``
        is the iterate; others start at zero.
    sampling
        ``"full"``: g is the gradient of f. ``"batch"``: g is the mean of the gradients of a random batch.
    """

    name: str
    title: str
    update: Mapping[str, Expr]
    sampling: Literal["full", "batch"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "update", MappingProxyType(dict(self.update)))
        if "x" not in self.update:
            raise RateboundError(f"the method {self.name} does not update x; add a rule for 'x'")
        if self.sampling not in ("full", "batch"):
            raise RateboundError(f"sampling = {self.sampling!r} of {self.name}; it must be 'full' or 'batch'")

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled, and runs are sent to other processes.
        return Method, (self.name, self.title, dict(self.update), self.sampling)

    def __hash__(self) -> int:
        return hash((self.name, self.sampling, tuple(sorted(self.update.items(), key=lambda rule: rule[0]))))


gd = Method("gd", "Gradient descent", {"x": x - alpha * g}, "full")
sgd = Method("sgd", "Stochastic gradient descent", {"x": x - alpha * g}, "batch")

METHODS: Mapping[str, Method] = MappingProxyType({method.name: method for method in (gd, sgd)})
"""The methods by name."""
