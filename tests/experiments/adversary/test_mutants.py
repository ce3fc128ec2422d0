"""The mutation study on a few theorems: the fixed library kills what is false, and nothing that is true."""

import sys

import pytest
from house import ROOT

from ratebound.theory.catalogue import THEOREMS

sys.path.append(str(ROOT))
from benchmarks.mutants import table
from benchmarks.mutants.__main__ import judged
from benchmarks.mutants.known import KNOWN
from benchmarks.mutants.library import ENTRIES, KILLED, worst
from benchmarks.mutants.operators import mutants_of

STUDIED = ("gd_pl", "sgd_pl_constant", "minibatch_descent", "batch_variance_with")


def test_the_library_is_small():
    assert len(ENTRIES) <= 50


@pytest.mark.parametrize("name", STUDIED)
def test_the_library_spares_the_truth_and_kills_what_is_false(name):
    theorem = THEOREMS[name]
    assert worst(theorem)[0] <= KILLED
    for mutant in mutants_of(theorem, tight=True):
        row = judged(mutant, 0)
        if row["label"] != "open":
            assert bool(row["killed"]) == (row["label"] == "false"), mutant.name


def test_no_certificate_closes_on_what_was_killed():
    for mutant in mutants_of(THEOREMS["sgd_nonconvex_constant"], tight=False):
        row = judged(mutant, 0, sound=True)
        assert not (row["killed"] and row["label"] == "equivalent"), mutant.name


@pytest.mark.parametrize("name", ["sgd_nws", "gd_convex", "sgd_nonconvex_constant"])
def test_every_mutant_of_units_is_refused_at_construction(name):
    units = [m for m in mutants_of(THEOREMS[name], tight=False) if m.kind == "units"]
    assert units
    assert all(m.theorem is None and "scale" in m.refusal for m in units)


def test_labels_by_hand_are_about_mutants_that_exist():
    names = {m.name for t in THEOREMS.values() for m in mutants_of(t, tight=True)}
    assert set(KNOWN) <= names


def test_the_tables_count_every_mutant():
    rows = [judged(mutant, 0) for mutant in mutants_of(THEOREMS["batch_variance_with"], tight=True)]
    false = [row for row in rows if row["label"] == "false"]
    assert sum(count for _, count, *_ in table.rates(rows, "kind")) == len(false)
    page = table.as_markdown({"date": "today", "instances": 50, "evaluations": 0}, rows)
    assert f"{len(rows)} mutants: {len(false)} labelled false" in page
    assert table.as_json({}, rows).count('"theorem"') == len(rows)
