"""The scripts of a page: our own, the numbers of its plots, and Plotly where it is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDER = "assets"
_PLOTLY = "plotly.min.js"


def write_assets(folder: Path, figures: Mapping[str, Any], drawing: str = "plots.js") -> list[str]:
    """Write the scripts of a page into ``assets`` under `folder`.

    Parameters
    ----------
    folder
        The folder of the page.
    figures
        The numbers of the interactive plots, such as :func:`ratebound.reports.payload.figures` returns.
    drawing
        Our script that draws them.

    Returns
    -------
    list of str
        Addresses for the page's script elements, in order. Without Plotly the plots are left out, and the
        page shows its static figures.
    """
    scripts = {"page.js": _own("page.js")}
    plotly = _plotly() if figures else None
    if plotly is not None:
        numbers = json.dumps(figures, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        # A script element read from a file cannot be closed by its content, but line ends of JavaScript's
        # own kind could end a string in old engines.
        numbers = numbers.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        scripts[_PLOTLY] = plotly
        scripts["curves.js"] = f"window.ratebound = {numbers};\n"
        scripts[drawing] = _own(drawing)
    target = folder / FOLDER
    target.mkdir()
    for name, text in scripts.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    return [f"{FOLDER}/{name}" for name in scripts]


def _own(name: str) -> str:
    return (files("ratebound.reports") / name).read_text(encoding="utf-8")


def _plotly() -> str | None:
    """Return Plotly's script, or None where the package (the extra ``report``) is not installed."""
    if find_spec("plotly") is None:
        return None
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    return script
