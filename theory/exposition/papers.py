"""The papers that a source names: their authors and their year."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = r"(?:(?:de|Le|Van) )?(?:d['’])?[A-Z][\w'’-]+"
_PAPER = re.compile(rf"((?:{_NAME}(?:, | and | et al\. | ))+\d{{4}})\b")


def papers(source: str) -> list[str]:
    """Return the papers of a source, each as its authors and its year: "Nesterov and Polyak 2006"."""
    return _PAPER.findall(source)


def joined(names: Iterable[str]) -> dict[str, str]:
    """Return the full name of each paper: "et al." stands for the one with this first author and year.

    Parameters
    ----------
    names
        Papers as :func:`papers` returns them.
    """
    known = set(names)
    full: dict[str, str] = {}
    for name in known:
        first, _, year = name.partition(" et al. ")
        long = [other for other in known if other.startswith(f"{first}, ") and other.endswith(f" {year}")]
        full[name] = long[0] if year and len(long) == 1 else name
    return full
