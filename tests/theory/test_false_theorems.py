"""False theorems with crafted certificates: each has one lie that its other checks do not see."""

from dataclasses import replace

import pytest
from sympy import Integer, Max, Piecewise, Rational, S, Symbol, log, nan, sqrt

from ratebound.theory.algebra.lemmas import SumLemma
from ratebound.theory.assumptions import Assumption, smooth, strongly_convex, value_below_distance
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificate import Cited, Corollary
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.recursion import Cases
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import x
from ratebound.theory.symbols import D, K, L, alpha, delta, gap0, k, mu, mu_pl, s0

gd_pl, gd_convex = THEOREMS["gd_pl"], THEOREMS["gd_convex"]
simple, contraction = THEOREMS["gd_sc_simple"], THEOREMS["gd_sc_distance"]


def unproved(theorem):
    return replace(theorem, bound=theorem.bound / 1000, certificate=None)


def with_parent(theorem, change):
    """Return the theorem with another one in the place of that which its certificate starts from."""
    proof = theorem.certificate
    return replace(theorem, certificate=replace(proof, of=change(proof.of)))


def before_the_start():
    return replace(gd_pl, start=Integer(-5), bound=gd_pl.bound.subs(k, k + 5))


def between_steps():
    return replace(gd_convex, start=Rational(1, 2))


def a_first_step_too_long():
    step = Piecewise((100 / L, k < 1), (1 / L, True))
    return replace(gd_pl, step=step, where=(), start=Integer(1), bound=(1 - mu_pl / L) ** k * gap0)


def a_step_in_between():
    theorem = THEOREMS["sgd_star_switch"]
    first, *rest = theorem.step.args
    return replace(theorem, step=Piecewise((first[0], k < 1), (100 * first[0], first[1]), *rest))


def two_counters():
    return replace(simple, bound=D**2 * (1 + (K - k) ** 2) / (1 + k**2))


def a_range_of_the_counter():
    return replace(
        gd_pl, where=(k <= Rational(1, 1000), alpha <= 1 / L), bound=gap0 * (1 - alpha * mu_pl / 2) ** k
    )


def a_range_that_shrinks():
    return replace(gd_pl, where=(alpha <= 1 / (L * (k + 1)),))


def a_range_of_the_state():
    return replace(gd_pl, where=(delta <= 1, alpha <= 1 / L))


def an_identity():
    return replace(gd_pl, equality=True)


def another_start_in_a_corollary():
    return replace(gd_convex, bound=gd_convex.bound / 100, certificate=Corollary(gd_convex, {D: D / 10}))


def another_start_in_a_conversion():
    theorem = THEOREMS["gd_pl_gradient"]
    proof = replace(theorem.certificate, values={gap0: gap0 / 100})
    return replace(theorem, bound=theorem.bound / 100, certificate=proof)


def steps_that_grow_in_a_corollary():
    step = (k + 1) / (k + 2) / L
    proof = Corollary(gd_pl, {alpha: step})
    return replace(gd_pl, step=step, where=(), bound=gd_pl.bound.subs(alpha, step), certificate=proof)


def a_step_back_in_a_corollary():
    proof = Corollary(gd_convex, {alpha: -1 / L})
    return replace(
        gd_convex, step=-1 / L, where=(), bound=-gd_convex.bound.subs(alpha, 1 / L), certificate=proof
    )


def half_an_epoch():
    theorem = THEOREMS["svrg_epochs_sc"]
    (epoch,) = (p for p in theorem.parameters if p.is_integer)
    length = Rational(5, 2)
    others = tuple(r for r in theorem.where if r.lhs != epoch)
    where = (*others, epoch <= length, epoch >= length)
    return replace(theorem, where=where, certificate=Corollary(theorem, {epoch: length}))


def batches_of_one_size():
    theorem = THEOREMS["sign_sgd_growing"]
    return replace(theorem, batch=None, certificate=Corollary(theorem, {}))


def draws_put_back():
    theorem = THEOREMS["batch_variance_without"]
    return replace(theorem, replacement=True, equality=False, certificate=Corollary(theorem, {}))


def a_corollary_of_a_conjecture():
    return replace(gd_pl, certificate=Corollary(unproved(gd_pl), {}))


def a_conversion_of_a_conjecture():
    return with_parent(replace(THEOREMS["gd_pl_gradient"]), unproved)


def a_conversion_of_passes():
    passes = THEOREMS["rr_sc"]
    proof = Conversion(passes, L / 2, {value_below_distance: S.One})
    assumed = (*passes.assumptions, smooth)
    return replace(
        passes, measure="gap_last", visits="independent", assumptions=assumed, bound=L / 2 * passes.bound,
        certificate=proof,
    )  # fmt: skip


def a_phase_that_is_a_conjecture():
    theorem = THEOREMS["sgd_star_switch"]
    first, values = theorem.certificate.before
    return replace(theorem, certificate=replace(theorem.certificate, before=(unproved(first), values)))


def a_phase_of_another_method():
    theorem = THEOREMS["sgd_star_switch"]
    first, values = theorem.certificate.before
    other = replace(first, certificate=replace(first.certificate), method=replace(first.method, name="other"))
    return replace(theorem, certificate=replace(theorem.certificate, before=(other, values)))


def a_phase_that_starts_too_late():
    theorem = THEOREMS["sgd_star_switch"]
    first, values = theorem.certificate.before
    late = replace(first, start=2 * theorem.start, certificate=Cited("it is long"))
    return replace(theorem, certificate=replace(theorem.certificate, before=(late, values)))


def noise_hidden_in_the_potential():
    theorem = THEOREMS["sgd_convex_constant"]
    proof = theorem.certificate
    hidden = replace(proof, potential=proof.potential - k * proof.noise, noise=S.Zero)
    return replace(theorem, bound=theorem.bound - proof.noise / proof.weight, certificate=hidden)


def another_average():
    return replace(THEOREMS["svrg_convex"], weights=(k + 1) ** 5)


def no_weight():
    return replace(THEOREMS["gd_convex_average"], weights=S.Zero)


def weights_of_the_last():
    return replace(gd_convex, weights=k + 1)


def a_case_of_another_letter():
    short = contraction.certificate.cases[0]
    cases = Cases((((alpha <= 2 / (mu + L), s0 <= 2 / L), *short[1:]),))
    return replace(contraction, bound=Max(1 - alpha * mu, 0) ** (2 * k) * D**2, certificate=cases)


def a_case_of_the_other_sign():
    return replace(contraction, bound=Max(alpha * mu - 1, alpha * L - 1) ** (2 * k) * D**2)


def no_number():
    return replace(gd_convex, bound=gd_convex.bound + L * D**2 * sqrt(k - 5))


def a_square_that_is_no_number():
    return replace(gd_convex, bound=gd_convex.bound + L * D**2 * log(k - 5) ** 2)


def a_division_by_zero():
    return replace(gd_convex, bound=gd_convex.bound + L * D**2 / (alpha * L - Rational(1, 2)) ** 2)


def a_word_that_means_less():
    return replace(gd_pl, assumptions=(smooth, Assumption("pl", "f is a function", ())))


def a_sum_before_its_start():
    return SumLemma("a sum", S.One, k + 3, "lower", Integer(-3))


def a_sum_between_its_terms():
    return SumLemma("a sum", S.One, k + Rational(1, 2), "lower", Rational(1, 2))


def a_last_step_that_assumes_less():
    more = lambda parent: replace(parent, assumptions=(*parent.assumptions, strongly_convex))  # noqa: E731
    return with_parent(THEOREMS["ogm_last_convex"], more)


def a_last_step_of_a_growing_potential():
    def growing(parent):
        free = replace(parent.certificate)
        object.__setattr__(free, "factor", Integer(2))
        other = replace(parent)
        object.__setattr__(other, "certificate", free)
        return other

    return with_parent(THEOREMS["ogm_last_convex"], growing)


def a_peak_of_another_start():
    theorem = THEOREMS["gd_quadratic_gap"]
    return replace(theorem, certificate=replace(theorem.certificate, start=D))


def a_potential_that_divides():
    return replace(gd_convex, certificate=replace(gd_convex.certificate, potential=1 / delta))


def a_potential_with_a_root():
    return replace(gd_convex, certificate=replace(gd_convex.certificate, potential=sqrt(delta)))


def a_square_of_an_expectation():
    proof = gd_convex.certificate
    return replace(gd_convex, certificate=replace(proof, potential=proof.potential + delta**2))


def an_unknown_letter():
    return replace(gd_pl, step=Symbol("tomorrow"))


def a_step_that_reads_the_state():
    return replace(gd_pl, step=delta / L)


def no_step():
    return replace(gd_pl, step=nan, where=())


def a_state_with_two_starts():
    theorem = THEOREMS["saga_sc"]
    return replace(theorem, method=replace(theorem.method, name="other", from_start=("v",)))


def a_state_that_is_not_there():
    return replace(gd_pl, method=replace(gd_pl.method, name="other", from_start=("z",)))


def gradients_elsewhere():
    theorem = THEOREMS["adagrad_nonconvex"]
    return replace(theorem, method=replace(theorem.method, name="other", point=5 * x))


SAID = {
    before_the_start: "no first k",
    between_steps: "no first k",
    a_first_step_too_long: "no branch of the step",
    a_step_in_between: "no branch of the step",
    two_counters: "claimed at k = K only",
    a_range_of_the_counter: "no bound on a parameter",
    a_range_that_shrinks: "no bound on a parameter",
    a_range_of_the_state: "no symbol|no bound on a parameter",
    an_identity: "not an identity",
    another_start_in_a_corollary: "cannot be put in for D",
    another_start_in_a_conversion: "cannot be put in for gap0",
    steps_that_grow_in_a_corollary: "cannot be put in for alpha",
    a_step_back_in_a_corollary: "the value of alpha",
    half_an_epoch: "cannot be put in for epoch",
    batches_of_one_size: "other batches",
    draws_put_back: "other batches",
    a_corollary_of_a_conjecture: "is a conjecture",
    a_conversion_of_a_conjecture: "is a conjecture",
    a_conversion_of_passes: "visited by reshuffle",
    a_phase_that_is_a_conjecture: "is a conjecture",
    a_phase_of_another_method: "another method",
    a_phase_that_starts_too_late: "the first k less that of",
    noise_hidden_in_the_potential: "what the potential has beside these",
    another_average: "equal weights",
    no_weight: "not positive",
    weights_of_the_last: "has no weights",
    a_case_of_another_letter: "of one parameter",
    a_case_of_the_other_sign: "may exceed",
    no_number: "against the telescoped sum",
    a_square_that_is_no_number: "against the telescoped sum",
    a_division_by_zero: "may change its sign",
    a_word_that_means_less: "names another assumption",
    a_sum_before_its_start: "no terms before 0",
    a_sum_between_its_terms: "no terms before 0",
    a_last_step_that_assumes_less: "assumes more",
    a_last_step_of_a_growing_potential: "is multiplied by 2",
    a_peak_of_another_start: "a peak bounds",
    a_potential_that_divides: "not linear in the state",
    a_potential_with_a_root: "not linear in the state",
    a_square_of_an_expectation: "not linear in the state",
    an_unknown_letter: "no symbol of",
    a_step_that_reads_the_state: "no symbol of",
    no_step: "alpha is read beside|not finite|no number",
    a_state_with_two_starts: "each once",
    a_state_that_is_not_there: "each once",
    gradients_elsewhere: "takes gradients elsewhere",
}


@pytest.mark.parametrize(("lie", "said"), SAID.items(), ids=[lie.__name__ for lie in SAID])
def test_it_is_refused_for_its_lie(lie, said):
    with pytest.raises(RateboundError, match=said):
        lie()
