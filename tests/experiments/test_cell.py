"""A cell tells what reports show beyond the verdict: the edge of the range, the proof, the worst case."""

import dataclasses

import pytest

from ratebound.experiments.cell import cell
from ratebound.experiments.verify import verify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS, find
from ratebound.theory.exposition.proofs import exposition


def _cell(theorem, name, **options):
    problem = load(name)
    return cell(theorem, problem, verify(theorem, problem, steps=60, replicas=0, **options))


def test_the_share_of_the_range_is_one_at_its_edge():
    (edge,) = _cell(find("gd_convex"), "diabetes")["run"]["range"]
    assert edge["share"] == pytest.approx(1) and edge["text"] == "alpha <= 1/L"
    (half,) = _cell(find("gd_convex"), "diabetes", parameters={"alpha": "1/(2*L)"})["run"]["range"]
    assert half["share"] == pytest.approx(0.5) and half["value"] == pytest.approx(half["limit"] / 2)
    (lower,) = _cell(find("sgd_star_decaying"), "quadratic_2d", parameters={"s0": "4*ell/mu"})["run"]["range"]
    assert lower["share"] == pytest.approx(0.5)
    assert _cell(find("sgd_convex_constant"), "quadratic_2d")["run"]["range"] == []


def test_the_proof_is_told_line_by_line():
    theorem = find("gd_pl")
    said = _cell(theorem, "quadratic_2d")["theorem"]["exposition"]
    assert [line["words"] for line in said] == [line.words for line in exposition(theorem)]
    assert any(line["latex"] and r"\nabla f" in line["latex"] for line in said)


def test_the_worst_case_belongs_to_the_statement():
    theorem = THEOREMS["gd_convex_tight"]
    worst = _cell(theorem, "quadratic_2d")["theorem"]["worst"]
    assert worst["verdict"] == "tight" and 0.999 <= worst["ratio"] <= 1 + 1e-9
    mine = dataclasses.replace(theorem, bound=2 * theorem.bound, certificate=None)
    assert _cell(mine, "quadratic_2d")["theorem"]["worst"] is None


def test_a_problem_with_a_kink_has_no_condition_number():
    known = _cell(find("subgradient_horizon"), "hinge_plane")["problem"]
    assert known["kappa"] is known["L_max_over_L"] is None and known["loss"] == "hinge"
