"""Proofs about states that stay bounded, as readable mathematics."""

from __future__ import annotations

from collections.abc import Iterator

from ratebound.theory.estimated import EstimateBelow
from ratebound.theory.proof_lines import Line
from ratebound.theory.signed import InBox, StepLength, kept, ratio_at
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, k

Stated = EstimateBelow | InBox | StepLength
"""The certificates whose proofs are written here."""


def of_states(theorem: Theorem, certificate: Stated) -> Iterator[Line]:
    """Yield the lines of a proof that a state stays bounded."""
    match certificate:
        case InBox():
            yield Line("Beside a step along signs, alpha in each coordinate, x is multiplied by")
            yield Line("  ", kept(theorem.method).xreplace({alpha: theorem.step}))
            yield Line(
                "which is not negative: the largest coordinate q obeys q' <= factor q + alpha, so that by"
            )
            yield Line("induction over k it is at most the bound", theorem.bound)
        case StepLength():
            yield Line(
                "With m_k and v_k the averages, by Cauchy and Schwarz m_k^2 <= c_k v_k in each coordinate,"
            )
            yield Line("c_{k+1} = (beta^2/decay) c_k + (1 - beta)^2/(1 - decay) and c_0 = 0, so that c_k =")
            yield Line("  ", ratio_at(k))
            yield Line(
                "The root of b0^2 + v_k/(1 - decay^k) is at least that without b0: the bound", theorem.bound
            )
        case EstimateBelow() as proof:
            yield from (Line(words) for words in proof.words(theorem))
            yield Line("so that every estimate is at most the bound", theorem.bound)
