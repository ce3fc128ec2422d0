"""Derived orders and complexities against numbers."""

import numpy as np
import pytest
from sympy import Pow, Rational, exp, log, sqrt

from ratebound.problems.lower import lower
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.order import complexity, eps, order
from ratebound.theory.symbols import K, L, alpha, gap0, k, mu

RATES = [t for t in THEOREMS.values() if t.measure not in ONE_STEP]
_CONSTANTS = {
    "mu": 0.1,
    "relative_error": 0.3,
    "fall": 0.999,
    "mu_pl": 0.1,
    "L": 1.0,
    "L_max": 2.0,
    "L_inf": 2.0,
    "L_mean": 3.0,
    "ell": 1.5,
    "alpha": 0.02,
    "alpha0": 0.6,
    "s0": 80.0,
    "radius": 0.3,
    "beta": 0.5,
    "n": 3.0,
    "d": 3.0,
    "L_coord": 1.0,
    "L_coord_sum": 2.0,
    "omega": 0.7,
    "damping": 0.001,
    "L_hess": 0.1,
    "mu_min": 0.1,
    "decay": 0.9,
    "epoch": 100.0,
    "c1": 0.25,
    "c2": 0.5,
    "shrink": 0.5,
    "dropped": 0.5,
}


def _bound(theorem):
    counter = K if theorem.at_horizon else k
    symbols = sorted(theorem.bound.free_symbols - {counter}, key=str)
    function = lower(theorem.bound, (counter, *symbols))
    # Some steps are at least so long.
    edges = [r.rhs for r in theorem.where if r.lhs == alpha and r.rel_op == ">="]
    known = {each: _CONSTANTS.get(each.name, 1.0) for edge in edges for each in edge.free_symbols}
    longer = {"alpha": 1.01 * float(edges[0].subs(known))} if edges else {}
    # A logarithm is seen where the noise that it multiplies outweighs the start.
    louder = {"sample_variance": 1e4} if theorem.order.log_power else {}
    values = _CONSTANTS | longer | louder
    return lambda at: function(at, *(values.get(s.name, 1.0) for s in symbols))


@pytest.mark.parametrize("theorem", RATES, ids=lambda t: t.id)
def test_order_is_that_of_the_numbers(theorem):
    found, bound = theorem.order, _bound(theorem)
    floor = float(bound(np.array(1e15)))
    if found.kind == "floor":
        assert floor > 0
    if found.kind == "one step":  # What only stays bounded has a limit that is not zero.
        assert 0 < floor == pytest.approx(float(bound(np.array(1e12))), rel=1e-9)
        return
    if found.rise:
        # Each decade adds the same to the floor: what falls is left in second differences.
        left = np.diff(bound(10.0 ** np.arange(3, 7)), n=2)
        assert found.rise == 1 and np.diff(bound(np.array([1e20, 1e40, 1e60]))).min() > 0
        assert np.log10(left[0] / left[1]) == pytest.approx(float(found.exponent), abs=0.01)
        return
    if found.kind == "quadratic":
        small, smaller, smallest = np.log(bound(np.array([1.0, 2.0, 3.0])))
        assert smallest - smaller == pytest.approx(2 * (smaller - small), rel=1e-9)
        return
    if found.kind == "superlinear":
        # Like (c/k)^k: the root of order k falls like 1/k.
        at = np.array([100.0, 120.0])
        roots = at * np.exp(np.log(bound(at)) / at)
        assert roots[1] == pytest.approx(roots[0], rel=0.05)
        return
    if found.exponent is None:
        # Above a floor the descent must not be lost in rounding; else it must have forgotten the start.
        counter = K if theorem.at_horizon else k
        geometric = {p: 1 for p in theorem.bound.atoms(Pow) if p.exp.has(counter)}
        bare = not theorem.bound.xreplace(geometric).has(counter)
        first = 100.0
        if found.kind == "linear" and bare:
            # As late as doubles allow: a power may stand beside a constant, as in 1/(q^-k - 1).
            first = next(at for at in (1e5, 1e4, 1e3, 100.0) if 1e-200 < bound(np.array(at)) < 1e200)
        if found.kind == "floor" and any(
            p.exp == 2 and p.base.has(counter) for p in theorem.bound.atoms(Pow)
        ):
            first = 8e3  # The square of the power must have faded beside its product with the floor.
        early, late, later = bound(first + np.array([0.0, 100.0, 200.0])) - (
            floor if found.kind == "floor" else 0
        )
        if bare:
            assert late / early == pytest.approx(later / late, rel=1e-6)
        else:  # A polynomial beside the power fades in the logarithms only.
            assert np.log(late / early) == pytest.approx(np.log(later / late), rel=5e-3)
        return
    # A slow rate shows later what is of a lower order beside it.
    at = np.array([1e10, 1e12]) if found.exponent > Rational(1, 4) else np.array([1e14, 1e16])
    above = bound(at) - (floor if found.kind == "floor" else 0.0)
    above = above / np.log(at) ** found.log_power
    slope = np.diff(np.log(above)) / np.diff(np.log(at))
    tolerance = 0.02 if found.log_power or found.kind == "floor" else 1e-4
    assert slope[0] == pytest.approx(-float(found.exponent), abs=tolerance)


def test_the_table_of_the_field_follows():
    steps = {t.id: t.complexity for t in RATES}
    assert steps["gd_pl"] == log(1 / eps)
    assert steps["gd_convex"] == steps["gd_nonconvex"] == steps["sgd_pl_decaying"] == 1 / eps
    assert steps["sgd_convex_horizon"] == steps["sgd_nonconvex_horizon"] == 1 / eps**2
    assert steps["sgd_pl_constant"] == log(1 / eps) / eps
    assert steps["sgd_convex_constant"] == 1 / eps**2


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (gap0 / k**2, "O(1/k^2)"),
        (L * log(k + 2) / sqrt(k + 1), "O(log k / sqrt k)"),
        ((1 - alpha * mu) ** k * gap0 + alpha, "O(rho^k) to a floor"),
        (gap0 * exp(-k * mu / L), "O(rho^k)"),
        (gap0 / k + L, "O(1/k) to a floor"),
        (gap0 / k + L + alpha * log(k + 1), "O(1/k) to a floor that rises like log k"),
        (gap0 / sqrt(k) + alpha * log(2 * k) ** 2, "O(1/sqrt k) to a floor that rises like log^2 k"),
        (gap0 * log(k + 1) / k + L, "O(log k / k) to a floor"),
        (gap0 / k ** Rational(3, 2), "O(1/k^(3/2))"),
        (L * gap0 * (exp(L / k) - 1) ** k, "O((c/k)^k)"),
        (gap0 * (k / (k + 1)) ** k / k, "O(1/k)"),
        (gap0, "O(1)"),
    ],
)
def test_orders_of_other_bounds(bound, text):
    assert order(bound).text == text


def test_roots_of_k_are_set_as_such():
    assert order(gap0 / k ** Rational(1, 3)).text == "O(1/k^(1/3))"
    assert order(gap0 / k ** Rational(2, 3)).latex == r"\mathcal{O}\left(\frac{1}{k^{\frac{2}{3}}}\right)"


def test_a_floor_that_rises_is_set_and_tuned_with_its_logarithm():
    bound = gap0 / (alpha * k) + alpha * (L + log(k))
    assert order(bound).latex.endswith(
        r"{k}\right)\ \mathrm{to\ a\ floor}\ \mathrm{that\ rises\ like}\ \log k"
    )
    assert complexity(bound, None) is None
    found = complexity(bound, alpha)
    assert found == log(1 / eps) / eps**2
    # The least of the bound over the step is 2 sqrt(gap0 (L + log k)/k), gap0 = L = 1 here.
    small = np.array([1e-90, 1e-120])
    steps = lower(found, (eps,))(small)
    ratios = 2 * np.sqrt((1 + np.log(steps)) / steps) / small
    assert ratios[1] == pytest.approx(ratios[0], rel=0.01)


def test_a_bound_of_which_nothing_falls_has_no_order():
    with pytest.raises(RateboundError, match="no name"):
        order(L + alpha * log(k))


def test_a_floor_without_a_step_to_tune_has_no_complexity():
    assert complexity(gap0 / k + L, None) is None


@pytest.mark.parametrize("theorem", [t for t in RATES if t.order.kind == "power"], ids=lambda t: t.id)
def test_complexity_inverts_the_bound(theorem):
    bound, steps = _bound(theorem), lower(theorem.complexity, (eps,))
    # A rate of 1/K^4 gets there in so few steps that lower powers still count.
    small, smaller = (1e-10, 1e-12) if theorem.order.exponent != 4 else (1e-30, 1e-32)
    # Where the leading order inverts the bound, bound(steps(eps))/eps tends to a constant.
    ratios = [float(bound(steps(np.array(e)))) / e for e in (small, smaller)]
    slack = 0.35 if theorem.order.log_power else 1e-3
    assert ratios[1] / ratios[0] == pytest.approx(1, rel=slack)


@pytest.mark.parametrize("theorem", [t for t in RATES if t.order.kind == "floor"], ids=lambda t: t.id)
def test_the_best_step_of_a_floor_gets_there_in_so_many_steps(theorem):
    if theorem.complexity is None:
        pytest.skip("no step to tune")
    counter, step = K if theorem.at_horizon else k, theorem.step
    symbols = sorted(theorem.bound.free_symbols - {counter, step}, key=str)
    bound = lower(theorem.bound, (counter, step, *symbols))
    steps, ratios = lower(theorem.complexity, (eps,)), []
    for small in (1e-9, 1e-11):
        values = bound(
            steps(np.array(small)),
            np.logspace(-25, -2, 4000),
            *(_CONSTANTS.get(s.name, 1.0) for s in symbols),
        )
        ratios.append(values[values > 0].min() / small)
    # The least over the step size is a fixed multiple of eps, as far as logarithms allow.
    assert ratios[1] / ratios[0] == pytest.approx(1, abs=0.05)
