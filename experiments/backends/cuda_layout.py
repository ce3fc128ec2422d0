"""How replicas are laid out on a GPU: lanes for a replica, rows in shared memory, threads of a block.

The rules rest on what compilers say of the printed kernels (``benchmarks/kernels_static.py``: registers,
local memory, instructions) and on published widths and latencies. Nothing here was measured on a card.
"""

from __future__ import annotations

WARP, _BANKS = 32, 128
"""Threads that are issued together, and the bytes that shared memory gives at a time."""
_EACH = 8
"""Numbers of a vector for one lane.

Twice as many lanes would save it 4 additions in a row, of 8 cycles each, and cost one more exchange between
lanes, of 33: neither is faster. Few lanes repeat less, such as drawing the sample, which each lane does.
"""
_ROWS = 128
"""Registers of a thread for rows of a batch that are read ahead: half of what it may have."""
BLOCK = 128
"""Threads of a block without a copy of the data, or with few replicas: a warp for each scheduler."""
_MOST = 512
"""Threads of a block with a copy of the data: 4 warps for each scheduler, which always has work."""
_REGISTERS, _OTHERS = 2**16, 56
"""Registers of a processor, and those of a thread that hold no part of a vector."""


def lanes_of(d: int) -> int:
    """Return how many threads share a sum of d terms: so many that each has at most 8, up to a warp."""
    return next((lanes for lanes in (1, 2, 4, 8, 16) if d <= _EACH * lanes), WARP)


def rows_of(batch: int, d: int, lanes: int, itemsize: int) -> int:
    """Return how many rows of a batch are read before the first sum over lanes is complete.

    A row is long on its way from L2, and so is a sum over lanes: those of several rows go side by side, in
    pieces of the batch that are nearly equal and fit into registers.
    """
    most = max(1, _ROWS // (-(-d // lanes) * itemsize // 4))
    return -(-batch // -(-batch // most))


def shared_row(n: int, d: int, lanes: int, itemsize: int, room: int) -> int:
    """Return the numbers from a row to the next one in shared memory; 0 if data stay in global memory.

    Groups of one warp read different rows at a time. If rows are an odd multiple of the lanes apart, two
    groups meet in all of their banks or in none; that takes fewer rounds than if they meet in some.

    Parameters
    ----------
    n, d
        Samples and features.
    lanes
        Threads per replica.
    itemsize
        Bytes of a number.
    room
        Bytes of the shared memory of a block, for rows and labels.
    """
    apart = (-(-d // lanes) | 1) * lanes if lanes * itemsize < _BANKS else d
    return next((row for row in (apart, d) if n * (row + 1) * itemsize <= room), 0)


def bounds_of(numbers: int, shared: bool) -> str:
    """Return the launch bounds of a kernel, by which compilers know how many registers a thread may have.

    Without bounds they save registers, for more threads, and put off what could be read ahead.

    Parameters
    ----------
    numbers
        Registers of a thread for its parts of vectors.
    shared
        Whether a block has its own copy of the data.
    """
    if not shared:
        return f"{BLOCK}, 2"
    most = next((each for each in (_MOST, _MOST // 2) if each * (numbers + _OTHERS) <= _REGISTERS), BLOCK)
    return f"{most}, 1"


def block_of(threads: int, processors: int, most: int) -> int:
    """Return the threads of a block: so many that every processor has work, and at most `most`.

    A copy of the data may leave a processor no room for another one, so that all its threads are of one
    block. Where blocks come in several rounds, they are equally large.
    """
    most = max(WARP, most // WARP * WARP)
    rounds = -(-threads // (processors * most))
    warps = -(-threads // (rounds * processors * WARP))
    return max(WARP, min(max(BLOCK, warps * WARP), most))
