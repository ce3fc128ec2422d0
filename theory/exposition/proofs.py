"""A certificate as readable mathematics: which inequality, times which multiplier, summed how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sympy import Max

from ratebound.theory.certificates.recursion import Cases
from ratebound.theory.exposition import forms, last, reduced, samples, second, squares, states, steps
from ratebound.theory.exposition.lines import Line, Writer
from ratebound.theory.premises import UNKNOWN, in_words
from ratebound.theory.statement import Theorem
from ratebound.theory.visits import IN_WORDS


def exposition(theorem: Theorem) -> list[Line]:
    """Return the proof of a theorem as lines to print."""
    kinds = type(theorem.certificate).__mro__
    write = next((_LINES[kind] for kind in kinds if kind in _LINES), _of_its_own)
    lines = list(write(theorem, theorem.certificate))
    if theorem.in_passes:
        lines = [Line(f"Here {IN_WORDS[theorem.visits]}; x_k is where pass k starts."), *lines]
    stated = [Line(f"It rests on {in_words(each)}, {UNKNOWN}.") for each in theorem.premises]
    return [*stated, *lines]


def _cases(theorem: Theorem, proof: Cases) -> Iterator[Line]:
    (top,) = theorem.bound.atoms(Max)
    yield Line("The bound grows with", top)
    yield Line("so that it suffices to prove it with one argument of the maximum; by cases:")
    for where, argument, certificate in proof.cases:
        yield Line("Case " + ", ".join(map(str, where)) + ", with", argument)
        case = replace(theorem, bound=theorem.bound.subs(top, argument), where=where, certificate=certificate)
        yield from exposition(case)


def _of_its_own(theorem: Theorem, proof: object) -> Iterator[Line]:
    yield Line("Checked by a certificate of its own kind.")


_LINES: Mapping[type, Writer] = {
    Cases: _cases,
    **forms.LINES,
    **last.LINES,
    **reduced.LINES,
    **samples.LINES,
    **second.LINES,
    **squares.LINES,
    **states.LINES,
    **steps.LINES,
}
"""Who writes the proof of each kind of certificate."""
