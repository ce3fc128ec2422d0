"""Losses of a user's own: what they state is held against their values."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Piecewise, Rational, S, oo, sqrt

import ratebound as rb
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.losses import LOSSES, Loss, huber, y, z
from ratebound.problems.own_loss import check_own, is_own
from ratebound.theory.errors import RateboundError

ROWS = np.random.default_rng(0).standard_normal((40, 3))
TARGETS = np.random.default_rng(1).standard_normal(40)
pseudo_huber = Loss("pseudo_huber", "pseudo-Huber loss", sqrt(1 + (z - y) ** 2) - 1, (0, 1), 0, "real")


def sharpened(loss):
    """The loss with each number that it states made a little too good, one at a time."""
    low, high = loss.curvature
    least, most = loss.slopes
    yield "curvature", (low + Rational(1, 100), high)
    if high.is_finite:
        yield "curvature", (low, high - Rational(1, 100))
    if loss.lower_bound.is_finite is not False:
        yield "lower_bound", loss.lower_bound + Rational(1, 100)
    for name in ("slope_bound", "outward", "third", "conjugate"):
        stated = getattr(loss, name)
        if stated not in (None, 0):
            yield name, stated * Rational(99, 100)
    if least.is_finite is not False:
        yield "slopes", (least + Rational(1, 100), most)
        yield "slopes", (least, most - Rational(1, 100))


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_passes_as_its_own_and_fails_where_a_number_is_too_good(name):
    # Under another name, as if a user had written it.
    loss = replace(LOSSES[name], name="mine", kink=None)
    labels = np.array([-1.0, 1.0] if loss.labels == "binary" else [-1.0, 0.0, 1.0])
    check_own(loss, labels)
    cases = list(sharpened(loss))
    assert len(cases) >= 2
    for stated, value in cases:
        with pytest.raises(RateboundError, match="correct the loss"):
            check_own(replace(loss, **{stated: value}), labels)


@pytest.mark.parametrize(
    ("phi", "match"),
    [
        (Piecewise((0, z < y), ((z - y) ** 2 / 2 + Rational(1, 10), True)), "values do not follow its slope"),
        (Piecewise((y - z, z < y), ((z - y) ** 2 / 2, True)), "slope leaves its curvature"),
    ],
)
def test_values_and_slopes_that_jump_are_refused(phi, match):
    with pytest.raises(RateboundError, match=match):
        rb.problems.from_arrays(ROWS, TARGETS, loss=Loss("jump", "jump", phi, (0, 1), 0, "real"), l2=0.1)


def test_a_name_of_the_library_is_taken():
    with pytest.raises(RateboundError, match="take another name"):
        rb.problems.from_arrays(ROWS, TARGETS, loss=replace(pseudo_huber, name="squared"))


def test_losses_of_the_library_are_known():
    assert not any(map(is_own, [*LOSSES.values(), huber(Rational(1, 3)), huber(0.7)]))
    assert is_own(pseudo_huber) and is_own(replace(huber(2), phi=huber(1).phi))


def test_a_verdict_says_whose_the_numbers_are():
    problem = rb.problems.from_arrays(ROWS, TARGETS, loss=pseudo_huber, l2=0.1, name="own")
    second = np.linalg.eigvalsh(ROWS.T @ ROWS / 40)[-1] + 0.1
    assert certify(problem, "L").value == pytest.approx(second, rel=1e-12)
    verdict = rb.verify("gd_pl", problem, steps=50)
    assert verdict.holds
    assert "what the pseudo-Huber loss states of itself" in verdict.explain()
    assert "states of itself" not in rb.verify("gd_pl", "diabetes", steps=50).explain()
    assert (pseudo_huber.curvature, pseudo_huber.lower_bound) == ((S.Zero, S.One), 0)
    assert replace(pseudo_huber, lower_bound=-np.inf).lower_bound == -oo


def test_a_minimum_beside_the_label_is_not_taken_to_be_at_it():
    beside = replace(pseudo_huber, name="beside", phi=pseudo_huber.phi.subs(z, z - 1))
    problem = rb.problems.from_arrays([[1.0, 0.0], [0.0, 2.0]], [1.0, 2.0], beside)
    assert problem.x_star is None and problem.minimum.route == "lower bound"
    at_label = rb.problems.from_arrays([[1.0, 0.0], [0.0, 2.0]], [1.0, 2.0], pseudo_huber)
    assert certify(at_label, "D").value == pytest.approx(np.sqrt(2))


def test_the_curvature_of_a_concave_loss_bounds_that_of_the_sum_from_both_sides():
    bent = Loss("bent", "bent", -5 * z**2 / 2 + 3 * sqrt(1 + z**2), (-5, -2), -oo, "real")
    A = np.array([[1.0, 1.0]])
    problem = rb.problems.from_arrays(A, [0.0], bent, l2=1.0)
    # The Hessian is I - c A^T A with 2 <= c <= 5: one along the row of signs (1, -1), -9 along (1, 1).
    assert certify(problem, "L").value >= 9
    flat = rb.problems.from_arrays(0.1 * A, [0.0], bent, l2=1.0)
    assert certify(flat, "L").value >= 1 and certify(flat, "L_max").value >= 1
    assert certify(flat, "L_inf").value >= 2 and certify(flat, "L_coord").value >= 1 - 0.02


def test_components_that_vanish_in_double_precision_only_do_not_interpolate():
    double = Loss("double", "double", (z - y) ** 2, (2, 2), 0, "real")
    rounded = rb.problems.from_arrays([[1.0], [3.0]], [0.1, 3 * 0.1], double)
    with pytest.raises(NotCertified, match="not certified to interpolate"):
        certify(rounded, "interpolates")
    exact = rb.problems.from_arrays([[1.0], [3.0]], [0.5, 1.5], double)
    assert certify(exact, "interpolates").value == 1
