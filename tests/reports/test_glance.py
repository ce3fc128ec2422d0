"""The top of the page names the loosest bounds, the step nearest its edge, and what is missing."""

from __future__ import annotations

import re

from synthetic_records import cell, problem, record, run, theorem, verdict

from ratebound.reports.glance import edge, glance, missing
from ratebound.reports.plates import stems


def _limit(share: float) -> dict:
    return {"text": "alpha <= 1/L", "value": 0.25 * share, "limit": 0.25, "share": share}


def _links(html: str, title: str) -> list[str]:
    box = html[html.index(title) :]
    return re.findall(r'href="#([^"]+)"', box[: box.index("</section>")])


def _glance(cells: list[dict], **changes) -> str:
    made = record(cells) | changes
    return glance(made, stems(made["cells"]))


def test_three_loosest_and_three_tightest_by_error_over_bound():
    shares = {"a": 0.5, "b": 0.001, "c": 1.0, "d": 0.02, "e": 0.9}
    cells = [cell(problem=problem(name=name), verdict=verdict(tightness=t)) for name, t in shares.items()]
    cells.append(cell(problem=problem(name="bad"), verdict=verdict("violated", tightness=3.0)))
    identity = theorem(kind="one step", exponent=None)
    cells.append(cell(theorem=identity, problem=problem(name="same"), verdict=verdict(tightness=1e-9)))
    html = _glance(cells)
    assert _links(html, "Three loosest bounds") == [f"gd_convex--{name}" for name in "bda"]
    assert _links(html, "Three tightest bounds") == [f"gd_convex--{name}" for name in "cea"]
    assert "the bound is at least 1000 × the error" in html


def test_the_step_that_uses_most_of_its_range_is_first_and_ties_go_to_the_tighter_bound():
    made = {"far": (0.5, 0.9), "edge": (1.0, 0.4), "edge_tight": (1.0, 0.8)}
    cells = [
        cell(
            problem=problem(name=name),
            run=run(range=[_limit(0.1), _limit(share)]),
            verdict=verdict(tightness=tightness),
        )
        for name, (share, tightness) in made.items()
    ]
    html = _glance(cells)
    assert _links(html, "Most fragile") == [f"gd_convex--{name}" for name in ("edge_tight", "edge", "far")]
    assert "100 % of the range alpha &lt;= 1/L = 0.25, at 0.25" in html
    assert "2 cells use as much as the first" in html
    assert edge(cells[0])["share"] == 0.5


def test_a_record_without_ranges_has_no_box_for_them():
    assert "fragile" not in _glance([cell()])
    assert edge(cell()) is None


def test_an_interrupted_run_says_so():
    html = _glance([cell()], budget={"delta": 1e-6, "cells": 7})
    assert "Partial." in html and "1 of 7 cells" in html
    assert missing(record([cell()])) == 0 and "Partial" not in _glance([cell()])
