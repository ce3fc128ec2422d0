"""SGD with momentum: its equivalent forms, the noise along its runs, and what momentum does not gain."""

import numpy as np
import pytest
from sympy import Rational, Symbol

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.evidence.linear import setting_of
from ratebound.experiments.verify import verify
from ratebound.problems.certified import NotCertified
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS
from ratebound.theory.methods.plain import BETA
from ratebound.theory.symbols import ell

x, z, g, alpha, k = (Symbol(name) for name in ("x", "z", "g", "alpha", "k"))
MEASURES = ("gap_last", "distance_sq", "gap_average")
# z moves by plain steps, x is an average: the literature's form of the methods with a growing factor.
AVERAGING = {
    "sgd_momentum_averaging": ({"x": ((k + 1) * x + 2 * (z - alpha * g)) / (k + 3)}, 2, 3),
    "sgd_primal_averaging": ({"x": ((k + 1) * x + z - alpha * g) / (k + 2)}, 1, 2),
}

FACTORS = {
    "sgd_momentum": lambda step: 0.9,
    "sgd_momentum_averaging": lambda step: step / (step + 2),
    "sgd_primal_averaging": lambda step: step / (step + 1),
}


@pytest.mark.parametrize("name", AVERAGING)
def test_heavy_ball_form_is_the_moving_average_of_iterates(name):
    update, factor, shift = AVERAGING[name]
    other = Method("average", "", {**update, "z": z - alpha * g}, "batch", from_start=("z",))
    problem, steps = load("quadratic_2d"), 5
    momentum = 0.3 * factor / (np.arange(steps) + shift)
    mine = exact_curves(problem, METHODS[name], momentum, measures=MEASURES)
    theirs = enumerate_paths(problem, other, np.full(steps, 0.3), measures=MEASURES)
    for measure in MEASURES:
        np.testing.assert_allclose(mine[measure], theirs[measure], rtol=1e-11)


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (2, False)])
def test_noise_along_a_run_is_that_of_all_its_paths(name, batch, replacement):
    """The certified second moment is the largest over x_0 .. x_K of a plain average over paths."""
    problem, method = load("quadratic_2d"), METHODS[name]
    alphas = 0.3 / np.arange(1, 4)
    state = [(problem.x0, np.zeros(problem.d))]
    batches = [[i] for i in range(4)] if batch == 1 else [[i, j] for i in range(4) for j in range(i)]
    moment = variance = 0.0
    for step, size in enumerate([*alphas, 0.0]):
        beta = FACTORS[name](step)
        found, squares, spreads = [], [], []
        for point, memory in state:
            full = problem.gradient(point)
            for drawn in batches:
                gradient = problem.component_gradients(point)[drawn].mean(0)
                squares.append(gradient @ gradient)
                spreads.append((gradient - full) @ (gradient - full))
                ahead = beta * memory + gradient
                found.append((point - size * ahead, ahead))
        state = found
        moment, variance = max(moment, np.mean(squares)), max(variance, np.mean(spreads))
    setting = setting_of(method, alphas, batch, replacement)
    assert certify(problem, "second_moment", setting).value == pytest.approx(moment, rel=1e-9)
    assert certify(problem, "variance_bound", setting).value == pytest.approx(variance, rel=1e-9)


def test_a_region_of_plain_sgd_is_no_certificate_for_momentum():
    alphas = np.full(20, 0.1)
    assert certify(load("iris"), "second_moment", setting_of(METHODS["sgd"], alphas)).value > 0
    with pytest.raises(NotCertified, match="plain SGD only"):
        certify(load("iris"), "second_moment", setting_of(METHODS["sgd_momentum"], alphas))
    # Bounded slopes without a regulariser bound the gradients everywhere, whatever the method.
    everywhere = certify(load("huber_worst"), "second_moment", setting_of(METHODS["sgd_momentum"], alphas))
    assert everywhere.region == "everywhere"


def test_momentum_has_the_noise_floor_of_the_longer_step():
    """The stationary error is that of SGD with the step alpha/(1 - beta), to first order in alpha."""
    problem = load("quadratic_2d")
    L, mu = certify(problem, "L").value, certify(problem, "mu").value
    excess = []
    for step in (0.004 / L, 0.002 / L):
        longer = step / (1 - float(BETA))
        steps = int(8 / (longer * mu))
        slow = exact_curves(problem, METHODS["sgd_momentum"], np.full(steps, step), measures=["gap_last"])
        plain = exact_curves(problem, METHODS["sgd"], np.full(steps, longer), measures=["gap_last"])
        excess.append(slow["gap_last"][-1] / plain["gap_last"][-1] - 1)
    assert abs(excess[0]) < 0.05
    assert excess[1] / excess[0] == pytest.approx(0.5, abs=0.1)


def test_the_bound_of_momentum_is_that_of_averaged_sgd_one_step_later():
    problem = load("rank_deficient")
    momentum = prepare(THEOREMS["sgdm_primal_averaging_star"], problem, steps=60)
    plain = prepare(THEOREMS["minibatch_convex"], problem, steps=60)
    at = np.arange(1, 60)
    np.testing.assert_allclose(momentum.bound(at), plain.bound(at + 1), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("sgdm_averaging_star", 3 / (2 * ell)),
        ("sgdm_primal_averaging_star", 1 / ell),
        ("sgdm_convex_star", (1 - BETA) / ell),
    ],
)
@pytest.mark.parametrize("share", [Rational(1, 3), Rational(19, 20)])
def test_bounds_hold_for_steps_up_to_the_end_of_their_range(name, longest, share):
    theorem, problem = THEOREMS[name], load("quadratic_2d")
    (step,) = theorem.parameters
    verdict = verify(theorem, problem, parameters={step.name: share * longest}, steps=200, replicas=8)
    assert verdict.holds and verdict.evidence == "exact"
    with pytest.raises(RateboundError, match=step.name):
        prepare(theorem, problem, steps=2, parameters={step.name: longest})
