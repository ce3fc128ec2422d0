"""No theorem is another one in other letters: what a second theorem says at once is found by its numbers.

Of two theorems about one method, one measure and one schedule the first says the second at once if it assumes
no more, holds wherever the second does, and its bound is never larger. Constants and parameters are drawn
from all that the second one admits, with the relations that hold between them (``gap0 <= L D^2/2``, ...).
Bounds of another kind of decay, such as without a floor that a tuned step takes away, are another statement.
"""

from dataclasses import replace
from itertools import permutations

import numpy as np
from sympy import Expr

from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.measures import ONE_STEP

DRAWS = 300
IMPLIED = {
    "strongly_convex": {"convex", "pl", "lower_bounded"},
    "strongly_convex_sum": {"convex_sum"},
    "pl": {"lower_bounded"},
    "smooth_components": {
        *("smooth", "convex", "expected_smoothness", "lipschitz_steps", "lipschitz_components"),
    },
    "expected_smoothness": {"convex"},
    "interpolation": {"convex", "expected_smoothness"},
    "lipschitz_components": {"lipschitz_steps"},
    # The two are about the same components; the second one's constant knows the batch.
    "bounded_components": {"batch_components"},
    "batch_components": {"bounded_components"},
}
"""What an assumption says besides itself."""
KEPT = {
    ("gd_convex_tight", "gd_convex"): "the first is cited, the second proved here",
    ("gd_convex_gradient_exact", "gd_convex_gradient"): "the first is cited, the second proved here",
    ("gd_sc_distance", "gd_sc_coercive"): "a textbook's form, with its own constant and one inequality",
    ("gd_sc_distance", "gd_sc_simple"): "a textbook's form, with its own constant and an easier proof",
    ("gd_sc_coercive", "gd_sc_simple"): "a textbook's form, with its own constant and an easier proof",
    ("gd_sc_gap", "gd_middle_gap_distance"): "a textbook's form, which reads no value at x_0",
    ("steepest_relaxed", "steepest_linear"): "exact line search, whose rate an instance attains at every k",
    ("ista_contraction", "ista_strong"): "a textbook's form, with its own constant and an easier proof",
    ("sgd_convex_decaying_sharp", "sgd_convex_decaying"): "the published constants",
    ("sgd_averaged_least_squares", "sgd_averaged_least_squares_quarter"): "the published constants",
    ("sgd_batched_pl", "sgd_pl_components"): "the published constants, on which growing batches rest",
    ("minibatch_convex", "sgd_star_convex"): "constants that know no batches",
    ("rmsprop_nonconvex_large", "rmsprop_nonconvex"): (
        "less for b0 below grad_inf sqrt(1 - decay)/8, which is hardly drawn"
    ),
    ("sarah_convex", "sarah_pl"): "a factor of ||grad f(x_0)||^2, which outer loops multiply",
    ("svrg_convex", "svrg_sc"): "a factor of the gap at x_0, which epochs multiply",
}
"""Pairs where the first says the second at once, and why the second has a name of its own."""


def names(theorem):
    return {each.name for each in theorem.assumptions}


def implied(theorem):
    own = names(theorem)
    return own.union(*(IMPLIED.get(name, ()) for name in own))


def chosen(first, second):
    """Return values of the first one's parameters that make its schedule that of the second, if any."""
    if first.step == second.step and first.batch == second.batch:
        return {p: p for p in first.parameters if p in second.parameters}
    if first.step in first.parameters and not second.step.has(s.k) and not (first.batch or second.batch):
        same = {p: p for p in first.parameters if p in second.parameters}
        return same | {first.step: second.step}
    return None


def same_average(first, second, values):
    if first.averaged_over is None:
        return True
    return not (first.weights.subs(values) / second.weights).simplify().free_symbols


def comparable():
    """Yield pairs of theorems about one method, measure and schedule where the first assumes no more."""
    along_run = [each for each in THEOREMS.values() if each.measure not in ONE_STEP]
    for first, second in permutations(along_run, 2):
        if (first.method, first.measure, first.visits) != (second.method, second.measure, second.visits):
            continue
        if first.replacement not in (None, second.replacement) or not names(first) <= implied(second):
            continue
        values = chosen(first, second)
        if first.at_horizon > second.at_horizon or values is None:
            continue
        if same_average(first, second, values) and has_floor(first) == has_floor(second):
            yield first, second, values


def has_floor(theorem):
    return theorem.order.kind == "floor"


def drawn(theorem, rng):
    """Return constants and parameters that the theorem admits, by symbol, each of shape (DRAWS,)."""
    spread = lambda width=1.0: np.exp(rng.normal(0, width, DRAWS))  # noqa: E731
    values = {c: spread() for c in (*s.CONSTANTS, *s.PARAMETERS)}
    values |= {c: np.ceil(2 + 9 * spread()) for c in values if c.is_integer}
    values[s.mu] = values[s.mu_pl] = values[s.mu_min] = mu = spread()
    values[s.L] = L = mu * (1 + 9 * spread())
    values[s.ell] = values[s.L_max] = values[s.L_mean] = L * (1 + spread())
    values[s.sigma_b_sq] = values[s.sigma_p_sq] = values[s.sigma_star_sq]
    values[s.L_batch] = values[s.L_max] * rng.random(DRAWS)
    half = values[s.D] ** 2 / 2
    values[s.gap0] = gap = half * (mu + (L - mu) * rng.random(DRAWS))
    values[s.grad0_sq] = 2 * gap * (mu + (L - mu) * rng.random(DRAWS))
    # Limits that other parameters set come last.
    reads = {
        p: {q for r in theorem.where if r.lhs == p for q in r.rhs.free_symbols} for p in theorem.parameters
    }
    for symbol in sorted(theorem.parameters, key=lambda p: bool(reads[p] & set(theorem.parameters))):
        if not symbol.is_integer:
            values[symbol] = number(theorem.defaults[symbol], values) * spread()
        limits = {r.rel_op[0]: number(r.rhs, values) for r in theorem.where if r.lhs == symbol}
        low, high = limits.get(">", 0.0), limits.get("<")
        if high is not None:
            values[symbol] = low + (high - low) * rng.beta(0.7, 0.7, DRAWS)
        elif ">" in limits:
            values[symbol] = low * (1 + spread())
    return values


def number(expression: Expr, values, counter=None):
    known = values if counter is None else {**values, s.k: counter, s.K: counter}
    symbols = sorted(expression.free_symbols, key=str)
    with np.errstate(all="ignore"):
        return np.broadcast_to(lower(expression, symbols)(*(known[v] for v in symbols)), (DRAWS,))


def says_at_once(first, second, values, rng):
    """Whether the first bound holds wherever the second does, and is never larger there."""
    known = drawn(second, rng)
    for relation in first.where:
        if (number((relation.gts - relation.lts).subs(values, simultaneous=True), known) < -1e-12).any():
            return False
    begin = number(second.start, known)
    if (number(first.start, known) > begin).any():
        return False
    at = begin + np.floor(np.exp(rng.uniform(0, 5, DRAWS))) - 1
    one, two = (
        number(bound, known, at) for bound in (first.bound.subs(values, simultaneous=True), second.bound)
    )
    read = np.isfinite(one) & np.isfinite(two) & (two > 1e-250)
    assert read.sum() > DRAWS / 2, (first.id, second.id)
    return bool((one[read] <= two[read] * (1 + 1e-9)).all())


def test_no_theorem_says_another_one_at_once_without_a_reason():
    rng = np.random.default_rng(0)
    found = {(a.id, b.id) for a, b, values in comparable() if says_at_once(a, b, values, rng)}
    assert found == set(KEPT)


def test_a_theorem_in_other_letters_is_found():
    general, step = THEOREMS["gd_sc_distance"], 2 / (s.mu + s.L)
    bound = ((s.L - s.mu) / (s.L + s.mu)) ** (2 * s.k) * s.D**2
    special = replace(general, id="special", step=step, bound=bound, where=(), certificate=None)
    values, rng = chosen(general, special), np.random.default_rng(1)
    assert values == {s.alpha: step} and chosen(special, general) is None
    assert says_at_once(general, special, values, rng)
    assert not says_at_once(general, replace(special, bound=0.99 * bound), values, rng)
    wider = replace(general, where=(s.alpha < 3 / s.L,), certificate=None)
    assert not says_at_once(general, wider, chosen(general, wider), rng)
