"""Proofs about the end of a run as readable mathematics: its last iterate, the average of its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sympy import factor

from ratebound.theory.certificates.last_falling import LastFalling
from ratebound.theory.certificates.last_iterate import LastIterate
from ratebound.theory.certificates.orthogonal import OrthogonalDescent
from ratebound.theory.certificates.phases import TwoPhases
from ratebound.theory.certificates.reciprocal import Reciprocal
from ratebound.theory.certificates.tails import FORGOTTEN, Restarted, Tail
from ratebound.theory.exposition.lines import Line, Writer, claim_lines
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, d2, d2_next, delta, delta_next, grad_next_sq, grad_sq


def _last_iterate(theorem: Theorem, proof: LastIterate) -> Iterator[Line]:
    """Yield the lines of a proof by reference points that move."""
    yield Line("The weights v_j, read with j for k, from j = -1 on, are", proof.weights)
    yield Line("up to j = K - 1, and v_K is", proof.final)
    yield Line(
        "Let z_j be the average of x* and x_0 .. x_j with v_j z_j = v_{j-1} z_{j-1} + (v_j - v_{j-1}) x_j."
    )
    yield Line(
        "v_j^2 ||x_j - z_j||^2 grows in a step by v_j^2 times -2 alpha <g_j, x_j - z_j> + alpha^2 ||g_j||^2."
    )
    yield Line(
        f"f(x_j) - f(z_j) is below the inner product, f(z_j) by Jensen below its average; {proof.slope.name}."
    )
    kept = factor(proof.factor(theorem))
    if kept == 0:
        yield Line("Summed, the f(x_j) - f* with j < K cancel")
    else:
        yield Line("Summed, f(x_j) - f* has for j < K twice the factor", kept, ">= 0")
    yield Line("where the step alpha_K, never made, is", proof.beyond)
    yield Line("and what is left of f(x_K) - f* is at most the bound", theorem.bound)


def _last_falling(theorem: Theorem, proof: LastFalling) -> Iterator[Line]:
    """Yield the lines of a proof by reference points that move, for steps that know no horizon."""
    yield Line(
        "Let q_{j+1} (1 - m alpha_j) <= q_j. Then q_{j+1} alpha_j is, with k for j,", proof.effective(theorem)
    )
    yield Line(
        "Called e_j, let v_k = v_{k-1} = 1/sqrt(e_k) and 1/v_{j-1} = 1/v_j + e_j v_j, and let z_j be the"
    )
    yield Line("average of x* and x_0 .. x_j with v_j z_j = v_{j-1} z_{j-1} + (v_j - v_{j-1}) x_j:")
    yield Line("q_j v_j^2 ||x_j - z_j||^2 telescopes, and f(z_j) is by Jensen below its average. Used are")
    yield Line(f"{proof.convexity.name} between x_j and z_j, and {proof.slope.name}.")
    yield Line(
        "Nothing is left of f(x_j) - f* for j < k, and 2 (f(x_k) - f*) is at most q_0 v_{-1}^2 D^2 plus the"
    )
    yield Line("sum over j <= k of v_j^2 e_j alpha_j times the square; the step alpha_k is never made.")
    yield Line("As 1/v_{j-1}^2 >= 1/v_j^2 + 2 e_j and e_j never grows, this is at most twice", theorem.bound)


def _restarted(theorem: Theorem, proof: Restarted) -> Iterator[Line]:
    """Yield the lines of a proof that restarts a theorem on averages within the run."""
    yield Line(f"With s = {FORGOTTEN}, the theorem {proof.first.id} bounds E||x_s - x*||^2 by, k = s,")
    yield Line("  ", proof.first.bound)
    yield Line(f"From x_s on the theorem {proof.then.id} speaks of K - s steps, with the bound, k = K - s,")
    yield Line("  ", proof.then.bound)
    yield Line("a concave function of D^2 = ||x_s - x*||^2: in expectation it is at most", theorem.bound)


def _two_phases(theorem: Theorem, proof: TwoPhases) -> Iterator[Line]:
    """Yield the lines of a proof by two theorems, one after the other."""
    (first, early), (then, late) = proof.first, proof.then
    reached, rest = first.bound.subs(early), then.bound.subs(late)
    yield Line(f"With s = ceil(K/2), the theorem {first.id} bounds E||x_s - x*||^2 by, k = s,", reached)
    yield Line(f"From x_s on {then.id} holds, with ||x_s - x*|| for D and K - s for k,", rest)
    yield Line(
        "concave in the squared distance: it may be read at its expectation, and the bound", theorem.bound
    )


def _tail(theorem: Theorem, proof: Tail) -> Iterator[Line]:
    """Yield the lines of a proof that telescopes over the end of the run."""
    yield Line("The potential V_k is", proof.potential)
    yield from claim_lines(proof.claim(theorem), proof.by, proof.plus)
    yield Line(f"At s = {FORGOTTEN} the theorem {proof.first.id} bounds d2 by, k = s,", proof.first.bound)
    grows = f"The sum of the noise over s <= j < K grows as in the lemma {proof.noise_sum.name!r}, with"
    yield Line(grows, proof.noise_sum.bound)
    yield Line("Jensen's inequality passes from the mean of f to f at the mean.")
    yield Line("Divided by the total weight, K - s times the same, this is at most the bound", theorem.bound)


def _reciprocal(theorem: Theorem, proof: Reciprocal) -> Iterator[Line]:
    """Yield the lines of a proof by the reciprocal of the gap."""
    yield from claim_lines(delta - proof.decrease * grad_sq - delta_next, proof.by, proof.plus)
    yield Line("The distance to x* does not grow.")
    yield from claim_lines(d2 - d2_next, proof.shrink, proof.shrink_plus)
    yield Line(
        "With f(x_k) - f* <= ||grad f(x_k)|| D the gap delta obeys delta_{k+1} <= delta_k - c delta_k^2, c ="
    )
    yield Line("  ", proof.decrease / D**2)
    yield Line("so that 1/delta grows by at least c in each step, which is the bound", theorem.bound)


def _orthogonal(theorem: Theorem, proof: OrthogonalDescent) -> Iterator[Line]:
    """Yield the lines of a proof by gradients that are orthogonal to each other."""
    squares = grad_sq + grad_next_sq
    yield from claim_lines(delta - proof.decrease * squares - delta_next, proof.by, {})
    yield Line("g = grad f(x_k) and h = grad f(x_{k+1}) are orthogonal, and so are h and x_{k+1} - x_k:")
    for inequality in proof.orthogonal:
        yield Line(f"  {inequality.name}:", inequality.slack, ">= 0")
    if proof.shrink is None:
        yield Line("With R the radius of the level set of x_0, which is not left:")
    else:
        yield Line("With R = D, as the distance to x* does not grow:")
        yield from claim_lines(d2 - d2_next, proof.shrink, {})
    yield Line("convexity gives delta_k <= <g, x_k - x*> and delta_{k+1} <= <h, x_k - x*>, and by Bessel")
    yield Line("delta_k^2/||g||^2 + delta_{k+1}^2/||h||^2 <= R^2, so that ||g||^2 + ||h||^2 is at least")
    yield Line(
        "(delta_k + delta_{k+1})^2/R^2 >= 4 delta_k delta_{k+1}/R^2: 1/delta grows in each step by 4 times"
    )
    yield Line("  ", proof.decrease)
    yield Line("over R^2, which is the bound", theorem.bound)


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        Reciprocal: _reciprocal,
        OrthogonalDescent: _orthogonal,
        LastIterate: _last_iterate,
        LastFalling: _last_falling,
        Restarted: _restarted,
        TwoPhases: _two_phases,
        Tail: _tail,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
