"""The fixture ``assert_theorem`` in somebody else's test suite, in a process of its own."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")

SUITE = """
import pytest
import ratebound as rb

@pytest.fixture
def mine():
    return rb.problems.least_squares([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], [1.0, -1.0, 0.5])
"""


@pytest.fixture(autouse=True)
def the_usual_cache(pytester, monkeypatch):
    """Give the suites the cache of this process: pytester moves the home, where nothing is known."""
    monkeypatch.setenv("XDG_CACHE_HOME", CACHE)


def run(pytester, test):
    pytester.makepyfile(SUITE + test)
    return pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")


def test_a_true_rate_passes(pytester):
    result = run(
        pytester,
        """
def test_rate(assert_theorem, mine):
    verdict = assert_theorem("gd_pl", mine, steps=50)
    assert verdict.outcome == "holds"
""",
    )
    result.assert_outcomes(passed=1)


def test_a_false_rate_fails_and_says_where(pytester):
    result = run(
        pytester,
        """
import dataclasses

def test_rate(assert_theorem, mine):
    theorem = rb.theorems["gd_pl"]
    conjecture = dataclasses.replace(theorem, id="half", bound=theorem.bound / 2, certificate=None)
    assert_theorem(conjecture, mine, steps=50)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*assert_theorem(conjecture, mine, steps=50)", "E*half*violated*"])
    assert "Traceback" not in result.stdout.str()


def test_a_wrong_name_points_at_the_test(pytester):
    result = run(pytester, 'def test_rate(assert_theorem):\n    assert_theorem("gd_pll", "iris")\n')
    result.stdout.fnmatch_lines([">*assert_theorem(*", "E*unknown theorem 'gd_pll'; did you mean*"])
    assert "catalogue.py" not in result.stdout.str()


def test_a_theorem_that_does_not_apply_fails_and_says_why(pytester):
    result = run(
        pytester,
        """
def test_rate(assert_theorem):
    singular = rb.problems.least_squares([[1.0, 1.0], [2.0, 2.0]], [1.0, 0.0])
    assert_theorem("gd_sc_distance", singular, steps=50)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not applicable*"])


def test_bad_input_is_an_error_of_the_test(pytester):
    result = run(
        pytester,
        """
def test_rate(assert_theorem, mine):
    with pytest.raises(rb.RateboundError, match="did you mean"):
        assert_theorem("gd_pll", mine)
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("heavy", ["numpy", "sympy"])
def test_a_suite_that_does_not_use_it_does_not_pay_for_it(pytester, heavy):
    pytester.makepyfile(f"import sys\n\ndef test_light():\n    assert {heavy!r} not in sys.modules\n")
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-p", "no:zarr").assert_outcomes(passed=1)
