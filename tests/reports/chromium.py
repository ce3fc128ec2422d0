"""A headless Chromium for the tests of pages, and what is lacking where there is none."""

from __future__ import annotations

import json
import shutil
import time
from importlib.util import find_spec

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
LACKING = [
    name
    for name, found in (
        ("a Chromium", BROWSER),
        ("chromedriver", DRIVER),
        ("selenium", find_spec("selenium")),
        ("plotly", find_spec("plotly")),
    )
    if not found
]
MARKS = [
    pytest.mark.skipif(bool(LACKING), reason=f"the browser test needs {', '.join(LACKING)}"),
    # Selenium leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def start(profile):
    """Return a driver whose profile is in a folder of its own."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        # A page that still scrolls is clicked beside what is meant.
        "--force-prefers-reduced-motion",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_window_size(1200, 900)
    return driver


def wait(condition, seconds: float = 30.0):
    """Return what a condition finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "the page did not get there in time"
        time.sleep(0.05)
    return found


def requests(driver) -> list[str]:
    """Return the addresses that were asked for since this was called last."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
