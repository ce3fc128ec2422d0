"""Proofs about states that stay bounded, as readable mathematics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ratebound.theory.certificates.estimated import DistanceEstimate, EstimateBelow, ratio, reach
from ratebound.theory.certificates.estimated import factor as proof_factor
from ratebound.theory.certificates.signed import InBox, StepLength, kept, ratio_at
from ratebound.theory.exposition.lines import Line, Writer
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import alpha, k


def _in_box(theorem: Theorem, _: InBox) -> Iterator[Line]:
    """Yield the lines of the proof that coordinates stay in a box."""
    yield Line("Beside a step along signs, alpha in each coordinate, x is multiplied by")
    yield Line("  ", kept(theorem.method).xreplace({alpha: theorem.step}))
    yield Line("which is not negative: the largest coordinate q obeys q' <= factor q + alpha, so that by")
    yield Line("induction over k it is at most the bound", theorem.bound)


def _step_length(theorem: Theorem, _: StepLength) -> Iterator[Line]:
    """Yield the lines of the proof that no step of Adam is longer."""
    yield Line("With m_k and v_k the averages, by Cauchy and Schwarz m_k^2 <= c_k v_k in each coordinate,")
    yield Line("c_{k+1} = (beta^2/decay) c_k + (1 - beta)^2/(1 - decay) and c_0 = 0, so that c_k =")
    yield Line("  ", ratio_at(k))
    yield Line("The root of b0^2 + v_k/(1 - decay^k) is at least that without b0: the bound", theorem.bound)


def _estimate_below(theorem: Theorem, proof: EstimateBelow) -> Iterator[Line]:
    """Yield the lines of the proof that no estimate of the distance exceeds it."""
    yield from (Line(words) for words in proof.words(theorem))
    yield Line("so that every estimate is at most the bound", theorem.bound)


def _distance_estimate(theorem: Theorem, _: DistanceEstimate) -> Iterator[Line]:
    """Yield the lines of the proof of D-adaptation."""
    yield Line("W is ||s_k||^2, Gamma^2 = b0^2 + sum of ||g_j||^2, A the sum of d_j^2 ||g_j||^2/Gamma_j.")
    yield Line("As x_k - x_0 = -s_k/Gamma_k and Gamma never falls, convexity and Cauchy-Schwarz give")
    yield Line(
        "0 <= sum of d_j (f(x_j) - f*) <= D sqrt(W) + A/2 - W/(2 Gamma), so that d_k <= D for every k."
    )
    yield Line("Gamma grows in a step at most by the factor q =", ratio)
    yield Line("so that A <= (1 + q) d^2 Gamma, and sqrt(W)/Gamma is at most d times", reach)
    yield Line("which makes the sum at most D d Gamma times", proof_factor)
    yield Line("Among k estimates that do not fall, one is at most c times the sum of those before it,")
    yield Line("c = max(2/k, (D/gamma)^(2/(k-1)) - 1), or else the last would exceed D. For")
    yield Line(
        "log(D/gamma) <= (k-1)/2 this c is at most 2 (1 + 2 log(D/gamma))/(k - 1); for more, the gap at"
    )
    yield Line("x_0 is small enough. The best gap is at most the bound", theorem.bound)


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        InBox: _in_box,
        StepLength: _step_length,
        DistanceEstimate: _distance_estimate,
        EstimateBelow: _estimate_below,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
