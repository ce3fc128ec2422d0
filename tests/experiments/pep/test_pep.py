"""Bounds against the worst case over their whole class, by semidefinite programs."""

import subprocess
from dataclasses import replace

import pytest

from ratebound.experiments.pep import worst_case as pep
from ratebound.experiments.pep.worst_case import ORACLES, worst_case, worst_cases
from ratebound.theory import symbols
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError

needs_pepit = pytest.mark.skipif(
    not pep.available(), reason="PEPit is not installed: pip install -e '.[pep]'"
)

MIDDLE = 2 / 1.1
CONSTANTS = {
    **{
        "L": 1,
        "L_max": 1.5,
        "L_batch": 0.8,
        "ell": 1,
        "mu": 0.2,
        "mu_pl": 0.2,
        "gap0": 0.4,
        "grad0_sq": 0.6,
        "margin": 0.1,
    },
    **{"second_moment": 4, "variance_bound": 0.5, "sigma_star_sq": 0.5, "sigma_b_sq": 0.5, "rho": 2},
    **{
        "affine_noise": 0.5,
        "affine_growth": 1.5,
        "component_gap": 0.3,
        "n": 2,
        "b": 1,
        "L_mean": 1,
        "sigma_p_sq": 0.5,
        "mu_min": 0.1,
    },
}
POINTS = {
    "gd_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.5, 2), (0.05, 4))],
    "gd_convex_tight": [
        ({"L": 2, "alpha": step}, k) for step, k in ((0.5, 1), (0.5, 5), (0.2, 3), (0.02, 2))
    ],
    "gd_sc_distance": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 4), (MIDDLE, 3), (1.9, 2))
    ],
    "gd_sc_gap": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 4), (MIDDLE, 3), (1.9, 2))
    ],
    "gd_pl": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2), (1.8, 1))
    ],
    "gd_nonconvex_tight": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))],
    "gd_convex_exact": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 2), (1.6, 3), (1.9, 3))],
    "gd_convex_gradient": [({"L": L}, k) for L, k in ((2, 1), (1, 2), (1, 4))],
    "gd_convex_gradient_exact": [({"L": 1, "alpha": step}, k) for step, k in ((0.3, 2), (1.5, 3), (1.9, 2))],
    "gd_convex_gradient_distance": [({"L": L}, k) for L, k in ((1, 1), (1, 2), (2, 4))],
    "gd_convex_gradient_best": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (0.5, 1))],
    "gd_convex_average": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (0.5, 1))],
    "gd_convex_average_long": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.2, 3), (1.9, 2))],
    "gd_sc_from_distance": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (1.0, 1))
    ],
    "gd_sc_gradient": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (MIDDLE, 3), (1.9, 2))
    ],
    "gd_middle_gap_distance": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 3), (0.1, 1), (0.5, 2))],
    "gd_pl_refined": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.0, 2), (0.3, 1), (0.7, 2))
    ],
    "gd_pl_refined_long": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.2, 2), (1.9, 1), (1.5, 1))
    ],
    "gd_nonconvex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 2), (1.8, 2))],
    "nesterov_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 3))],
    "triple_momentum_distance": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 4), (0.5, 2))],
    "sgd_accelerated_convex": [
        ({"L": 1, "rho": rho, "tau": tau, "alpha": step}, k)
        for rho, tau, step, k in ((1, 1, 1.0, 2), (2, 2, 0.5, 1), (2, 3, 0.3, 2))
    ],
    "sgd_accelerated_strong": [
        ({"L": 1, "mu": 0.1, "gap0": 0.4, "rho": rho, "tau": tau, "alpha": step}, k)
        for rho, tau, step, k in ((1, 1, 1.0, 2), (2, 2, 0.5, 1), (2, 3, 0.3, 2))
    ],
    "silver_convex": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 5), (1, 8))],
    "silver_gradient": [({"L": L}, k) for L, k in ((1, 1), (2, 3), (1, 7))],
    "silver_gradient_gap": [({"L": L}, k) for L, k in ((1, 1), (2, 3), (1, 7))],
    "ogm_convex": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 5))],
    "heavy_ball_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))],
    "heavy_ball_linear": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((0.5, 1), (0.9, 3), (0.2, 2))
    ],
    "gd_sc_coercive": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 3), (MIDDLE, 1))
    ],
    "gd_sc_simple": [({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 3), (0.5, 1))],
    "gd_convex_gradient_mean": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (1.9, 2))],
    "gd_pl_gradient": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.0, 2), (0.3, 1), (1.8, 1))
    ],
    **{
        f"gd_quadratic_{name}": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (0.6, 2), (0.8, 2))]
        for name in ("gap", "gradient", "gradient_gap")
    },
    "heavy_ball_quadratic": [({"L": 1, "mu_pl": mu}, k) for mu, k in ((0.1, 1), (0.1, 3), (0.2, 2))],
    "steepest_linear": [({"L": 1, "mu_pl": mu}, k) for mu, k in ((0.1, 1), (0.1, 2), (0.5, 2))],
    "exact_search_sc": [({"L": 1, "alpha": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 2), (0.5, 2))],
    "exact_search_pl": [({"L": 1, "alpha": 1, "mu_pl": mu}, k) for mu, k in ((0.2, 1), (0.2, 2), (0.5, 2))],
    "exact_search_convex": [
        ({"L": 1, "alpha": 1, "level_radius": R}, k) for R, k in ((2, 1), (2, 3), (5, 2))
    ],
    "exact_search_gradient": [
        ({"L": 1, "alpha": 1, "grad0_sq": square}, k) for square, k in ((0.7, 2), (0.7, 3), (0.4, 2))
    ],
    "polyak_strong": [({"L": 1, "mu": 0.1, "alpha": length}, 1) for length in (0.5, 1.0, 5.0)],
    "projected_gd_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))],
    "projected_gd_strong": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))
    ],
    **{
        name: [({"second_moment": 4, "alpha": step}, k) for step, k in ((0.5, 1), (0.2, 3), (1.0, 2))]
        for name in ("subgradient_constant", "projected_subgradient")
    },
    **{
        name: [({"second_moment": 4}, k) for k in (1, 2, 4)]
        for name in ("subgradient_horizon", "subgradient_linear_decay_horizon")
    },
    **{
        name: [({"second_moment": 4, "alpha0": step}, k) for step, k in ((0.5, 1), (0.2, 3), (1.0, 2))]
        for name in ("subgradient_decaying", "subgradient_linear_decay")
    },
    "subgradient_strong": [({"second_moment": 4, "mu": 0.5}, k) for k in (1, 2, 4)],
    "nesterov_convex_gradient": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 3))],
    **{
        name: [
            ({"L": 1, "mu": 0.1, "gap0": 0.4, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.2, 3))
        ]
        for name in ("nesterov_strong", "nesterov_strong_distance")
    },
    "saga_sc": [
        ({"L_max": 1, "mu": 0.2, "alpha": step, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.4}, k)
        for step, k in ((0.05, 3), (0.15, 2), (1 / 6, 3))
    ],
    "saga_convex": [
        ({"L_max": 1, "alpha": step, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.4}, k)
        for step, k in ((0.05, 3), (0.15, 2), (1 / 4, 3))
    ],
    "saga_convex_long": [
        ({"L_max": 1, "alpha": step, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.4}, k)
        for step, k in ((1 / 4, 2), (1 / 3, 3), (2 / 5, 1))
    ],
    **{
        name: [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 3))]
        for name in ("ista_convex", "fista_convex")
    },
    "ista_strong": [({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((1.0, 1), (0.3, 3), (1.0, 3))],
    "heavy_ball_average": [
        ({"L": 1, "alpha0": step, "beta": beta, "gap0": 0.4}, k)
        for step, beta, k in ((1.0, 0.9, 3), (0.5, 0.5, 2), (1.0, 0.1, 4))
    ],
    "triple_momentum_gap": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 4), (0.5, 2))],
    **{
        name: [
            ({"L_max": 1, "mu": 0.5, "alpha": step, "epoch": epoch}, 2)
            for step, epoch in ((0.6, 1), (0.3, 1), (0.25, 2))
        ]
        for name in ("svrg_epochs_sc", "svrg_drawn_sc")
    },
    **{
        name: [
            ({"L": 1, "L_max": 1, "n": 2, "b": 1, "alpha": step, "epoch": epoch}, k)
            for step, epoch, k in ((longest[0], 1, 1), (longest[1], 2, 2), (longest[1] / 2, 2, 2))
        ]
        for name, longest in {
            "svrg_last_nonconvex": (0.4, 0.4 / 2 ** (2 / 3)),
            "sarah_last_nonconvex": (1.0, 2 / (1 + 5**0.5)),
        }.items()
    },
    "sarah_drawn_pl": [
        ({"L": 1, "L_max": 1, "mu_pl": 0.5, "alpha": step, "epoch": epoch, "b": 1}, 2)
        for step, epoch in ((0.5, 1), (0.5, 2), (1.0, 2))
    ],
    "sgd_star_inverse_sqrt": [
        ({**CONSTANTS, "alpha0": alpha0, "s0": s0}, k)
        for alpha0, s0, k in ((0.5, 10, 1), (0.5, 10, 2), (0.2, 30, 2))
    ],
    "sam_sgd_nonconvex_horizon": [
        ({"L": 1, "L_max": 1.5, "variance_bound": 0.5, "radius": 1 / (3 * k**0.25)}, k) for k in (1, 2, 3)
    ],
    "ogm_gradient_convex": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 3))],
    "ogm_convex_gradient": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 5))],
}
SCALES = (2, 1, 0.5, 0.2, 1.3)


def points(name):
    """Return three points of a program: as given, or two multiples of the parameters and two lengths."""
    if name in POINTS:
        return POINTS[name]
    theorem = THEOREMS[name]
    start = ORACLES[name].start.name
    constants = {each: value for each, value in CONSTANTS.items() if each != start}
    known = {symbols.BY_NAME[each]: value for each, value in {**constants, start: 1}.items()}
    first = max(1, int(theorem.start.subs(known)))
    found = []
    for k in (first, first + 1):
        at = {symbols.D: 1, **known, symbols.k: k, symbols.K: k}
        for scale in SCALES:
            given = {each: float(scale * value.subs(at)) for each, value in theorem.chosen().items()}
            relations = (each.subs(given).subs(at) for each in theorem.where)
            if len(found) < k - first + 2 and all(relations):
                found.append(({**constants, **{each.name: v for each, v in given.items()}}, k))
    return found


def test_every_oracle_is_about_a_theorem_and_is_tried():
    assert set(ORACLES) <= set(THEOREMS)
    assert set(POINTS) <= set(ORACLES)
    assert all(len(points(name)) >= 3 for name in ORACLES)


CHUNKS = [list(ORACLES)[first : first + 10] for first in range(0, len(ORACLES), 10)]


@needs_pepit
@pytest.mark.parametrize("names", CHUNKS, ids=lambda names: names[0])
def test_no_worst_case_exceeds_its_bound_and_tight_ones_attain_it(names):
    requests = [(name, values, k) for name in names for values, k in points(name)]
    for found in worst_cases(requests):
        assert found.worst <= found.bound * (1 + 1e-6), found
        if ORACLES[found.theorem].tight:
            assert found.ratio == pytest.approx(1, abs=1e-5), found


@needs_pepit
def test_false_bounds_of_every_kind_of_program_are_seen():
    names = ("gd_convex_tight", "gd_quadratic_gap", "steepest_linear", "subgradient_linear_decay_horizon")
    names = (*names, "heavy_ball_quadratic", "projected_subgradient", "gd_convex_gradient_mean")
    names = (*names, "sgd_importance_interpolation", "schedule_free_constant", "ista_contraction")
    false = [replace(THEOREMS[n], bound=THEOREMS[n].bound * 0.99, certificate=None) for n in names]
    requests = [(theorem, *points(theorem.id)[0]) for theorem in false]
    assert all(found.ratio > 1 + 1e-6 for found in worst_cases(requests))


def refuse(*arguments, **options):
    raise AssertionError("no process should have started")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clipped_nonconvex", {"L": 1}, 1), "no semidefinite program for clipped_nonconvex"),
        (("gd_convex", {"L": 1, "alpha": 1}, 0), "steps = 0"),
        (("sgd_nws", {"L_max": 1}, 4), "takes 1 to 3 steps"),
        (("gd_convex", {"L": 1}, 1), "alpha has no value"),
        (("gd_convex", {"L": 1, "kappa": 1}, 1), "kappa is no constant"),
    ],
)
def test_bad_requests_are_refused_before_a_process_starts(monkeypatch, arguments, message):
    monkeypatch.setattr(pep, "available", lambda: True)
    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(RateboundError, match=message):
        worst_case(*arguments)


def test_without_pepit_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(pep, "available", lambda: False)
    with pytest.raises(RateboundError, match=r"pip install 'ratebound\[pep\]'"):
        worst_case("gd_convex", {"L": 1, "alpha": 1.0}, 1)


@pytest.mark.parametrize("script", ["import os; os.abort()", "raise SystemExit('no solver')"])
def test_a_solver_that_dies_is_one_clear_line(monkeypatch, script):
    monkeypatch.setattr(pep, "available", lambda: True)
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: run([command[0], "-c", script], **options)
    )
    with pytest.raises(RateboundError, match=r"PEPit failed \(exit code"):
        worst_case("gd_convex", {"L": 1, "alpha": 1.0}, 1)


def test_a_solver_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(pep, "available", lambda: True)
    run = subprocess.run
    script = "import time; time.sleep(60)"
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: run([command[0], "-c", script], **options)
    )
    with pytest.raises(RateboundError, match=r"took more than 0\.5 s"):
        worst_case("gd_convex", {"L": 1, "alpha": 1.0}, 1, timeout=0.5)


@needs_pepit
def test_the_first_step_of_saga_is_one_of_gradient_descent():
    values = {"L_max": 1, "mu": 0.2, "alpha": 0.15, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.5}
    assert worst_case("saga_sc", values, 1).worst == pytest.approx((1 - 0.15 * 0.2) ** 2, rel=1e-5)
