"""Equivalences by running both methods, and what is not equivalent is refused."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Symbol

from ratebound.problems.lower import lower
from ratebound.theory.equivalences import EQUIVALENCES, decay, kept
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.symbols import alpha, alpha0, beta, k, mu

STEPS = 25
NUMBERS = {alpha0: 0.05, alpha: 0.05, beta: 0.8, decay: 0.3, kept: 0.95, mu: 0.7}


def quadratic(seed):
    """A new sample at each step: the gradients of both methods must be asked at the same k."""
    rows = np.random.default_rng(seed).normal(size=(STEPS, 4))
    return lambda point, at: rows[at] * (rows[at] @ point - 1.0)


def scale_invariant(seed):
    rows = np.random.default_rng(seed).normal(size=(STEPS, 4))

    def gradient(point, at):
        # Of the cosine between a row and the point.
        size, row = np.linalg.norm(point), rows[at]
        return row / size - (row @ point) * point / size**3

    return gradient


def run(method, step, gradient, start):
    """Iterate the rules of a method as numbers; return the states at every k."""
    state = {name: start if name in ("x", *method.from_start) else 0 * start for name in method.update}
    states = [state]
    for at in range(STEPS):
        values = {k: at, **NUMBERS}
        values[alpha] = _number(step, values)
        here = {Symbol(name, real=True): value for name, value in state.items()}
        values[g] = gradient(_number(method.point, {**values, **here}), at)
        state = {name: _number(rule, {**values, **here}) for name, rule in method.update.items()}
        states.append(state)
    return states


def _number(expr, values):
    symbols = sorted(expr.free_symbols, key=str)
    return lower(expr, symbols)(*(values[symbol] for symbol in symbols))


@pytest.mark.parametrize("name", EQUIVALENCES)
def test_both_methods_make_the_same_run(name):
    each = EQUIVALENCES[name]
    gradient = (quadratic if each.scale == 1 else scale_invariant)(7)
    start = np.array([0.5, -1.0, 2.0, 0.3])
    first, second = (
        run(method, step, gradient, start)
        for method, step in zip((each.first, each.second), each.steps, strict=True)
    )
    assert np.ptp([state["x"] for state in first], axis=0).max() > 0.1
    for at, (one, two) in enumerate(zip(first, second, strict=True)):
        values = {k: at, **NUMBERS, **{Symbol(s, real=True): value for s, value in one.items()}}
        for state, expr in each.states.items():
            np.testing.assert_allclose(two[state], _number(expr, values), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("penalty_is_weight_decay", {"steps": (alpha, 2 * alpha)}, "after a step x differs"),
        ("buffer_is_heavy_ball", {"steps": (alpha0 / (k + 1), alpha0 / (k + 1))}, "after a step"),
        ("weight_decay_is_growing_step", {"scale": 1 + 0 * k}, "gradients are taken at"),
        ("nesterov_is_extrapolation", {"states": {"x": x}}, "need an expression each"),
        ("growing_momentum_is_averaging", {"states": {"x": x, "z": x}}, "differs"),
    ],
)
def test_what_is_not_equivalent_is_refused(name, change, message):
    with pytest.raises(RateboundError, match=f"{name}.*{message}"):
        replace(EQUIVALENCES[name], **change)


def test_momentum_tells_a_penalty_from_weight_decay():
    """With a buffer the penalty enters the memory: the two runs, state by state, are no longer one."""
    m = Symbol("m", real=True)
    penalised = Method(
        "penalised", "", {"x": x - alpha * (beta * m + g + decay * x), "m": beta * m + g + decay * x}, "batch"
    )
    decoupled = Method(
        "decoupled", "", {"x": (1 - alpha * decay) * x - alpha * (beta * m + g), "m": beta * m + g}, "batch"
    )
    with pytest.raises(RateboundError, match="differs"):
        replace(
            EQUIVALENCES["penalty_is_weight_decay"],
            first=penalised,
            second=decoupled,
            states={"x": x, "m": m},
        )


def test_what_is_kept_is_the_larger_root_of_heavy_ball_with_weight_decay():
    """Without a gradient weights shrink by the larger root of z^2 - (1 + beta - alpha lambda) z + beta."""
    keep, momentum = NUMBERS[kept], NUMBERS[beta]
    lost = (1 - keep) * (keep - momentum) / keep
    assert max(np.roots([1, -(1 + momentum - lost), momentum])) == pytest.approx(keep)
