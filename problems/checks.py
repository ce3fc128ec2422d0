"""Checks of data at the door: each failure is one clear line that names the value and the remedy."""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ratebound.problems.losses import Loss
from ratebound.theory.errors import RateboundError

_ours: WeakValueDictionary[int, np.ndarray] = WeakValueDictionary()
"""Arrays that were made here, by their identity."""
_LARGEST = 1e70
"""Fourth powers of entries, times what sums and steps add to them, stay in the range of double precision."""


def as_floats(name: str, values: Any, ndim: int) -> np.ndarray:
    """Return `values` as a read-only C-contiguous float64 array of finite entries.

    It is new, unless `values` are an array that this function returned.

    Raises
    ------
    RateboundError
        If the values are not numeric, masked, of another shape, empty, or not finite.
    """
    if np.ma.is_masked(values):
        raise RateboundError(f"{name} has masked entries, whose values say nothing; remove or impute them")
    try:
        raw = np.asarray(values)
        if raw.dtype.kind not in "fiub":
            # Text that looks like numbers is refused too: it is usually a column that should not be there.
            raise TypeError(f"dtype {raw.dtype}")
        array = raw if _is_ours(raw) else np.array(raw, dtype=np.float64, order="C")
    except (TypeError, ValueError) as problem:
        raise RateboundError(f"{name} is not a numeric array ({problem}); encode it as numbers") from None
    if array.ndim != ndim:
        raise RateboundError(f"{name} has shape {array.shape}; expected {ndim} dimension(s)")
    if array.size == 0:
        raise RateboundError(
            f"{name} is empty (shape {array.shape}); at least one sample and one feature are needed"
        )
    finite = np.isfinite(array)
    if not finite.all():
        bad = np.argwhere(~finite)
        where = tuple(int(i) for i in bad[0])
        raise RateboundError(
            f"{name} holds {len(bad)} value(s) that are not finite, the first at {where}: {array[where]}; "
            "remove or impute them"
        )
    array.flags.writeable = False
    _ours[id(array)] = array
    return array


def _is_ours(array: np.ndarray) -> bool:
    # One that a user made read-only may still be written through a view made before.
    return _ours.get(id(array)) is array and not array.flags.writeable


def check_l2(l2: Any) -> float:
    """Return the regularisation weight as a float.

    Raises
    ------
    RateboundError
        If it is negative or not a finite number.
    """
    try:
        number = float(l2)
    except (TypeError, ValueError):
        raise RateboundError(f"l2 = {l2!r} is not a number") from None
    if not np.isfinite(number) or number < 0:
        raise RateboundError(f"l2 = {number}; it must be finite and >= 0")
    return number


def check_labels(y: np.ndarray, loss: Loss) -> None:
    """Check that the labels suit the loss.

    Raises
    ------
    RateboundError
        If the loss wants labels -1 and +1 and finds others.
    """
    if loss.labels == "binary":
        found = np.unique(y)
        if not np.isin(found, (-1.0, 1.0)).all():
            shown = ", ".join(f"{v:g}" for v in found[:5]) + (", ..." if found.size > 5 else "")
            raise RateboundError(
                f"the {loss.title} needs labels -1 and +1 (0 and 1 are accepted); "
                f"found {found.size} values: {shown}"
            )


def binary_labels(y: np.ndarray) -> tuple[np.ndarray, str]:
    """Map labels 0/1 to -1/+1; return the labels and what was done (empty if nothing)."""
    if np.isin(y, (0.0, 1.0)).all() and (y == 0).any():
        return np.where(y == 1, 1.0, -1.0), "labels 0/1 mapped to -1/+1"
    return y, ""


def check_shapes(A: Any, y: np.ndarray, x0: np.ndarray) -> None:
    """Check that data, labels and start agree.

    Raises
    ------
    RateboundError
        If a length differs, or all data are zero.
    """
    n, d = A.shape
    if y.shape != (n,):
        raise RateboundError(f"A has {n} rows but y has {y.shape[0]} entries; they must agree")
    if x0.shape != (d,):
        raise RateboundError(f"A has {d} columns but x0 has {x0.shape[0]} entries; they must agree")
    # Of sparse data the entries that are stored.
    entries = getattr(A, "data", A) if not isinstance(A, np.ndarray) else A
    if not entries.any():
        raise RateboundError("every entry of A is zero: the objective does not depend on x; check the data")
    largest = float(np.abs(entries).max())
    if not 1 / _LARGEST <= largest <= _LARGEST:
        raise RateboundError(
            f"the entries of A reach {largest:.3g}, and squares of curvatures leave double precision; "
            f"rescale A so that its largest entry lies in {1 / _LARGEST:g} .. {_LARGEST:g}"
        )
    for name, values in (("y", y), ("x0", x0)):
        if np.abs(values).max() > _LARGEST:
            raise RateboundError(
                f"the entries of {name} reach {np.abs(values).max():.3g}, and squares of residuals leave "
                f"double precision; rescale it to at most {_LARGEST:g}"
            )
