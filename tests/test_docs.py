"""The generated pages of docs/ are those that the statements make today."""

import re
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def test_theorem_pages_are_up_to_date(monkeypatch):
    # As where the script is run.
    monkeypatch.syspath_prepend(str(DOCS))
    made = runpy.run_path(str(DOCS / "theorem_pages.py"))["pages"]()
    kept = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "theorems").glob("*.md")}
    assert kept == made, "run `python docs/theorem_pages.py`"


def test_markdown_reads_no_emphasis_into_formulas():
    inline = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    for path in (DOCS / "theorems").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        # Only where Markdown might: pairs of stars, or underscores beside punctuation, outside of backticks.
        bare = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        suspects = [line for line in bare.splitlines() if re.search(r"[*_].*[*_]", line.replace("**", ""))]
        assert "<em>" not in inline.render("\n\n".join(suspects)), path.name
