"""Arrays of zeros that start where caches and pages do."""

from __future__ import annotations

import numpy as np

_LINE, _PAGE = 64, 2**21
"""Bytes of a cache line, and of a large page of memory."""
_SCATTERED = 2**18
"""Bytes from which an array spreads over so many small pages that they meet in the second cache."""
_ADVISED = 2**22
"""Bytes from which NumPy asks the system for large pages."""


def aligned(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return zeros that start at a cache line, and large ones at a large page.

    What a kernel reads at random must stay in the second cache. Small pages lie anywhere in memory: some
    places of the cache are then wanted by many of them, others by none.
    """
    count, size = int(np.prod(shape)), np.dtype(dtype).itemsize
    large = count * size >= _SCATTERED
    step = _PAGE if large else _LINE
    # What lies behind the array is never touched, and takes no memory.
    room = max(count * size + step, _ADVISED if large else 0)
    raw = np.zeros(room // size, dtype)
    first = -(raw.ctypes.data // size) % (step // size)
    return raw[first : first + count].reshape(shape)
