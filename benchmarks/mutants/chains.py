"""Two instances that run for very long, exactly: SGD that is a Markov chain with few states, or one number.

Both take ``mu = 1`` and a step ``c/(mu (k + s))``, and serve where a logarithm must grow past a constant.

*Kink.* Five samples on a line: ``f_i = x^2/2 + h |x|`` three times and ``x^2/2 - h x`` twice, in the limit of
steep Huber functions, whose smooth part is met at x = 0 only. With s = c, ``y = k x`` (c = 1) or
``y = k (k+1) x`` (c = 2) walks on multiples of h: ``y+ = y - slope`` or ``y - 2 (k+1) slope``. So the law of
y is known at every k. The iterates stay on the flat side, where f is nearly linear, so that averages gain
nothing: ``E f(mean) >= f(E mean)``, by Jensen's inequality.

*Drift.* One curvature with additive noise, from x*: ``E||x - x*||^2`` obeys a scalar recursion.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from sympy import Expr, simplify

from ratebound.experiments.adversary.case import number
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import k, mu, second_moment

KINKED, SLOPED = 3, 2
_STEPS = {1: 2_000_000, 2: 1500}
_STATES = {1: 400, 2: 400_000}
_DRIFT_STEPS = 600_000_000


def worst_chain(theorem: Theorem) -> tuple[float, str]:
    """Return the largest ratio of these instances, and where; 0 where they say nothing about the theorem."""
    if not set(theorem.constants) <= {"convex", "mu", "second_moment"} or theorem.parameters:
        return 0.0, "nowhere"
    if theorem.measure == "gap_average":
        for c in _STEPS:
            if simplify(theorem.step - c / (mu * (k + c))) == 0:
                return _kink(theorem, c)
    if theorem.measure == "distance_sq":
        c = simplify(theorem.step * mu * (k + 1))
        if c.is_Rational:
            return _drift(theorem, c)
    return 0.0, "nowhere"


def _kink(theorem: Theorem, c: int) -> tuple[float, str]:
    mean, moment = chain(c, _STEPS[c])
    at = np.arange(mean.size)
    weights = np.broadcast_to(number(theorem.weights, {}, at.astype(float)), at.shape)
    average = np.cumsum(weights * mean) / np.cumsum(weights)
    slope = (KINKED - SLOPED) / (KINKED + SLOPED)
    gap = slope * average + average**2 / 2
    values = {mu: 1.0, second_moment: np.maximum.accumulate(moment)}
    ratio = gap / number(theorem.bound, values, at + 1.0)
    best = int(np.argmax(ratio))
    return float(ratio[best]), f"kink on a line, k = {best + 1}"


@lru_cache(maxsize=2)
def chain(c: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return E x_k and E||grad f_i(x_k)||^2 on the kink, h = 1, x_0 = 0, for k < steps, shape (steps,)."""
    mean, moment, lost = _walk(c, steps, _STATES[c])
    # What has left the window lies on the far side of the slope: without it the mean is smaller still.
    assert lost < 1e-12
    return mean, moment


@njit
def _walk(c, steps, states):
    zero = states // 8
    law = np.zeros(states)
    law[zero] = 1.0
    low, high, lost = zero, zero, 0.0
    mean, moment = np.zeros(steps), np.zeros(steps)
    for at in range(steps):
        scale = max(float(at), 1.0) if c == 1 else max(at * (at + 1.0), 1.0)
        move = 1 if c == 1 else 2 * (at + 1)
        after = np.zeros(states)
        for j in range(low, high + 1):
            if law[j] == 0.0:
                continue
            y = j - zero
            x, side = y / scale, (y > 0) - (y < 0)
            mean[at] += law[j] * x
            moment[at] += law[j] * (KINKED * (side + x) ** 2 + SLOPED * (x - 1) ** 2) / (KINKED + SLOPED)
            for slope, share in ((side, KINKED), (-1, SLOPED)):
                to = j - move * slope
                if 0 <= to < states:
                    after[to] += law[j] * share / (KINKED + SLOPED)
                else:
                    lost += law[j] * share / (KINKED + SLOPED)
        law = after
        low = 0
        while law[low] < 1e-30:
            low += 1
        high = states - 1
        while law[high] < 1e-30:
            high -= 1
    return mean, moment, lost


def _drift(theorem: Theorem, c: Expr) -> tuple[float, str]:
    steps = _DRIFT_STEPS
    distance, moment = _scalar(float(c), steps)
    bound = number(theorem.bound, {mu: 1.0, second_moment: moment}, float(steps))
    return float(distance / bound), f"additive noise from x*, k = {steps}"


@njit
def _scalar(c, steps):
    distance, moment = 0.0, 0.0
    for at in range(steps):
        moment = max(moment, distance + 1.0)
        alpha = c / (at + 1.0)
        distance = (1.0 - alpha) ** 2 * distance + alpha**2
    return distance, moment
