"""Overflow gives ``inf`` silently, as a divergent run must; to ask for it again inside costs nothing much."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np


class _Quiet(threading.local):
    """``np.errstate(all="ignore")``, which takes longer than a small product, entered once per thread."""

    _depth = 0
    _state: Any = None

    def __enter__(self) -> None:
        if not self._depth:
            self._state = np.errstate(all="ignore")
            self._state.__enter__()
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._state.__exit__(*error)


quiet = _Quiet()
"""A context in which NumPy warns of nothing."""
