"""The source that a backend runs for a method and a loss, for people to read."""

from __future__ import annotations

from typing import Any

from ratebound.experiments.backends.cuda_drawn import cuda_drawn_source
from ratebound.experiments.backends.cuda_full import full_source
from ratebound.experiments.backends.cuda_full_gradient import steps_by_coordinate
from ratebound.experiments.backends.cuda_layout import lanes_of
from ratebound.experiments.backends.cuda_source import cuda_source
from ratebound.experiments.backends.kernel import Spec
from ratebound.experiments.backends.rules import constants_of, known, rules
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import Loss, get
from ratebound.problems.lower import Target, printed
from ratebound.theory.errors import RateboundError, among
from ratebound.theory.method import Method, g
from ratebound.theory.methods import METHODS

_TARGETS = ("numpy", "numba", "cuda")


def _method(subject: Any) -> Method:
    """Return the method that a theorem is about, a method itself, or the one of this name."""
    if isinstance(subject, str):
        if subject not in METHODS:
            raise RateboundError(METHODS.unknown(subject))
        return METHODS[subject]
    method: Method = getattr(subject, "method", subject)
    return method


def _numpy_source(spec: Spec) -> str:
    """Print what the reference backend evaluates, on arrays (S, R, d) and predictions (S, R, b)."""
    lines = [f"# {spec.title}", f"slope = {printed(spec.slope, 'numpy')}"]
    lines += ["g = slope @ rows / batch" + (" + l2*x" if spec.regularised else "")]
    return (
        "\n".join([*lines, *(f"{name}_next = {printed(e, 'numpy')}" for name, e in spec.rules.items())])
        + "\n"
    )


def printed_source(
    subject: Any, loss: str | Loss | Problem, target: Target, *, d: int = 20, batch: int = 1, l2: float = 0.0
) -> str:
    """Return the source that a backend compiles.

    Parameters
    ----------
    subject
        A theorem, a method, or the name of a method.
    loss
        A loss, its name, or a problem, whose d and l2 then count.
    target
        ``"numpy"``, ``"numba"`` or ``"cuda"``.
    d, batch, l2
        Features, samples per gradient estimate, weight of the regulariser.

    Returns
    -------
    str
        A module for Numba or CUDA; for NumPy the expressions that the reference evaluates. With full
        gradients Numba fuses the gradient of the finite sum only, and CUDA prints what surrounds the products
        of matrices; what reads more than a gradient at one point is run by NumPy there.

    Raises
    ------
    RateboundError
        If a name is unknown, or an expression has no printing.
    """
    if target not in _TARGETS:
        raise RateboundError(f"unknown target {target!r}{among(target, _TARGETS)}")
    method = _method(subject)
    if isinstance(loss, Problem):
        d, l2, loss = loss.d, loss.l2, loss.loss
    chosen = get(loss)
    full = method.sampling == "full"
    amount = "full gradients" if full else f"batch {batch}"
    title = f"{method.name} on the {chosen.title}, {amount}; printed, not written."
    named = constants_of(method) | {symbol.name: symbol for symbol in method.parameters}
    spec = Spec(
        title, rules(method, named), chosen.slope, batch, l2 > 0, value=chosen.phi, second=chosen.second
    )
    draws = method.draws
    if full and target == "cuda" and steps_by_coordinate(method, spec.rules):
        return full_source(spec, known(method, method.point, named), d)
    if target == "numpy" or (full and target == "cuda"):
        return _numpy_source(spec)
    if draws is not None:
        places = {"g": method.point, **draws.places}
        points = {name: known(method, place, named) for name, place in places.items()}
        kept = g if draws.stores is None else known(method, draws.stores, named)
        length = None if draws.length is None else known(method, draws.length, named)
        if target == "cuda":
            return cuda_drawn_source(spec, draws, points, d, lanes_of(d), 0, kept, length)
        from ratebound.experiments.backends.numba_drawn import drawn_source

        return drawn_source(title, draws, chosen, spec.rules, points, kept, length=length)
    if target == "cuda":
        return cuda_source(spec, d, lanes_of(d))
    if full:
        from ratebound.experiments.backends import gradient_source as of_full

        rows, vectors = of_full.shape_of_tile(1, spec.dtype)
        large = of_full.outgrows_cache(d, vectors, spec.dtype)
        return of_full.gradient_source(chosen, rows, vectors, large, spec.dtype)
    from ratebound.experiments.backends.numba_features import features_source

    return features_source(spec, -(-d // 8) * 8)[0]
