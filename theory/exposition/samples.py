"""Proofs about samples, as readable mathematics: steps whose length one sets, and what batches leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ratebound.theory.certificates.batch_variance import BatchVariance
from ratebound.theory.certificates.star_steps import StarSteps
from ratebound.theory.exposition.lines import Line, Writer, claim_lines
from ratebound.theory.statement import Theorem


def _star_steps(theorem: Theorem, proof: StarSteps) -> Iterator[Line]:
    """Yield the lines of a proof with a tangent that is chosen at the end."""
    yield Line("For every number s >= 0, which the method does not know:")
    yield from claim_lines(proof.claim, proof.by, {})
    yield Line(
        "Summed over j < k the gaps times their factor are at most D^2 and the noise, for s", proof.best
    )
    yield Line("By Jensen's inequality the average is bounded by", theorem.bound)


def _batch_variance(theorem: Theorem, _: BatchVariance) -> Iterator[Line]:
    """Yield the lines of the proof of what batches leave of the variance of one draw."""
    drawn = "independent" if theorem.replacement else "distinct"
    yield Line(f"The square of a mean of b {drawn} draws has b squares and b (b - 1) products of two draws;")
    yield Line(
        "the deviations v_i = grad f_i - grad f sum to zero, so that the expected product of two draws is"
    )
    yield Line("  0" if theorem.replacement else "  - variance/(n - 1)")
    yield Line("which adds up to", theorem.bound, "exactly")


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        BatchVariance: _batch_variance,
        StarSteps: _star_steps,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
