"""A cell is what it computes: digests and seeds know nothing of place or order."""

import dataclasses

import numpy as np
from sweep_cases import small

import ratebound as rb
from ratebound.experiments.sweeps.compute import compute
from ratebound.experiments.sweeps.content import digest, seed
from ratebound.experiments.sweeps.declare import declare


def first(table):
    return declare(table).cells[0]


def test_neither_place_nor_form_enters():
    product = declare(small())
    listed = declare(
        {
            "defaults": {"method": rb.methods["sgd"], "steps": 20, "replicas": 8},
            "cells": [
                {"problem": rb.problems.load("linnerud_ridge"), "step": "1/(8*L_max)", "batch": batch}
                for batch in (16, 1)
            ],
        }
    )
    assert digest(listed.cells[1]) == digest(product.cells[0])
    assert digest(listed.cells[0]) == digest(product.cells[2])


def test_no_two_methods_are_one():
    shared = {"problem": "linnerud_ridge", "steps": 20, "step": 0.1}
    cells = declare({"defaults": shared, "axes": {"method": list(rb.methods)}}).cells
    assert len({digest(cell) for cell in cells}) == len(rb.methods)


def test_everything_that_changes_results_enters():
    base = small()
    others = [
        small(steps=21),
        small(replicas=9),
        small(seed=1),
        small(problem="linnerud"),
        small(problem={"name": "linnerud_ridge", "l2": 0.2}),
        small(step=["1/(9*L_max)"]),
        small(step_factor=2.0),
        small(replacement=False),
        small(measure="distance_sq"),
        small(backend="numpy"),
    ]
    found = [digest(first(table)) for table in (base, *others)]
    assert len(set(found)) == len(found)
    problem = rb.problems.load("linnerud_ridge")
    moved = dataclasses.replace(problem, x0=problem.x0 + 1)
    assert digest(first(small(problem=problem))) == found[0] != digest(first(small(problem=moved)))


def test_cells_draw_different_samples_and_more_replicas_continue():
    assert len({seed(cell) for cell in declare(small()).cells}) == 6
    few, many = first(small()), first(small(replicas=16))
    assert seed(few) == seed(many) != seed(first(small(seed=1)))
    (less,), (more,) = compute([few]), compute([many])
    assert not np.array_equal(less.values["mean"], more.values["mean"])


def test_a_verdict_knows_how_many_share_its_budget():
    table = {"defaults": {"problem": "iris", "steps": 5}, "axes": {"theorem": ["gd_pl", "gd_convex"]}}
    alone = table | {"axes": {"theorem": ["gd_pl"]}}
    assert digest(first(table)) != digest(first(alone))
    assert seed(first(table)) == seed(first(alone))
