"""Source for people to read."""

import pytest

from ratebound.experiments.backends.source import printed_source
from ratebound.problems.library import load
from ratebound.problems.losses import LOSSES
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("target", ["numpy", "numba", "cuda"])
def test_everything_registered_is_printed(method, loss, target):
    text = printed_source(method, loss, target, batch=3)
    assert LOSSES[loss].title in text and max(map(len, text.splitlines())) < 400
    if target == "numba":
        compile(text, "kernel", "exec")


def test_a_problem_and_a_theorem_say_what_they_are():
    problem = load("breast_cancer")
    theorem = type("Theorem", (), {"method": METHODS["sgd"]})
    text = printed_source(theorem, problem, "cuda")
    assert "#define D 30 " in text and "real(1.0)/(real(1.0) + exp(" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sgf", "squared", "numba"), "did you mean 'sgd'"),
        (("sgd", "logistik", "numba"), "did you mean 'logistic'"),
        (("sgd", "squared", "cuba"), "did you mean 'cuda'"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(RateboundError, match=message):
        printed_source(*arguments)
