"""Lines of a figure: what is shown of a text that is too long for one."""

import pytest

from ratebound.reports import layout
from ratebound.reports.figure import problem_line

PROBLEM = {
    "title": "Separable x^2 + 3 sin^2 x, additive noise",
    "n": 100,
    "d": 5,
    "kappa": 45.6,
    "L_max_over_L": 5.0,
}


def shown(subtitle):
    framed = layout.frame("title", [subtitle], ["note"], "#777777", split=False, legend_rows=1)
    _, *lines, _ = (text.get_text() for text in framed.figure.texts)
    return lines


@pytest.mark.parametrize("words", [0, 4, 8, 12])
def test_formulas_are_shown_in_order_and_no_line_ends_beside_a_sign(words):
    subtitle = problem_line({**PROBLEM, "title": f"{PROBLEM['title']} {'more ' * words}"})
    lines = shown(subtitle)
    assert " ".join(lines).split() == subtitle.split()
    assert not any(line.rstrip().endswith("=") or line.lstrip().startswith("=") for line in lines)


def test_markup_takes_no_room():
    assert len(shown(problem_line(PROBLEM))) == 1
