"""Proofs about steps of other kinds, as readable mathematics: steps by the gradient, ahead, in passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sympy import factor

from ratebound.theory.assumptions import descent_lemma, value_below_distance
from ratebound.theory.certificates.accumulated import AnySteps, ShortSteps
from ratebound.theory.certificates.accumulated_box import LargestAverage, SummedSquares
from ratebound.theory.certificates.inexact import Nearing, Perturbed, Summed
from ratebound.theory.certificates.interpolated import Interpolated
from ratebound.theory.certificates.least_gradient import LeastGradient
from ratebound.theory.certificates.look_ahead import LookAhead
from ratebound.theory.certificates.noisy_directions import NoisyDirection
from ratebound.theory.certificates.noisy_momentum import NoisyMomentum, fades, share
from ratebound.theory.certificates.within import Within
from ratebound.theory.exposition.lines import Line, Writer, claim_lines, term_lines
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, alpha, b0, gap0, n


def _least_gradient(theorem: Theorem, proof: LeastGradient) -> Iterator[Line]:
    """Yield the lines of a proof by pieces of the gradient norm."""
    yield Line("N is", proof.norm)
    for piece in proof.pieces:
        if len(proof.pieces) > 1:
            yield Line("Where N is at least", piece.low)
            if piece.high is not None:
                yield Line("and at most", piece.high)
        yield Line("One step. The claim", proof.claim(piece), ">= 0")
        yield Line("is the sum of these terms, each >= 0, and of a rest that is free of the state and >= 0:")
        for inequality, multiplier in piece.by.items():
            yield from term_lines(inequality, multiplier)
    summed = "Summed over j < k the decrease is at most the potential at x_0"
    if proof.noise == 0:
        yield Line(f"{summed}.")
    else:
        yield Line(f"{summed} and the noise, which per step is", proof.noise)
    for name, lemma in (("weights", proof.weight_sum), ("noise", proof.noise_sum)):
        if lemma is not None:
            side = "at most" if lemma.direction == "upper" else "at least"
            yield Line(f"The sum of the {name} by the lemma {lemma.name!r} is {side}", lemma.bound)
    if theorem.averaged_over is not None:
        yield Line("What is paid for is the mean of N, which is at most", theorem.bound)
        return
    least = "N" if theorem.measure == "gap_best" else "squared N"
    yield Line(
        f"Were the least {least} of x_0 .. x_{{k-1}} above the bound, more would be paid:", theorem.bound
    )


def _adagrad(theorem: Theorem) -> Iterator[Line]:
    yield Line("B is the accumulator after the gradient has entered, e the length", alpha * b0)
    yield Line(
        f"Each step is e/B times the gradient, so that the {descent_lemma.name} says",
        descent_lemma.slack,
        ">= 0",
    )


def _short_steps(theorem: Theorem, _: ShortSteps) -> Iterator[Line]:
    """Yield the lines of the proof for AdaGrad-Norm with short steps."""
    yield from _adagrad(theorem)
    yield Line("As B >= b0 and alpha <= 1/L, at least half of the decrease e/B ||g||^2 stays.")
    yield Line(
        "Summed, with the last B in place of every other: S <= A sqrt(b0^2 + S), where A is",
        2 * gap0 / (alpha * b0),
    )
    yield Line("S, the sum of the squared gradients, is at most the positive root of S^2 = A^2 (b0^2 + S),")
    yield Line("and S/k is at most the bound", theorem.bound)


def _any_steps(theorem: Theorem, proof: AnySteps) -> Iterator[Line]:
    """Yield the lines of the proof for AdaGrad-Norm with steps of any length."""
    yield from _adagrad(theorem)
    yield Line(
        "||g||^2/B is at least the growth B - b of the accumulator, and ||g||^2/(2 B^2) is at most log(B/b),"
    )
    yield Line("since log(u) >= (1 - 1/u^2)/2 for u >= 1: delta + e b - e^2 L log(b) does not grow.")
    yield Line("With log(u) <= u/c + log(c) - 1 at c = 2 alpha L the accumulator stays below", proof.limit)
    yield Line("and its square less b0^2, divided by k, is at most the bound", theorem.bound)


def _on_a_box(theorem: Theorem, proof: SummedSquares | LargestAverage) -> Iterator[Line]:
    """Yield the lines of a proof by an accumulator, on a box."""
    yield Line("Half the side of the box is H; per coordinate e is that of x_k - x* and u that of g_k, and")
    yield Line(
        "A and B are the accumulator before and after u has entered, the root of the step's denominator."
    )
    yield Line(
        "The projection brings no point further from x*, and e^2 <= (2 H)^2, so that with the length l"
    )
    yield Line("B e_{k+1}^2 <= A e^2 + (B - A) (2 H)^2 - 2 l u e + l^2 u^2/B, and A e^2 telescopes.")
    if isinstance(proof, SummedSquares):
        yield Line(
            "As u^2 = B^2 - A^2, u^2/B is at most 2 (B - A), which telescopes too; the mean of the last"
        )
        yield Line(
            "accumulators is at most the root of the mean of their squares (Jensen; Cauchy and Schwarz)."
        )
    else:
        yield Line("B/l never falls, B <= sqrt(b0^2 + grad_inf^2) and u^2/B <= grad_inf/sqrt(1 - decay).")
    yield Line("The mean of u e, over all coordinates, is at least f(x_k) - f*; divided by k and by 2 l,")
    yield Line("with Jensen's inequality for the average, the bound", theorem.bound)


def _look_ahead(theorem: Theorem, proof: LookAhead) -> Iterator[Line]:
    """Yield the lines of a proof with gradients taken ahead."""
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    if proof.weight == 0:
        yield Line("Over k steps f - f* is multiplied by at most the k-th power of", factor(proof.rate))
        yield Line("which gives the bound", theorem.bound)
    else:
        yield Line("Summed over j < k, with f(x_k) >= f*, this gives the bound", theorem.bound)


def _perturbed(theorem: Theorem, proof: Perturbed) -> Iterator[Line]:
    """Yield the lines of a proof about a contraction with errors."""
    yield Line("With the exact gradient:")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("The error moves the point by at most alpha ||e_k||, so that in each step the distance to x*")
    yield Line("is multiplied by the factor, and alpha error is added, the factor being", proof.factor)
    yield Line("Over k steps the distance is at most the root of the bound", theorem.bound)


def _nearing(theorem: Theorem, proof: Nearing) -> Iterator[Line]:
    """Yield the lines of a proof about iterates that come nearer while they are far."""
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("With r_j = ||x_j - x*|| the part of the error is at most 2 alpha error r_{j+1}. If no gap of")
    yield Line("x_1 .. x_{k-1} is below error D, then (r_{j+1} - alpha error)^2 is at most r_j^2 - 2 alpha")
    yield Line("error D + (alpha error)^2, so that no r_j exceeds D, where alpha error <= D. Summed over")
    yield Line("k - 1 steps, the best gap is at most the bound", theorem.bound)
    yield Line("Where alpha error > D, that of x_0 is below error D:", value_below_distance.slack, ">= 0")


def _summed_errors(theorem: Theorem, proof: Summed) -> Iterator[Line]:
    """Yield the lines of a proof about errors of which the sum is finite."""
    yield Line("An exact step goes from x_j to y_j; of it is claimed, with y_j for x_{k+1}:")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("The error moves y_j by a_j = alpha ||e_j||, so that r_j = ||x_j - x*|| is at most D and the")
    yield Line(
        "sum of the a_i with i < j. Then 2 alpha (f(x_j) - f*) <= r_j^2 - r_{j+1}^2 + 2 a_j r_j + a_j^2,"
    )
    yield Line(
        "and summed over j < k, by Jensen's inequality, f at the average is at most the bound", theorem.bound
    )


def _interpolated(theorem: Theorem, proof: Interpolated) -> Iterator[Line]:
    """Yield the lines of a proof for gradients between iterate and average."""
    yield Line("The potential V_k is k (f(x_{k-1}) - f*) + ||z_k - x*||^2/(2 alpha).")
    yield from claim_lines(proof.claim(theorem.method), proof.by, {})
    yield Line("(X, Y, Z, P are x_k, y_k, z_k, x_{k-1} less x*; G and GY the gradients at x_k and y_k)")
    yield Line(
        "Summed over k + 1 steps, V_{k+1} contains (k + 1) (f(x_k) - f*), at most k + 1 times", theorem.bound
    )


def _within(theorem: Theorem, proof: Within) -> Iterator[Line]:
    """Yield the lines of a proof by the single steps of passes."""
    yield Line("Within a pass x_j is compared with x*_j, where the pass would bring x*; x*_0 = x*_n = x*.")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("Induction over the n k steps from the start, with the factor", proof.rate)
    yield Line("from", D**2)
    yield Line(f"is at most the bound, read off after every {n} steps", theorem.bound)


def _noisy_direction(theorem: Theorem, proof: NoisyDirection) -> Iterator[Line]:
    """Yield the lines of the proof for steps along the direction of a noisy gradient."""
    noise, curvature = proof.parts(theorem)
    yield Line(
        "With h = grad f(x_k), H = ||h||, g = h + e the estimate, u = g/||g|| and s the root of E||e||^2,"
    )
    yield Line("every draw obeys H - <h, u> <= ||e - s h/H||^2/(2 s): with r = ||g|| and t the cosine of the")
    yield Line(
        "angle between g and h both sides are linear in t, and at both ends it is so. Its mean is at most s."
    )
    if theorem.measure == "grad_l1_mean":
        yield Line("Signs are unit vectors of single coordinates: so it is for each, and the s add up.")
    yield Line("So a step of the length l takes l (H - s) from f, in the mean, less l^2/2 times", curvature)
    yield Line("where s, divided by the root of the batch, is at most", noise)
    yield Line("Summed over j < k and divided by the sum of the lengths, the bound", theorem.bound)


def _noisy_momentum(theorem: Theorem, proof: NoisyMomentum) -> Iterator[Line]:
    """Yield the lines of the proof for steps along a momentum."""
    yield Line(
        "With h = grad f(x_k), H = ||h||, m the momentum: H - <h, m>/||m|| <= 2 ||m - h|| for every draw,"
    )
    yield Line(
        "so that a step of the length l takes l (H - 2 ||m - h||) from f, less l^2 L/2. The error of m is"
    )
    yield Line("m_k - h_k = beta (m_{k-1} - h_{k-1}) + beta (h_{k-1} - h_k) + (1 - beta) e_k, from e_0 on:")
    yield Line("what lags, as no step is longer than l, which is at most", proof.lag())
    yield Line(
        "and uncorrelated noise, whose mean square is s^2 times a + c beta^(2 k) at most, a and c:", share
    )
    yield Line("  ", fades)
    yield Line("The roots add up; summed over j < k and divided by k l, the bound", theorem.bound)


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        LeastGradient: _least_gradient,
        ShortSteps: _short_steps,
        AnySteps: _any_steps,
        LookAhead: _look_ahead,
        Perturbed: _perturbed,
        Summed: _summed_errors,
        Nearing: _nearing,
        Interpolated: _interpolated,
        SummedSquares: _on_a_box,
        LargestAverage: _on_a_box,
        NoisyDirection: _noisy_direction,
        NoisyMomentum: _noisy_momentum,
        Within: _within,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
