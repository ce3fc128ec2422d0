"""Bad data is refused in one clear line, or handled and said."""

import gzip

import numpy as np
import pytest

from ratebound.problems.build import from_arrays, from_svmlight, least_squares, logistic
from ratebound.problems.constants import certify
from ratebound.problems.moments import MomentRecursion
from ratebound.theory.errors import RateboundError

A, Y = [[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]], [1.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, np.nan]], [1.0]), r"A holds 1 value\(s\) that are not finite, the first at \(0, 1\): nan"),
        ((A, [1.0, np.inf, 0.0]), r"y holds 1 value\(s\) that are not finite"),
        ((np.zeros((0, 2)), []), "A is empty"),
        ((np.zeros((2, 0)), [1.0, 2.0]), "A is empty"),
        ((A, [1.0, 2.0]), "A has 3 rows but y has 2"),
        (([1.0, 2.0], [1.0, 2.0]), r"A has shape \(2,\)"),
        ((A, [[1.0], [2.0], [3.0]]), r"y has shape \(3, 1\)"),
        ((np.zeros((3, 2)), Y), "every entry of A is zero"),
        ((np.full((3, 2), 1e200), Y), r"A reach 1e\+200, .*lies in 1e-70 .. 1e\+70"),
        ((np.full((3, 2), 1e-150), Y), r"A reach 1e-150, .*lies in 1e-70 .. 1e\+70"),
        ((np.ma.masked_array([[1.0, 2.0]], [[True, False]]), [1.0]), "A has masked entries"),
        ((A, [1e200, 0.0, 1.0]), r"entries of y reach 1e\+200"),
        (([["a", "b"]], [1.0]), "A is not a numeric array"),
        (([["1", "2"]], [1.0]), "A is not a numeric array"),
        (([[1.0, 2.0], [3.0]], [1.0, 2.0]), "A is not a numeric array"),
        (([[1.0 + 1j]], [1.0]), "A is not a numeric array"),
        ((A, ["yes", "no", "yes"]), "y is not a numeric array"),
        ((A, Y, -0.1), "l2 = -0.1"),
        ((A, Y, np.nan), "l2 = nan"),
        ((A, Y, "much"), "l2 = 'much' is not a number"),
    ],
)
def test_refused(arguments, message):
    with pytest.raises(RateboundError, match=message) as caught:
        least_squares(*arguments)
    assert "\n" not in str(caught.value)


def test_wrong_start():
    with pytest.raises(RateboundError, match="A has 2 columns but x0 has 3"):
        least_squares(A, Y, x0=[1.0, 2.0, 3.0])


@pytest.mark.parametrize("labels", [[1.0, 2.0, 3.0], [0.0, 1.0, 2.0], [-1.0, 0.0, 1.0], [1.0, 2.0, 1.0]])
def test_labels_that_are_not_binary(labels):
    with pytest.raises(RateboundError, match=r"needs labels -1 and \+1"):
        logistic(A, labels)


def test_zero_one_labels_are_mapped_and_said():
    problem = logistic(A, [0, 1, 1])
    assert problem.y.tolist() == [-1.0, 1.0, 1.0]
    assert "0/1 mapped" in problem.preprocessing
    assert "mapped" not in logistic(A, Y).preprocessing
    assert logistic(A, np.array([False, True, True])).y.tolist() == [-1.0, 1.0, 1.0]


def test_one_class_is_allowed():
    assert logistic(A, [1.0, 1.0, 1.0], 0.1).minimum.route == "newton"


def test_legitimate_shapes():
    one = least_squares([[1.0, 2.0, 3.0]], [1.0])
    assert one.n == 1 and certify(one, "mu_pl").value == pytest.approx(14.0)
    zero_row = least_squares([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]], [1.0, 5.0, 1.0])
    assert certify(zero_row, "mu").value == pytest.approx(1 / 3)
    assert MomentRecursion(zero_row).second_moment == pytest.approx(5 / 3)
    zero_column = logistic([[1.0, 0.0], [2.0, 0.0]], [1.0, -1.0], 0.1)
    assert zero_column.x_star[1] == 0
    assert certify(least_squares([[2.0], [1.0]], [0.0, 0.0]), "gap0").value >= 0


def test_constant_columns_are_dropped_and_said():
    data = np.column_stack([np.arange(4.0), np.full(4, 7.1), [1.0, 0.0, 0.0, 1.0]])
    problem = from_arrays(data, [1.0, 2.0, 3.0, 5.0], standardise=True)
    assert problem.d == 2 and "1 constant column(s) dropped" in problem.preprocessing
    with pytest.raises(RateboundError, match="every column of A is constant"):
        from_arrays(np.full((3, 2), 7.1), Y, standardise=True)
    flat = from_arrays(data, np.full(4, 3.3), standardise=True)
    assert np.abs(flat.y).max() < 1e-15 and "constant" in flat.preprocessing


def test_data_are_copied_and_read_only():
    source = np.array(A)
    problem = least_squares(source, Y)
    source[0, 0] = 99.0
    assert problem.A[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        problem.A[0, 0] = 2.0


def test_svmlight(tmp_path):
    text = "+1 1:0.5 3:2\n-1 2:1.5\n+1 1:1 2:-1 3:0.25\n"
    plain, packed = tmp_path / "data.svm", tmp_path / "data.svm.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, str(packed)):
        problem = from_svmlight(path, l2=0.1)
        assert problem.A.tolist() == [[0.5, 0.0, 2.0], [0.0, 1.5, 0.0], [1.0, -1.0, 0.25]]
        assert problem.y.tolist() == [1.0, -1.0, 1.0] and problem.loss.name == "logistic"
    plain.write_text("1 1:1\n2 1:2\n")
    problem = from_svmlight(plain, name="mine")
    assert problem.y.tolist() == [-1.0, 1.0] and "1/2 mapped" in problem.preprocessing
    assert from_svmlight(plain, loss="squared").y.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "content",
    ["hello world\n", "1 1:a\n", "1 :3\n", "1 2:1 1:1\n", "1,2,3\n", "\x00\x01\x02\xff", "1 1:nan\n", ""],
    ids=repr,
)
def test_malformed_svmlight(tmp_path, content):
    path = tmp_path / "bad.svm"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(RateboundError) as caught:
        from_svmlight(path)
    assert "\n" not in str(caught.value)


def test_unreadable_svmlight(tmp_path):
    for path in (tmp_path / "missing.svm", tmp_path):
        with pytest.raises(RateboundError, match="cannot read"):
            from_svmlight(path)
    broken = tmp_path / "broken.svm.gz"
    broken.write_bytes(b"not gzip")
    with pytest.raises(RateboundError):
        from_svmlight(broken)
