"""What a theorem speaks about: certified constants, range, steps, parameters."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Float

from ratebound.experiments.applicability import NotApplicable, prepare
from ratebound.problems import library
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import K, alpha, second_moment

QUADRATIC = library.load("quadratic_2d")


def test_defaults_become_numbers():
    trial = prepare(THEOREMS["sgd_pl_constant"], QUADRATIC, steps=10)
    assert trial.parameters == {"alpha": 1 / (4 * certify(QUADRATIC, "L_max").value)}
    assert trial.parameters_text == "alpha = 1/(4*L_max)"
    assert trial.alphas.shape == (10,) and (trial.alphas == trial.parameters["alpha"]).all()
    assert {c.name for c in trial.constants} == {"L", "mu_pl", "L_max", "gap0", "second_moment"}


@pytest.mark.parametrize("value", [0.1, "1/10", Float("0.1", 17), np.float64(0.1)])
def test_parameters_are_numbers_text_or_expressions(value):
    trial = prepare(THEOREMS["gd_convex"], QUADRATIC, steps=5, parameters={"alpha": value})
    assert trial.parameters == {"alpha": 0.1}


def test_a_step_beyond_the_range_is_told_with_both_values_and_the_remedy():
    with pytest.raises(NotApplicable) as caught:
        prepare(THEOREMS["gd_convex"], QUADRATIC, steps=5, parameters={"alpha": 3})
    said = str(caught.value)
    assert "alpha = 3 exceeds 1/L = 0.9" in said and "gd_convex requires" in said
    assert "pass a smaller alpha" in said and "ratebound explore" in said


def test_a_strict_range_excludes_its_end():
    with pytest.raises(NotApplicable, match=r"alpha = .* equals 2/L"):
        prepare(THEOREMS["gd_pl"], QUADRATIC, steps=5, parameters={"alpha": "2/L"})
    assert prepare(THEOREMS["gd_convex"], QUADRATIC, steps=5, parameters={"alpha": "1/L"})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alhpa": 0.1}, "no parameter 'alhpa'; did you mean 'alpha'"),
        ({"alpha": "1/k"}, "reads k"),
        ({"alpha": "1/(4*L_mx)"}, "unknown symbol 'L_mx'"),
        ({"alpha": float("nan")}, "finite"),
        ({"alpha": -1.0}, "positive"),
        ({"alpha": None}, "pass a number or an expression"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(RateboundError, match=message):
        prepare(THEOREMS["gd_pl"], QUADRATIC, steps=5, parameters=parameters)


@pytest.mark.parametrize(
    ("theorem", "problem", "message"),
    [
        ("sgd_sc_constant", "rank_deficient", "needs mu: the smallest eigenvalue"),
        ("gd_convex", "sine_1d", "needs convex: the sine loss is not convex"),
        ("gd_convex", "diabetes_welsch", "no minimiser is certified"),
        ("sgd_pl_decaying", "diabetes", "needs second_moment: the exact second moment of this run overflows"),
        ("sgd_star_switch", "diabetes_ridge", "claims its bound from k = 1804 on, .* take steps >= 1804"),
    ],
)
def test_what_cannot_be_certified_is_the_reason(theorem, problem, message):
    with pytest.raises(NotApplicable, match=message):
        prepare(THEOREMS[theorem], library.load(problem), steps=400)


def test_the_decrease_lemma_needs_no_minimiser():
    assert prepare(THEOREMS["sgd_descent"], library.load("diabetes_welsch"), steps=5)


@pytest.mark.parametrize("problem", ["quadratic_2d", "iris", "huber_worst"])
@pytest.mark.parametrize("steps", [1, 100])
def test_a_step_set_by_the_second_moment_is_a_fixed_point(problem, steps):
    problem = library.load(problem)
    trial = prepare(THEOREMS["sgd_convex_horizon"], problem, steps=steps)
    assumed = trial.values[second_moment]
    assert certify(problem, "second_moment", Setting(trial.alphas)).value <= assumed
    D = certify(problem, "D").value
    np.testing.assert_allclose(trial.alphas, D / np.sqrt(assumed * steps), rtol=1e-12)


def test_the_bound_reads_the_constants_as_certified():
    trial = prepare(THEOREMS["gd_convex"], QUADRATIC, steps=10, parameters={"alpha": 0.5})
    D = certify(QUADRATIC, "D").value
    np.testing.assert_allclose(trial.bound(np.array([1, 2, 10])), D**2 / np.array([1.0, 2.0, 10.0]))


def test_weights_and_start():
    trial = prepare(THEOREMS["sgd_convex_decaying"], QUADRATIC, steps=4)
    np.testing.assert_allclose(trial.weights, trial.alphas)
    assert trial.start == 1
    assert prepare(THEOREMS["sgd_star_switch"], QUADRATIC, steps=400).start == 4 * np.ceil(
        certify(QUADRATIC, "L_max").value / certify(QUADRATIC, "mu").value
    )


def test_sampling_is_that_of_the_theorem():
    without = THEOREMS["batch_variance_without"]
    assert prepare(without, QUADRATIC, steps=5, batch=2).replacement is False
    with pytest.raises(NotApplicable, match="without replacement"):
        prepare(without, QUADRATIC, steps=5, batch=2, replacement=True)
    with pytest.raises(RateboundError, match="batch = 5 exceeds n = 4"):
        prepare(without, QUADRATIC, steps=5, batch=5)


def test_parameters_may_read_the_horizon():
    theorem = replace(THEOREMS["gd_convex"], defaults={alpha: 1 / (10 * K)}, certificate=None)
    # Units are those of a conjecture whose step the user took from elsewhere.
    assert prepare(theorem, QUADRATIC, steps=5).parameters == {"alpha": pytest.approx(0.02)}


def test_an_end_that_overflows_is_not_within_rounding_of_anything():
    long = {"alpha": 28.0, "epoch": 200, "young": 79.0, "kept": 0.4}
    with pytest.raises(NotApplicable, match=r"= -inf"):
        prepare(THEOREMS["svrg_last_recursion"], QUADRATIC, steps=5, parameters=long)
