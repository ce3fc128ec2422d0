"""A proof is about its method: what starts, draws, reads or moves in another way needs another one."""

from dataclasses import replace

import pytest
from sympy import S

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.draws import Draws, L_i
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import x

COVERED = {
    ("InBox", "lion"): "weight decay keeps x in its box whatever the signs are of",
    ("BatchVariance", "sgd"): "it is about a batch at any point, whatever step is made of it",
    **{
        (
            kind,
            name,
            "takes other gradients",
        ): "full gradients are batches without noise, and the other way round"
        for kind, name in (
            ("BoundedSquares", "adagrad"),
            ("DecayingSquares", "rmsprop"),
            ("MeanRoot", "adagrad"),
            ("RootBefore", "rmsprop"),
            ("SummedSquares", "adagrad_box"),
            ("SummedSquares", "adagrad_sgd"),
            ("LargestAverage", "amsgrad"),
            ("Interpolated", "sgd_schedule_free"),
        )
    },
    ("Potential", "heavy_ball_decaying", "starts m elsewhere"): "its factor is zero in the first step",
}
"""What is true of another method as well, and why."""


def one_of_each_kind():
    """Return a theorem for each kind of certificate and each kind of method that it is about."""
    found = {}
    for theorem in THEOREMS.values():
        if theorem.proof == "certified":
            method = theorem.method
            draws = method.draws and (method.draws.names, method.draws.uneven)
            kind = (type(theorem.certificate).__name__, method.sampling, tuple(method.update), draws)
            found.setdefault(kind, theorem)
    return found.values()


ONE_OF_EACH = one_of_each_kind()


def others(method):
    """Yield what another method does, and how it differs from this one, in its draws or elsewhere."""
    yield "looks elsewhere", {"point": x / 2 if method.point == x else 2 * method.point - x}, {}
    yield "moves twice as far", {"update": {**method.update, "x": 2 * method.update["x"] - x}}, {}
    for state in set(method.update) - {"x"}:
        fewer = tuple(each for each in method.from_start if each != state)
        more = (*method.from_start, state)
        yield f"starts {state} elsewhere", {"from_start": fewer if state in method.from_start else more}, {}
    if method.metric is None and method.search is None and method.draws is None:
        yield "takes other gradients", {"sampling": "batch" if method.sampling == "full" else "full"}, {}
    if method.sampling == "batch":
        yield from ((how, {}, change) for how, change in other_draws(method.draws or Draws()))


def other_draws(draws):
    yield "draws other samples", {"weight": L_i if draws.weight is None else None}
    for how, places in (("also", draws.also), ("full", draws.full)):
        for name, place in places.items():
            yield f"reads {name} elsewhere", {how: {**places, name: 2 * place}}
    if draws.coin != 0:
        yield "throws another coin", {"coin": draws.coin / 2}
    if draws.table:
        yield (
            "stores something else at first",
            {"first": "centred" if draws.first == "gradients" else "gradients"},
        )
        yield "stores something else", {"stores": x}
    if draws.from_gradient:
        yield "starts without a gradient", {"from_gradient": ()}
    if draws.axis is not None:
        yield "draws other axes", {"axis": draws.axis**2 + S.One}
    if draws.length is not None:
        yield "reads another length", {"length": 2 * draws.length}


@pytest.mark.parametrize("theorem", ONE_OF_EACH, ids=lambda t: f"{type(t.certificate).__name__} {t.id}")
def test_another_method_needs_another_proof(theorem):
    kind = (type(theorem.certificate).__name__, theorem.method.name)
    for how, change, drawn in others(theorem.method):
        try:
            if drawn:
                change["draws"] = replace(theorem.method.draws or Draws(), **drawn)
            method = replace(theorem.method, name="other", **change)
        except RateboundError:
            continue  # There is no such method.
        if kind in COVERED or (*kind, how) in COVERED:
            assert kind in COVERED or replace(theorem, method=method).proof == "certified", how
            continue
        with pytest.raises(RateboundError):
            replace(theorem, method=method)
            raise AssertionError(how)
