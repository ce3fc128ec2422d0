"""Proofs about sums and averages of squared gradients, by coordinate, as lines: AdaGrad, RMSProp, Adam."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sympy import Expr

from ratebound.theory.certificates.accumulated_batches import BoundedSquares, SummedRoots
from ratebound.theory.certificates.accumulated_momentum import LateSquares, arrived, delay
from ratebound.theory.certificates.decaying_squares import DecayingSquares
from ratebound.theory.certificates.late_averages import LateAverages
from ratebound.theory.certificates.other_roots import MeanRoot, RootBefore
from ratebound.theory.exposition.lines import Line, Writer
from ratebound.theory.letters.box import grad_inf
from ratebound.theory.statement import Theorem


def _bounded_squares(theorem: Theorem, proof: BoundedSquares) -> Iterator[Line]:
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


def _late_squares(theorem: Theorem, proof: LateSquares) -> Iterator[Line]:
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
    yield from _arrivals(theorem, "A", proof.last)


def _late_averages(theorem: Theorem, proof: LateAverages) -> Iterator[Line]:
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
    yield from _arrivals(theorem, "a", proof.last)


def _arrivals(theorem: Theorem, root: str, largest: Expr) -> Iterator[Line]:
    """Yield how proofs with momentum end: by what has arrived, and the largest root that stands below."""
    yield Line("How many gradients have arrived after K steps is the total weight", arrived)
    yield Line(f"and with {root} at most", largest)
    yield Line("the mean is at most", theorem.bound)


def _summed_roots(theorem: Theorem, proof: SummedRoots) -> Iterator[Line]:
    """Yield the lines of the proof of AdaGrad with full gradients, by coordinate."""
    yield Line("Per coordinate A and B are the accumulators before and after u, of grad f; l is the length:")
    yield Line("f(x_{k+1}) <= f(x_k) - l sum of u^2/B + (l^2 L/2) sum of u^2/B^2.")
    yield Line("u^2/B is at least B - A, and u^2/B^2 at most log(B^2/A^2); both telescope.")
    yield Line("With log(b/b0) <= (b/b0)/c + log(c) - 1 at c = 2 l L/b0 half of each l b is left; b0 and")
    yield Line("what all accumulators gain are together at most", proof.limit())
    yield Line("whose square, less b0^2, is at least the sum of ||grad f||^2: the bound", theorem.bound)


_DESCENT = "f(x_{k+1}) <= f(x_k) - l sum of h u/B + (l^2 L/2) sum of u^2/B^2."
_BOUNDED = f"Per coordinate: h of grad f, u of the estimate, |h|, |u| <= {grad_inf} =: G;"


def _replaced(scale: tuple[str, str]) -> Iterator[Line]:
    """Yield what it costs to put a in the place of B."""
    yield Line("a knows nothing of the draw, and h u/B differs from h u/a by at most")
    yield Line(
        f"{scale[0]}|h u| (u^2 + E_k u^2)/(a B (a + B)), of which Young's inequality makes h^2/(2 a) and"
    )
    yield Line(f"2 {scale[1]}G u^2/B^2: what is left is h^2/(2 a).")


def _mean_root(theorem: Theorem, proof: MeanRoot) -> Iterator[Line]:
    """Yield the lines of the proof of AdaGrad that puts a in the place of B."""
    yield Line(f"{_BOUNDED} A and B are the roots of")
    yield Line("the accumulator before and after u, a^2 = A^2 + E_k u^2, l the length. For every draw:")
    yield Line(_DESCENT)
    yield from _replaced(("", ""))
    yield Line(
        "The u^2/B^2 add up to at most log(1 + k G^2/b0^2), and a is at most the root of b0^2 + k G^2."
    )
    yield Line("Summed over j < k, the mean is at most", theorem.bound)


def _root_before(theorem: Theorem, proof: RootBefore) -> Iterator[Line]:
    """Yield the lines of the proof of RMSProp that puts A in the place of B."""
    yield Line(f"{_BOUNDED} A and B are the roots before")
    yield Line("and after u, B^2 = A^2 + c u^2 with c = 1 - decay; l is the length. For every draw:")
    yield Line(_DESCENT)
    yield Line("A knows nothing of the draw: h u/A has the mean h^2/A, and h u/B is less by at most")
    yield Line("G^2 (1/A - 1/B) <= (G^2/(2 b0)) log(B^2/A^2); c u^2/B^2 is at most log(B^2/A^2), too. These")
    yield Line("add up to at most log(1 + G^2/b0^2) + (k - 1) log(1/decay); A is at most the root in front.")
    yield Line("Summed over j < k, the mean is at most", theorem.bound)


def _decaying_squares(theorem: Theorem, proof: DecayingSquares) -> Iterator[Line]:
    """Yield the lines of the proof of RMSProp."""
    yield Line(f"{_BOUNDED} c = 1 - decay;")
    yield Line(
        "A and B are the roots before and after u, B^2 = A^2 + c u^2, and a^2 = A^2 + c E_k u^2; l is the"
    )
    yield Line("length. The descent lemma for every draw:")
    yield Line(_DESCENT)
    yield from _replaced(("c ", "sqrt(c) "))
    yield Line("The c u^2/B^2 add up to at most log(1 + G^2/b0^2) + (k - 1) log(1/decay).")
    if proof.corrected:
        yield Line(
            "Step k has the length l sqrt(q), q = 1 - decay^(k+1) <= 1; a^2 is at most b0^2 + q G^2, and"
        )
        yield Line("as q >= c no a over sqrt(q) exceeds b0/sqrt(c) + G.")
    else:
        yield Line("No a exceeds the root of b0^2 + G^2.")
    yield Line("Summed over j < k, the mean is at most", theorem.bound)


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        BoundedSquares: _bounded_squares,
        SummedRoots: _summed_roots,
        LateSquares: _late_squares,
        LateAverages: _late_averages,
        DecayingSquares: _decaying_squares,
        MeanRoot: _mean_root,
        RootBefore: _root_before,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
