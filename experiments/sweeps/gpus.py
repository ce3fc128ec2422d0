"""One GPU for each worker process, where a machine has several."""

from __future__ import annotations

import os
from multiprocessing.sharedctypes import Synchronized

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""What CUDA reads, when it starts, to learn which devices a process may use."""


def visible() -> tuple[str, ...]:
    """Return the GPUs that this process may use, as CUDA names them; none without CuPy or without a GPU."""
    told = os.environ.get(VISIBLE)
    if told is not None:
        return tuple(each.strip() for each in told.split(",") if each.strip())
    try:
        from cupy.cuda import runtime

        return tuple(map(str, range(runtime.getDeviceCount())))
    except Exception:
        # No CuPy, no driver, or no device: CuPy has an error of its own for each.
        return ()


def take(taken: Synchronized[int], gpus: tuple[str, ...]) -> None:
    """Let this process use the next GPU in turn; to be called before it loads CuPy.

    Parameters
    ----------
    taken
        How many workers have taken one, shared by all of them.
    gpus
        See :func:`visible`; with fewer than two there is nothing to choose.
    """
    with taken.get_lock():
        number = taken.value
        taken.value += 1
    if len(gpus) > 1:
        os.environ[VISIBLE] = gpus[number % len(gpus)]
