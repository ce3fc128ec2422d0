import mpmath
import numpy as np
import pytest
from sympy import Max, Min, Piecewise, Rational, Symbol, diff, log, sqrt

from ratebound.problems.lower import lower, lower_mp
from ratebound.problems.primitives import expit, softplus
from ratebound.theory.errors import RateboundError

x, t = Symbol("x", real=True), Symbol("t", real=True)


@pytest.mark.parametrize(
    "expr",
    [
        softplus(x),
        diff(softplus(x), x),
        diff(softplus(x), x, 2),
        Max(x, t, 0) + Min(x, 2),
        Piecewise((log(x), x > 0), (-x, True)),
        Piecewise((sqrt(x), x > 1), (x**2, x > -1), (t, True)),
        Rational(1, 3) * x**3 / (1 + t**2),
    ],
    ids=str,
)
def test_numpy_agrees_with_fifty_digits(expr):
    points = [-30.5, -1.0, -0.3, 0.0, 0.7, 1.0, 2.5, 40.0]
    fast, slow = lower(expr, (x, t)), lower_mp(expr, (x, t))
    got = fast(np.array(points)[:, None], np.array([-0.5, 2.0]))
    assert got.shape == (len(points), 2)
    with mpmath.workdps(50):
        for i, a in enumerate(points):
            for j, b in enumerate((-0.5, 2.0)):
                assert got[i, j] == pytest.approx(float(slow(a, b)), rel=1e-14, abs=1e-300)


def test_softplus_does_not_overflow():
    z = np.array([-800.0, 800.0])
    assert lower(softplus(x), (x,))(z).tolist() == [0.0, 800.0]
    assert np.isfinite(lower(diff(softplus(x), x, 2), (x,))(z)).all()


def test_expit_keeps_its_relative_accuracy_in_the_tails():
    with mpmath.workdps(40):
        for z in (-700.0, -40.0, 40.0):
            exact = lower_mp(diff(expit(x), x), (x,))(z)
            assert float(lower(diff(expit(x), x), (x,))(z) / exact - 1) == pytest.approx(0, abs=1e-14)


def test_constants_take_the_broadcast_shape_and_overflow_is_silent():
    assert lower(Rational(1, 3), (x,))(np.zeros((2, 3))).shape == (2, 3)
    assert lower(x**4, (x,))(1e200) == np.inf


def test_a_long_rational_keeps_all_its_digits():
    assert float(lower(Rational(0.1) * x, (x,))(1.0)) == 0.1


def test_free_symbols_are_refused():
    with pytest.raises(RateboundError, match=r"t in .* has no value"):
        lower(x + t, (x,))
