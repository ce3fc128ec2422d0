"""Labels: equivalent with a proof, false with a reason, or open. None of them reads a run of the mutant."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace

from sympy import Integer, Rational

from benchmarks.mutants.known import KNOWN
from benchmarks.mutants.operators import Mutant
from ratebound.experiments.adversary.tightness import known_tightness
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.prover import nonnegative
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import k

_RUN = ("method", "step", "measure", "weights", "replacement", "equality")
_PATIENCE = 1.0
"""Seconds of processor time."""


@dataclass(frozen=True)
class Label:
    """``"false"``, ``"equivalent"`` or ``"open"``, and why."""

    word: str
    reason: str


class TooLong(BaseException):
    """A proof that takes longer than it is worth. No Exception: algebra systems swallow those."""


def _proved(attempt: Callable[[], bool]) -> bool:
    """Whether the attempt proves its claim within a few seconds of processor time."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE, _PATIENCE)
    try:
        return attempt()
    except TooLong:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def label(mutant: Mutant, prove: bool = True) -> Label:
    """Return the label of a mutant, by the first of these rules that applies.

    Parameters
    ----------
    mutant
        The corrupted theorem.
    prove
        Whether to look for a proof that it is true all the same.
    """
    made = mutant.theorem
    if made is None:
        return Label("false", "static: its units or symbols are wrong")
    if prove and _proved(lambda: _closes(made, mutant.parent)):
        return Label("equivalent", "the certificate of the theorem proves it too")
    for other in (mutant.parent, *THEOREMS.values()) if prove else ():
        if _proved(lambda: _implies(other, made)):
            return Label("equivalent", f"implied by {other.id}: its bound is nowhere larger")
    if mutant.name in KNOWN:
        return Label(*KNOWN[mutant.name])
    if mutant.factor is not None and not mutant.parent.equality:
        found = known_tightness(mutant.parent.id)
        if found is None or found.ratio <= mutant.factor * (1 + 1e-6):
            worst = "none" if found is None else f"{found.ratio:.4g}"
            return Label("open", f"the worst ratio on record is {worst}")
        return Label("false", f"the worst ratio on record is {found.ratio:.6g}")
    if prove and _proved(lambda: _beyond_the_record(made, mutant.parent)):
        return Label("open", "nowhere below the bound times the worst ratio on record")
    return Label("false", "it claims more than the theorem, and no proof of it is known")


def _closes(made: Theorem, parent: Theorem) -> bool:
    if parent.certificate is None or parent.certificate.cited:
        return False
    try:
        replace(made, certificate=parent.certificate)
    except (RateboundError, NotImplementedError, TypeError, ValueError, AttributeError):
        return False
    return True


def _beyond_the_record(made: Theorem, parent: Theorem) -> bool:
    """Whether the mutant is so close to a loose theorem that nothing on record could break it."""
    found = known_tightness(parent.id)
    if found is None or any(getattr(made, name) != getattr(parent, name) for name in _RUN):
        return False
    worst = Rational(math.ceil(1000 * found.ratio), 1000)
    return nonnegative(made.bound - worst * parent.bound, made.chart, k, max(made.start, Integer(1)))


def _implies(other: Theorem, made: Theorem) -> bool:
    """Whether the other theorem speaks about the same runs and its bound is proved to be no larger."""
    if any(getattr(other, name) != getattr(made, name) for name in _RUN) or made.equality:
        return False
    if not nonnegative(made.start - other.start):
        return False
    if not all(nonnegative(r.gts - r.lts, made.chart) for r in other.where):
        return False
    if not {a.name for a in other.assumptions} <= {a.name for a in made.assumptions}:
        return False
    return nonnegative(made.bound - other.bound, made.chart, k, made.start)
