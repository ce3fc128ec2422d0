"""Every inequality of the library, found and not listed: measured on random functions, refuted if sharper.

What one step of plain gradients tells is measured here, and of steps onto boxes and proximal ones. Of others,
about a method or an order of samples, it is checked that a test names them, or that they are of those that
tests meet in whole steps only. A new inequality needs no line in this file, or fails.
"""

import functools
import importlib
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from house import ROOT
from one_step import SHORTENED, constants_of, shortened, states

import ratebound.theory
from ratebound.problems.build import from_arrays
from ratebound.problems.composite import penalised
from ratebound.problems.constants import NotCertified, certify
from ratebound.problems.lower import lower
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.inequality import Inequality
from ratebound.theory.method import Method
from ratebound.theory.statement import Theorem

CHOSEN = {s.k: 3, s.K: 10, s.b: 2, s.s0: 60, s.prob: 0.5}
"""Values of what some of them read beside the step."""
SUMS = {"penalised", "smooth_sum", "convex_sum", "strongly_convex_sum", "smooth_components_of_sum"}
"""What is assumed of a finite sum to which a penalty may be added; the others are about f without one."""
MADE_BY = {
    "Young's inequality for grad": "young_gradient",
    "Young's inequality for v_k": "young_estimate",
    "the square of x_k - x* + c v_k": "stored_square",
    "second moment of the reduced estimate, seen from": "reduced_apart",
    "spread and variance at the minimiser, split": "moment_split",
    "the proximal step seen from x*, f and h tilted": "towards_star",
    "proximal steps bring x_{k+1} and x* no further": "no_further",
}
"""How names begin -> what makes them."""
IN_WHOLE_STEPS = {
    "gd_rounded", "gd_quantised", "gd_finer", "sam", "sam_normalised", "steepest", "armijo", "wolfe",
    "exact_search", "clipped", "gauss_southwell",
}  # fmt: skip
"""Methods of which some inequalities are measured in the claims of their theorems only, by the verdicts."""
SAMPLED_ALIKE = {"bounded second moment of samples", "||grad f_i||^2 <= 2 L_max (f_i - inf f_i), in the mean"}
"""Those of other estimates that say what is measured for batches."""


def inside(thing):
    if isinstance(thing, Inequality):
        yield thing
    elif isinstance(thing, Mapping):
        yield from (each for pair in thing.items() for each in inside(pair))
    elif isinstance(thing, (tuple, list)):
        yield from (each for part in thing for each in inside(part))
    elif is_dataclass(thing) and not isinstance(thing, (Theorem, Method, type)):
        yield from (each for field in fields(thing) for each in inside(getattr(thing, field.name)))


@functools.cache
def registered():
    """Return each inequality with the names that modules give it."""
    found = {}
    for module in pkgutil.walk_packages(ratebound.theory.__path__, "ratebound.theory."):
        for name, value in list(vars(importlib.import_module(module.name)).items()):
            for each in inside(value):
                found.setdefault(each, set()).add(name)
    for theorem in THEOREMS.values():
        for each in inside(theorem.certificate):
            found.setdefault(each, set())
    return found


@functools.cache
def problems():
    rng = np.random.default_rng(3)
    A, line, y = rng.normal(size=(4, 2)), np.array([[1.0], [1.0], [3.0]]), rng.normal(size=4)
    signs = np.array([1.0, -1.0, 1.0, 1.0])
    flat = A @ np.array([[1.0, 2.0], [2.0, 4.0]])
    return (
        from_arrays(A, y, x0=[1.0, -2.0]),
        from_arrays(A, A @ np.array([1.0, -1.0]), x0=[0.3, 2.0]),
        from_arrays(np.eye(2), np.array([1.0, -1.0]), x0=[4.0, 3.0]),
        from_arrays(line[:2], np.array([1.0, -1.0]), x0=[2.0]),
        from_arrays(line, np.array([1.0, -1.0, 0.5]), l2=0.3, x0=[2.0]),
        from_arrays(flat, y, x0=[1.0, -2.0]),
        from_arrays(A, signs, "logistic", l2=0.05, x0=[1.0, -2.0]),
        from_arrays(A, y, "sine", x0=[1.0, 0.5]),
        from_arrays(line[:2], np.zeros(2), "sine", x0=[0.5]),
        penalised(from_arrays(A, y, x0=[1.0, -2.0]), 0.3),
    )


def slacks(inequality):
    """Yield the terms of the slack at points of every problem that suits it, and which read constants."""
    symbols = sorted(inequality.slack.free_symbols, key=str)
    split = inequality.slack.expand().as_ordered_terms()
    terms = [lower(term, symbols) for term in split]
    positive = lower(inequality.positive, symbols)
    fixed = np.array([bool(term.free_symbols & set(s.CONSTANTS)) for term in split])
    for problem in problems():
        read = {"strongly_convex"} if inequality.slack.has(s.mu) else set()
        try:
            constants, _ = constants_of(problem, inequality.requires | read)
        except NotCertified:
            continue
        if problem.l1 and not inequality.requires & SUMS:
            continue
        constants |= {"n": problem.n, **{each.name: value for each, value in CHOSEN.items()}}
        rng = np.random.default_rng(7)
        for part in (0.02, 0.2, 1.0, 1.9):
            alpha = part / certify(problem, "L_max").value
            along = "row_space" in inequality.requires
            for state in _states(inequality, problem, rng, alpha, along):
                known = {**constants, "alpha": alpha, "alpha0": alpha}
                if not all(v in state or v.name in known for v in symbols):
                    break
                values = [state[v] if v in state else known[v.name] for v in symbols]
                if float(positive(*values)) > 0:
                    yield np.array([float(term(*values)) for term in terms]), fixed


def _states(inequality, problem, rng, alpha, along):
    name = getattr(inequality.about, "name", None)
    if name in SHORTENED:
        return shortened(problem, rng, alpha, name)
    return states(problem, rng, alpha, inequality.estimate, along)


def measurable(inequality):
    """Whether it is about one step of plain gradients, at any point."""
    anywhere = not inequality.slack.has(*s.ALONG_RUN)
    method = inequality.about
    own = method is None or method.name in SHORTENED or "row_space" in inequality.requires
    alike = inequality.name in SAMPLED_ALIKE or "different ones" in inequality.name
    return anywhere and own and not inequality.visits and not alike


@functools.cache
def sources():
    folder = ROOT / "tests"
    return {path.name: path.read_text("utf-8") for path in folder.rglob("*.py") if path.name != __file__}


def named_in_tests(inequality, names):
    made = {maker for begin, maker in MADE_BY.items() if inequality.name.startswith(begin)}
    words = {inequality.name, *names, *made}
    return any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words for text in sources().values()
    )


@pytest.mark.parametrize("inequality", registered(), ids=lambda i: i.name)
def test_it_holds_and_would_not_if_it_were_sharper(inequality):
    found = list(slacks(inequality)) if measurable(inequality) else []
    if not found:
        known = named_in_tests(inequality, registered()[inequality]) or inequality.name in SAMPLED_ALIKE
        in_steps = getattr(inequality.about, "name", None) in IN_WHOLE_STEPS
        assert known or in_steps, "no test measures it: name it in one"
        return
    for terms, _ in found:
        assert terms.sum() >= -1e-9 * np.abs(terms).sum() - 1e-13
    if found[0][1].any() and inequality.positive == 1:
        # Constants in their terms a hundred times sharper.
        worst = min(np.where(fixed, np.where(t > 0, t / 100, t * 100), t).sum() for t, fixed in found)
        assert worst < 0
