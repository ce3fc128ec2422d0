"""Maps of regimes as a folder that opens from disk: a page, its scripts, the figures and the numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ratebound.reports.assets import write_assets
from ratebound.reports.folder import MARKERS, write_whole
from ratebound.reports.fragments import text
from ratebound.reports.regimes import map as regime_map
from ratebound.reports.regimes.payload import payload
from ratebound.reports.regimes.words import named_row, reasons, said
from ratebound.reports.shell import document

_SCRIPT = "regimes.js"


def build_map(maps: Sequence[Mapping[str, Any]], folder: str | Path) -> Path:
    """Write maps of one problem: ``index.html``, ``assets/``, ``regimes.json``, and a PNG and a PDF of each.

    Parameters
    ----------
    maps
        One for each axis, at least one; each in plain values, as
        :meth:`ratebound.experiments.regimes.explore.Regimes.as_dict` returns them.
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
        stored = json.dumps({"maps": list(maps)}, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        (staging / MARKERS[2]).write_text(stored, encoding="utf-8", newline="\n")
        for each in maps:
            regime_map.save(each, staging)
        scripts = write_assets(staging, {"maps": [payload(each) for each in maps]}, _SCRIPT)
        (staging / "index.html").write_text(page(maps, scripts), encoding="utf-8", newline="\n")

    return write_whole(folder, write) / "index.html"


def page(maps: Sequence[Mapping[str, Any]], scripts: list[str]) -> str:
    """Return the HTML of the page; without Plotly among its scripts it shows the figures alone."""
    regimes = maps[0]
    name = {"sgd": "SGD", "gd": "gradient descent"}[regimes["method"]]
    source = "exact second moments" if regimes["exact"] else f"means over {regimes['replicas']} replicas"
    how = "" if regimes["replacement"] else ", without replacement"
    steps = f"{regimes['steps']} steps" if "steps" in regimes else "several horizons"
    about = (
        f"{regimes['title']}: n = {regimes['n']}, d = {regimes['d']}; {steps}{how}; "
        f"{source}; seed {regimes['seed']}"
    )
    line = "Black line: exact stability threshold. " if regimes["exact"] else ""
    images = "\n".join(
        f'<img src="map_{each["axis"]}.png" alt="Regime of every step and {each["axis"]}, and the steps that '
        f'theorems allow">'
        for each in maps
    )
    files = " · ".join(
        f'{each["axis"]}: <a href="map_{each["axis"]}.pdf">PDF</a>, <a href="map_{each["axis"]}.png">PNG</a>'
        for each in maps
    )
    main = f"""<h2 id="map">Map</h2>
<figure id="regimes">
{_CONTROLS}
<div class="live" id="heat" role="img" aria-label="Regime of every cell"></div>
{images}
<figcaption>{line}Star: best step of a row. Diamond: the step that the least bound asks for. A click on a
cell, or the two lists above, show its runs. Blank: infinite, or beyond the horizon. {files} ·
<a href="{MARKERS[2]}">every number</a></figcaption>
</figure>
<section id="cell" hidden>
<h2>One cell</h2>
<p id="said" aria-live="polite"></p>
<div class="interactive"><div class="live" id="runs" role="img" aria-label="Errors along the run">
</div></div>
</section>
{_said(maps)}
<h2 id="theory">Theorems about a constant step</h2>
{"".join(map(_theory, maps))}"""
    asked = " ".join(f"--axis {each['axis']}" for each in maps)
    return document(
        f"What a constant step of {name} does",
        about,
        [("map", "Map"), ("theory", "Theorems")],
        main,
        f'<p class="soft">ratebound explore --problem {text(regimes["problem"])} {text(asked)}</p>',
        scripts,
    )


_CONTROLS = """<div class="controls" id="choose" hidden>
<label>rows <select name="axis"></select></label>
<label>colour <select name="colour"><option value="regime">regime</option>
<option value="error">error at k</option><option value="ratio">error at k / floor</option></select></label>
<label>steps <select name="unit"><option value="alpha">α</option></select></label>
<label>spacing <select name="rows"><option value="even">even rows</option>
<option value="log">log axis</option></select></label>
<label>k <input type="range" name="k" min="0" step="1"> <output name="shown"></output></label>
<label><span id="axis-name">batch</span> <select name="value"></select></label>
<label>step <select name="step"></select></label>
</div>"""


_HEADS = {
    "limit": "largest",
    "threshold / limit": "conservatism",
    "step of the least bound": "bound_step",
    "best step": "best_step",
    "price": "price",
    "floor of the bound": "bound_floor",
    "true floor": "floor",
}


def _said(maps: Sequence[Mapping[str, Any]]) -> str:
    # Which map a sentence is about, where there are several.
    sentences = [
        f"{each['axis']}: {sentence}" if len(maps) > 1 else sentence
        for each in maps
        for sentence in said(each)
    ]
    return f"<ul>{''.join(f'<li>{text(each)}</li>' for each in sentences)}</ul>" if sentences else ""


def _theory(regimes: Mapping[str, Any]) -> str:
    at, theory = regime_map.of_one_row(regimes)
    if not theory:
        return ""
    rows = "".join(
        f"<tr><td>{text(line['id'])}</td><td>{text(line['range_text'] or 'any')}</td>"
        + "".join(f"<td>{_number(line[name])}</td>" for name in _HEADS.values())
        + "</tr>"
        for line in theory
        if not line["reason"]
    )
    head = "".join(f"<th>{each}</th>" for each in ("theorem", "range", *_HEADS))
    caption = f"For {named_row(regimes, regimes['values'][at])}."
    missing = "".join(f"<li>No number: {text(each)}</li>" for each in reasons(theory))
    return (
        f'<div class="scroll"><table><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        + (f"<ul>{missing}</ul>" if missing else "")
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
