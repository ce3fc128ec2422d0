"""Lower bounds on their instances: met where they say so, and never above the theorem beside them."""

import pytest

from ratebound.experiments.attained import error_and_bound, made_of
from ratebound.problems.constants import certify
from ratebound.problems.lower import lower
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.lower_bounds import LOWER_BOUNDS
from ratebound.theory.symbols import BY_NAME, K, k

VALUES = [
    {"L": 1.0, "mu": 0.1, "mu_pl": 0.1, "alpha": 0.5, "theta": 2.5, "radius": 0.3, "variance_bound": 1.0},
    {"L": 7.0, "mu": 2.0, "mu_pl": 2.0, "alpha": 0.27, "theta": 0.01, "radius": 0.02, "variance_bound": 0.3},
    {"L": 0.3, "mu": 0.01, "mu_pl": 0.01, "alpha": 3.0, "theta": 40.0, "radius": 5.0, "variance_bound": 40.0},
]
EACH = pytest.mark.parametrize("statement", LOWER_BOUNDS.values(), ids=lambda each: each.id)


@EACH
@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("steps", [1, 2, 7, 30])
def test_the_instance_is_at_least_as_bad(statement, values, steps):
    for method in statement.methods:
        error, bound = error_and_bound(statement, method, steps, values)
        assert bound > 0 and error >= bound * (1 - 1e-8)
        if statement.attained:
            assert error == pytest.approx(bound, rel=1e-8)


@EACH
@pytest.mark.parametrize("values", VALUES)
def test_the_instance_is_in_the_class(statement, values):
    problem = made_of(statement.instance(5, values))
    assert certify(problem, "L").value <= values["L"] * (1 + 1e-12)
    if statement.bound.has(BY_NAME["mu"], BY_NAME["mu_pl"]):
        assert certify(problem, "mu").value >= values["mu"] * (1 - 1e-12)
    parts = problem.component_gradients(problem.x0 + 1)
    noise = ((parts - parts.mean(0)) ** 2).sum(1).mean()
    if statement.methods[0].sampling == "batch":
        assert noise == pytest.approx(values["variance_bound"])


def test_the_chain_leaves_a_constant_between_the_bounds():
    """Upper over lower bound is 64/3 for Nesterov's method and half of it for the optimised one."""
    ratio = {}
    values = {"alpha": 1.0, "L": 1.0, "D": 1.0}
    for name in ("nesterov_convex", "ogm_convex"):
        symbols = [BY_NAME[each] for each in values]
        upper = lower(THEOREMS[name].bound, (k, K, *symbols))(9, 9, *values.values())
        below = lower(LOWER_BOUNDS["smooth_convex_lower"].bound, (k, K, *symbols))(9, 9, *values.values())
        ratio[name] = float(upper / below)
    assert ratio["nesterov_convex"] == pytest.approx(64 / 3) and ratio["ogm_convex"] == pytest.approx(32 / 3)


def test_averaged_steps_leave_what_their_theorem_says_to_leading_order():
    """Of noise alone, both are variance/(2 mu k) up to roots of alpha mu and of 1/(alpha mu k)."""
    a, m, v, steps = 1e-4, 2.0, 1e8, 10**9
    values = {"alpha": a, "mu": m, "variance_bound": v, "D": 1.0, "R_sq": m, "residual_sq": v / m, "rank": 1}
    upper, below = (
        float(lower(each.bound, (k, *(BY_NAME[name] for name in values)))(steps, *values.values()))
        for each in (THEOREMS["sgd_averaged_least_squares"], LOWER_BOUNDS["sgd_averaged_attained"])
    )
    assert below == pytest.approx(v / (2 * m * steps), rel=1e-4)
    assert 1 <= upper / below < 1.05


def test_a_larger_bound_is_seen():
    statement = LOWER_BOUNDS["sgd_floor"]
    error, bound = error_and_bound(statement, statement.methods[0], 20, VALUES[0])
    assert error < 1.01 * bound


@EACH
def test_the_theorem_beside_it_is_in_the_catalogue(statement):
    assert THEOREMS[statement.theorem.id] is statement.theorem
    assert statement.id not in THEOREMS


@pytest.mark.parametrize(("length", "grows"), [(1.99, False), (2.01, True)])
def test_sam_leaves_a_parabola_beyond_its_threshold(length, grows):
    statement, values = LOWER_BOUNDS["sam_threshold"], {"L": 3.0, "radius": 0.4}
    values["alpha"] = length / (values["L"] * (1 + values["radius"] * values["L"]))
    assert values["alpha"] < 2 / values["L"], "where gradient descent converges"
    first, last = (error_and_bound(statement, statement.methods[0], k, values)[0] for k in (1, 50))
    assert (last > first) == grows
