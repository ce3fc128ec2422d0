"""AdaGrad and RMSProp by the proofs of each other, and bias correction: any draws, all paths, refusals."""

import dataclasses
from itertools import product

import numpy as np
import pytest

from ratebound.problems.build import from_arrays
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.problems.lower import lower
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import k

NAMES = [
    "adagrad_nonconvex_small", "rmsprop_nonconvex_large", "rmsprop_corrected_nonconvex"
]  # fmt: skip
LENGTH, DECAY, STEPS = 0.2, 0.8, 6


def value(expr, **values):
    symbols = sorted(expr.free_symbols, key=str)
    return float(lower(expr, symbols)(*(values[s.name] for s in symbols)))


def test_what_the_root_before_the_draw_costs():
    """Any distribution of draws: E h u/B >= h^2/A - (G^2/(2 b0)) E log(B^2/A^2), and close to it at times."""
    rng, least = np.random.default_rng(3), []
    for _ in range(4000):
        m, c = rng.integers(2, 5), 10 ** rng.uniform(-4, 0)
        u, p = rng.choice([-1, 1], m) * 10 ** rng.uniform(-2, 1, m), rng.dirichlet(0.5 * np.ones(m))
        G, h, b0 = np.abs(u).max(), p @ u, 10 ** rng.uniform(-1, 2)
        A_sq = b0**2 + rng.choice([0, 10 ** rng.uniform(-3, 2)])
        B_sq = A_sq + c * u**2
        lost = h**2 / np.sqrt(A_sq) - p @ (h * u / np.sqrt(B_sq))
        paid = G**2 / (2 * b0) * (p @ np.log(B_sq / A_sq))
        assert lost <= paid * (1 + 1e-9) + 1e-12 * h**2 / np.sqrt(A_sq)
        least.append(lost / paid)
    assert max(least) > 0.9


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("first", [0.05, 3.0])
def test_the_mean_over_all_paths_is_below_the_bound(name, first):
    """A nonconvex sum of three terms in the plane, every path of its draws, steps written out."""
    problem = from_arrays(
        np.array([[1.0, 0.5], [-0.7, 1.2], [0.4, -1.1]]), np.array([0.3, -1.0, 2.0]), loss="welsch",
        x0=np.array([1.5, -1.0]),
    )  # fmt: skip
    kept, added = (1, 1) if name.startswith("adagrad") else (DECAY, 1 - DECAY)
    means = []
    for drawn in product(range(3), repeat=STEPS):
        at, sum_, squares = problem.x0, np.zeros(2), []
        for step, i in enumerate(drawn):
            squares.append(problem.grad_norm_sq(at[None])[0])
            u = problem.component_gradients(at)[i]
            sum_ = kept * sum_ + added * u**2
            length = LENGTH * np.sqrt(1 - DECAY ** (step + 1)) if "corrected" in name else LENGTH
            at = at - length * u / np.sqrt(first**2 + sum_)
        means.append(np.mean(squares))
    G, L = (certify(problem, each, Setting(np.ones(1))).value for each in ("grad_inf", "L"))
    gap0 = float(problem.value(problem.x0))  # The loss is nonnegative.
    known = {"gap0": gap0, "gamma": LENGTH, "b0": first, "L": L, "d": 2, "grad_inf": G, "decay": DECAY}
    assert np.mean(means) <= value(THEOREMS[name].bound, k=STEPS, **known)


def test_each_form_is_the_smaller_one_somewhere():
    known = {"k": 1000, "gap0": 1, "gamma": 0.03, "L": 1, "d": 3, "grad_inf": 1, "decay": 0.999}
    for one, other in (NAMES[:2], ["rmsprop_nonconvex_large", "rmsprop_nonconvex"]):
        other = "adagrad_nonconvex" if one.startswith("adagrad") else other
        gains = [value(THEOREMS[one].bound - THEOREMS[other].bound, b0=b0, **known) for b0 in (1e-4, 100)]
        assert min(gains) < 0 < max(gains)


def test_the_published_constants_are_larger():
    """Défossez et al. 2022, Theorems 1 and 2 as remembered, with R = G + sqrt(eps) and v the plain sums."""
    rng = np.random.default_rng(1)
    for _ in range(200):
        G, eps, F, a, L, d, steps = *(10 ** rng.uniform(-1, 1, 5)), rng.integers(1, 9), rng.integers(1, 10**4)
        b2 = 1 - 10 ** rng.uniform(-4, -0.3)
        R, root, c = G + np.sqrt(eps), np.sqrt(steps), 1 - b2
        first = 2 * R * F / (a * root) + (4 * d * R**2 + a * d * R * L) * np.log1p(steps * R**2 / eps) / root
        second = np.log1p(R**2 / (c * eps)) / steps - np.log(b2)
        second = 2 * R * F / (a * steps) + (4 * d * R**2 / np.sqrt(c) + a * d * R * L / c) * second
        known = {"k": steps, "gap0": F, "gamma": a, "L": L, "d": d, "grad_inf": G, "decay": b2}
        assert value(THEOREMS[NAMES[0]].bound, b0=np.sqrt(eps), **known) <= first
        assert value(THEOREMS[NAMES[2]].bound, b0=np.sqrt(c * eps), **known) <= second


@pytest.mark.parametrize("name", NAMES)
def test_the_proofs_refuse_less_and_other_methods(name):
    theorem = THEOREMS[name]
    for changes in (
        {"bound": 0.99 * theorem.bound},
        {"method": METHODS["adagrad_norm"]},
        {"assumptions": theorem.assumptions[:2]},
        {"step": theorem.step / 2},
        {"bound": theorem.bound.subs(k, 2 * k)},
    ):
        with pytest.raises(RateboundError):
            dataclasses.replace(theorem, **changes)
