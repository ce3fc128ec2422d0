"""Formulas about runs in which chance has no part: the same, without the expectations."""

from __future__ import annotations

import re

_OF_BRACKETS = re.compile(r"(?:\\mathbb\{E\}|\bE)(?:_k)?(?:\\left)?\[(.*?)(?:\\right)?\]")
_OF_REST = re.compile(r"\\mathbb\{E\}(?:_k)? ?|\bE_k |\bE(?:_k)?(?=\|\||‖)|\bE (?=max)")


def sure(formula: str) -> str:
    """Return a formula, typeset or in plain letters, without its expectations.

    >>> sure(r"\\mathbb{E}\\left[f(x_k)-f_*\\right]"), sure("least E||grad f(x_j)||^2 over j < k")
    ('f(x_k)-f_*', 'least ||grad f(x_j)||^2 over j < k')
    """
    return _OF_REST.sub("", _OF_BRACKETS.sub(r"\1", formula))
