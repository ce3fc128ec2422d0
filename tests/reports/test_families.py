"""Runs that belong on one axis are found, named, coloured by method, and drawn."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text
from synthetic_records import cell, problem, run, series, theorem

from ratebound.reports import style
from ratebound.reports.families import decays, families
from ratebound.reports.overlay import describe_family, draw_family


def _sgd(name: str, schedule: str, batch: int = 1, **changes) -> dict:
    stated = theorem(name, schedule_latex=schedule, stochastic=True, title=name)
    made = run(method="sgd", batch=batch, parameters={"alpha": 0.1}, parameters_text="alpha = 0.1")
    return cell(theorem=stated, run=made | changes)


CONSTANT, DECAYING = r"\alpha", r"\frac{\alpha_0}{\sqrt{k + 1}}"


@pytest.mark.parametrize(
    ("schedule", "moves"),
    [
        (CONSTANT, False),
        (DECAYING, True),
        (r"\frac{1}{\mu_{\mathrm{PLk}} \kappa}", False),
        (r"\frac{\lVert x_0-x_*\rVert}{\sqrt{K} \sigma}", False),
        (r"\begin{cases} \frac{1}{2} & \text{for}\: k < 4 \\ 1 & \text{otherwise k} \end{cases}", True),
        (None, False),
    ],
)
def test_a_schedule_decays_where_it_holds_k(schedule, moves):
    assert decays({"schedule_latex": schedule}) is moves


def test_constant_and_decaying_steps_share_an_axis_and_two_bounds_share_a_run():
    cells = [_sgd("c", CONSTANT), _sgd("d", DECAYING), _sgd("d_sharp", DECAYING)]
    (family,) = families(cells)
    assert (family.kind, family.stem) == ("steps", "steps--diabetes--gap_last")
    assert [line.label for line in family.lines] == [
        "sgd, constant step (alpha = 0.1)",
        "sgd, decaying step (alpha = 0.1)",
    ]
    assert [each["theorem"]["id"] for each in family.lines[1].cells] == ["d", "d_sharp"]
    assert [line.colour for line in family.lines] == [style.BLUE, style.VERMILION]


def test_what_cannot_be_compared_is_not():
    other_problem = _sgd("d", DECAYING) | {"problem": problem(name="wine")}
    other_measure = _sgd("d", DECAYING)
    other_measure["theorem"]["measure"] = "distance_sq"
    one_step = _sgd("d", DECAYING)
    one_step["theorem"]["order"]["kind"] = "one step"
    for other in (other_problem, other_measure, one_step):
        assert families([_sgd("c", CONSTANT), other]) == []


def test_batches_are_drawn_by_steps_and_by_passes_and_methods_by_their_name():
    found = families([_sgd("c", CONSTANT, batch) for batch in (1, 4, 16)])
    assert [(f.kind, f.by_passes) for f in found] == [("batches", False), ("batches", True)]
    assert found[1].stem == "batches--c--diabetes--gap_last--passes"
    assert [family.title.endswith(", by passes)") for family in found] == [False, True]
    assert len({line.colour for line in found[0].lines}) == 3
    (methods,) = families([_sgd("c", CONSTANT), _sgd("m", CONSTANT, method="other")])
    assert methods.kind == "methods"


def test_momentum_is_compared_with_none():
    with_momentum = _sgd("m", CONSTANT, method="sgd_momentum")
    (family,) = families([_sgd("c", CONSTANT), with_momentum])
    assert family.kind == "momentum" and family.title.startswith("With and without momentum")
    (family,) = families([with_momentum, _sgd("c", CONSTANT, method="other")])
    assert family.kind == "methods"


def test_full_gradients_and_samples_are_compared_by_passes_on_the_range_of_the_samples():
    full = cell(run=run(method="gd", steps=10_000))
    full["series"]["evaluations"] = [442 * k for k in full["series"]["k"]]
    (family,) = families([full, _sgd("c", CONSTANT)])
    assert family.kind == "passes" and family.by_passes
    axes = draw_family(family).axes[0]
    assert axes.get_xlim()[1] < 4 * 10_000 / 442
    x = axes.get_lines()[0].get_xdata()
    assert np.nanmax(x) == pytest.approx(10_000)
    # Ranked where both have made as many passes, with an expectation on the axis.
    texts = [text.get_text() for text in axes.figure.findobj(Text)]
    assert any("Error after 22.6 passes, best first" in text for text in texts)
    assert any(r"\mathbb{E}" in text for text in texts)


def test_a_divergent_run_is_kept_and_named():
    lost = _sgd("d", DECAYING) | {
        "series": series(lambda k: np.where(k < 50, 2.0 ** np.minimum(k, 50), np.inf), lambda k: 1 / (k + 1))
    }
    (family,) = families([_sgd("c", CONSTANT), lost])
    figure = draw_family(family)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "sgd, decaying step (alpha = 0.1), diverges ×" in legend
    figure.savefig("/dev/null", format="png", dpi=30)
    assert "one axis" in describe_family(family)


def test_nothing_finite_is_drawn_without_a_warning():
    hopeless = series(lambda k: np.full(k.shape, np.inf), lambda k: np.full(k.shape, np.inf))
    cells = [
        _sgd(name, schedule) | {"series": hopeless} for name, schedule in (("c", CONSTANT), ("d", DECAYING))
    ]
    (family,) = families(cells)
    draw_family(family).savefig("/dev/null", format="png", dpi=30)
