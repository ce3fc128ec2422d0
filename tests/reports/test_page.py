"""The page: escaped, without any request, links that lead somewhere, urgent things first."""

from __future__ import annotations

from html.parser import HTMLParser

from synthetic_records import cell, empty_series, problem, record, theorem, verdict

from ratebound.reports.page import page
from ratebound.reports.plates import plates, stems

_VOID = {"meta", "link", "img", "br", "input"}


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.images: list[dict] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        self.links += [found[name] for name in ("href", "src") if name in found]
        if tag == "img":
            self.images.append(found)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def _outline(made: dict) -> tuple[str, _Outline]:
    names = stems(made["cells"])
    drawn = {plate.stem: (100, 80) for plate in plates(made["cells"])}
    html = page(made, names, drawn, ["assets/page.js"], "0" * 64)
    outline = _Outline()
    outline.feed(html)
    outline.close()
    assert outline.open == []
    return html, outline


def test_the_page_is_whole_and_asks_nothing_of_the_network():
    html, outline = _outline(record())
    assert "@import" not in html and "url(" not in html
    assert all(
        link.startswith(("#", "figures/", "tables/", "assets/", "record.json", "data:,"))
        for link in outline.links
    )
    assert len(outline.ids) == len(set(outline.ids))
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert all(image["alt"] and image["width"] == "100" for image in outline.images)


def test_text_of_users_is_escaped_everywhere():
    evil = "<script>alert('x')</script>\"&"
    bad = cell(
        theorem=theorem(
            evil, title=evil, source=evil, note=evil, sibling=evil, assumptions=[evil], bound_latex=evil
        ),
        problem=problem(name=evil, title=evil, preprocessing=evil, loss=evil),
        verdict=verdict(reason=evil),
    )
    skipped = cell(
        theorem=bad["theorem"], problem=bad["problem"], verdict=verdict("not applicable", reason=evil)
    )
    made = record([bad, skipped])
    made["suite"] = {"name": evil, "title": evil, "description": evil}
    made["provenance"] |= {"command": evil, "machine": evil}
    html, outline = _outline(made)
    assert outline.tags.count("script") == html.count("<script") == 1
    assert html.count("&lt;script&gt;") > 10


def test_violated_theorems_come_first_and_the_counts_add_up():
    html, _ = _outline(record())
    table = html[html.index("<tbody>") : html.index("</tbody>")]
    assert table.index("✗") < table.index("?") < table.index("○") < table.index("✓")
    for count, word in (
        (2, "violated"),
        (1, "undecided"),
        (1, "hold, vacuously"),
        (6, "hold"),
        (1, "not applicable"),
    ):
        assert f"<b>{count}</b> <span>{word}</span>" in html
    cards = html[html.index('id="theorems"') :]
    assert cards.index("violated at") < cards.index("✓")


def test_what_is_not_applicable_stands_with_its_reason_and_has_no_figure():
    html, outline = _outline(
        record([cell(verdict=verdict("not applicable", reason="rank 9 < d"), series=empty_series())])
    )
    assert "rank 9 &lt; d" in html and outline.images == []
    assert "No theorem was applicable" in html


def test_what_was_found_about_the_one_step_inequality_stands_in_the_card():
    found = verdict(step_holds=True, step_reason="its one-step inequality holds at every x")
    html, _ = _outline(record([cell(verdict=found)]))
    assert "Its one-step inequality holds at every x." in html


def test_an_empty_record_is_a_page_too():
    _outline(record([]))


def test_a_sibling_that_is_not_in_the_report_is_named_without_a_link():
    html, outline = _outline(record([cell(theorem=theorem(sibling="gd_shifted"))]))
    assert "gd_shifted" in html
    assert "#theorem-gd_shifted" not in outline.links


def test_a_proof_in_the_record_stands_folded_in_the_card_and_is_escaped():
    lines = [
        {"words": "One step. <b>The claim</b>", "latex": r"\frac{1}{L}", "relation": ">= 0"},
        {"words": "is a sum", "latex": None, "relation": ""},
    ]
    html, _ = _outline(record([cell(theorem=theorem(exposition=lines))]))
    assert "<summary>Proof</summary>" in html
    assert "&lt;b&gt;The claim" in html and "<b>The claim" not in html
    proof = html[html.index("<summary>Proof") :]
    assert proof.index("<svg") < proof.index("&gt;= 0") < proof.index("is a sum")
    assert "<summary>Proof</summary>" not in _outline(record([cell()]))[0]
