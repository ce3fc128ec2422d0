"""Labels: equivalent with a proof, false with a reason, or none yet. No rule reads a run of the mutant."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.mutants.known import KNOWN, PROOFS
from benchmarks.mutants.operators import Mutant
from ratebound.experiments.adversary.tightness import known_tightness
from ratebound.theory.algebra.prover import nonnegative
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificate import Certificate
from ratebound.theory.errors import RateboundError
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import k

_RUN = ("method", "step", "measure", "weights", "replacement", "equality")
_PATIENCE = 1.0
"""Seconds of processor time."""

Route = Literal["units", "record", "certificate", "implied", "derived", "pep", "counterexample", "none"]


@dataclass(frozen=True)
class Label:
    """What a mutant is, and how that is known.

    Parameters
    ----------
    label
        ``"false"``, ``"equivalent"`` (true all the same), or ``"open"``.
    route
        ``"units"``: refused at construction. ``"record"``: the worst run on record of the theorem breaks
        it. ``"certificate"``: a checked certificate proves it. ``"implied"``: a theorem with a smaller bound.
        ``"derived"``, ``"pep"``: by hand in :mod:`benchmarks.mutants.known`, by algebra or from a
        semidefinite program. ``"counterexample"``: nothing but the run that kills it. ``"none"``: open.
    reason
        Why.
    """

    label: Literal["false", "equivalent", "open"]
    route: Route
    reason: str


OPEN = Label("open", "none", "neither a proof nor a counterexample is known")


class TooLong(BaseException):
    """A proof that takes longer than it is worth. No Exception: algebra systems swallow those."""


def _proved(attempt: Callable[[], bool]) -> bool:
    """Whether the attempt proves its claim within a second of processor time."""

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
    """Return the label of a mutant, by the first of these rules that applies; open where none does.

    Parameters
    ----------
    mutant
        The corrupted theorem.
    prove
        Whether to look for a proof that it is true all the same.
    """
    made = mutant.theorem
    if made is None:
        return Label("false", "units", "its units or symbols are wrong")
    if mutant.name in KNOWN:
        return KNOWN_LABELS[mutant.name]
    worst = _broken_by_the_record(mutant)
    if worst is not None:
        return Label("false", "record", f"the worst ratio on record is {worst:.6g}")
    if prove:
        for author, certificate in _certificates(mutant.parent):
            if _proved(lambda: _closes(made, certificate)):
                return Label("equivalent", "certificate", f"the certificate of {author} proves it too")
        for other in (mutant.parent, *THEOREMS.values()):
            if _proved(lambda: _implies(other, made)):
                return Label("equivalent", "implied", f"implied by {other.id}: its bound is nowhere larger")
    return OPEN


KNOWN_LABELS = {name: Label(*entry) for name, entry in KNOWN.items()}
"""The labels given by hand."""


def _broken_by_the_record(mutant: Mutant) -> float | None:
    """Return the worst ratio on record of the theorem, where it refutes a smaller multiple of its bound."""
    if mutant.factor is None or mutant.parent.equality:
        return None
    found = known_tightness(mutant.parent.id)
    if found is None or found.ratio <= mutant.factor * (1 + 1e-6):
        return None
    return found.ratio


def _certificates(parent: Theorem) -> Iterator[tuple[str, Certificate]]:
    """Yield certificates about the same method and measure, that of the theorem first."""
    if parent.id in PROOFS:
        yield f"{parent.id}, sharpened by hand,", PROOFS[parent.id]
    for other in (parent, *(each for each in THEOREMS.values() if each.id != parent.id)):
        proof = other.certificate
        if proof is None or proof.cited or (other.method, other.measure) != (parent.method, parent.measure):
            continue
        if other is parent or proof != parent.certificate:
            yield other.id, proof


def _closes(made: Theorem, certificate: Certificate) -> bool:
    try:
        replace(made, certificate=certificate)
    except RateboundError:
        return False
    return True


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
