"""False theorems whose proofs use what is no number, no bound at that point, or nobody's inequality."""

from dataclasses import replace

import pytest
from sympy import Integer, Rational, S, acosh, expand, log, sqrt

from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.assumptions import (
    bounded_gradient,
    bounded_noise,
    bounded_second_moment,
    bounded_variance,
    strong_monotone,
)
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificate import Cited
from ratebound.theory.certificates import sample_steps
from ratebound.theory.certificates.away import young_gradient
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.stored_mean import stored_square
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.noise_splits import noise_split
from ratebound.theory.inequalities.proximity import no_further, towards_star
from ratebound.theory.inequalities.second_order import between
from ratebound.theory.inequalities.stored import reduced_moment
from ratebound.theory.letters.stored import kept
from ratebound.theory.methods import METHODS
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    L,
    alpha,
    d2,
    delta,
    descent,
    ell,
    grad_sq,
    k,
    mu,
    second_moment,
    sigma_b_sq,
    variance_bound,
)

STAR, SVRG = THEOREMS["sgd_star_constant"], THEOREMS["svrg_nonconvex"]
IMAGINARY = sqrt(-1000 - alpha * ell)
"""A root of what is negative, which does not look it."""
ZERO = sqrt(1 + alpha * ell) * sqrt(2 + alpha * ell) - sqrt(expand((1 + alpha * ell) * (2 + alpha * ell)))
"""Zero, which does not look it."""
REAL_PART = Rational(1, 2) / (Rational(1, 4) + 1000 + alpha * ell)
"""Of 1/(1/2 + IMAGINARY)."""


def split_at(*factors):
    """SGD with the mean of noise splits at these factors, whose second moment they make almost nothing."""
    share = alpha**2 / len(factors)
    splits = {noise_split("expected_smoothness", c, descent / 2): share for c in factors}
    slope, noise = 2 * alpha - ell * alpha**2 * REAL_PART, alpha**2 * sigma_b_sq * REAL_PART
    proof = Recursion(rate=1 - mu * slope, noise=noise, by={strong_monotone: slope, **splits})
    bound = (1 - alpha * mu) ** k * D**2 + noise / (alpha * mu)
    return replace(STAR, where=(alpha <= 1 / ell,), bound=bound, certificate=proof)


def noise_split_at_complex_factors():
    return split_at(S.Half + IMAGINARY, S.Half - IMAGINARY)


def noise_split_at_zero_from_both_sides():
    return split_at(ZERO, -ZERO)


def used(theorem, inequality):
    """Return a theorem whose proof uses an inequality too."""
    proof = theorem.certificate
    return replace(theorem, certificate=replace(proof, by={**proof.by, inequality: Integer(1)}))


def moment_of_a_complex_factor():
    return used(THEOREMS["saga_components"], reduced_moment(S.Half + IMAGINARY))


def moment_of_the_square_of_a_logarithm():
    return used(THEOREMS["saga_components"], reduced_moment(log(-1 - alpha * L) ** 2))


def moment_of_an_imaginary_angle():
    return used(THEOREMS["saga_components"], reduced_moment(acosh(1 / (1 + alpha * L)) ** 2))


def gradient_of_a_complex_factor():
    return used(SVRG, young_gradient(1 + IMAGINARY))


def square_of_an_imaginary_multiple():
    return used(THEOREMS["sag_distance"], stored_square(alpha * IMAGINARY))


def gradient_bounded_at_the_last_point():
    proof = Telescope(
        potential=second_moment + 0 * delta, by={}, share=S.One, final={bounded_gradient: Integer(1)}
    )
    return Theorem(
        id="lie", title="", source="", method=METHODS["sgd"], assumptions=(bounded_second_moment,),
        step=alpha, measure="grad_norm_sq_last", bound=second_moment, certificate=proof,
        defaults={alpha: 1 / L},
    )  # fmt: skip


def gradient_bounded_at_the_last_point_by_conversion():
    parent = THEOREMS["sgd_pl_constant"]
    proof = Conversion(parent, L, {bounded_gradient: delta / second_moment})
    return replace(parent, measure="grad_norm_sq_last", bound=2 * L * parent.bound, certificate=proof)


def noise_times_what_varies():
    theorem = THEOREMS["sgd_pl_variance"]
    by = {**theorem.certificate.by, bounded_noise: alpha**2 * L * grad_sq / (2 * variance_bound)}
    assert bounded_variance in theorem.assumptions
    return replace(theorem, certificate=replace(theorem.certificate, by=by))


def a_metric_that_is_not_learnt():
    return used(THEOREMS["gauss_southwell_pl"], between(METHODS["gauss_southwell"])[0])


def a_proximal_step_that_is_none():
    return towards_star(METHODS["sgd"])


def a_proximal_step_along_half_the_gradient():
    method = METHODS["prox_sgd"]
    return no_further(replace(method, name="half", update={"x": method.update["x"].subs(alpha, alpha / 2)}))


def a_step_of_samples_by_what_nobody_knows():
    lie = d2 / 2 - sample_steps._AFTER
    return sample_steps.step_of_samples("lie", d2 / 2, {lie: Integer(1)}, "polyak_samples")


def a_tail_from_zero():
    theorem = THEOREMS["sgd_tail_sc"]
    proof = theorem.certificate
    bound = D**2 + 10 * proof.first.bound.subs(k, k + 1)
    first = replace(proof.first, bound=bound, start=S.Zero, certificate=Cited("it is long"))
    return replace(theorem, start=Integer(1), certificate=replace(proof, first=first))


def shares_of_the_wrong_end():
    theorem = THEOREMS["svrg_last_recursion"].certificate.of
    (most,) = theorem.where
    return replace(theorem, where=(kept >= most.rhs,))


def a_start_that_the_potential_does_not_bound():
    return replace(THEOREMS["fista_convex"], start=S.Zero)


def a_model_before_any_step():
    return replace(THEOREMS["ogm_convex"], start=S.Zero)


def a_start_that_is_forgotten_before_it_is_left():
    return replace(THEOREMS["cubic_convex_any"], start=S.Zero)


SAID = {
    a_start_that_the_potential_does_not_bound: "after a step, not at the start",
    a_model_before_any_step: "after a step, not at the start",
    a_start_that_is_forgotten_before_it_is_left: "forgotten after a step",
    noise_split_at_complex_factors: "numbers that are not real|is not proved within",
    noise_split_at_zero_from_both_sides: "is not proved within",
    moment_of_a_complex_factor: "is not proved within",
    moment_of_the_square_of_a_logarithm: "is not proved within",
    moment_of_an_imaginary_angle: "is not proved within",
    gradient_of_a_complex_factor: "is not proved within",
    square_of_an_imaginary_multiple: "numbers that are not real",
    gradient_bounded_at_the_last_point: "assume to_end",
    gradient_bounded_at_the_last_point_by_conversion: "assume to_end",
    noise_times_what_varies: "varies with x_k",
    a_metric_that_is_not_learnt: "does not learn its metric",
    a_proximal_step_that_is_none: "takes proximal steps",
    a_proximal_step_along_half_the_gradient: "takes proximal steps",
    a_step_of_samples_by_what_nobody_knows: "not known that all of",
    a_tail_from_zero: "speaks of x_0",
    shares_of_the_wrong_end: "nothing else of it",
}


@pytest.mark.parametrize(("lie", "said"), SAID.items(), ids=[lie.__name__ for lie in SAID])
def test_it_is_refused_for_its_lie(lie, said):
    with pytest.raises(RateboundError, match=said):
        lie()


@pytest.mark.parametrize(
    "what",
    [
        IMAGINARY,
        IMAGINARY * sqrt(-2 - alpha * ell),
        log(-1 - alpha * L) ** 2,
        acosh(1 / (1 + alpha * L)) ** 2,
        ((-1 - alpha * L) ** alpha) ** 2,
        1 / ZERO,
        -1 / ZERO,
    ],
    ids=str,
)
def test_what_is_no_number_is_not_nonnegative(what):
    assert not nonnegative(what)
