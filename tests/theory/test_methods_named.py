"""Names of state variables: what means something else in a step is refused."""

import pytest
from sympy import Max, Min, Symbol

from ratebound.theory.draws import Draws
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha


@pytest.mark.parametrize(
    "name", ["g", "h", "alpha", "k", "delta", "weighted_sum", "a0", "l2", "lambda", "a b"]
)
def test_a_name_that_means_something_else_is_refused(name):
    state = Symbol(name, real=True)
    with pytest.raises(
        RateboundError, match=f"momentum has a state variable '{name}', which means something"
    ):
        Method("momentum", "", {"x": x - alpha * state, name: state / 2 + g}, "batch")


def test_so_is_what_the_step_draws():
    w, older = Symbol("w", real=True), Symbol("older", real=True)
    Method("m", "", {"x": x - alpha * (g - older), "w": w}, "batch", draws=Draws(also={"older": w}))
    with pytest.raises(RateboundError, match="has a state variable 'older'"):
        Method("m", "", {"x": x - alpha * g, "older": older}, "batch", draws=Draws(also={"older": x}))


@pytest.mark.parametrize("name", METHODS)
def test_extremes_stand_as_sympy_leaves_them(name):
    for rule in METHODS[name].update.values():
        assert rule.replace(lambda e: isinstance(e, Max | Min), lambda e: e.func(*e.args)) == rule
