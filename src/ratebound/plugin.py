"""pytest plugin: the ``assert_theorem`` fixture. It imports nothing heavy until a test asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def assert_theorem() -> Callable[..., Any]:
    """Return ``assert_theorem(theorem, problem, **options)``, which fails unless the theorem holds there.

    The options are those of :func:`ratebound.verify`. A theorem that does not apply, or that stays
    undecided, fails too: the message says why. The verdict is returned.
    """
    import ratebound

    def check(theorem: Any, problem: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        try:
            verdict = ratebound.verify(theorem, problem, **options)
        except ratebound.RateboundError as error:
            raise error.with_traceback(None) from None  # It says all; the test shows the call.
        if not verdict.holds:
            pytest.fail(verdict.explain())
        return verdict

    return check
