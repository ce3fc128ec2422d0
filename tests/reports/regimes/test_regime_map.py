"""The map of regimes as a figure, from plain values alone."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from synthetic_regimes import regimes

from ratebound.reports.regimes import map as regime_map
from ratebound.reports.regimes.bars import ranges
from ratebound.reports.regimes.lines import draw_contours


@pytest.fixture(name="regimes")
def _regimes():
    return regimes()


def words(figure):
    labels = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    free = [text.get_text() for axes in figure.axes for text in axes.texts]
    return labels, legend, [*free, *(text.get_text() for text in figure.texts)]


def test_theorems_that_apply_are_sorted_by_their_limit(regimes):
    assert [each["id"] for each in ranges(regimes["theory"])] == ["unlimited", "beyond", "within", "below"]


def test_the_figure_says_what_it_shows(regimes):
    labels, legend, said = words(regime_map.draw(regimes))
    assert labels == ["1", "2", "8", "unlimited", "beyond", "within", "below"]
    assert "exact stability threshold" in legend
    assert "divergent" in legend
    assert "300000" in said
    assert any(r"\kappa$ = 12.5" in text for text in said)
    assert any(r"worth \$5" in text for text in said)
    assert any("without replacement" in text for text in said)


def test_only_regimes_that_occur_are_in_the_legend(regimes):
    regimes["regime"] = [["plateau"] * 3] * 5
    _, legend, _ = words(regime_map.draw(regimes))
    assert "divergent" not in legend
    assert "plateau at the noise floor" in legend


def test_the_steps_stand_on_the_same_axis(regimes):
    upper, lower = regime_map.draw(regimes).axes
    assert upper.get_xlim() == lower.get_xlim()
    box, other = upper.get_position(), lower.get_position()
    assert (box.x0, box.x1) == (other.x0, other.x1)
    assert other.y1 < box.y0


def test_gradient_descent_shows_its_eigenvalues(regimes):
    steps = np.array(regimes["step"])
    worst = np.maximum(abs(1 - steps * 0.1), abs(1 - steps))
    regimes |= {"method": "gd", "values": [10], "mu": 0.1, "mu_pl": 0.1, "threshold": [2.0]}
    regimes |= {"best_step": [0.1], "trusted_step": [None], "regime": [row[:1] for row in regimes["regime"]]}
    regimes["contraction"] = [[factor**2] for factor in worst]
    figure = regime_map.draw(regimes)
    _, picture = figure.axes
    largest, dots = picture.lines[2], picture.lines[3]
    np.testing.assert_allclose(dots.get_ydata(), worst)
    drawn = np.interp(np.log(steps), np.log(largest.get_xdata()), largest.get_ydata())
    np.testing.assert_allclose(drawn[1:-1], worst[1:-1], rtol=1e-2)
    assert r"$2/(\mu+L)$" in [text.get_text() for text in picture.texts]


@pytest.mark.parametrize(("rows", "drawn"), [(5, 0), (6, 1)])
def test_contours_need_rows_and_errors(rows, drawn):
    steps = np.geomspace(0.01, 1, 7)
    error = 10.0 ** -np.add.outer(np.arange(7), np.arange(rows) / 4)
    map_ = {"step": steps, "error": error, "regime": np.full((7, rows), "linear")}
    _, axes = plt.subplots()
    draw_contours(axes, map_ | {"error": np.ones((7, rows))})
    assert not axes.collections, "every error is the same"
    draw_contours(axes, map_)
    assert len(axes.collections) == drawn
    plt.close()


@pytest.mark.parametrize("first", [4.0, None])
def test_a_measured_map_of_full_gradients(regimes, first):
    regimes |= {"exact": False, "method": "gd", "values": [10], "kappa": None, "L_max": None}
    regimes |= {"threshold": [None], "first_divergent": [first], "best_step": [0.1], "trusted_step": [None]}
    regimes["regime"] = [row[:1] for row in regimes["regime"]]
    regimes["measure"] = "grad_norm_sq_last"
    labels, legend, _ = words(regime_map.draw(regimes))
    assert labels[0] == "full"
    assert ("first divergent step, measured" in legend) == (first is not None)


def test_without_theorems_and_with_one_step(regimes):
    regimes |= {"theory": [], "step": [0.1], "regime": [["plateau"] * 3]}
    assert len(regime_map.draw(regimes).axes) == 1


def test_the_same_values_give_the_same_files(regimes, tmp_path):
    first = [path.read_bytes() for path in regime_map.save(regimes, tmp_path)]
    again = regime_map.save(regimes, tmp_path)
    assert [path.name for path in again] == ["map_batch.png", "map_batch.pdf"]
    assert [path.read_bytes() for path in again] == first


def test_nothing_leaves_the_figure(regimes):
    figure = regime_map.draw(regimes)
    figure.draw_without_rendering()
    width, height = figure.bbox.width, figure.bbox.height
    for text in [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, text.get_text()
