"""The one error that a user of ratebound meets: what is wrong, which value, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MANY = 12
"""Names that are too many for one line."""


class RateboundError(ValueError):
    """Bad input or an inapplicable request, told in one line."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x' or 'y'?"`` for the known names nearest to `name`, else an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(m) for m in matches)}?" if matches else ""


def among(name: object, known: Iterable[str], listing: str = "") -> str:
    """Return what a user may have meant by `name`, and what there is.

    Parameters
    ----------
    name
        What was given.
    known
        What there is: told in full where it is little, or where nothing of it is near to `name` and nothing
        lists it.
    listing
        What lists all of it, such as a command.
    """
    names = list(known)
    meant = nearest(str(name), names)
    if len(names) > _MANY and (listing or meant):
        return meant + (f" ({listing} lists all {len(names)})" if listing else "")
    return f"{meant} (known: {', '.join(names)})"
