"""Cells: a verdict in plain numbers, also where a conjecture decays like nothing that has a name."""

from dataclasses import replace

import pytest
from sympy import Rational

from ratebound.experiments import record as records
from ratebound.experiments.cell import cell
from ratebound.experiments.verify import verify
from ratebound.problems import library
from ratebound.reports.build import build
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.symbols import gap0, k


def test_a_rate_without_a_name_reaches_the_report(tmp_path):
    theorem = replace(THEOREMS["gd_pl"], bound=gap0 / (1 + k) ** Rational(3, 4), certificate=None)
    with pytest.raises(RateboundError, match="has no name"):
        _ = theorem.order
    problem = library.load("quadratic_2d")
    verdict = verify(theorem, problem, steps=300)
    assert verdict.holds and verdict.slope is not None and verdict.floor is None
    made = cell(theorem, problem, verdict)
    assert made["theorem"]["order"]["exponent"] is None and made["theorem"]["complexity_latex"] is None
    record = {
        "schema": records.SCHEMA,
        "provenance": {},
        "suite": {"name": "s", "title": "S", "description": ""},
        "budget": {"delta": 1e-6, "cells": 1},
        "cells": [made],
    }
    stored = records.load(records.save(record, tmp_path / "record.json"))
    page = build(stored, tmp_path / "report").read_text(encoding="utf-8")
    assert "gd_pl" in page
