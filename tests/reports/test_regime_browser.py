"""The map of regimes in a real browser: silent, offline, and alive under mouse and keyboard."""

from __future__ import annotations

import pytest
from chromium import MARKS, requests, start, wait
from synthetic_regimes import momenta, regimes

from ratebound.reports.regimes.map import COLOURS
from ratebound.reports.regimes.page import build_map

pytestmark = MARKS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_map([regimes(), momenta()], tmp_path_factory.mktemp("map") / "map").parent


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, folder):
    browser.get((folder / "index.html").as_uri())
    wait(lambda: browser.find_elements("css selector", "#heat .main-svg"))
    return browser


def choose(page, name, value):
    """Choose an entry of a list as a user does."""
    from selenium.webdriver.support.ui import Select

    Select(page.find_element("css selector", f"select[name={name}]")).select_by_value(value)


def point(page, across, down):
    """Move the mouse to a place of the map, in shares of its size from the middle."""
    from selenium.webdriver import ActionChains

    plot = page.find_element("css selector", "#heat .nsewdrag")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    size = plot.size
    return ActionChains(page).move_to_element_with_offset(
        plot, int(across * size["width"]), int(down * size["height"])
    )


def hovered(page):
    """Return what the map says under the mouse, which moves until the plot is ready."""
    for across in (-0.25, -0.24):
        point(page, across, 0.4).perform()
    return page.find_element("css selector", "#heat .hoverlayer").text


def heat(page, expression):
    return page.execute_script(f"return document.getElementById('heat').{expression}")


def test_no_console_message_and_no_request_beyond_the_folder(browser, folder):
    browser.get_log("browser")
    requests(browser)
    browser.get((folder / "index.html").as_uri())
    wait(lambda: browser.find_elements("css selector", "#heat .main-svg"))
    assert browser.get_log("browser") == []
    asked = requests(browser)
    assert any(address.endswith("regimes.js") for address in asked)
    assert [a for a in asked if not a.startswith((folder.as_uri(), "data:", "blob:"))] == []


def test_the_map_shows_what_was_found_and_hover_tells_it(page):
    assert heat(page, "data[0].z") == [[3, 1, 0, 2, list(COLOURS).index("divergent")]] * 3
    assert heat(page, "data[1].x") == [0.5, 1.0, 1.9]
    said = wait(lambda: hovered(page))
    for words in (
        "batch 1: sublinear",
        "floor 0.002",
        "step / threshold: 0.01591",
        "allowed by within, unlimited",
    ):
        assert words in said


def test_a_click_shows_the_runs_of_the_cell(page):
    section = page.find_element("id", "cell")
    assert not section.is_displayed()
    point(page, 0.45, 0.4).click().perform()  # the largest step, batch 1
    wait(section.is_displayed)
    assert "batch 1: divergent" in page.find_element("id", "said").text
    names = page.execute_script("return document.getElementById('runs').data.map((each) => each.name)")
    assert {"mean over replicas", "10–90 % of replicas", "exact expectation"} <= set(names)


def test_lists_choose_a_cell_without_a_mouse(page):
    choose(page, "value", "2")
    choose(page, "step", "1")
    said = page.find_element("id", "said").text
    assert "batch 8: sublinear" in said and "noise floor" in page.find_element("id", "runs").text


def test_the_slider_goes_along_the_run(page):
    choose(page, "colour", "error")
    last = heat(page, "data[0].z[0][0]")
    slider = page.find_element("name", "k")
    page.execute_script("arguments[0].value = 0; arguments[0].dispatchEvent(new Event('input'))", slider)
    assert page.find_element("name", "shown").text == "0"
    assert heat(page, "data[0].z[0][0]") == pytest.approx(0.0) and last == pytest.approx(-1.0, abs=1e-3)
    assert heat(page, "data[0].z[0][4]") == pytest.approx(0.0)
    choose(page, "colour", "ratio")
    assert heat(page, "data[0].z[0][1]") == pytest.approx(2.69897, abs=1e-4)


def test_axes_can_be_chosen(page):
    choose(page, "unit", "L_max")
    assert heat(page, "data[0].x")[0] == pytest.approx(1e-3 * 20)
    choose(page, "rows", "log")
    assert heat(page, "data[0].y") == [1, 2, 8] and heat(page, "_fullLayout.yaxis.type") == "log"


def test_another_axis(page):
    choose(page, "axis", "1")
    assert heat(page, "layout.yaxis.title.text") == "momentum"
    assert page.find_element("css selector", "[name=rows] [value=log]").get_attribute("disabled")
    choose(page, "value", "2")
    assert "momentum 0.9: slow" in page.find_element("id", "said").text
    choose(page, "axis", "0")
    assert heat(page, "layout.yaxis.title.text") == "batch"
    assert heat(page, "data[3].x") == [0.01, None, None]


def test_dark_reaches_the_plot(page):
    before = heat(page, "layout.paper_bgcolor")
    page.find_element("id", "theme").send_keys("\n")
    assert heat(page, "layout.paper_bgcolor") != before
    page.find_element("id", "theme").send_keys("\n")


def test_a_phone_reads_it_without_scrolling_sideways(page):
    try:
        page.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True},
        )
        wait(lambda: page.execute_script("return document.documentElement.scrollWidth") <= 390)
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
