"""Tables: their content comes from the cells, and each printing escapes what its reader would misread."""

from __future__ import annotations

import csv
import io
import re

import pytest
from synthetic_records import cell, fitted, problem, theorem, verdict

from ratebound.reports.table import Formula, Table, by_urgency, field_table, rate_table, verdict_table
from ratebound.reports.writers import WRITERS, escape_latex, to_csv, to_latex, to_markdown

_NASTY = "50% of {a_b} & c#d $x^2$ ~ \\cmd <i>|x|</i> 3×10⁻⁴⁰ κ ≥ −1\nnext"


def _column(table: Table, name: str) -> list:
    return [row[table.header.index(name)] for row in table.rows]


def test_violated_first_then_undecided_then_vacuous_and_not_applicable_last(cells):
    order = _column(verdict_table(list(cells.values())), "verdict")
    words = [text.split(" at")[0].split(":")[0] for text in order]
    assert words[:4] == ["violated", "violated", "undecided", "holds, vacuous"]
    assert words[-1] == "not applicable"
    assert sorted(by_urgency(list(cells.values()))) == list(range(len(cells)))


def test_rates_of_several_problems_are_a_range_and_one_has_its_interval():
    group = [
        cell(problem=problem(name=name), verdict=verdict(**fitted(slope)))
        for name, slope in (("wine", -1.2), ("iris", -0.9), ("digits", -1.0))
    ]
    table = rate_table([*group, cell(problem=problem(name="x"), verdict=verdict("not applicable"))])
    assert _column(table, "measured") == ["exponent −1.2 to −0.9 (3 runs)"]
    assert _column(table, "theory exponent") == [-1.0]
    assert _column(table, "problems") == [3]
    assert _column(rate_table(group[:1]), "measured") == ["exponent −1.2 [−1.24, −1.16]"]


def test_the_rate_table_of_the_field_is_the_complexities_of_the_theorems():
    made = [
        ("a", "nonconvex", True, r"\epsilon^{-2}"),
        ("b", "pl", False, r"\log(1/\epsilon)"),
        ("c", "convex", True, r"\epsilon^{-2}"),
        ("d", "pl", True, r"\epsilon^{-1}"),
        ("e", "pl", True, r"\epsilon^{-1}"),
        ("f", "convex", True, r"\log(1/\epsilon)\epsilon^{-2}"),
        ("g", "convex", False, None),
    ]
    cells = [
        cell(theorem=theorem(name, setting=setting, stochastic=noisy, complexity_latex=latex))
        for name, setting, noisy, latex in made
    ]
    assert field_table(cells).rows == (
        ("PL", Formula(r"\log(1/\epsilon)"), Formula(r"\epsilon^{-1}")),
        ("convex", None, Formula(r"\epsilon^{-2},\ \log(1/\epsilon)\epsilon^{-2}")),
        ("nonconvex", None, Formula(r"\epsilon^{-2}")),
    )


def test_csv_keeps_every_digit_and_every_text():
    rows = ((_NASTY, 0.1 + 0.2, None), ('say "hi", x', 1e300, Formula(r"\frac{1}{k}")))
    back = list(csv.reader(io.StringIO(to_csv(Table("", ("a", "b", "c"), rows)))))
    assert back == [
        ["a", "b", "c"],
        [_NASTY, "0.30000000000000004", ""],
        ['say "hi", x', "1e+300", r"\frac{1}{k}"],
    ]


def test_latex_escapes_every_special_character():
    text = escape_latex(_NASTY)
    bare = re.sub(r"\\[a-zA-Z]+(\{\})?|\\[{}$&%#_]", "", text)
    assert not set("$&%#_~|<>\n\\") & set(bare)
    assert r"\ensuremath{^{-40}}" in text and r"\{a\_b\}" in text and r"\textbackslash{}cmd" in text
    # A caret remains only inside a superscript of ours, and braces balance.
    assert bare.count("^") == 1 and bare.count("{") == bare.count("}")


def test_a_latex_row_that_begins_with_a_bracket_is_no_argument_of_the_row_before():
    table = to_latex(Table("c", ("a",), (("x",), ("[2pt] y",), ("* z",))))
    assert r"{[}2pt] y" in table and r"{*} z" in table


def test_latex_has_booktabs_rules_and_as_many_columns_as_the_header():
    table = to_latex(Table("A & B", ("a", "b"), (("x", 1.5), (Formula(r"\frac{1}{k}"), 2))))
    assert all(rule in table for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\caption{A \& B}"))
    assert r"\begin{tabular}{lr}" in table and r"$\frac{1}{k}$ & 2 \\" in table


def test_markdown_rows_keep_their_columns():
    table = to_markdown(Table("c", ("a", "b"), ((_NASTY, Formula(r"\|x\| \leq |y|")),)))
    rows = table.splitlines()[:3]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [3, 3, 3]
    assert r"\<i\>" in rows[2] and r"$\Vert x\Vert  \leq \vert y\vert $" in rows[2]


@pytest.mark.parametrize("ending", sorted(WRITERS))
@pytest.mark.parametrize("make", [verdict_table, rate_table, field_table])
def test_same_cells_same_bytes_and_none_is_no_error(cells, ending, make):
    write = WRITERS[ending]
    assert write(make(list(cells.values()))) == write(make(list(cells.values())))
    assert write(make([]))
