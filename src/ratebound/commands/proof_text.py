"""A certificate as plain text: which inequality, times which multiplier, and how the sum gives the bound."""

from __future__ import annotations

from sympy import Expr

from ratebound.commands.text import aligned
from ratebound.theory import certificate as proofs
from ratebound.theory.lemmas import SumLemma
from ratebound.theory.statement import Theorem

_QUANTITY = {
    "gap_last": "f(x_k) - f*",
    "distance_sq": "||x_k - x*||^2",
    "gap_average": "f(x_k) - f*",
    "grad_norm_sq_mean": "||grad f(x_k)||^2",
    "grad_norm_sq_best": "||grad f(x_k)||^2",
}
_INDENT = "    "


def kind(theorem: Theorem) -> str:
    """Return in two or three words how a theorem is proved."""
    words = {
        proofs.Cited: "not checked here",
        proofs.Recursion: "one step and induction",
        proofs.Telescope: "one step and telescoping",
        proofs.Cases: "by cases",
        proofs.Corollary: "corollary",
        proofs.OneStep: "one step",
        proofs.BatchVariance: "law of two draws",
        type(None): "conjecture, no proof",
    }
    found = type(theorem.certificate)
    return words.get(found, found.__name__)


def proof_lines(theorem: Theorem, certificate: proofs.Certificate | None = None) -> list[str]:
    """Return the lines of the proof of a theorem, or of one of its cases."""
    proof = certificate or theorem.certificate
    match proof:
        case None:
            return ["no proof is given: it is a conjecture"]
        case proofs.Cited(reason=reason):
            return [f"not checked here: {reason}", f"source: {theorem.source}"]
        case proofs.Recursion():
            return _recursion(theorem, proof)
        case proofs.Telescope():
            return _telescope(theorem, proof)
        case proofs.Cases(cases=cases):
            return [line for case in cases for line in _case(theorem, *case)]
        case proofs.Corollary(of=parent, values=values):
            put = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
            return [f"{parent.id} with {put}"]
        case proofs.OneStep():
            every = "whatever the error of the gradient estimate" if proof.pathwise else "in expectation"
            return [f"bound - (f(x_{{k+1}}) - f*), {every}, is the sum of", *_summands(proof)]
        case proofs.BatchVariance():
            return ["the mean of b squares and b (b - 1) inner products of two different draws"]
    return [f"checked by its certificate, a {type(proof).__name__}"]


def _case(
    theorem: Theorem, where: tuple[object, ...], argument: Expr, proof: proofs.Certificate
) -> list[str]:
    conditions = " and ".join(str(condition) for condition in where)
    inner = [_INDENT + line for line in proof_lines(theorem, proof)]
    return [f"case {conditions}, where the maximum is |{argument}|:", *inner]


def _recursion(theorem: Theorem, proof: proofs.Recursion) -> list[str]:
    noise = "" if proof.noise == 0 else f" + {proof.noise}"
    lines = [
        f"with q_k = {_QUANTITY[theorem.measure]}:  q_{{k+1}} <= ({proof.rate}) q_k{noise}",
        "because the right side minus the left side is the sum of",
        *_summands(proof),
    ]
    if proof.before is not None:
        first, values = proof.before
        put = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
        lines.append(f"up to k = {theorem.start} by {first.id} with {put}")
    return [*lines, "the bound holds at its start and satisfies this recursion: induction over k"]


def _telescope(theorem: Theorem, proof: proofs.Telescope) -> list[str]:
    quantity = _QUANTITY[theorem.measure]
    terms = "V_{k+1}" if proof.weight == 0 else f"V_{{k+1}} + ({proof.weight}) q_k"
    noise = "" if proof.noise == 0 else f" + {proof.noise}"
    meant = "" if proof.weight == 0 else f" and q_k = {quantity}"
    lines = [
        f"with V_k = {proof.potential}{meant}:  {terms} <= V_k{noise}",
        "because the right side minus the left side is the sum of",
        *_summands(proof),
    ]
    lemmas = [_lemma(lemma) for lemma in (proof.weight_sum, proof.noise_sum) if lemma is not None]
    end = "telescoping" if proof.weight == 0 else "telescoping over j < k, divided by the sum of the weights"
    return [*lines, *lemmas, f"{end}, gives the bound"]


def _lemma(lemma: SumLemma) -> str:
    sign = "<=" if lemma.direction == "upper" else ">="
    return f"lemma ({lemma.name}): the sum of {lemma.summand} over its first k terms is {sign} {lemma.bound}"


def _summands(proof: proofs.Recursion | proofs.Telescope | proofs.OneStep) -> list[str]:
    rows = [(f"({m})", "times", f"{each.slack} >= 0", each.name) for each, m in proof.by.items()]
    rows += [(f"({c})", "times", f"{quantity} >= 0", "") for quantity, c in proof.plus.items()]
    return [_INDENT + line.rstrip() for line in aligned(rows).splitlines()]
