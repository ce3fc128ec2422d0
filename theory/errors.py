"""The one error that a user of ratebound meets: what is wrong, which value, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RateboundError(ValueError):
    """Bad input or an inapplicable request, told in one line."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x' or 'y'?"`` for the known names nearest to `name`, else an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(m) for m in matches)}?" if matches else ""
