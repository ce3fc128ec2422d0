"""Proofs by the general forms, as readable mathematics: induction, telescoping, potentials, corollaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sympy import S

from ratebound.theory.certificate import LAST, Cited, Corollary, OneStep
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.gradient_sum import GradientSum
from ratebound.theory.certificates.growing import Growing
from ratebound.theory.certificates.memory import Memory
from ratebound.theory.certificates.potential import Potential
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.reduced_potential import ReducedPotential
from ratebound.theory.certificates.spectral import Chebyshev, Peak, Slowest, lam
from ratebound.theory.certificates.telescope import SUMMED, Telescope
from ratebound.theory.exposition.lines import Line, Writer, claim_lines, term_lines
from ratebound.theory.letters.stored import stored_gap
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, delta, delta_next, grad_sq


def _conjecture(theorem: Theorem, _: None) -> Iterator[Line]:
    yield Line("A conjecture: no proof is claimed.")


def _cited(theorem: Theorem, proof: Cited) -> Iterator[Line]:
    yield Line(f"Cited, not checked here: {proof.reason}. Source: {theorem.source}.")


def _one_step(theorem: Theorem, proof: OneStep) -> Iterator[Line]:
    yield from claim_lines(theorem.bound - delta_next, proof.by, proof.plus)


def _recursion(theorem: Theorem, proof: Recursion) -> Iterator[Line]:
    q, q_next = LAST[theorem.measure]
    yield from claim_lines(proof.rate * q + proof.noise - q_next, proof.by, proof.plus)
    cut = "" if proof.never_negative(theorem) else " (or zero, where it is negative)"
    yield Line(f"Induction over k with the factor{cut}", proof.rate)
    if proof.before is not None:
        first, _ = proof.before
        yield Line(f"and the bound at its start is at least that of {first.id} there, at k =", theorem.start)
    else:
        yield Line("and the bound covers the start at k =", theorem.start)
    yield Line(
        "and B(k+1) - (factor B(k) + noise) >= 0 for every k from there on, with the bound B(k) =",
        theorem.bound,
    )


def _telescope(theorem: Theorem, proof: Telescope) -> Iterator[Line]:
    last = theorem.measure not in SUMMED
    q = S.Zero if last else SUMMED[theorem.measure]
    yield Line("The potential V_k is", proof.potential)
    yield from claim_lines(
        proof.potential + proof.noise - proof.weight * q - proof.after(), proof.by, proof.plus
    )
    if last:
        yield Line("Summed over the steps, V_k <= V_0 + (sum of the noise), and V_k contains the measure.")
        if proof.share is not None:
            yield Line("V_k is at least the measure times", proof.share)
            for inequality, multiplier in proof.final.items():
                yield from term_lines(inequality, multiplier)
    else:
        yield Line(
            "Summed over j < k: sum of weight times quantity <= V_0 + (sum of the noise); the weight is",
            proof.weight,
        )
    for name, lemma in (("weights", proof.weight_sum), ("noise", proof.noise_sum)):
        if lemma is not None:
            side = "at most" if lemma.direction == "upper" else "at least"
            yield Line(
                f"The sum of the {name} by the lemma {lemma.name!r}: over j < k it is {side}", lemma.bound
            )
    if theorem.measure == "gap_average":
        yield Line("Jensen's inequality passes from the mean of f to f at the mean.")
    yield Line("Divided by the total weight this is at most the bound", theorem.bound)


def _corollary(theorem: Theorem, proof: Corollary) -> Iterator[Line]:
    yield Line(f"The theorem {proof.of.id}, whose bound is", proof.of.bound)
    for parameter, value in proof.values.items():
        yield Line(f"with {parameter} =", value)
    yield Line("within its range, is at most the bound", theorem.bound)


def _conversion(theorem: Theorem, proof: Conversion) -> Iterator[Line]:
    yield Line(f"The theorem {proof.of.id}, whose bound is", proof.of.bound)
    for parameter, value in proof.values.items():
        yield Line(f"with {parameter} =", value)
    yield Line("and at every point", proof.claim(theorem), ">= 0")
    for inequality, multiplier in proof.by.items():
        yield from term_lines(inequality, multiplier)
    yield Line("so that the measure is at most the bound", theorem.bound)


def _gradient_sum(theorem: Theorem, proof: GradientSum) -> Iterator[Line]:
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("Summed over j < k - 1; and at the last point", delta - proof.last * grad_sq, ">= 0")
    for inequality, multiplier in proof.final.items():
        yield from term_lines(inequality, multiplier)
    yield Line("so that the least squared gradient of x_0 .. x_{k-1} is at most the bound", theorem.bound)


def _spectral(theorem: Theorem, proof: Peak | Slowest | Chebyshev) -> Iterator[Line]:
    yield Line(
        "Along an eigenvector of curvature lambda the gradient is lambda times the error: it is followed"
    )
    yield Line("by itself, and a measure is a sum over the eigenvectors.")
    if isinstance(proof, Peak):
        yield Line("Each step multiplies the error by", 1 - alpha * lam)
        yield Line(
            "The factor of the start after k steps rises with lambda up to, and falls behind, lambda ="
        )
        yield Line("  ", proof.at)
        yield Line("where it is the bound", theorem.bound)
    elif isinstance(proof, Slowest):
        yield Line("Each step multiplies the error by", proof.factor(theorem))
        yield Line("which is nonnegative and largest at the least eigenvalue: the bound", theorem.bound)
    else:
        yield Line("With x_{-1} = x_0 the error is rho^k (U_k(t) - rho U_{k-1}(t)), rho =", proof.rho)
        yield Line("U_k the Chebyshev polynomials of the second kind, and |t| <= 1 on the spectrum.")
        yield Line("There |U_k| <= k + 1, so that the measure is at most the bound", theorem.bound)


def _potential(theorem: Theorem, proof: Potential) -> Iterator[Line]:
    yield Line("Letters are vectors seen from x*, products inner products; GY is the gradient at Y.")
    yield Line("The potential V_k is", proof.potential)
    if proof.lower is not None:
        yield Line("which is at least the potential from which the next step starts", proof.lower)
    if theorem.stochastic:
        yield Line("In expectation over g, of mean GY, whose square has the mean moment:")
    yield from claim_lines(proof.claim(theorem.method), proof.by, proof.plus)
    if proof.factor == 1:
        yield Line("Over k steps V_k <= V_0,")
    else:
        yield Line("Over k steps V_k <= factor^k V_0, with the factor", proof.factor)
    yield Line("and V_k contains the measure, which is at most the bound", theorem.bound)


def _reduced_potential(theorem: Theorem, proof: ReducedPotential) -> Iterator[Line]:
    yield Line("W is w_k - x* of the snapshot w_k, g the whole estimate grad f_i(y_k) - grad f_i(w_k) + v_k.")
    yield Line(
        "The gap of the snapshot, H_k, is one step later in the mean", proof.gaps(theorem.method)[stored_gap]
    )
    yield from _potential(theorem, proof)


def _memory(theorem: Theorem, proof: Memory) -> Iterator[Line]:
    yield Line(
        "Letters are vectors (X is x_k - x*, M the momentum, G is grad f(x_k)), products inner products;"
    )
    yield Line("P is p_k - x* and GP is grad f(p_k), where p_k - x* is", proof.aside)
    if proof.follows(theorem):
        yield Line("so that p_{k+1} is x_k.")
    yield Line("The potential V_k is", proof.potential)
    if theorem.stochastic:
        yield Line("In expectation over g_k, with what the update makes of the letters:")
    yield from claim_lines(proof.claim(theorem), proof.by, proof.plus)
    if proof.weight == 0:
        yield Line("Summed over k + 1 steps, V_{k+1} <= V_0 + (k + 1) times the noise", proof.noise)
        yield Line("and V_{k+1} contains f(x_k) - f*, which is at most the bound", theorem.bound)
        return
    yield Line("Summed over j < k, with the weight", proof.weight)
    if proof.noise == 0:
        yield Line("the weighted sum is at most V_0.")
    else:
        yield Line("the weighted sum is at most V_0 + k times the noise", proof.noise)
    yield Line("Divided by the total weight this is at most the bound", theorem.bound)


def _growing(theorem: Theorem, proof: Growing) -> Iterator[Line]:
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("Divided by growth^(j+1) and summed over j < k, with the growth", proof.growth)
    yield Line(
        "the mean of squared gradients is at most (gap0/W + noise)/c, W the sum of these weights, with c",
        proof.decrease,
    )
    yield Line("and 1/W <= 1/k + growth - 1, as growth^k >= 1 + k (growth - 1): the bound", theorem.bound)


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        type(None): _conjecture,
        Cited: _cited,
        OneStep: _one_step,
        Recursion: _recursion,
        Telescope: _telescope,
        Corollary: _corollary,
        Conversion: _conversion,
        GradientSum: _gradient_sum,
        Peak: _spectral,
        Slowest: _spectral,
        Chebyshev: _spectral,
        Potential: _potential,
        ReducedPotential: _reduced_potential,
        Memory: _memory,
        Growing: _growing,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
