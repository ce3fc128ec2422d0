"""Figures of every shape: drawn without a warning, on the right axes, the same bytes each time."""

from __future__ import annotations

import re

import matplotlib
import numpy as np
import pytest
from synthetic_records import cell, fitted, problem, run, series, shapes, theorem, verdict

from ratebound.reports.figure import describe, draw, drawable, error_name
from ratebound.reports.plates import Plate, save
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import MEASURES

_DRAWN = [name for name, each in shapes().items() if drawable(each)]


def _texts(figure) -> str:
    legend = [text.get_text() for each in figure.legends for text in each.get_texts()]
    return "\n".join([text.get_text() for text in figure.texts] + legend)


@pytest.mark.parametrize("name", _DRAWN)
def test_every_shape_is_drawn_whole(cells, name, tmp_path):
    figure = draw(cells[name])
    figure.savefig(tmp_path / "x.png", dpi=50)
    renderer = figure.canvas.get_renderer()
    frame = figure.bbox
    for text in figure.texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= frame.x0 and box.x1 <= frame.x1, text.get_text()
        assert box.y0 >= frame.y0 and box.y1 <= frame.y1, text.get_text()
    legend = figure.legends[0].get_window_extent(renderer)
    assert legend.x1 <= frame.x1
    assert all(legend.y1 < axes.get_window_extent(renderer).y0 for axes in figure.axes), (
        "the legend covers data"
    )


@pytest.mark.parametrize(
    ("name", "scales"),
    [("power", ("log", "log")), ("linear", ("linear", "log")), ("linear-to-floor", ("linear", "log"))],
)
def test_the_order_of_the_theorem_chooses_the_axes(cells, name, scales):
    axes = draw(cells[name]).axes[-1]
    assert (axes.get_xscale(), axes.get_yscale()) == scales


def test_a_vacuous_bound_has_a_panel_of_its_own_and_the_data_keep_theirs(cells):
    figure = draw(cells["vacuous"])
    upper, lower = figure.axes
    assert upper.get_ylim()[0] > 1e30 and lower.get_ylim()[1] < 1e3
    assert "bound / error ≥ 4.7×10³⁹" in _texts(figure)


def test_the_drawn_lines_are_the_series(cells):
    found = cells["power"]
    lines = [line.get_xydata() for line in draw(found).axes[0].get_lines()]
    k = np.array(found["series"]["k"][1:])
    for name in ("exact", "bound"):
        wanted = np.column_stack([k, found["series"][name][1:]])
        assert any(line.shape == wanted.shape and np.array_equal(line, wanted) for line in lines), name


def test_fit_and_triangle_have_the_slopes_that_they_state():
    found = cell(
        series=series(lambda k: 3 / (k + 1e-9) ** 0.7, lambda k: 50 / (k + 1)),
        verdict=verdict(**fitted(-0.7)),
    )
    slopes = []
    for line in draw(found).axes[0].get_lines():
        x, y = np.log(line.get_xdata()), np.log(line.get_ydata())
        if x.size in (2, 4):
            slopes.append((y[1] - y[0]) / (x[1] - x[0]))
    assert sorted(slopes) == pytest.approx([-1.0, -0.7])


def test_the_words_of_the_figure(cells):
    words = _texts(draw(cells["stochastic-power"]))
    assert "Monte Carlo, 256 replicas" in words
    assert "Fitted exponent −0.49 [−0.505, −0.475] on 100 ≤ k ≤ 10000; the theorem's exponent −0.5" in words
    assert "442" in words and "weighted average of the iterates" in words
    assert "violated at k = 35" in _texts(draw(cells["violated"]))
    assert "off the scale from k = " in _texts(draw(cells["diverged"]))
    assert "256 replicas decide neither way" in _texts(draw(cells["undecided"]))


def test_long_titles_wrap_and_foreign_mathematics_is_printed_as_it_stands(tmp_path):
    name = r"cost in $ and $\frac{ of _users_ <b> 漢"[:-1]
    found = cell(
        theorem=theorem(
            title=" ".join(["averaged stochastic gradient descent"] * 6), measure_latex=r"\unknown{x"
        ),
        problem=problem(title=f"{name} " * 5),
        run=run(parameters_text="alpha = $x^"),
    )
    figure = draw(found)
    figure.savefig(tmp_path / "x.png", dpi=40)
    renderer = figure.canvas.get_renderer()
    assert all(text.get_window_extent(renderer).x1 <= figure.bbox.x1 for text in figure.texts)
    assert sum("averaged" in text.get_text() for text in figure.texts) >= 3
    assert "\\$" not in describe(found)


def test_effective_passes_are_evaluations_over_n():
    k = np.array([0.0, 1, 10, 100, 1000])
    found = cell(series=series(lambda k: 1 / (k + 1), lambda k: 2 / (k + 1)))
    found["series"] |= {
        "k": k.tolist(),
        "exact": (1 / (k + 1)).tolist(),
        "bound": (2 / (k + 1)).tolist(),
        "evaluations": (442 * k * 3).tolist(),
    }
    (axes,) = draw(found).axes
    (top,) = axes.child_axes
    forward = top._functions[0]
    assert forward(np.array([10.0, 31.0, 1500.0])) == pytest.approx([30.0, 93.0, 4500.0])


def test_the_same_cell_gives_the_same_bytes(cells, tmp_path):
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        plate = Plate("x", lambda: draw(cells["stochastic-power"]))
        assert [p.name for p in save(plate, folder)] == ["x.png", "x.pdf", "x.svg"]
    for name in ("x.png", "x.pdf", "x.svg"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_the_settings_of_the_user_are_left_alone_and_do_not_matter(cells, tmp_path):
    before = dict(matplotlib.rcParams)
    save(Plate("plain", lambda: draw(cells["power"])), tmp_path)
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9}):
        save(Plate("changed", lambda: draw(cells["power"])), tmp_path)
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "changed.png").read_bytes()


def test_a_cell_without_curves_is_refused_with_its_name(cells):
    with pytest.raises(RateboundError, match="'gd_convex' on 'diabetes' has no curves"):
        draw(cells["not-applicable"])


def test_an_error_above_a_bound_that_holds_is_called_rounding():
    found = cell(series=series(lambda k: 0.5 ** np.minimum(k, 20.0), lambda k: 0.6**k))
    words = _texts(draw(found))
    assert re.search(r"At k = (2[89]|3\d) and later the bound is below the rounding of the error", words)
    assert "rounding" not in _texts(draw(cell(series=series(lambda k: 0.6**k, lambda k: 0.6**k))))


@pytest.mark.parametrize("risk", [None, 0.05])
def test_a_claim_in_probability_is_about_the_measure_itself(cells, risk):
    given = cells["power"]
    given = given | {"verdict": given["verdict"] | {"risk": risk}}
    assert "mathbb{E}" in given["theorem"]["measure_latex"]
    labels = [axes.get_ylabel() for axes in draw(given).axes]
    labels += [text.get_text() for text in draw(given).texts]
    assert any("mathbb{E}" in label for label in labels) == (risk is None)


def test_a_fraction_of_sums_stands_on_one_line_beside_the_axis():
    name = error_name(theorem(measure="grad_norm_sq_mean", measure_latex=MEASURES["grad_norm_sq_mean"]))
    assert "frac" not in name and " / " in name.replace(r"\,", " ")
    assert name.count(r"\Sigma_{j<k}") == 2
    assert name.endswith("(mean over the iterates)")
