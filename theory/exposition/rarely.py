"""What is found about a claim in probability, in a few words."""

from __future__ import annotations

_FOUND = {
    "holds": "holds: exceeded with probability at most {}",
    "violated": "violated: exceeded with a probability above {}",
    "undecided": "undecided whether exceeded with probability at most {}",
}


def rarely(outcome: str, risk: str) -> str:
    """Return the outcome with the risk that was claimed.

    >>> rarely("holds", "0.1")
    'holds: exceeded with probability at most 0.1'
    """
    return _FOUND[outcome].format(risk)
