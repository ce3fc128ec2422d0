"""A theorem as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from sympy import Symbol

from ratebound.theory.exposition.rule import rule, starts
from ratebound.theory.exposition.sure import sure
from ratebound.theory.method import x
from ratebound.theory.printed import printed
from ratebound.theory.readings import READINGS
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import MEANING, k
from ratebound.theory.visits import IN_WORDS

_WIDTH = 100
_MARGIN = 13

_MEASURES = {
    "gap_last": "E[f(x_k) - f*]",
    "distance_sq": "E||x_k - x*||^2",
    "gap_average": "E[f(weighted mean of x_0 .. x_{k-1}) - f*]",
    "gap_mean": "weighted mean of E[f(x_j) - f*] over j < k",
    "gap_best": "least E[f(x_j) - f*] over j < k",
    "grad_norm_sq_last": "E||grad f(x_k)||^2",
    "grad_norm_sq_mean": "weighted mean of E||grad f(x_j)||^2 over j < k",
    "grad_norm_sq_best": "least E||grad f(x_j)||^2 over j < k",
    "grad_norm_mean": "weighted mean of E||grad f(x_j)|| over j < k",
    "grad_l1_mean": "weighted mean of E||grad f(x_j)||_1 over j < k",
    "second_order_best": "least E max(sqrt(||grad f(x_j)||/L_hess), -(2/3) lambda_min/L_hess) over j < k",
    "gap_next": "E_k[f(x_{k+1}) - f*]",
    "batch_variance": "E||g_B - grad f(x)||^2",
    **{name: reading.words for name, reading in READINGS.items()},
}

_PROOFS = {
    "certified": "certified (`ratebound prove {}` prints it)",
    "conditional": "checked, but for premises that are its author's own",
    "cited": "cited, not checked here",
    "conjecture": "none: a conjecture",
}


def _entry(label: str, lines: Iterable[str]) -> list[str]:
    wrapped = [
        part for line in lines for part in textwrap.wrap(line, _WIDTH - _MARGIN, break_on_hyphens=False)
    ]
    return [f"{label if not number else '':<{_MARGIN}}{line}" for number, line in enumerate(wrapped)]


def _claimed(theorem: Theorem) -> str:
    if theorem.measure in ("gap_next", "batch_variance"):
        return "at every point"
    if theorem.at_horizon:
        return "at k = K"
    return f"for all k >= {theorem.start}"


def _measure(theorem: Theorem) -> str:
    words = _MEASURES[theorem.measure]
    return words if theorem.stochastic else sure(words)


def _symbols(theorem: Theorem) -> list[str]:
    updated = (symbol for each in theorem.method.update.values() for symbol in each.free_symbols)
    read: set[Symbol] = {
        *theorem.step.free_symbols,
        *theorem.bound.free_symbols,
        *theorem.parameters,
        *updated,
    }
    meaning = {**MEANING, k: "passes made"} if theorem.in_passes else MEANING
    return [f"{symbol} = {meaning[symbol]}" for symbol in sorted(read, key=str) if symbol in meaning]


def statement_text(theorem: Theorem, worst: str) -> str:
    """Return the whole statement of a theorem: what is assumed and claimed, on what grounds, how tightly.

    Parameters
    ----------
    theorem
        The theorem.
    worst
        What is known of its worst case.
    """
    relation = "=" if theorem.equality else "<="
    step = f"alpha_k = {printed(theorem.step)}" if str(theorem.step) != "alpha" else "alpha, constant"
    average = () if theorem.averaged_over is None else (f"w_k = {printed(theorem.averaged_over)}",)
    drawn = {None: "", True: ", batches with replacement", False: ", batches without replacement"}
    counted = " passes" if theorem.in_passes else ""
    written = rule(theorem.method)
    point = [] if written.point == x else [f"the gradient g is taken at {printed(written.point)}"]
    reached = f"K ~ {printed(theorem.complexity)}{counted}" if theorem.complexity else ""
    updates = [f"{state} <- {printed(formula)}" for state, formula in written.states.items()]
    parts = [
        ("method", [f"{theorem.method.title}{drawn[theorem.replacement]}"]),
        ("update", [*updates, *point]),
        ("with", [*(f"{name} = {printed(part)}" for name, part in written.parts.items()), *written.reads]),
        ("start", [f"{'_0 = '.join(names)}_0 = {at}" for at, names in starts(theorem.method).items()]),
        ("visits", [IN_WORDS[theorem.visits]] if theorem.in_passes else []),
        ("assumes", [assumption.title for assumption in theorem.assumptions] or ["nothing"]),
        ("step", [step, *(printed(condition) for condition in theorem.where)]),
        ("batches", [] if theorem.batch is None else [f"b_k = {printed(theorem.batch)}, rounded up"]),
        ("default", [f"{symbol} = {printed(value)}" for symbol, value in theorem.defaults.items()]),
        ("weights", average),
        ("claim", [f"{_measure(theorem)} {relation} {printed(theorem.bound)}", _claimed(theorem)]),
        ("where", _symbols(theorem)),
        ("order", [theorem.order.text]),
        (
            "steps to eps",
            [reached],
        ),
        ("needs", [", ".join(theorem.constants)]),
        ("proof", [_PROOFS[theorem.proof].format(theorem.id)]),
        ("worst case", [worst]),
        ("source", [theorem.source]),
        ("note", [theorem.note]),
        ("see also", [theorem.sibling or ""]),
    ]
    body = [line for label, lines in parts for line in _entry(label, lines)]
    return "\n".join([f"{theorem.id}: {theorem.title}", "", *body])
