"""Problems from the user's own arrays and files."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from ratebound.problems.checks import as_floats, binary_labels
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import Loss, get
from ratebound.problems.sparse import as_data, need_dense, with_ones
from ratebound.theory.errors import RateboundError


def standardised(A: np.ndarray) -> tuple[np.ndarray, str]:
    """Return z-scored columns without the constant ones, and what was done.

    Raises
    ------
    RateboundError
        If every column is constant.
    """
    spread = A.std(axis=0)
    constant = spread <= 1e-12 * np.abs(A).max(axis=0)
    if constant.all():
        raise RateboundError("every column of A is constant: nothing is left after standardisation")
    kept = A[:, ~constant]
    said = "columns centred and scaled to unit variance"
    if constant.any():
        said += f", {int(constant.sum())} constant column(s) dropped"
    return (kept - kept.mean(axis=0)) / spread[~constant], said


def from_arrays(
    A: Any,
    y: Any,
    loss: str | Loss = "squared",
    l2: float = 0.0,
    *,
    x0: Any = None,
    standardise: bool = False,
    intercept: bool = False,
    name: str = "user data",
    title: str = "",
) -> Problem:
    """Build a problem from arrays.

    Parameters
    ----------
    A
        Data, shape (n, d), one sample a row; a SciPy sparse matrix stays sparse (squared and logistic loss).
    y
        Labels, shape (n,); for binary losses -1/+1, or 0/1, which are mapped.
    loss
        A loss or its name.
    l2
        Weight of ``(l2/2)||x||^2``.
    x0
        Start, shape (d,); zeros by default.
    standardise
        Whether to centre and scale the columns (constant ones are dropped) and, for the squared, absolute,
        Huber, Welsch and Cauchy losses, the labels.
    intercept
        Whether to append a column of ones; it is regularised like the others.
    name, title
        What to call the problem.

    Returns
    -------
    Problem
        With `preprocessing` saying what was done to the data.

    Raises
    ------
    RateboundError
        If the data are not usable; the message says which value and what to do.
    """
    chosen = get(loss)
    data, labels = as_data(A), as_floats("y", y, 1)
    said = []
    if standardise:
        need_dense(data, "standardise, which centres the columns,")
        data, done = standardised(data)
        said.append(done)
    if chosen.labels == "binary":
        labels, done = binary_labels(labels)
        said += [done] if done else []
    elif standardise:
        labels, done = _scaled_targets(labels)
        said.append(done)
    if intercept:
        data = with_ones(data)
        said.append("column of ones appended")
    else:
        said.append("no intercept")
    start = np.zeros(data.shape[1]) if x0 is None else as_floats("x0", x0, 1)
    return Problem(name, data, labels, chosen, l2, start, ", ".join(said), title)


def _scaled_targets(y: np.ndarray) -> tuple[np.ndarray, str]:
    spread = y.std()
    if spread <= 1e-12 * np.abs(y).max():
        return y - y.mean(), "targets centred (they are constant)"
    return (y - y.mean()) / spread, "targets centred and scaled to unit variance"


def least_squares(A: Any, y: Any, l2: float = 0.0, **options: Any) -> Problem:
    """Build ``(1/(2n)) ||A x - y||^2 + (l2/2) ||x||^2``; options as in :func:`from_arrays`."""
    return from_arrays(A, y, "squared", l2, **{"name": "least squares", **options})


def logistic(A: Any, y: Any, l2: float = 0.0, **options: Any) -> Problem:
    """Build l2-regularised logistic regression; options as in :func:`from_arrays`."""
    return from_arrays(A, y, "logistic", l2, **{"name": "logistic regression", **options})


def from_svmlight(
    path: str | PathLike[str],
    loss: str | Loss = "logistic",
    l2: float = 0.0,
    *,
    sparse: bool = False,
    **options: Any,
) -> Problem:
    """Build a problem from an svmlight (LIBSVM) file.

    Parameters
    ----------
    path
        The file; ``.gz`` and ``.bz2`` are unpacked.
    loss, l2, options
        As in :func:`from_arrays`. Two labels other than 0/1 and -1/+1 (such as 1 and 2) are mapped for
        binary losses: the larger becomes +1.
    sparse
        Whether the data stay sparse, or are made dense, which all theorems and constants can deal with.

    Raises
    ------
    RateboundError
        If the file cannot be read or is malformed, or its data are not usable.
    """
    from sklearn.datasets import load_svmlight_file

    try:
        data, labels = load_svmlight_file(str(path))[:2]
    except OSError as failure:
        raise RateboundError(f"cannot read {path}: {failure.strerror or failure}; check the path") from None
    except (ValueError, OverflowError, EOFError, UnicodeDecodeError) as failure:
        raise RateboundError(
            f"{path} is not an svmlight file ({failure}); each line must read 'label index:value ...'"
        ) from None
    if data.shape[0] == 0:
        raise RateboundError(f"{path} holds no samples")
    if not sparse and data.shape[0] * data.shape[1] > 2**28:
        raise RateboundError(
            f"{path} is {data.shape[0]} x {data.shape[1]}: more than 2 GiB when dense; pass sparse=True, or "
            "keep fewer columns"
        )
    found = np.unique(labels)
    mapped = ""
    if get(loss).labels == "binary" and found.size == 2 and not np.isin(found, (-1.0, 0.0, 1.0)).all():
        labels = np.where(labels == found[1], 1.0, -1.0)
        mapped = f"labels {found[0]:g}/{found[1]:g} mapped to -1/+1, "
    problem = from_arrays(
        data if sparse else data.toarray(), labels, loss, l2, **{"name": str(path), **options}
    )
    return replace(problem, preprocessing=mapped + problem.preprocessing)
