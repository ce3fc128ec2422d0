"""The mutation study on a few theorems: the fixed library kills what is false, and nothing that is true."""

import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from house import ROOT

from ratebound.experiments.adversary.case import number
from ratebound.experiments.adversary.families import family
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.problems.certified import NotCertified
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import LOSSES
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import D, L, alpha

sys.path.append(str(ROOT))
from benchmarks.mutants import chains, labels, split, table
from benchmarks.mutants.__main__ import first_pass, second_pass
from benchmarks.mutants.known import KNOWN, PROOFS
from benchmarks.mutants.library import ENTRIES, KILLED, cases, values, worst
from benchmarks.mutants.operators import exponents, mutants_of


def judged(mutant, sound=False):
    return second_pass(mutant, first_pass(mutant), 0, sound)


@pytest.mark.parametrize("name", [name for name, each in THEOREMS.items() if len(each.parameters) > 2])
def test_parameters_are_tried_together(name):
    for _, at in cases(THEOREMS[name]):
        try:
            tried = values(at)
        except NotCertified:
            continue
        assert len({len(each) for each in tried.values()}) == 1
        return
    pytest.fail("no instance suits the theorem")


SETTINGS = {
    "date": "today",
    "instances": 50,
    "evaluations": 0,
    "seconds": 1.0,
    "processor_seconds": 2.0,
    "workers": 2,
}
STUDIED = ("gd_pl", "sgd_pl_constant", "minibatch_descent", "batch_variance_with")


def test_the_library_is_small():
    assert len(ENTRIES) <= 50


@pytest.mark.parametrize("name", STUDIED)
def test_the_library_spares_the_truth_and_kills_what_is_false(name):
    theorem = THEOREMS[name]
    assert worst(theorem)[0] <= KILLED
    for mutant in mutants_of(theorem, tight=True):
        row = judged(mutant)
        if row["label"] != "open":
            assert bool(row["killed"]) == (row["label"] == "false"), mutant.name


@pytest.mark.parametrize("name", ["schedule_free_constant", "sgd_linear_decay"])
def test_noise_along_a_run_of_one_component_is_taken_where_gradients_are(name):
    # Gradients away from x, and a bound that holds to the last point.
    assert worst(THEOREMS[name])[0] <= KILLED


def test_survivors_of_an_earlier_study_are_not_searched_again_unless_they_changed():
    mutants = {m.change: m for m in mutants_of(THEOREMS["gd_nonconvex_tight"], tight=False)}
    mutant = mutants["range x 1.5"]
    row = first_pass(mutant)
    assert not row["killed"] and mutant.name not in KNOWN
    before = {**row, "label": "open", "route": "none", "reason": "earlier"}
    key = row["theorem"], row["change"]
    assert second_pass(mutant, row, 0, earlier={key: before})["reason"] == "earlier"
    before["statement"] = "another"
    assert second_pass(mutant, row, 0, earlier={key: before})["reason"] != "earlier"


def test_what_the_worst_run_on_record_breaks_is_killed_by_it():
    (mutant,) = [m for m in mutants_of(THEOREMS["adam_nonconvex"], False) if m.change == "bound x 0.1"]
    row = judged(mutant)
    assert (row["label"], row["route"], row["killed"]) == ("false", "record", "search")
    assert row["ratio"] > 1 + 1e-6
    assert row["witness"]["theorem"] == "adam_nonconvex"


def test_no_certificate_closes_on_what_was_killed():
    for mutant in mutants_of(THEOREMS["sgd_nonconvex_constant"], tight=False):
        row = judged(mutant, sound=True)
        assert not (row["killed"] and row["label"] == "equivalent"), mutant.name


@pytest.mark.parametrize("name", ["sgd_nws", "gd_convex", "sgd_nonconvex_constant"])
def test_every_mutant_of_units_is_refused_at_construction(name):
    units = [m for m in mutants_of(THEOREMS[name], tight=False) if m.kind == "units"]
    assert units
    assert all(m.theorem is None and "scale" in m.refusal for m in units)


def test_labels_by_hand_are_about_mutants_that_exist():
    about = {name.split(":")[0] for name in KNOWN}
    names = {m.name for each in about for m in mutants_of(THEOREMS[each], tight=False)}
    assert set(KNOWN) <= names


@pytest.mark.parametrize("name", PROOFS)
def test_proofs_by_hand_close_on_mutants_and_on_no_other(name):
    parent = THEOREMS[name]
    [twice] = [m for m in exponents(parent, tight=False) if m.change == "k -> 2 k"]
    found = labels.label(twice)
    assert (found.label, found.route) == ("equivalent", "certificate") and "by hand" in found.reason
    with pytest.raises(labels.RateboundError):
        replace(parent, bound=parent.bound / 10, certificate=PROOFS[name])


def test_an_error_that_is_no_refusal_is_not_swallowed():
    class Broken:
        cited = False

        def check(self, theorem):
            raise TypeError("a defect of the prover")

    with pytest.raises(TypeError, match="a defect"):
        labels._closes(THEOREMS["gd_pl"], Broken())


def test_a_certificate_that_meets_no_polynomial_does_not_close_and_stops_nothing():
    parent = THEOREMS["polyak_subgradient"]
    [half] = [m for m in mutants_of(parent, tight=False) if m.change == "step x 0.5"]
    with pytest.raises(labels.RateboundError, match="no polynomial"):
        replace(half.theorem, certificate=parent.certificate)
    assert labels.label(half).label == "open"


def test_the_inequality_behind_the_last_iterate_of_long_steps_stands():
    steps, a = np.arange(1, 200)[:, None], np.linspace(1.0, 1.999, 300)
    values = {L: 1.0, D: 1.0, alpha: a}
    last = number(THEOREMS["gd_convex_exact"].bound, values, steps)
    assert (last <= number(THEOREMS["gd_convex_average_long"].bound, values, steps)).all()


@pytest.mark.parametrize("c", [1, 2])
def test_the_chain_is_sgd_on_steep_huber_functions(c):
    steep, steps = 1e4, 4
    A = np.full((chains.KINKED + chains.SLOPED, 1), steep)
    y = np.repeat([0.0, 1e12], [chains.KINKED, chains.SLOPED])
    problem = Problem("kink", A, y, LOSSES["huber"], 1.0, np.zeros(1), "test")
    mean, moment = chains.chain(c, steps)
    points, squares = np.zeros(steps), np.zeros(steps)
    paths = list(product(range(problem.n), repeat=steps))
    for path in paths:
        x = np.zeros(1)
        for at, i in enumerate(path):
            gradients = problem.component_gradients(x)
            points[at] += x[0] / steep / len(paths)
            squares[at] += (gradients**2).sum(1).mean() / steep**2 / len(paths)
            x = x - c / (at + c) * gradients[i]
    assert mean[:steps] == pytest.approx(points, rel=1e-6)
    assert moment[:steps] == pytest.approx(squares, rel=1e-6)


def test_the_drift_is_sgd_with_additive_noise():
    problem = family("additive_1d").problem({"start": 0.0, "noise": 1.0, "curvature": 1.0})
    curve = exact_curves(problem, METHODS["sgd"], 0.5 / np.arange(1, 31), measures=("distance_sq",))
    distance, moment = chains._scalar(0.5, 30)
    assert distance == pytest.approx(curve["distance_sq"][-1], rel=1e-12)
    assert moment == pytest.approx(1 + curve["distance_sq"][:-1].max(), rel=1e-12)


def test_a_chain_decides_what_no_short_run_can_and_spares_the_truth():
    theorem = THEOREMS["sgd_sc_weighted_average"]
    equal = replace(theorem, weights=1, certificate=None)
    assert chains.worst_chain(theorem)[0] < 1 < chains.worst_chain(equal)[0]
    assert chains.worst_chain(THEOREMS["gd_pl"]) == (0.0, "nowhere")


def test_the_tables_count_every_mutant():
    rows = [judged(mutant) for mutant in mutants_of(THEOREMS["batch_variance_with"], tight=True)]
    false = [row for row in rows if row["label"] == "false"]
    assert sum(count for _, count, *_ in table.rates(rows, "kind")) == len(false)
    page = table.as_markdown(SETTINGS, rows)
    assert "## " not in page and "| false | " in page and f"{len(rows)} mutants of 1 theorems" in page
    assert table.as_json({}, rows).count('"theorem"') == len(rows)


def test_a_library_is_chosen_greedily_and_judged_on_the_other_half():
    kills = {
        "a": {"a: 1": {0, 1}, "a: 2": {1}, "a: 3": set()},
        "b": {"b: 1": {0}, "b: 2": {1}},
        "c": {"c: 1": {2}},
    }
    assert split.chosen([{0, 1}, {1}, {2}, set()], 5) == [1, 2]
    assert split.chosen([{0, 1}, {1}, {2}], 1) == [1]
    on_first, on_second = split.judged(kills, 50)
    assert (on_first["killed_there"], on_first["killed_unseen"]) == ([3, 4], [1, 2])
    assert (on_second["killed_there"], on_second["killed_unseen"]) == ([2, 2], [2, 4])


def test_candidates_are_drawn_without_a_look_at_mutants_and_kill_some():
    candidates = split.drawn(12, seed=0)
    assert candidates == split.drawn(12, seed=0) and len({each.family for each in candidates}) == 12
    false = {"bound x 0.1", "k -> k^2"}
    kills = split.kills_of("gd_pl", false, candidates)
    assert set(kills) == {f"gd_pl: {change}" for change in false}
    for name, numbers in kills.items():
        mutant = next(m for m in mutants_of(THEOREMS["gd_pl"], tight=False) if m.name == name)
        assert numbers == {
            j for j, each in enumerate(candidates) if worst(mutant.theorem, [each])[0] > KILLED
        }
        assert numbers
