"""The report of two records in a folder: what changed, where both come from, figures of what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ratebound.experiments import record as records
from ratebound.reports import style, wording
from ratebound.reports.assets import write_assets
from ratebound.reports.build import png_size
from ratebound.reports.compare import Change, Pair, changes, pairs
from ratebound.reports.families import Family, Line
from ratebound.reports.folder import MARKERS, write_whole
from ratebound.reports.fragments import definitions, kind, plot, rows, table, text
from ratebound.reports.glance import KIND_WORDS, KINDS
from ratebound.reports.overlay import describe_family, draw_family
from ratebound.reports.payload import figures
from ratebound.reports.plates import Plate, save
from ratebound.reports.provenance import digest, facts
from ratebound.reports.series import curves
from ratebound.reports.shell import document
from ratebound.reports.table import Table
from ratebound.reports.writers import WRITERS

_SIDES = ("A", "B")
_COLOURS = (style.BLUE, style.VERMILION)
# More figures than this are not looked at; the table still holds every change.
_MOST_FIGURES = 24

Progress = Callable[[int, int, str], None]
Record = Mapping[str, Any]


def build_comparison(
    first: Record, second: Record, folder: str | Path, *, progress: Progress | None = None
) -> Path:
    """Write the comparison of two records: ``index.html``, ``figures/``, ``tables/``, both records.

    Parameters
    ----------
    first, second
        Records, as `ratebound.experiments.record.load` returns them.
    folder
        Where it goes, under the rules of :func:`ratebound.reports.folder.write_whole`.
    progress
        Called as ``progress(done, total, what)`` after each figure and at the end.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    RateboundError
        If a record breaks the layout, the folder holds something else, or it cannot be written.
    """
    both = records.check(first), records.check(second)
    told = progress or (lambda done, total, what: None)
    return write_whole(folder, lambda staging: _write(both, staging, told)) / "index.html"


def change_table(found: Sequence[Change]) -> Table:
    """Return one row per change."""
    body = tuple((c.what, c.theorem, c.problem, c.first, c.second) for c in found)
    caption = "What differs between the two records beyond rounding and noise."
    return Table(caption, ("what", "theorem", "problem", *_SIDES), body)


def _write(both: tuple[Record, Record], folder: Path, progress: Progress) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    matched = pairs(*both)
    found = changes(matched)
    families = _families(matched, found)
    sizes = {}
    for done, family in enumerate(families, 1):
        save(Plate(family.stem, partial(draw_family, family)), folder / "figures")
        sizes[family.stem] = png_size(folder / "figures" / f"{family.stem}.png")
        progress(done, len(families) + 1, family.stem)
    listed = change_table(found)
    for ending, write in WRITERS.items():
        target = folder / "tables" / f"changes.{ending}"
        target.write_text(write(listed), encoding="utf-8", newline="\n")
    stored = [
        records.save(record, folder / f"{side}.json") for record, side in zip(both, _SIDES, strict=True)
    ]
    digests = [digest(path) for path in stored]
    summary = {"records": digests, "compared": len(matched), "changes": [asdict(change) for change in found]}
    (folder / MARKERS[1]).write_text(
        json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    scripts = write_assets(folder, figures([], [], families))
    html = _page(both, matched, found, families, sizes, digests, scripts)
    (folder / "index.html").write_text(html, encoding="utf-8", newline="\n")
    progress(len(families) + 1, len(families) + 1, "index.html")


def _families(matched: Sequence[Pair], found: Sequence[Change]) -> list[Family]:
    """Return both sides of each changed cell as a family, where both have curves."""
    families = []
    for position in dict.fromkeys(change.position for change in found):
        pair = matched[position]
        lines = tuple(
            Line(f"{side}: {wording.step_facts(cell)}", colour, (cell,))
            for side, colour, cell in zip(_SIDES, _COLOURS, (pair.first, pair.second), strict=True)
            if cell is not None and curves(cell) is not None
        )
        theorem, problem = pair.either["theorem"], pair.either["problem"]
        if len(lines) == len(_SIDES):
            stem = wording.file_stem(f"{theorem['id']}--{problem['name']}")
            families.append(Family("records", stem, f"{theorem['title']} · {problem['title']}", False, lines))
    families = families[:_MOST_FIGURES]
    stems = wording.distinct([family.stem for family in families])
    return [
        Family(each.kind, stem, each.title, each.by_passes, each.lines)
        for each, stem in zip(families, stems, strict=True)
    ]


def _page(
    both: tuple[Record, Record],
    matched: Sequence[Pair],
    found: Sequence[Change],
    families: Sequence[Family],
    sizes: Mapping[str, tuple[int, int]],
    digests: Sequence[str],
    scripts: Sequence[str],
) -> str:
    changed = len({change.position for change in found})
    drawn = "".join(
        f'<section id="{text(each.stem)}"><h3>{text(each.title)}</h3>\n'
        f"{plot(each.stem, describe_family(each), sizes[each.stem])}</section>\n"
        for each in families
    )
    left_out = changed - len(families)
    note = f'<p class="soft">{left_out} changed cells have no figure here.</p>\n' if left_out else ""
    formats = ", ".join(f'<a href="tables/changes.{ending}">{ending.upper()}</a>' for ending in WRITERS)
    listed = f"{table(change_table(found))}<p>{formats}</p>" if found else "<p>Nothing.</p>"
    main = f"""<h2 id="counts">Verdicts</h2>
{_counts(both)}
<h2 id="changes">What changed beyond noise</h2>
<p>{changed} of {len(matched)} cells.</p>
{listed}
<h2 id="figures">Figures</h2>
{drawn}{note}"""
    files = (("A", "A.json"), ("B", "B.json"))
    kept = [
        (side, f'<a href="{name}">{name}</a> <code>{text(checksum)}</code>')
        for (side, name), checksum in zip(files, digests, strict=True)
    ]
    footer = f'<h2 id="provenance">Records</h2>\n{_provenance(both)}{definitions(kept)}'
    links = [
        ("counts", "Verdicts"),
        ("changes", "Changes"),
        ("figures", "Figures"),
        ("provenance", "Records"),
    ]
    names = [record["suite"]["title"] for record in both]
    about = f"A: {names[0]}. B: {names[1]}."
    return document("Two records compared", about, links, main, footer, scripts)


def _counts(both: tuple[Record, Record]) -> str:
    counts = [Counter(kind(cell) for cell in record["cells"]) for record in both]
    body = [[text(KIND_WORDS.get(name, name)), *(str(count[name]) for count in counts)] for name in KINDS]
    return rows(("verdict", *_SIDES), body)


def _provenance(both: tuple[Record, Record]) -> str:
    sides = [facts(record) for record in both]
    body = [[text(name), text(value), text(other)] for (name, value), (_, other) in zip(*sides, strict=True)]
    return rows(("", *_SIDES), body)
