"""Theorems and verdicts go to other processes and come back."""

import copy
import pickle

import pytest

import ratebound as rb


@pytest.mark.parametrize("name", ["gd_pl", "sgd_star_switch", "gd_sc_distance", "saga_sc"])
def test_theorems_are_pickled(name):
    theorem = rb.find(name)
    assert pickle.loads(pickle.dumps(theorem)) == theorem
    assert repr(theorem).startswith(f"<Theorem {name}: ") and repr(theorem).endswith(", certified>")


def test_verdicts_are_pickled_and_copied():
    verdict = rb.verify("gd_pl", "quadratic_2d", steps=5)
    for other in (pickle.loads(pickle.dumps(verdict)), copy.deepcopy(verdict)):
        assert other.explain() == verdict.explain() and list(other.curves) == list(verdict.curves)
    assert repr(verdict) == "<Verdict gd_pl on quadratic_2d: holds (evidence: exact)>"
