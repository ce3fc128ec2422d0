"""What a step does to an iterate that is held as ``x = scale v``, as expressions, for sparse data."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from ratebound.experiments.backends.drawn import draws_of
from ratebound.experiments.backends.elementwise import elementwise, h
from ratebound.experiments.backends.kernel import Spec, spec_of
from ratebound.experiments.backends.rules import SUM
from ratebound.experiments.plan import Plan
from ratebound.problems.lower import Target, printed
from ratebound.theory.draws import Draws
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import x

SMALL, LARGE = 2.0**-10, 2.0**10
"""Where a scale leaves this range it is multiplied into v: as v grows, ``total v`` and ``rest`` cancel."""


def is_scaled(spec: Spec) -> bool:
    """Whether an iterate can be held so: the method keeps no more state, and its rule is linear."""
    update = elementwise(spec.rules, spec.batch, None, spec.regularised)
    return update.linear and not set(spec.rules) - {"x", SUM}


def kernel_draws(plan: Plan) -> Draws | None:
    """Return what a step draws as the kernels of methods with draws see it; None where a plainer one runs it.

    On sparse data those kernels also run methods of batches whose iterate cannot be held so.
    """
    draws = draws_of(plan)
    if draws is None and plan.problem.sparse and not (plan.deterministic or is_scaled(spec_of(plan))):
        return Draws()
    return draws


def sparse_step(spec: Spec) -> dict[str, Expr]:
    """Return ``keep`` and ``gain`` of a step ``x <- keep x + gain sum_q s_q a_q``.

    Raises
    ------
    RateboundError
        If the iterate cannot be held so.
    """
    if not is_scaled(spec):
        raise RateboundError(
            f"{spec.title.split(' on ')[0]} keeps more state than x, or is not linear in x and g; an iterate "
            "of it is no number times a vector, but the kernels of methods with draws run it"
        )
    update = elementwise(spec.rules, spec.batch, None, spec.regularised)
    known: Mapping[str, Expr] = update.coefficients
    step = update.following["x"]
    step = step.xreplace({s: known[s.name] for s in step.free_symbols if s.name in known}).expand()
    return {"keep": step.coeff(x), "gain": step.coeff(h)}


def printed_step(spec: Spec, target: Target) -> dict[str, str]:
    """Return the printed expressions of a step by name, and of the slope."""
    return {name: printed(expr, target) for name, expr in {**sparse_step(spec), "slope": spec.slope}.items()}
