"""BLAS in one thread: its own wait for each other, and take the cores that other work runs on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

_LONG = 2**32
"""Multiplications from which one thread takes a second, and more of them are worth waiting for."""


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread(multiplications: int = 0) -> AbstractContextManager[object]:
    """Keep BLAS from starting threads of its own, unless the work is long.

    Where cores are busy, threads that meet after every small product make a factorisation take tens of
    times as long.
    """
    if multiplications > _LONG:
        return nullcontext()
    return _controller().limit(limits=1, user_api="blas")
