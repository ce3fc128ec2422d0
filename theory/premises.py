"""What a proof rests on that does not come with this library: what its author states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from ratebound.theory.inequality import Assumption, Inequality

if TYPE_CHECKING:
    from ratebound.theory.statement import Theorem

Premise = Inequality | Assumption | type
"""An inequality, an assumption, or a kind of certificate of the author's own."""

UNKNOWN = "which its author states and this library does not vouch for"
"""What is said of a premise."""


def premises_of(theorem: Theorem) -> tuple[Premise, ...]:
    """Return what the author of a theorem states, in order; nothing in the catalogue."""
    return tuple(dict.fromkeys(_stated((theorem.assumptions, theorem.certificate))))


def _stated(part: object) -> Iterator[Premise]:
    """Yield the premises within a part of a theorem; proofs may hold other theorems, with their proofs."""
    if isinstance(part, Inequality | Assumption):
        if not part.known:
            yield part
    elif isinstance(part, Mapping):
        yield from _stated((*part.keys(), *part.values()))
    elif isinstance(part, tuple | list):
        for each in part:
            yield from _stated(each)
    elif hasattr(part, "check") and not _ours(type(part)):
        yield type(part)
    elif is_dataclass(part):
        for each in fields(part):
            yield from _stated(getattr(part, each.name))


def _ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == __name__.partition(".")[0]


def in_words(premise: Premise) -> str:
    """Return a premise in words."""
    if isinstance(premise, Inequality):
        return f"the inequality {premise.name!r}"
    if isinstance(premise, Assumption):
        return f"the assumption {premise.name!r}"
    return f"the certificate {premise.__name__}"
