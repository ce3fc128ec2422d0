import ctypes
import shutil
import subprocess

import mpmath
import numpy as np
import pytest
from sympy import (
    Abs,
    Max,
    Min,
    Piecewise,
    Rational,
    Symbol,
    ceiling,
    cos,
    diff,
    exp,
    floor,
    log,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    tan,
)

from ratebound.experiments.backends.cuda_groups import head
from ratebound.problems.lower import lower, lower_mp, printed
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


def test_single_precision_stays_single():
    single, double = np.float32([0.25, 2.0]), np.array([1.0, 3.0])
    both = lower(Rational(1, 3) * x**2 + softplus(t), (x, t))
    assert both(single, single).dtype == np.float32
    assert both(single, double).dtype == both(double, double).dtype == np.float64
    assert lower(Rational(1, 3), ())().dtype == np.float64
    np.testing.assert_allclose(both(single, single), both(single.astype(float), single.astype(float)), 1e-6)


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


@pytest.mark.parametrize(
    "what", [sqrt(-x * 0 - 1), log(Rational(-2)), x * sqrt(Rational(-4)), Rational(-2) ** Rational(1, 3)]
)
def test_what_is_not_real_is_refused(what):
    with pytest.raises(RateboundError, match="is not real"):
        lower(what, (x,))


def test_infinities_are_numbers():
    assert lower(-oo, (x,))(1.0) == -np.inf


EXPRESSIONS = [
    softplus(x),
    diff(softplus(x * t), x, 2),
    Max(x, t, 0) + Min(x, 2) - sign(x),
    Piecewise((log(x), x > 0), (-x, (x > -2) & (t < 1)), (t, True)),
    Rational(1, 3) * x**3 / (1 + t**2) - sqrt(1 + x**2) + Abs(x) ** Rational(-3, 2),
    Rational(0.1) * x - pi + exp(-x) * sin(x) * cos(t) + (1 + t**2) ** x,
]
COMPILER = shutil.which("g++") or shutil.which("clang++")


def means_the_same(function, expr):
    reference = lower(expr, (x, t))
    with np.errstate(all="ignore"):
        for a in (-2.5, -0.75, 0.5, 3.0):
            for b in (-0.5, 2.0):
                assert float(function(a, b)) == pytest.approx(float(reference(a, b)), rel=1e-13)


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
def test_numba_source_means_the_same(expr):
    text = printed(expr, "numba")
    names = dict(exp=np.exp, log=np.log, sqrt=np.sqrt, sin=np.sin, cos=np.cos, absolute=np.abs)
    names |= dict(
        softplus=lambda v: np.logaddexp(0.0, v), where=np.where, nan=np.nan, fused=lambda a, b, c: a * b + c
    )
    names |= dict(larger=np.maximum, smaller=np.minimum)
    assert "\n" not in text
    means_the_same(lambda a, b: eval(text, {}, names | {"x": np.float64(a), "t": np.float64(b)}), expr)


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler for the printed CUDA source")
def test_cuda_source_means_the_same(tmp_path):
    lines = [
        f'extern "C" double f{i}(double x, double t) {{ return {printed(expr, "cuda")}; }}\n'
        for i, expr in enumerate(EXPRESSIONS)
    ]
    library = tmp_path / "functions.so"
    command = [COMPILER, "-x", "c++", "-ffp-contract=off", "-shared", "-fPIC", "-o", str(library), "-"]
    host = "#include <cmath>\nusing namespace std;\n#define __device__\n#define __forceinline__ inline\n"
    text = host + head("functions", "float64") + "".join(lines)
    subprocess.run(command, input=text, text=True, check=True)
    loaded = ctypes.CDLL(str(library))
    for i, expr in enumerate(EXPRESSIONS):
        function = getattr(loaded, f"f{i}")
        function.argtypes, function.restype = [ctypes.c_double] * 2, ctypes.c_double
        means_the_same(function, expr)


@pytest.mark.parametrize("value", [-2.0, 0.0, 3.0, np.nan])
def test_the_sign_of_what_is_no_number_is_none(value):
    known = {"x": value, "where": lambda condition, yes, no: yes if condition else no}
    np.testing.assert_equal(eval(printed(sign(x), "numba"), known), float(np.sign(value)))


def test_numbers_are_printed_with_all_their_digits():
    assert eval(printed(Rational(0.1) + 0 * x, "cuda"), {"real": float}) == 0.1
    assert eval(printed(sqrt(3) / 18 + 0 * x, "numba")) == pytest.approx(3**0.5 / 18, rel=2e-16)


def test_a_function_without_printing_is_refused():
    with pytest.raises(RateboundError, match=r"tan\(x\) has no printing for cuda; write it with"):
        printed(tan(x), "cuda")


@pytest.mark.parametrize("part", [floor, ceiling])
def test_whole_parts_are_the_same_in_every_precision(part):
    K, m = Symbol("K"), Symbol("m")
    expr, numbers = 3 * part(K / 2) - part(K / m), [(K, m) for K in range(30) for m in (1, 3, 7, 49)]
    exact = [int(3 * part(Rational(a, 2)) - part(Rational(a, b))) for a, b in numbers]
    a, b = np.array(numbers, dtype=float).T
    assert lower(expr, (K, m))(a, b).tolist() == exact
    assert [int(lower_mp(expr, (K, m))(*pair)) for pair in numbers] == exact
