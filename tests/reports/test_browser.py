"""The page in a real browser: opened from disk, silent, asking nothing of the network, and alive."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest
from chromium import MARKS, requests, start, wait
from synthetic_records import record, shapes

from ratebound.reports.build import build
from ratebound.reports.plates import plates

_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
)
pytestmark = MARKS


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    found = shapes()
    names = ("linear-to-floor", "violated", "undecided", "not-applicable")
    made = record([found[name] for name in names])

    def draw_dots(cells, stored, folder, done, ahead):
        """Stand in for the figures, which the browser only has to show."""
        for plate in plates(cells):
            (folder / f"{plate.stem}.png").write_bytes(_DOT)
            done(plate.stem)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ratebound.reports.build.draw_all", draw_dots)
        return build(made, tmp_path_factory.mktemp("browser") / "report")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, report):
    browser.get(report.as_uri())
    browser.execute_script("localStorage.clear()")
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(report.as_uri())
    return browser


def _all(page, selector):
    return page.find_elements("css selector", selector)


def _plot(page, stem="sgd_pl_constant--diabetes"):
    (figure,) = _all(page, f"figure[data-figure='{stem}']")
    page.execute_script("arguments[0].scrollIntoView()", figure)
    wait(lambda: figure.find_elements("css selector", ".live .main-svg"))
    return figure


def _axis(page, figure, name):
    return page.execute_script(f"return arguments[0].querySelector('.live')._fullLayout.{name}.type", figure)


def test_no_console_message_and_no_request_beyond_the_folder(page, report):
    for figure in _all(page, "#theorems ~ article figure"):
        page.execute_script("arguments[0].scrollIntoView()", figure)
        wait(lambda figure=figure: figure.find_elements("css selector", ".live .main-svg"))
    assert page.get_log("browser") == []
    addresses = requests(page)
    assert any(address.endswith("plotly.min.js") for address in addresses)
    folder = report.parent.as_uri()
    assert [a for a in addresses if not a.startswith((folder, "data:", "blob:"))] == []


def test_a_plot_changes_its_axes_and_shows_its_numbers(page):
    figure = _plot(page)
    buttons = {
        b.get_attribute("data-name"): b for b in figure.find_elements("css selector", ".controls button")
    }
    assert (_axis(page, figure, "xaxis"), _axis(page, figure, "yaxis")) == ("linear", "log")
    buttons["logx"].click()
    buttons["logy"].send_keys(" ")
    wait(lambda: (_axis(page, figure, "xaxis"), _axis(page, figure, "yaxis")) == ("log", "linear"))
    assert buttons["logy"].get_attribute("aria-pressed") == "false"

    iterations = page.execute_script(
        "return arguments[0].querySelector('.live').data.at(-1).x.at(-1)", figure
    )
    buttons["passes"].click()
    passes = page.execute_script("return arguments[0].querySelector('.live').data.at(-1).x.at(-1)", figure)
    assert passes == pytest.approx(iterations / 442, rel=1e-4)

    page.execute_script("Plotly.Fx.hover(arguments[0].querySelector('.live'), {xval: 1})", figure)
    assert "bound" in wait(lambda: figure.find_element("css selector", ".live .hoverlayer").text)

    image = figure.find_element("css selector", "img")
    assert not image.is_displayed()
    buttons["picture"].click()
    assert image.is_displayed()


def test_the_table_is_filtered_and_sorted_by_keyboard(page):
    rows = lambda: [row for row in _all(page, "#verdict-table tbody tr") if row.is_displayed()]  # noqa: E731
    assert len(rows()) == 3
    words = page.find_element("name", "words")
    words.send_keys("VIOLATED")
    assert len(rows()) == 1
    assert page.find_element("css selector", "form.filter output").text == "1 of 3 shown"
    words.clear()
    words.send_keys("x")
    words.send_keys("\b")
    from selenium.webdriver.support.ui import Select

    Select(page.find_element("name", "kind")).select_by_value("undecided")
    assert [row.get_attribute("data-kind") for row in rows()] == ["undecided"]
    Select(page.find_element("name", "kind")).select_by_value("")

    def column(position):
        return [
            row.find_elements("css selector", "td")[position].get_attribute("data-value") for row in rows()
        ]

    button = next(b for b in _all(page, "#verdict-table th button") if b.text == "error / bound")
    for descending in (False, True):
        button.send_keys("\n")
        values = [float(value) for value in column(4) if value is not None]
        assert values == sorted(values, reverse=descending)
    assert button.find_element("xpath", "..").get_attribute("aria-sort") == "descending"


def test_a_link_at_the_top_lands_at_what_it_names(page):
    link = page.find_element("css selector", ".glance a")
    target = page.find_element("id", link.get_attribute("href").partition("#")[2])
    link.send_keys("\n")

    def top():
        return page.execute_script("return arguments[0].getBoundingClientRect().top", target)

    wait(lambda: abs(top()) < 5)
    time.sleep(0.5)
    assert abs(top()) < 5, "plots that are drawn on the way must not move the place"


def test_dark_and_light_reach_page_and_plots_and_are_remembered(page, report):
    figure = _plot(page)
    paper = lambda: page.execute_script("return getComputedStyle(document.body).backgroundColor")  # noqa: E731
    drawn = lambda: page.execute_script(  # noqa: E731
        "return arguments[0].querySelector('.live').layout.paper_bgcolor", figure
    )
    before = paper()
    assert drawn() == before
    page.find_element("id", "theme").send_keys("\n")
    assert paper() != before and drawn() == paper()
    after = paper()
    page.get(report.as_uri())
    assert paper() == after


def test_a_phone_reads_it_without_scrolling_sideways(page):
    try:
        page.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True},
        )
        _plot(page)
        assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_printed_page_shows_the_pictures_and_not_the_controls(page):
    figure = _plot(page)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert figure.find_element("css selector", "img").is_displayed()
        assert not figure.find_element("css selector", ".controls").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
