"""Certificates close for the theorems, and for no corruption of them that is false."""

import dataclasses

import numpy as np
import pytest
from sympy import Integer, Rational, Symbol, sqrt

from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS, find
from ratebound.theory.certificate import Cited, Corollary
from ratebound.theory.certificates.cubic import CubicModel
from ratebound.theory.certificates.memory import Memory
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.certificates.squaring import Squaring
from ratebound.theory.certificates.tails import Restarted
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.proofs import exposition
from ratebound.theory.letters import penalty as h
from ratebound.theory.measures import MEASURES, ONE_STEP
from ratebound.theory.method import Method, g, x
from ratebound.theory.onestep import X
from ratebound.theory.symbols import D, K, L, alpha, gap0, k, mu, mu_pl, second_moment

ALL = list(THEOREMS.values())
CERTIFIED = [t for t in ALL if t.proof == "certified"]
RATES = [t for t in CERTIFIED if t.measure not in ONE_STEP]
_OF_MINIMUM = "a quadratic that has a minimiser is convex, and the range names its largest eigenvalue"
_OF_CONSTANT = "on such f the constant of growth is certified; the proof reads the constant alone"
_OF_PARTS = "the assumption on the components says it too"
NOT_READ = {
    **{
        (name, assumption): _OF_MINIMUM
        for name in ("gd_quadratic_gap", "gd_quadratic_gradient", "gd_quadratic_gradient_gap")
        for assumption in ("smooth", "convex")
    },
    **{(name, "convex"): _OF_MINIMUM for name in ("armijo_quadratic", "newton_quadratic")},
    **{
        (name, assumption): _OF_CONSTANT
        for name in ("sign_steepest_quadratic", "gauss_southwell_quadratic")
        for assumption in ("quadratic", "strongly_convex")
    },
    **{(f"{name}_convex{long}", "convex"): _OF_PARTS for name in ("lsvrg", "saga") for long in ("", "_long")},
    ("sgd_averaged_least_squares", "convex"): _OF_PARTS,
    ("svrg_convex", "convex"): _OF_PARTS,
    ("sgd_convex_decaying", "smooth"): "the range of the published statement names L",
}
"""Assumptions, by theorem, that no inequality of the proof reads, and why they are stated."""


@pytest.mark.parametrize("theorem", CERTIFIED, ids=lambda t: t.id)
def test_a_tenth_of_the_bound_is_refused(theorem):
    with pytest.raises(RateboundError, match=theorem.id):
        dataclasses.replace(theorem, bound=theorem.bound / 10)


@pytest.mark.parametrize("theorem", [t for t in RATES if t.bound.has(k, K)], ids=lambda t: t.id)
def test_a_faster_rate_is_refused(theorem):
    counter = K if theorem.at_horizon else k
    faster = theorem.bound.subs(counter, counter**2)
    with pytest.raises(RateboundError, match=theorem.id):
        dataclasses.replace(theorem, bound=faster)


@pytest.mark.parametrize("theorem", CERTIFIED, ids=lambda t: t.id)
def test_every_term_of_the_bound_is_needed(theorem):
    terms = theorem.bound.expand().as_ordered_terms() if theorem.bound.is_Add else []
    for term in terms:
        if term.could_extract_minus_sign() or term.subs(dict.fromkeys(term.free_symbols, Rational(1, 2))) < 0:
            continue  # Without it the bound is larger.
        with pytest.raises(RateboundError, match=theorem.id):
            dataclasses.replace(theorem, bound=theorem.bound.expand() - term)


@pytest.mark.parametrize("theorem", [t for t in CERTIFIED if t.where], ids=lambda t: t.id)
def test_a_wider_range_is_refused(theorem):
    if theorem.id == "sgd_convex_decaying":
        pytest.skip("its range belongs to the published statement; the proof does not need it")
    wider = tuple(
        type(r)(r.lhs, (10 if r.rel_op in ("<", "<=") else Rational(1, 10)) * r.rhs) for r in theorem.where
    )
    with pytest.raises(RateboundError, match=theorem.id):
        dataclasses.replace(theorem, where=wider)


@pytest.mark.parametrize("theorem", CERTIFIED, ids=lambda t: t.id)
def test_each_assumption_is_needed(theorem):
    for assumption in theorem.assumptions:
        fewer = tuple(a for a in theorem.assumptions if a is not assumption)
        if (theorem.id, assumption.name) in NOT_READ:
            assert dataclasses.replace(theorem, assumptions=fewer).proof == "certified"
        elif assumption.name != "lower_bounded":  # It says what gap0 is measured from.
            with pytest.raises(RateboundError, match=theorem.id):
                dataclasses.replace(theorem, assumptions=fewer)


@pytest.mark.parametrize("theorem", RATES, ids=lambda t: t.id)
def test_a_second_derivation_by_running_the_one_step_inequality(theorem):
    """Iterate the worst that the one-step inequality allows, in numbers; the bound must lie above."""
    certificate = theorem.certificate
    in_batches = lambda noise: noise.xreplace({s.b: theorem.batch or s.b})  # noqa: E731
    rng = np.random.default_rng(3)
    for _ in range(20):
        values = _random_constants(theorem, rng)
        bound, alphas = _numbers(theorem, values, 60)
        if isinstance(certificate, Recursion) and certificate.before is None:
            rate = _along(certificate.rate, values, alphas)
            noise = _along(in_batches(certificate.noise), values, alphas)
            starts = {"gap_last": "gap0", "grad_norm_sq_last": "grad0_sq"}
            q = values[starts[theorem.measure]] if theorem.measure in starts else values["D"] ** 2
            for step in range(60):
                q = max(rate[step], 0.0) * q + noise[step]
                if step + 1 >= int(theorem.start):
                    assert q <= bound[step + 1] * (1 + 1e-9)
        elif isinstance(certificate, Telescope) and certificate.weight != 0:
            at_zero = certificate.potential.subs({k: 0, s.delta: gap0, s.d2: D**2, s.grad_sq: s.grad0_sq})
            at_zero = at_zero.subs({h.penalty: h.penalty0, h.penalty_gap: gap0})
            start = float(_along(at_zero, values, alphas)[0])
            total = np.cumsum(_along(in_batches(certificate.noise), values, alphas))
            weights = np.cumsum(_along(certificate.weight, values, alphas))
            assert ((start + total) / weights <= bound[1:] * (1 + 1e-9)).all()
        elif isinstance(certificate, Memory):
            at_rest = certificate.potential.subs(k, 0).subs({Symbol("M", real=True): 0, s.gap_aside: gap0})
            start = float(_along(at_rest.subs(X, D), values, alphas)[0])
            noise, last = float(_along(certificate.noise, values, alphas)[0]), certificate.weight == 0
            for step in range(int(theorem.start), 60):
                count = step + 1 if last else step
                gathered = certificate.share.subs(k, step + 1) if last else step * certificate.weight
                shared = float(_along(gathered, values, alphas)[0])
                assert (start + count * noise) / shared <= bound[step] * (1 + 1e-9)
        elif isinstance(certificate, Squaring):
            factor = float(_along(certificate.factor, values, alphas)[0])
            distance = values["D"]
            for step in range(60):
                distance = factor * distance**2
                if distance < 1e-150:
                    break  # Its square is not a number of full precision.
                assert distance**2 <= bound[step + 1] * (1 + 1e-9)
            assert step > 0
        elif isinstance(certificate, CubicModel):
            reach, gap = values["L_hess"] * values["level_radius"] ** 3, values["gap0"]
            for step in range(60):
                # The least of (1 - t) gap + reach t^3/3 over 0 <= t <= 1.
                t = min(np.sqrt(gap / reach), 1.0)
                gap = (1 - t) * gap + reach * t**3 / 3
                assert gap <= bound[step + 1] * (1 + 1e-9)


def _random_constants(theorem, rng):
    base = float(np.exp(rng.normal()))
    values = {"mu": base, "mu_pl": base, "L": base * (1 + rng.exponential(5.0)), "D": 0.5 + rng.random()}
    values |= {"L_max": 1.5 * values["L"], "ell": 1.2 * values["L"], "R_sq": values["L"], "mu_min": base}
    positive = (
        *("gap0", "second_moment", "grad0_sq", "sigma_b_sq", "sigma_star_sq", "sigma_p_sq"),
        *("variance_bound", "component_gap", "D_scaled_sq", "sample_variance", "sample_noise_l1"),
        "shuffle_radius",
    )
    values |= {"L_mean": 1.3 * values["L"]} | {name: rng.exponential() + 0.01 for name in positive}
    values |= {"s0": 4 * values["ell"] / base, "theta": (0.51 + rng.exponential()) / base}
    values |= {"L_batch": values["L_max"] * rng.random(), "affine_noise": rng.exponential() + 0.01}
    values |= {"rho": 1 + rng.exponential(5.0), "affine_growth": 1 + rng.exponential(5.0)}
    values |= {"rho_weak": values["rho"]}
    values |= {"alpha0": 0.2 / values["L_max"], "alpha": np.nan, "tau": values["rho"] * (1 + rng.random())}
    # Of a single sample there are no different ones: (n - b)/(n - 1) is 0/0.
    values["n"] = float(rng.integers(1 if theorem.batch is None else 2, 50))
    values |= {"gamma": rng.exponential() + 0.01, "b0": rng.exponential() + 0.01, "clip": rng.exponential()}
    values |= {"L_zero": rng.exponential(), "L_one": rng.exponential()}
    values |= {"L_inf": 2.5 * values["L"], "d": float(rng.integers(1, 9)), "L_coord": values["L"]}
    values |= {"L_coord_sum": values["d"] * base + rng.random() * values["d"] * (values["L"] - base)}
    values |= {"mu_axis": base / values["d"], "mu_signs": base, "omega": 0.01 + 0.99 * rng.random()}
    values |= {"x_inf": rng.random() + 0.01, "margin": rng.random(), "grad_inf": rng.exponential() + 0.01}
    unit = ("decay", "penalty0", "beta", "residual_sq", "rank", "error", "relative_error", "dropped")
    unit = (*unit, "kept", "young")
    values |= {name: rng.random() for name in (*unit, "weight_decay", "x0_inf")}
    values |= {"prob": 0.01 + 0.99 * rng.random(), "b": float(rng.integers(1, 9))}
    values |= {"c1": 0.5 * rng.random(), "c2": 1 - 0.5 * rng.random(), "shrink": 0.9 * rng.random()}
    # Near enough to x* for steps that square the distance.
    values |= {"epoch": 7.0, "mu_star": base, "L_hess": 2 * base / (3 * values["D"]) * rng.random()}
    values |= {"level_radius": values["D"], "damping": np.nan, "radius": rng.random() / values["L"]}
    low, high = {}, {}
    for relation in theorem.where:
        symbols = sorted(relation.rhs.free_symbols, key=str)
        if relation.lhs in (alpha, s.damping):
            edge = float(lower(relation.rhs, symbols)(*(values[v.name] for v in symbols)))
            (low if relation.rel_op in (">", ">=") else high)[relation.lhs.name] = edge
        elif relation.lhs in (s.s0, s.alpha0, s.theta):
            edge = float(lower(relation.rhs, symbols)(*(values[v.name] for v in symbols)))
            above = relation.rel_op in (">", ">=")
            values[relation.lhs.name] = edge * (1 + rng.random() if above else rng.random())
    for name in ("alpha", "damping"):
        bottom = low.get(name, 0.0)
        if name in high:
            values[name] = bottom + (high[name] - bottom) * (0.02 + 0.97 * rng.random())
        elif name in low:
            values[name] = bottom * (1 + rng.exponential())
    if np.isnan(values["alpha"]):
        values["alpha"] = rng.exponential() / values["L"]
    values["fall"] = 1 - values["alpha"] * base * rng.random()
    return values


def _numbers(theorem, values, steps):
    names = sorted(set(theorem.bound.free_symbols | theorem.step.free_symbols) - {k, K}, key=str)
    numbers = [values[v.name] for v in names]
    bound = lower(theorem.bound, (k, K, *names))(np.arange(steps + 1), steps, *numbers)
    return bound, lower(theorem.step, (k, K, *names))(np.arange(steps), steps, *numbers)


def _along(expr, values, alphas):
    names = sorted(expr.free_symbols - {alpha, k}, key=str)
    return lower(expr, (alpha, k, *names))(alphas, np.arange(alphas.size), *(values[v.name] for v in names))


@pytest.mark.parametrize("theorem", [t for t in CERTIFIED if t.step == alpha], ids=lambda t: t.id)
def test_the_letter_of_the_step_is_not_reused(theorem):
    """Proofs write alpha for the step: were it a factor of the step, they would prove another statement."""
    for factor in (Rational(1, 2), 2):
        with pytest.raises(RateboundError, match="for the whole step"):
            dataclasses.replace(theorem, step=factor * alpha)


def test_errors_name_the_residual_and_the_multiplier():
    theorem = find("gd_pl")
    broken = dataclasses.replace(theorem.certificate, rate=1 - 2 * alpha * mu_pl)
    with pytest.raises(RateboundError, match=r"does not close.*delta"):
        dataclasses.replace(theorem, certificate=broken)
    with pytest.raises(RateboundError, match="may be negative within the admissible range"):
        dataclasses.replace(theorem, where=(alpha < 3 / L,))


def test_units_are_checked_at_construction():
    theorem = find("sgd_pl_constant")
    for wrong in (sqrt(second_moment), second_moment**2):
        with pytest.raises(RateboundError, match="scale"):
            dataclasses.replace(theorem, bound=theorem.bound.subs(second_moment, wrong), certificate=None)
    with pytest.raises(RateboundError, match="scale"):
        dataclasses.replace(find("gd_convex"), bound=D / (2 * alpha * k), certificate=None)


def test_a_conjecture_needs_no_proof_but_known_words():
    theorem = find("gd_pl")
    conjecture = dataclasses.replace(theorem, id="mine", bound=theorem.bound / 2, certificate=None)
    assert conjecture.proof == "conjecture"
    with pytest.raises(RateboundError, match="no symbol"):
        dataclasses.replace(conjecture, bound=s.Symbol("L") * D**2)
    with pytest.raises(RateboundError, match="unknown measure"):
        dataclasses.replace(conjecture, measure="loss")
    with pytest.raises(RateboundError, match="no default"):
        dataclasses.replace(conjecture, defaults={})


def test_the_proof_follows_the_method():
    twice = Method("gd2", "A step of twice the length", {"x": x - 2 * alpha * g}, "full")
    with pytest.raises(RateboundError, match="does not close"):
        dataclasses.replace(find("gd_pl"), method=twice)
    momentum = Method("hb", "Heavy ball", {"x": x - alpha * g, "m": g}, "full")
    with pytest.raises(RateboundError, match="state besides x"):
        dataclasses.replace(find("gd_pl"), method=momentum)


def test_averages_must_be_the_ones_that_are_summed():
    with pytest.raises(RateboundError, match="weights"):
        dataclasses.replace(find("sgd_convex_constant"), weights=k + 1)
    with pytest.raises(RateboundError, match=r"bounds gap_average.*, not gap_last"):
        dataclasses.replace(find("sgd_convex_constant"), measure="gap_last")


def test_cases_cover_the_range():
    theorem = find("gd_sc_distance")
    first, second = theorem.certificate.cases
    gap = ((alpha >= 2 / L - 1 / (mu + L) / 10, alpha < 2 / L), second[1], second[2])
    with pytest.raises(RateboundError, match="cover"):
        dataclasses.replace(theorem, certificate=Cases((first, gap)))
    with pytest.raises(RateboundError, match="cover"):
        dataclasses.replace(theorem, certificate=Cases((first,)))


def test_quantities_that_may_be_negative_prove_nothing():
    theorem = find("gd_pl")
    with pytest.raises(RateboundError, match="proves nothing"):
        dataclasses.replace(
            theorem, certificate=dataclasses.replace(theorem.certificate, plus={s.descent: Integer(1)})
        )


@pytest.mark.parametrize("theorem", ALL, ids=lambda t: t.id)
def test_every_theorem_tells_its_proof(theorem):
    lines = exposition(theorem)
    assert lines and all(line.words for line in lines)
    root = theorem.certificate
    while isinstance(root, Corollary | Restarted):
        root = (root.of if isinstance(root, Corollary) else root.then).certificate
    # What follows from a cited theorem is cited too.
    assert (theorem.proof == "cited") == isinstance(root, Cited)


@pytest.mark.parametrize("theorem", ALL, ids=lambda t: t.id)
def test_words_of_a_theorem(theorem):
    assert theorem.measure in MEASURES
    assert theorem.setting in ("strongly convex", "pl", "convex", "nonconvex", "any")
    assert theorem.source and theorem.title
    assert theorem.sibling is None or theorem.sibling in THEOREMS
    assert not (theorem.at_horizon and theorem.bound.has(k))


def test_unknown_ids_suggest_the_nearest():
    with pytest.raises(RateboundError, match="did you mean 'sgd_pl_constant'"):
        find("sgd_pl_constnt")
    assert find("gd_pl") is find(find("gd_pl"))
    assert gap0 in find("gd_pl").bound.free_symbols
    assert Rational(1, 2) not in THEOREMS


def test_a_recursion_that_starts_late_must_say_what_governs_the_steps_before():
    switch = THEOREMS["sgd_star_switch"]
    alone = dataclasses.replace(switch.certificate, before=None)
    with pytest.raises(RateboundError, match="nothing is said of the steps before"):
        dataclasses.replace(switch, certificate=alone)
