"""The prover never claims what is false, and proves what certificates need."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Max, Piecewise, Rational, Symbol, ceiling, exp, lambdify, log, sqrt

from ratebound.theory.algebra.chart import chart_of, on_chart
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import K, L, alpha, ell, k, mu

x, y = Symbol("x", nonnegative=True), Symbol("y", nonnegative=True)
r = Symbol("r", real=True)


@pytest.mark.parametrize(
    "expr",
    [
        x**2 + 2 * x * y,
        (x - y) ** 2,
        x**2 - 2 * x + 2,
        r**2 - 2 * r + 1,
        r**2 + r + 1,
        y * (x - 1) ** 2 + x * y**2,
        1 / (1 + x) - 1 / (2 + x),
        sqrt(x + 1) - sqrt(x),
        1 / sqrt(x + 1) - 2 * (sqrt(x + 2) - sqrt(x + 1)),
        log(1 + x) + x,
        1 - exp(-x),
        ceiling(x) - x,
        1 + x - ceiling(x),
        Rational(1, 2) ** k,
        K ** Rational(2, 3) - K ** Rational(1, 3),
        1 / K ** Rational(1, 3) + 2 * K ** Rational(1, 2) - 2,
    ],
)
def test_true_statements_are_proved(expr):
    assert nonnegative(expr)


@pytest.mark.parametrize(
    "expr",
    [
        x - y,
        x**2 - 2 * x + Rational(1, 2),
        r,
        r**3,
        r**2 - r,
        (x - 1) ** 3,
        sqrt(x) - sqrt(x + 1),
        1 / sqrt(x + 1) - 3 * (sqrt(x + 2) - sqrt(x + 1)),
        log(x),
        exp(-x) - 1,
        x - ceiling(x) + Rational(1, 2),
        -(Rational(1, 2) ** k),
        x * y - 1,
        1 / (x - 1),
        K ** Rational(1, 3) - K ** Rational(2, 3),
        K ** Rational(1, 3) - Rational(11, 10),
    ],
)
def test_false_statements_are_not_proved(expr):
    assert not nonnegative(expr)


_polynomials = st.lists(
    st.tuples(st.integers(-3, 5), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=5
).map(lambda terms: sum((Integer(c) * x**i * y**j for c, i, j in terms), Integer(0)))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(_polynomials, st.booleans())
def test_what_is_proved_holds_on_a_grid(expr, squared):
    expr = expr**2 - x if squared else expr
    if nonnegative(expr):
        grid = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 60)])
        values = lambdify((x, y), expr)(*np.meshgrid(grid, grid))
        assert np.min(values) >= -1e-9 * np.max(np.abs(values))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(_polynomials, _polynomials)
def test_vanishing_is_an_identity(p, q):
    assert vanishes((p + q) ** 2 - p**2 - 2 * p * q - q**2)
    assert vanishes(p - q) == (p.expand() == q.expand())


def test_counters_are_swept_from_their_start():
    assert nonnegative(k - 3, k=k, start=Integer(3))
    assert not nonnegative(k - 3, k=k, start=Integer(2))
    assert nonnegative(ell / mu - 1, chart_of((), (mu <= ell,)))


def test_charts_sweep_exactly_the_range():
    chart = chart_of((alpha < 2 / L,), (mu <= L,))
    assert nonnegative(2 - alpha * L, chart)
    assert nonnegative(L - mu, chart)
    assert not nonnegative(1 - alpha * L, chart)
    both = chart_of((alpha >= 2 / (mu + L), alpha <= 2 / L), (mu <= L,))
    assert nonnegative(alpha * (mu + L) - 2, both)
    assert nonnegative(2 - alpha * L, both)
    assert not nonnegative(1 - alpha * mu - Rational(1, 100), both)
    free = on_chart(alpha * L, both).free_symbols
    assert alpha not in free


def test_conditions_that_make_no_chart_are_refused():
    with pytest.raises(RateboundError, match="two bounds"):
        chart_of((alpha <= 1 / L, alpha <= 1 / mu))
    with pytest.raises(RateboundError, match="symbol <= expression"):
        chart_of((2 * alpha <= Max(mu, L),))
    with pytest.raises(RateboundError, match="circle"):
        nonnegative(mu, {mu: L, L: mu})


_u, _v = Symbol("u", positive=True), Symbol("v", positive=True)


@pytest.mark.parametrize(
    ("expr", "true"),
    [
        (3 * Max(x, y) - 2 * y, True),
        (x + y - Max(x, y), True),
        ((x + y) * Max(1 / (1 + x), y) - x / (1 + x), True),
        (Max(x, y) ** 2 - x**2, True),
        (2 * Max(x, y) - x - y - Rational(1, 9), False),
        (x - Max(x, y), False),
        (x * Max(x, y) - y * Max(x, y), False),
        (Max(x, 1) - Max(x, y), False),
        (Piecewise((1, Max(x, y) <= x), (-1, True)), False),
        # One argument would decide, and the others are no numbers somewhere.
        (Max(1, sqrt(r)), False),
        (Max(1, log(x - 5)), False),
        (Max(0, sqrt(x - y)) + x, False),
        (Max(1, Max(sqrt(x - 9), 2) - 3), False),
        (Max(1, sqrt(x + y), log(1 + x)), True),
        (Piecewise((1, x < 5)), False),
    ],
)
def test_the_larger_of_two_is_read_by_its_arguments(expr, true):
    assert nonnegative(expr) is true


@pytest.mark.parametrize(("factor", "true"), [(4, True), (7, False)])
def test_one_root_alone_is_swept_through_where_squares_do_not_tell(factor, true):
    """With y = sqrt(1 + u): y^3 >= 4 (y - 1), whose terms of one sign have no common root, not 7 (y - 1)."""
    assert nonnegative(sqrt(1 + _u) ** 3 - factor * (sqrt(1 + _u) - 1)) is true


@pytest.mark.parametrize(("shift", "true"), [(1 / _v, True), (1 / (3 * _v), False)])
def test_one_root_of_several_is_swept_through(shift, true):
    """With t = 1 + k/u, c <= 1/2: 1/sqrt(t + 1/u) >= (1 - c/sqrt t)/sqrt t for u >= 1/c, not a third."""
    t = 1 + k / _u
    claim = 1 / sqrt(t + 1 / _u) - (1 - _v / sqrt(t)) / sqrt(t)
    assert nonnegative(claim, chart_of((_v <= Rational(1, 2), _u >= shift))) is true


def test_a_chart_that_is_changed_leaves_the_next_one_of_its_range_alone():
    first = chart_of((alpha <= 1 / L,), (mu <= L,))
    kept = dict(first)
    first[alpha] = L
    assert chart_of((alpha <= 1 / L,), (mu <= L,)) == kept
    # What is proved on one chart is not taken for proved on another.
    assert nonnegative(1 - alpha * L, kept) and not nonnegative(1 - alpha * L, chart_of((alpha <= 2 / L,)))


@pytest.mark.parametrize(
    ("conditions", "one"),
    [
        ((alpha <= 1 / (2 * L), alpha <= 1 / (2 * mu)), r"alpha <= 1/\(2\*\(L \+ mu\)\)"),
        ((alpha >= 1 / L, alpha >= 1 / mu), r"alpha >= \(L \+ mu\)/\(L\*mu\)"),
    ],
)
def test_two_bounds_on_one_side_are_refused_with_one_that_implies_both(conditions, one):
    with pytest.raises(RateboundError, match=f"two bounds on one side: .*; state one, such as {one}, which"):
        chart_of(conditions)
