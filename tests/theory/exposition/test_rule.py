"""Updates as readers meet them: the parts put back in give the rules that are run, and every state starts."""

import pytest
from sympy import Symbol, count_ops, simplify

from ratebound.theory.exposition.rule import rule, starts
from ratebound.theory.methods import METHODS

VALUES = {"k": 3, "n": 7, "epoch": 5, "d": 4, "coin": 1, "alpha": 0.31, "L": 1.3, "beta": 0.8, "share": 0.4}


def number(expr, parts):
    for name, part in reversed(parts.items()):
        expr = expr.xreplace({name: part})
    # Any numbers will do, different ones for different letters.
    rest = sorted(expr.free_symbols, key=str)
    return expr.subs({s: VALUES.get(s.name, 0.5 + 0.07 * i) for i, s in enumerate(rest)}).evalf(30)


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_parts_put_back_in_give_the_rule(method):
    found = rule(method)
    pairs = [(found.point, method.point)]
    pairs += [(found.states[Symbol(name)], wanted) for name, wanted in method.update.items()]
    for shown, wanted in pairs:
        difference = shown
        for name, part in reversed(found.parts.items()):
            difference = difference.xreplace({name: part})
        same = difference == wanted or simplify(difference - wanted) == 0
        assert same or abs(number(difference - wanted, {})) < 1e-25, (shown, wanted)


def test_long_updates_become_short():
    found = rule(METHODS["item"])
    assert max(count_ops(each) for each in (*found.states.values(), *found.parts.values())) < 16
    assert max(count_ops(each) for each in METHODS["item"].update.values()) > 40


def test_short_updates_stay_as_they_are():
    found = rule(METHODS["heavy_ball"])
    assert not found.parts
    assert {str(state): value for state, value in found.states.items()} == dict(METHODS["heavy_ball"].update)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("gd", {}),
        ("nesterov", {"x_0": ("z",)}),
        ("d_adaptation", {"x_0": ("o",), "0": ("s", "v", "w", "a", "e")}),
        ("svrg_last", {"x_0": ("w",), "grad f(x_0)": ("v", "e")}),
    ],
)
def test_every_state_starts_somewhere(name, begins):
    assert starts(METHODS[name]) == begins


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("saga", "it is at first the gradient at x_0, and after the step the new one"),
        ("sag", "it is at first zero, and after the step the new one"),
        ("svrg_epochs", "u is grad f at T1 where the coin falls"),
        ("cubic_newton", "p solves (H + L_hess/2 ||p|| I) p = g, H the Hessian of f at x"),
        ("armijo", "the accepted step is the first of alpha, shrink alpha, shrink^2 alpha, .."),
        ("lbfgs", "BFGS by each of the last 5 moves, the oldest first"),
    ],
)
def test_letters_of_an_update_are_explained(name, words):
    assert words in "; ".join(rule(METHODS[name]).reads)
