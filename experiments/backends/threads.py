"""Threads that share the pieces of one computation."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count as count_from_zero
from itertools import pairwise
from typing import TypeVar, cast

import numba
import numpy as np

from ratebound.problems.quiet import quiet

T = TypeVar("T")

_ALONE = 50_000
"""Multiplications below which handing work to threads costs more than it saves."""


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    # One pool per process: a fork inherits the object, not its threads, and would wait for them for ever.
    return ThreadPoolExecutor(threads, thread_name_prefix="ratebound")


def share(work: Callable[[int, int], T], count: int, size: float, ranges: int | None = None) -> list[T]:
    """Do `work(first, last)` for ranges that make up ``0 .. count``, in Numba's number of threads.

    Parameters
    ----------
    work
        Releases the interpreter lock where it is worth the name.
    count
        How much there is to share.
    size
        Multiplications in all; little work is done in this thread.
    ranges
        How many ranges; a fixed number where results are added up, for the sum must not depend on the number
        of threads. None for several per thread: a thread that is held up leaves its share to the others.

    Returns
    -------
    list
        What `work` returned, in the order of the ranges.
    """

    threads = numba.get_num_threads()
    alone = size < _ALONE or threads == 1
    cuts = np.linspace(0, count, min(count, ranges or (1 if alone else 4 * threads)) + 1).astype(int).tolist()
    pieces = list(pairwise(cuts))
    results: list[T | None] = [None] * len(pieces)
    tickets = count_from_zero()

    def drain() -> None:
        # Whoever is free takes the next piece; this thread works too, for waking another takes its time. A
        # thread starts with NumPy's own settings, and overflow is how a divergent run ends.
        with quiet:
            while (ticket := next(tickets)) < len(pieces):
                results[ticket] = work(*pieces[ticket])

    helpers = 0 if alone else min(threads, len(pieces)) - 1
    waiting = [_pool(threads, os.getpid()).submit(drain) for _ in range(helpers)]
    drain()
    for helper in waiting:
        helper.result()
    return cast("list[T]", results)
