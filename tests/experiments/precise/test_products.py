"""Products with data are those of rational numbers, rounded once."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from ratebound.experiments.precise.products import Data

RNG = np.random.default_rng(5)
MATRICES = {
    "usual": RNG.normal(size=(5, 3)),
    "all scales": RNG.normal(size=(5, 3)) * 10.0 ** RNG.integers(-300, 300, (5, 3)),
    "zero": np.zeros((2, 3)),
    "a zero row": np.array([[0.0, 0.0, 0.0], [1e-9, -7.0, 5e-324]]),
}


def fraction(number):
    sign, mantissa, exponent, _ = number._mpf_
    return (-1) ** sign * int(mantissa) * Fraction(2) ** exponent


@pytest.mark.parametrize("scale", [0, -30, 300])
@pytest.mark.parametrize("name", MATRICES)
def test_products_are_exact_to_the_last_digit(name, scale):
    A = MATRICES[name]
    with mpmath.workdps(50):
        v, w = (
            np.array([mpmath.mpf(each) / 3 * mpmath.mpf(10) ** (scale * i) for i, each in enumerate(part)])
            for part in (RNG.normal(size=A.shape[1]), RNG.normal(size=A.shape[0]))
        )
        for found, matrix, vector in ((Data(A).times(v), A, v), (Data(A).combined(w), A.T, w)):
            for value, row in zip(found, matrix, strict=True):
                wanted = sum(Fraction(a) * fraction(b) for a, b in zip(row.tolist(), vector, strict=True))
                assert abs(fraction(value) - wanted) <= abs(wanted) * Fraction(10) ** -49


def test_what_is_not_finite_stays_so():
    v = np.array([mpmath.mpf(1), mpmath.inf, mpmath.mpf(2)], dtype=object)
    data = Data(np.eye(3) + np.eye(3, k=1))
    for found in (data.times(v)[0], data.times(v)[1], data.combined(v)[1]):
        assert found == mpmath.inf
    # Zero times infinity.
    assert mpmath.isnan(data.times(v)[2])


def test_numbers_far_below_the_largest_are_cut_off_and_cost_no_memory():
    v = np.array([mpmath.mpf(1), mpmath.mpf(2) ** -(10**12)], dtype=object)
    assert Data(np.ones((1, 2))).times(v)[0] == 1
