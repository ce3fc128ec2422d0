"""Proofs about steps of other kinds, as readable mathematics: steps by the gradient, ahead, in passes."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import factor

from ratebound.theory.assumptions import descent_lemma, value_below_distance
from ratebound.theory.certificates.accumulated import AnySteps
from ratebound.theory.certificates.accumulated_batches import BoundedSquares, SummedRoots
from ratebound.theory.certificates.accumulated_box import LargestAverage, SummedSquares
from ratebound.theory.certificates.accumulated_momentum import LateSquares, arrived, delay
from ratebound.theory.certificates.decaying_squares import DecayingSquares
from ratebound.theory.certificates.inexact import Nearing, Perturbed, Summed
from ratebound.theory.certificates.interpolated import Interpolated
from ratebound.theory.certificates.late_averages import LateAverages
from ratebound.theory.certificates.least_gradient import LeastGradient
from ratebound.theory.certificates.look_ahead import LookAhead
from ratebound.theory.certificates.noisy_directions import NoisyDirection
from ratebound.theory.certificates.noisy_momentum import NoisyMomentum, fades, share
from ratebound.theory.certificates.within import Within
from ratebound.theory.exposition.lines import Line, claim_lines, term_lines
from ratebound.theory.letters.box import grad_inf
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, alpha, b0, gap0, n


def least_gradient(theorem: Theorem, proof: LeastGradient) -> Iterator[Line]:
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


def short_steps(theorem: Theorem) -> Iterator[Line]:
    """Yield the lines of the proof for AdaGrad-Norm with short steps."""
    yield from _adagrad(theorem)
    yield Line("As B >= b0 and alpha <= 1/L, at least half of the decrease e/B ||g||^2 stays.")
    yield Line(
        "Summed, with the last B in place of every other: S <= A sqrt(b0^2 + S), where A is",
        2 * gap0 / (alpha * b0),
    )
    yield Line("S, the sum of the squared gradients, is at most the positive root of S^2 = A^2 (b0^2 + S),")
    yield Line("and S/k is at most the bound", theorem.bound)


def any_steps(theorem: Theorem, proof: AnySteps) -> Iterator[Line]:
    """Yield the lines of the proof for AdaGrad-Norm with steps of any length."""
    yield from _adagrad(theorem)
    yield Line(
        "||g||^2/B is at least the growth B - b of the accumulator, and ||g||^2/(2 B^2) is at most log(B/b),"
    )
    yield Line("since log(u) >= (1 - 1/u^2)/2 for u >= 1: delta + e b - e^2 L log(b) does not grow.")
    yield Line("With log(u) <= u/c + log(c) - 1 at c = 2 alpha L the accumulator stays below", proof.limit)
    yield Line("and its square less b0^2, divided by k, is at most the bound", theorem.bound)


def on_a_box(theorem: Theorem, proof: SummedSquares | LargestAverage) -> Iterator[Line]:
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


def bounded_squares(theorem: Theorem, proof: BoundedSquares) -> Iterator[Line]:
    """Yield the lines of the proof of AdaGrad with bounded gradients."""
    if proof.by_norm:
        yield Line(
            f"With h = grad f, u the estimate, ||h||^2, ||u||^2 <= d {grad_inf}^2 =: G^2; A and B are the"
        )
    else:
        yield Line(
            f"Per coordinate: h of grad f, u of the estimate, |h|, |u| <= {grad_inf} =: G; A and B are the"
        )
    yield Line("accumulators before and after u, l the length. The descent lemma for every draw:")
    yield Line("f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2.")
    yield Line("A knows nothing of the draw: h u/A has the mean h^2/A, and h u/B is less by at most")
    yield Line("G^2 (1/A - 1/B), which telescopes; u^2/B^2 is at most log(B^2/A^2), which does, too.")
    yield Line("With A at most the root in front, summed over j < k, the mean is at most", theorem.bound)


def late_squares(theorem: Theorem, proof: LateSquares) -> Iterator[Line]:
    """Yield the lines of the proof of AdaGrad or AMSGrad with momentum."""
    yield Line(
        f"Per coordinate: h_j of grad f(x_j), u_j of the estimate, |h_j|, |u_j| <= {grad_inf} =: G; A_j"
    )
    yield Line(
        "and B_j are the accumulators before and after u_j, l the length. u_{k-i} enters step k with the"
    )
    yield Line(
        "factor (1 - beta) beta^i. With its own slope and A it would have the mean h^2/A; the delay by i"
    )
    yield Line(
        "costs G^2 (1/A_j - 1/B_{j+i}), over all j at most (i + 1) G^2/b0, in the mean over i 1/(1 - beta)"
    )
    yield Line(
        "times G^2/b0. The i moves since then change the slope, at a cost of i l L times the sum of u^2/B^2,"
    )
    yield Line("in the mean over i with the factor", delay)
    if proof.largest:
        yield Line("and the curvature costs a half of that sum, at most K d times", proof.term)
    else:
        yield Line("and the curvature costs a half of that sum, at most d log(1 + K G^2/b0^2).")
    yield Line("How many gradients have arrived after K steps is the total weight", arrived)
    yield Line("and with A at most", proof.last)
    yield Line("the mean is at most", theorem.bound)


def late_averages(theorem: Theorem, proof: LateAverages) -> Iterator[Line]:
    """Yield the lines of the proof of Adam."""
    yield Line(f"Per coordinate: h_j of grad f(x_j), u_j of the estimate, |h_j|, |u_j| <= {grad_inf} =: G;")
    yield Line("B_k is the root after u_k, q the decay, c = 1 - q, l the length. u_j enters step k = j + i")
    yield Line("with the factor (1 - beta) beta^i/B_k. Over a in the place of B_k, a^2 = b0^2 + q^(i+1)")
    yield Line("times the average before u_j, it would have the mean h_j^2/a: that B_k is larger costs")
    yield Line("(G^2/(2 b0)) log(B_k^2/a^2), over all k at most (i + 1) W times G^2/(2 b0), W = log(1 +")
    yield Line("G^2/b0^2) + (K - 1) log(1/q), in the mean over i 1/(1 - beta) times as much as for i = 0.")
    yield Line("The c u^2/B^2 add up to at most W as well. With w = beta/sqrt(q), r = (1 - beta)/(1 - w)")
    yield Line("squares of steps over l add up to at most r^2 times those of u/B, of which the curvature")
    yield Line("costs l L/2, and that slopes are late l L w/(1 - w). In all")
    yield Line("that makes gap0/l, and per unit of W", proof.price)
    yield Line("How many gradients have arrived after K steps is the total weight", arrived)
    yield Line("and with a at most", proof.last)
    yield Line("the mean is at most", theorem.bound)


def summed_roots(theorem: Theorem, proof: SummedRoots) -> Iterator[Line]:
    """Yield the lines of the proof of AdaGrad with full gradients, by coordinate."""
    yield Line("Per coordinate A and B are the accumulators before and after u, of grad f; l is the length:")
    yield Line("f(x_{k+1}) <= f(x_k) - l sum of u^2/B + (l^2 L/2) sum of u^2/B^2.")
    yield Line("u^2/B is at least B - A, and u^2/B^2 at most log(B^2/A^2); both telescope.")
    yield Line("With log(b/b0) <= (b/b0)/c + log(c) - 1 at c = 2 l L/b0 half of each l b is left; b0 and")
    yield Line("what all accumulators gain are together at most", proof.limit())
    yield Line("whose square, less b0^2, is at least the sum of ||grad f||^2: the bound", theorem.bound)


def decaying_squares(theorem: Theorem, proof: DecayingSquares) -> Iterator[Line]:
    """Yield the lines of the proof of RMSProp."""
    yield Line(f"Per coordinate: h of grad f, u of the estimate, |h|, |u| <= {grad_inf} =: G; c = 1 - decay;")
    yield Line(
        "A and B are the roots before and after u, B^2 = A^2 + c u^2, and a^2 = A^2 + c E_k u^2; l is the"
    )
    yield Line("length. The descent lemma for every draw:")
    yield Line("f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2.")
    yield Line("a knows nothing of the draw, and h u/B differs from h u/a by at most")
    yield Line("c |h u| (u^2 + E_k u^2)/(a B (a + B)), of which Young's inequality makes h^2/(2 a) and")
    yield Line("2 sqrt(c) G u^2/B^2: what is left is h^2/(2 a). The c u^2/B^2 add up to at most")
    yield Line("log(1 + G^2/b0^2) + (k - 1) log(1/decay), and a is at most the root of b0^2 + G^2.")
    yield Line("Summed over j < k, the mean is at most", theorem.bound)


def look_ahead(theorem: Theorem, proof: LookAhead) -> Iterator[Line]:
    """Yield the lines of a proof with gradients taken ahead."""
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    if proof.weight == 0:
        yield Line("Over k steps f - f* is multiplied by at most the k-th power of", factor(proof.rate))
        yield Line("which gives the bound", theorem.bound)
    else:
        yield Line("Summed over j < k, with f(x_k) >= f*, this gives the bound", theorem.bound)


def perturbed(theorem: Theorem, proof: Perturbed) -> Iterator[Line]:
    """Yield the lines of a proof about a contraction with errors."""
    yield Line("With the exact gradient:")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("The error moves the point by at most alpha ||e_k||, so that in each step the distance to x*")
    yield Line("is multiplied by the factor, and alpha error is added, the factor being", proof.factor)
    yield Line("Over k steps the distance is at most the root of the bound", theorem.bound)


def nearing(theorem: Theorem, proof: Nearing) -> Iterator[Line]:
    """Yield the lines of a proof about iterates that come nearer while they are far."""
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("With r_j = ||x_j - x*|| the part of the error is at most 2 alpha error r_{j+1}. If no gap of")
    yield Line("x_1 .. x_{k-1} is below error D, then (r_{j+1} - alpha error)^2 is at most r_j^2 - 2 alpha")
    yield Line("error D + (alpha error)^2, so that no r_j exceeds D, where alpha error <= D. Summed over")
    yield Line("k - 1 steps, the best gap is at most the bound", theorem.bound)
    yield Line("Where alpha error > D, that of x_0 is below error D:", value_below_distance.slack, ">= 0")


def summed_errors(theorem: Theorem, proof: Summed) -> Iterator[Line]:
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


def interpolated(theorem: Theorem, proof: Interpolated) -> Iterator[Line]:
    """Yield the lines of a proof for gradients between iterate and average."""
    yield Line("The potential V_k is k (f(x_{k-1}) - f*) + ||z_k - x*||^2/(2 alpha).")
    yield from claim_lines(proof.claim(theorem.method), proof.by, {})
    yield Line("(X, Y, Z, P are x_k, y_k, z_k, x_{k-1} less x*; G and GY the gradients at x_k and y_k)")
    yield Line(
        "Summed over k + 1 steps, V_{k+1} contains (k + 1) (f(x_k) - f*), at most k + 1 times", theorem.bound
    )


def within(theorem: Theorem, proof: Within) -> Iterator[Line]:
    """Yield the lines of a proof by the single steps of passes."""
    yield Line("Within a pass x_j is compared with x*_j, where the pass would bring x*; x*_0 = x*_n = x*.")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("Induction over the n k steps from the start, with the factor", proof.rate)
    yield Line("from", D**2)
    yield Line(f"is at most the bound, read off after every {n} steps", theorem.bound)


def noisy_direction(theorem: Theorem, proof: NoisyDirection) -> Iterator[Line]:
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


def noisy_momentum(theorem: Theorem, proof: NoisyMomentum) -> Iterator[Line]:
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
