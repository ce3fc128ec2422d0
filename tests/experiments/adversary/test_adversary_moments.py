"""Two exact routes to the same expectations, and fifty digits as the judge of both."""

import numpy as np
import pytest

from ratebound.experiments.adversary.case import case
from ratebound.experiments.adversary.families import FAMILIES
from ratebound.experiments.adversary.moments import moment_curves
from ratebound.experiments.adversary.sweep import certified
from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.evidence.linear import setting_of
from ratebound.experiments.precise import run as precise
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.methods import METHODS, sgd

MEASURES = ("gap_last", "distance_sq", "grad_norm_sq_last", "gap_average")
QUADRATIC = [name for name, family in FAMILIES.items() if family.quadratic]


def instance(name, seed=3):
    family = FAMILIES[name]
    return family.problem(family.at(np.random.default_rng(seed).random(len(family.axes))))


LINEAR = ("sgd", "sgd_momentum", "sgd_momentum_averaging", "sgd_primal_averaging")


@pytest.mark.parametrize("method", [METHODS[name] for name in LINEAR], ids=LINEAR)
@pytest.mark.parametrize("name", QUADRATIC)
@pytest.mark.parametrize(("batch", "replacement"), [(1, True), (2, True), (2, False)])
def test_the_augmented_map_agrees_with_the_moment_recursion(name, method, batch, replacement):
    problem = instance(name)
    alphas = np.array([[0.3, 0.1, 0.2, 0.05], [0.01, 0.02, 0.03, 0.04]])
    weights = np.array([[1.0, 2.0, 0.5, 1.0], [1.0, 1.0, 1.0, 1.0]])
    found = moment_curves(problem, method, alphas, weights, batch, replacement)
    for row in range(2):
        expected = exact_curves(
            problem,
            method,
            alphas[row],
            batch=batch,
            replacement=replacement,
            weights=weights[row],
            measures=MEASURES,
        )
        for measure in MEASURES:
            assert found[measure][row, 1:] == pytest.approx(expected[measure][1:], rel=1e-9), measure
        setting = setting_of(method, alphas[row], batch, replacement)
        seen = slice(None, -1 if method is sgd else None)
        for curve, constant in (("moment", "second_moment"), ("spread", "variance_bound")):
            limit = certify(problem, constant, setting).value
            assert found[curve][row, seen].max() == pytest.approx(limit, rel=1e-8, abs=1e-9), constant


def test_the_augmented_map_agrees_with_all_index_paths():
    problem = instance("plane")
    alphas = np.full(6, 0.2)
    found = moment_curves(problem, sgd, alphas[None], np.ones((1, 6)), 1, True)
    paths = enumerate_paths(problem, sgd, alphas, measures=MEASURES)
    for measure in MEASURES:
        assert found[measure][0, 1:] == pytest.approx(paths[measure][1:], rel=1e-11)


@pytest.mark.parametrize(
    "name", ["sgd_nws", "sgd_convex_constant", "sgd_nonconvex_constant", "gd_sc_gap", "sgd_convex_decaying"]
)
def test_fifty_digits_agree_with_double_precision(name):
    theorem = THEOREMS[name]
    at = case(theorem, instance("axes_plane"), 7)
    parameters = {p.name: 0.1 for p in theorem.parameters}
    trial, found = certified(at, parameters)
    for column in (0, -1):
        ratio = precise.ratio(trial, int(found.k[column]))
        assert found.ratio[0, column] == pytest.approx(ratio, rel=1e-10)


def test_fifty_digits_take_a_single_component_as_deterministic():
    theorem = THEOREMS["sgd_convex_constant"]
    trial, found = certified(case(theorem, instance("huber_1d"), 5), {"alpha": 0.5})
    assert precise.ratio(trial, 5) == pytest.approx(found.ratio[0, -1], rel=1e-12)
