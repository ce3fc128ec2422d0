"""Proofs of variance reduction as readable mathematics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sympy import Expr, Max

from ratebound.theory.certificates.beside_gap import BesideGap
from ratebound.theory.certificates.chained import Chained
from ratebound.theory.certificates.dual_ascent import DualAscent, share
from ratebound.theory.certificates.dual_free import DualFree, coupled
from ratebound.theory.certificates.epochs import Epochs
from ratebound.theory.certificates.reduced import Reduced, renewal
from ratebound.theory.certificates.shrinking import Shrinking
from ratebound.theory.certificates.stored_mean import StoredMean, averaged
from ratebound.theory.certificates.tracked_sum import TrackedSum
from ratebound.theory.certificates.tracking import only_tracked
from ratebound.theory.exposition.lines import Line, Writer, claim_lines, term_lines
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, moment_next, mu_min, sigma_star_sq


def _reduced(theorem: Theorem, proof: Reduced) -> Iterator[Line]:
    """Yield the lines of a proof with stored gradients."""
    yield Line("The estimate has the mean grad f(x_k). In expectation a step makes of the state:")
    for after, value in renewal(theorem.method).items():
        yield Line("  ", after, "is")
        yield Line("    ", value)
    yield Line("The potential V_k is", proof.potential)
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    if proof.start:
        yield Line("What is stored at x_0 is what is found there, which the gap bounds:")
        for inequality, multiplier in proof.start.items():
            yield from term_lines(inequality, multiplier)
    if proof.near:
        yield Line("The distance at x_0 is bounded by the gap there:")
        for inequality, multiplier in proof.near.items():
            yield from term_lines(inequality, multiplier)
    if proof.carried != 0:
        yield Line("What is stored stays as it is at x_0; every step adds it, times", proof.carried)
    yield from _gathered(theorem, proof.weight != 0, Max(*proof.rates))


def _beside_gap(theorem: Theorem, proof: BesideGap) -> Iterator[Line]:
    """Yield the lines of a proof with the gap and one more quantity, which a step replaces."""
    introduction, at_start = proof.said
    yield Line(introduction)
    for after, value in proof.definitions(theorem.method).items():
        yield Line("  ", after, "is")
        yield Line("    ", value)
    yield Line(f"The potential V_k, with {at_start} at x_0, is", proof.potential)
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield from _gathered(theorem, proof.weight != 0, Max(*proof.rates))


def _dual_free(theorem: Theorem, proof: DualFree) -> Iterator[Line]:
    """Yield the lines of a proof where a step moves x and the vector of a sample along one residual."""
    yield Line("The residual has the mean grad f(x_k). In expectation a step makes of the state:")
    for after, value in coupled(theorem.method).items():
        yield Line("  ", after, "is")
        yield Line("    ", value)
    yield Line("The potential V_k is", proof.potential)
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("At the start the second term is known exactly, by", sigma_star_sq + mu_min**2 * D**2)
    yield from _gathered(theorem, False, proof.rate)


def _tracked_sum(theorem: Theorem, proof: TrackedSum) -> Iterator[Line]:
    """Yield the lines of a proof that sums the errors of an estimate."""
    yield Line("With e_k the error of the estimate v_k, which is the full gradient at x_0:")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("The mean of ||e_k||^2 + r ||v_k||^2 does not grow, with r", proof.share)
    yield from claim_lines(proof.falling, proof.falls, {})
    yield Line("so that it is at most r ||grad f(x_0)||^2 at every k.")
    if proof.start:
        yield Line("The gap at x_0 is bounded by the gradient there:")
        for inequality, multiplier in proof.start.items():
            yield from term_lines(inequality, multiplier)
    yield from _gathered(theorem, True, proof.weight)


def _shrinking(theorem: Theorem, proof: Shrinking) -> Iterator[Line]:
    """Yield the lines of a proof that an estimate shrinks."""
    yield Line("With v_k the estimate, in expectation and at most:")
    yield Line("  ", moment_next, "is")
    yield Line("    ", only_tracked(theorem.method)[moment_next])
    yield from claim_lines(proof.claim, proof.by, {})
    yield Line("At x_0 the estimate is the full gradient; k steps multiply its square by factor^k at most:")
    yield Line("the bound", theorem.bound)


def _stored_mean(theorem: Theorem, proof: StoredMean) -> Iterator[Line]:
    """Yield the lines of a proof for steps along the mean of what is stored."""
    yield Line(
        "The step is along v_{k+1}, the mean of what is stored. In expectation a step makes of the state:"
    )
    for after, value in averaged(theorem.method).items():
        yield Line("  ", after, "is")
        yield Line("    ", value)
    yield Line("The potential V_k is", proof.potential)
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("V_k is at least the squared distance times", proof.share)
    for inequality, multiplier in proof.final.items():
        yield from term_lines(inequality, multiplier)
    yield from _gathered(theorem, theorem.measure == "gap_average", proof.rate)


def _dual_ascent(theorem: Theorem, proof: DualAscent) -> Iterator[Line]:
    """Yield the lines of a proof by the dual function."""
    yield Line(
        "The dual vector b_i of the drawn sample moves towards the gradient of phi_i at x_k, by the share"
    )
    yield Line("  ", share(theorem.method))
    yield Line(
        "where phi_i is f_i without (mu_min/2)||x||^2. In expectation the dual function D rises by at least"
    )
    yield Line("q (f(x_k) - D(b)) = q (f(x_k) - f*) + q (f* - D(b)), q that of the largest L_i, over n:")
    yield Line("  ", proof.rate(theorem))
    yield Line("so that k steps multiply f* - D(b) by (1 - q)^k at most. At the start it is at most")
    yield Line("  ", proof.start())
    yield Line("and the measure is at most f* - D(b) times", proof.factor(theorem))
    yield Line("which is at most the bound", theorem.bound)


def _epochs(theorem: Theorem, proof: Epochs) -> Iterator[Line]:
    """Yield the lines of a proof for epochs, each from where the one before has got."""
    yield Line(f"The theorem {proof.of.id}, whose bound is", proof.of.bound)
    yield Line(
        "holds whatever x_0 is. Within an epoch the snapshot x stays, and z moves as the iterate there."
    )
    if theorem.method.draws is not None and theorem.method.draws.picks:
        yield Line("The next epoch starts at any of the points of this one, drawn evenly. What is measured")
        yield Line("there is in expectation the mean over the epoch: that at its start, times at most")
    else:
        yield Line("At the end the next epoch starts at the average. By Jensen's inequality the gap there is")
        yield Line("at most the mean gap over the epoch: that at its start, times at most")
    yield Line("  ", proof.factor(theorem))
    yield Line("and by as much in each of the whole epochs, which is the bound", theorem.bound)


def _chained(theorem: Theorem, proof: Chained) -> Iterator[Line]:
    """Yield the lines of a proof for epochs that start at the last point of the one before."""
    yield Line("Within an epoch, of K steps, k counts them.")
    one = proof.epoch(theorem)
    assert isinstance(one.certificate, BesideGap)
    yield from _beside_gap(one, one.certificate)
    yield Line("The next epoch starts where this one ends, with f(x_K) - f* <= V_K. So the descents of all")
    yield Line("epochs, and of a part of one, add up, which is the bound", theorem.bound)


def _gathered(theorem: Theorem, summed: bool, rate: Expr) -> Iterator[Line]:
    if not summed:
        yield Line("Over k steps V is multiplied by at most the k-th power of", rate)
        yield Line("and V_k contains the measure, which is at most the bound", theorem.bound)
        return
    yield Line("Summed over j < k, with V_k >= 0, and divided by the total weight:")
    if theorem.measure == "gap_average":
        yield Line("Jensen's inequality passes from the mean of f to f at the mean.")
    yield Line("the measure is at most the bound", theorem.bound)


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        Reduced: _reduced,
        BesideGap: _beside_gap,
        DualFree: _dual_free,
        DualAscent: _dual_ascent,
        Epochs: _epochs,
        Chained: _chained,
        StoredMean: _stored_mean,
        TrackedSum: _tracked_sum,
        Shrinking: _shrinking,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
