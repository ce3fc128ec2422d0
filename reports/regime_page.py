"""The map of regimes as a folder that opens from disk: a page, its scripts, the figure and the numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ratebound.reports import regime_map
from ratebound.reports.assets import write_assets
from ratebound.reports.folder import MARKERS, write_whole
from ratebound.reports.fragments import text
from ratebound.reports.regime_payload import payload
from ratebound.reports.shell import document

_SCRIPT = "regimes.js"


def build_map(regimes: Mapping[str, Any], folder: str | Path) -> Path:
    """Write the map: ``index.html``, ``map.png``, ``map.pdf``, ``assets/``, ``regimes.json``.

    Parameters
    ----------
    regimes
        Plain values, as :meth:`ratebound.experiments.regimes.explore.Regimes.as_dict` returns them.
    folder
        Where it goes. An earlier map there is replaced; any other folder that is not empty is left alone.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    RateboundError
        If the folder holds something else, or cannot be written. Nothing is left behind then.
    """

    def write(staging: Path) -> None:
        stored = json.dumps(regimes, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        (staging / MARKERS[2]).write_text(stored, encoding="utf-8", newline="\n")
        regime_map.save(regimes, staging)
        scripts = write_assets(staging, payload(regimes), _SCRIPT)
        (staging / "index.html").write_text(page(regimes, scripts), encoding="utf-8", newline="\n")

    return write_whole(folder, write) / "index.html"


def page(regimes: Mapping[str, Any], scripts: list[str]) -> str:
    """Return the HTML of the page; without Plotly among its scripts it shows the figure alone."""
    name = {"sgd": "SGD", "gd": "gradient descent"}[regimes["method"]]
    source = "exact second moments" if regimes["exact"] else f"means over {regimes['replicas']} replicas"
    how = "" if regimes["replacement"] else ", without replacement"
    about = (
        f"{regimes['title']}: n = {regimes['n']}, d = {regimes['d']}; {regimes['iterations']} steps{how}; "
        f"{source}; seed {regimes['seed']}"
    )
    line = "Black line: exact stability threshold. " if regimes["exact"] else ""
    main = f"""<h2 id="map">Map</h2>
<figure id="regimes">
{_CONTROLS}
<div class="live" id="heat" role="img" aria-label="Regime of every step and batch"></div>
<img src="map.png" alt="Regime of every step and batch, and the steps that theorems allow">
<figcaption>{line}A click on a cell, or the two lists above, show its runs. White: infinite.
<a href="map.pdf">PDF</a> · <a href="map.png">PNG</a> ·
<a href="{MARKERS[2]}">every number</a></figcaption>
</figure>
<section id="cell" hidden>
<h2>One cell</h2>
<p id="said" aria-live="polite"></p>
<div class="interactive"><div class="live" id="runs" role="img" aria-label="Errors along the run">
</div></div>
</section>
<h2 id="theory">Theorems about a constant step</h2>
{_theory(regimes)}"""
    return document(
        f"What a constant step of {name} does",
        about,
        [("map", "Map"), ("theory", "Theorems")],
        main,
        f'<p class="soft">ratebound explore --problem {text(regimes["problem"])}</p>',
        scripts,
    )


_CONTROLS = """<div class="controls" id="choose" hidden>
<label>colour <select name="colour"><option value="regime">regime</option>
<option value="error">error at k</option><option value="ratio">error at k / floor</option></select></label>
<label>steps <select name="unit"><option value="alpha">α</option></select></label>
<label>batches <select name="rows"><option value="even">even rows</option>
<option value="log">log axis</option></select></label>
<label>k <input type="range" name="k" min="0" step="1"> <output name="shown"></output></label>
<label>batch <select name="batch"></select></label>
<label>step <select name="step"></select></label>
</div>"""


def _theory(regimes: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{text(line['id'])}</td><td>{text(line['range_text'] or 'any')}</td>"
        f"<td>{_number(line['largest'])}</td><td>{_number(line['conservatism'])}</td>"
        f"<td>{_number(line['price'])}</td><td>{text(line['reason'])}</td></tr>"
        for line in regimes["theory"]
    )
    heads = ("theorem", "range", "limit", "threshold / limit", "price", "why it gives no number")
    head = "".join(f"<th>{each}</th>" for each in heads)
    return (
        f'<div class="scroll"><table><caption>For batch {text(regimes["batch"][0])}.</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
