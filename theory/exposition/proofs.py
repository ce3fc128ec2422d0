"""A certificate as readable mathematics: which inequality, times which multiplier, summed how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Max, S

from ratebound.theory.certificate import LAST, Cited, Corollary, OneStep
from ratebound.theory.certificates.accumulated import AnySteps, ShortSteps
from ratebound.theory.certificates.accumulated_box import LargestAverage, SummedSquares
from ratebound.theory.certificates.batch_variance import BatchVariance
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.gradient_sum import GradientSum
from ratebound.theory.certificates.growing import Growing
from ratebound.theory.certificates.inexact import Nearing, Perturbed, Summed
from ratebound.theory.certificates.interpolated import Interpolated
from ratebound.theory.certificates.last_falling import LastFalling
from ratebound.theory.certificates.last_iterate import LastIterate
from ratebound.theory.certificates.least_gradient import LeastGradient
from ratebound.theory.certificates.look_ahead import LookAhead
from ratebound.theory.certificates.memory import Memory
from ratebound.theory.certificates.noisy_directions import NoisyDirection
from ratebound.theory.certificates.noisy_momentum import NoisyMomentum
from ratebound.theory.certificates.orthogonal import OrthogonalDescent
from ratebound.theory.certificates.phases import TwoPhases
from ratebound.theory.certificates.potential import Potential
from ratebound.theory.certificates.reciprocal import Reciprocal
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.certificates.spectral import Chebyshev, Peak, Slowest, lam
from ratebound.theory.certificates.star_steps import StarSteps
from ratebound.theory.certificates.tails import Restarted, Tail
from ratebound.theory.certificates.telescope import SUMMED, Telescope
from ratebound.theory.certificates.within import Within
from ratebound.theory.exposition.last import (
    last_falling,
    last_iterate,
    orthogonal,
    reciprocal,
    restarted,
    tail,
    two_phases,
)
from ratebound.theory.exposition.lines import Line, claim_lines, term_lines
from ratebound.theory.exposition.reduced import VarianceReduced, of_reduced
from ratebound.theory.exposition.samples import batch_variance, star_steps
from ratebound.theory.exposition.second import ByModel, of_models
from ratebound.theory.exposition.squares import OfSquares, of_squares
from ratebound.theory.exposition.states import Stated, of_states
from ratebound.theory.exposition.steps import (
    any_steps,
    interpolated,
    least_gradient,
    look_ahead,
    nearing,
    noisy_direction,
    noisy_momentum,
    on_a_box,
    perturbed,
    short_steps,
    summed_errors,
    within,
)
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, delta, delta_next, grad_sq
from ratebound.theory.visits import IN_WORDS


def exposition(theorem: Theorem) -> list[Line]:
    """Return the proof of a theorem as lines to print."""
    if theorem.in_passes:
        words = f"Here {IN_WORDS[theorem.visits]}; x_k is where pass k starts."
        return [Line(words), *_proof(theorem)]
    return _proof(theorem)


def _proof(theorem: Theorem) -> list[Line]:
    match theorem.certificate:
        case None:
            return [Line("A conjecture: no proof is claimed.")]
        case Cited(reason=reason):
            return [Line(f"Cited, not checked here: {reason}. Source: {theorem.source}.")]
        case Recursion() as proof:
            return list(_recursion(theorem, proof))
        case Cases() as proof:
            return list(_cases(theorem, proof))
        case Telescope() as proof:
            return list(_telescope(theorem, proof))
        case Corollary() as proof:
            return list(_corollary(theorem, proof))
        case OneStep() as proof:
            return list(claim_lines(theorem.bound - delta_next, proof.by, proof.plus))
        case BatchVariance():
            return list(batch_variance(theorem))
        case Reciprocal() as proof:
            return list(reciprocal(theorem, proof))
        case OrthogonalDescent() as proof:
            return list(orthogonal(theorem, proof))
        case Conversion() as proof:
            return list(_conversion(theorem, proof))
        case GradientSum() as proof:
            return list(_gradient_sum(theorem, proof))
        case Peak() | Slowest() | Chebyshev() as proof:
            return list(_spectral(theorem, proof))
        case Potential() as proof:
            return list(_potential(theorem, proof))
        case Memory() as proof:
            return list(_memory(theorem, proof))
        case _ if isinstance(theorem.certificate, VarianceReduced):
            return list(of_reduced(theorem, theorem.certificate))
        case _ if isinstance(theorem.certificate, Stated):
            return list(of_states(theorem, theorem.certificate))
        case Growing() as proof:
            return list(_growing(theorem, proof))
        case StarSteps() as proof:
            return list(star_steps(theorem, proof))
        case LeastGradient() as proof:
            return list(least_gradient(theorem, proof))
        case ShortSteps():
            return list(short_steps(theorem))
        case AnySteps() as proof:
            return list(any_steps(theorem, proof))
        case LookAhead() as proof:
            return list(look_ahead(theorem, proof))
        case Perturbed() as proof:
            return list(perturbed(theorem, proof))
        case Summed() as proof:
            return list(summed_errors(theorem, proof))
        case Nearing() as proof:
            return list(nearing(theorem, proof))
        case Interpolated() as proof:
            return list(interpolated(theorem, proof))
        case LastIterate() as proof:
            return list(last_iterate(theorem, proof))
        case LastFalling() as proof:
            return list(last_falling(theorem, proof))
        case _ if isinstance(theorem.certificate, ByModel):
            return list(of_models(theorem, theorem.certificate))
        case _ if isinstance(theorem.certificate, OfSquares):
            return list(of_squares(theorem, theorem.certificate))
        case SummedSquares() | LargestAverage() as proof:
            return list(on_a_box(theorem, proof))
        case NoisyDirection() as proof:
            return list(noisy_direction(theorem, proof))
        case NoisyMomentum() as proof:
            return list(noisy_momentum(theorem, proof))
        case Within() as proof:
            return list(within(theorem, proof))
        case Restarted() as proof:
            return list(restarted(theorem, proof))
        case TwoPhases() as proof:
            return list(two_phases(theorem, proof))
        case Tail() as proof:
            return list(tail(theorem, proof))
        case _:
            return [Line("Checked by a certificate of its own kind.")]


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


def _cases(theorem: Theorem, proof: Cases) -> Iterator[Line]:
    (top,) = theorem.bound.atoms(Max)
    yield Line("The bound grows with", top)
    yield Line("so that it suffices to prove it with one argument of the maximum; by cases:")
    for where, argument, certificate in proof.cases:
        yield Line("Case " + ", ".join(map(str, where)) + ", with", argument)
        case = replace(theorem, bound=theorem.bound.subs(top, argument), where=where, certificate=certificate)
        yield from exposition(case)


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
