"""One-step inequalities: true for all x where they are proved, refuted at a point where they are not."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments import judge
from ratebound.experiments.applicability import NotApplicable, prepare
from ratebound.experiments.evidence import step_claim
from ratebound.experiments.evidence.conditional import state_at
from ratebound.experiments.evidence.linear import is_plain
from ratebound.experiments.evidence.step_claim import StepFinding, check_claim, claim_in, claim_of
from ratebound.experiments.verdict import HarnessError
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.problems.build import least_squares
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope

WITH_STEP = [
    t
    for t in THEOREMS.values()
    if isinstance(t.certificate, Recursion | Telescope) and is_plain(t.method)
    if not t.in_passes and t.batch is None
]
WITH_NOISE = [t for t in WITH_STEP if t.certificate.noise != 0 and t.stochastic]
ROOM = {
    "expected_smoothness",
    "smooth_components",
    "bounded_components",
    "lipschitz_components",
    "affine_noise",
    "least_squares",
}
SAMPLING = {"batch": 2, "replacement": False}


def on_a_plane(theorem):
    """Return a run in two dimensions, on data that interpolate where the theorem needs them to."""
    try:
        return prepare(theorem, library.load("quadratic_2d"), steps=60, **SAMPLING)
    except NotApplicable:
        return prepare(theorem, library.load("consistent_plane"), steps=60, **SAMPLING)


def value_at(claim, trial, k, x):
    """Return the claim at one point, by the mean over all batches."""
    state = state_at(trial, k, x)
    numbers = {**trial.values, **{q: v for q, v in state.items() if claim.has(q)}, s.k: k}
    return float(claim.subs(numbers))


@pytest.mark.parametrize("theorem", WITH_STEP, ids=lambda t: t.id)
def test_the_step_of_a_proof_holds_at_every_x(theorem):
    trial = on_a_plane(theorem)
    claim = claim_of(theorem, trial)
    found = check_claim(trial, claim)
    assert found.holds and "every x" in found.reason and found.x is None
    k = trial.start
    for x in np.random.default_rng(0).normal(scale=3, size=(5, 2)):
        assert value_at(claim, trial, k, x) >= -1e-9


@pytest.mark.parametrize("theorem", WITH_NOISE, ids=lambda t: t.id)
@pytest.mark.parametrize("share", [0.5, 0])
def test_a_step_with_too_little_noise_is_refuted_at_a_witness(theorem, share):
    certificate = replace(theorem.certificate, noise=share * theorem.certificate.noise)
    trial = on_a_plane(theorem)
    claim = claim_in(certificate, theorem, trial)
    found = check_claim(trial, claim)
    if found.holds:
        # These inequalities have room: half of the noise is enough here.
        assert share and ROOM & {a.name for a in theorem.assumptions}
        return
    assert found.holds is False and found.reason.startswith("STEP REFUTED")
    assert value_at(claim, trial, found.k, found.x) < 0


def test_the_kink_is_the_noise_of_the_subgradient_method():
    theorem = THEOREMS["subgradient_constant"]
    trial = prepare(theorem, library.load("median"), steps=60)
    assert check_claim(trial, claim_of(theorem, trial)).holds is not False
    quiet = replace(theorem.certificate, noise=0 * theorem.certificate.noise)
    found = check_claim(trial, claim_in(quiet, theorem, trial))
    assert found.holds is False and found.reason.startswith("STEP REFUTED")


def test_a_theorem_about_passes_makes_no_claim_about_one_step():
    theorem = THEOREMS["rr_sc"]
    assert claim_of(theorem, prepare(theorem, library.load("ridge_plane"), steps=4)) is None


def test_too_much_progress_is_refuted():
    for name in ("gd_pl", "sgd_pl_constant", "sgd_sc_constant"):
        theorem = THEOREMS[name]
        trial = prepare(theorem, library.load("quadratic_2d"), steps=60)
        certificate = replace(theorem.certificate, rate=theorem.certificate.rate**3)
        found = check_claim(trial, claim_in(certificate, theorem, trial))
        assert found.holds is False
        assert value_at(claim_in(certificate, theorem, trial), trial, found.k, found.x) < 0


def test_other_losses_are_looked_at_where_a_run_goes():
    theorem = THEOREMS["sgd_pl_constant"]
    trial = prepare(theorem, library.load("sine_1d"), steps=100)
    assert "visited points" in check_claim(trial, claim_of(theorem, trial)).reason
    quiet = replace(theorem.certificate, noise=0 * s.alpha)
    found = check_claim(trial, claim_in(quiet, theorem, trial))
    assert found.holds is False and "visited point, k = " in found.reason
    large = prepare(THEOREMS["gd_convex"], library.load("breast_cancer"), steps=5)
    assert check_claim(large, claim_of(large.theorem, large)).holds is None


def test_a_verdict_tells_of_the_step_apart():
    verdict = verify("sgd_pl_constant", "quadratic_2d", steps=50, replicas=0)
    assert verdict.step_holds and "every x" in verdict.explain()
    assert verify("gd_convex_tight", "quadratic_2d", steps=50).step_holds is None
    conjecture = replace(THEOREMS["gd_pl"], certificate=None)
    assert verify(conjecture, "quadratic_2d", steps=50).step_reason == ""
    assert verify("sgd_convex_horizon", "quadratic_2d", steps=50, replicas=0).step_holds
    assert verify("gd_sc_gap", "quadratic_2d", steps=50).step_holds


def test_a_proved_step_that_fails_is_an_internal_error(monkeypatch):
    monkeypatch.setattr(judge, "check_claim", lambda *_: StepFinding(False, "STEP REFUTED: test"))
    with pytest.raises(HarnessError, match="STEP REFUTED"):
        verify("sgd_pl_constant", "quadratic_2d", steps=20, replicas=0)


def test_a_claim_that_is_not_finite_is_not_decided():
    trial = prepare(THEOREMS["gd_pl"], library.load("quadratic_2d"), steps=5)
    claim = claim_of(THEOREMS["gd_pl"], trial) + s.gap0 / s.k
    assert step_claim.check_claim(trial, claim).holds is None


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("name", ["gd_pl", "gd_convex", "sgd_pl_constant"])
def test_a_step_that_ends_at_the_minimum_is_no_refutation(name, rows):
    # One row, or one many times: mu = L, and a step 1/L leaves nothing of the error but rounding.
    A, y = np.repeat([[0.3, -1.1, 0.7]], rows, 0), np.full(rows, 0.9)
    assert verify(THEOREMS[name], least_squares(A, y), steps=20).holds
