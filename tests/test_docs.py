"""The generated pages of docs/ are those that the statements make today."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_theorem_pages_are_up_to_date(monkeypatch):
    # As where the script is run.
    monkeypatch.syspath_prepend(str(DOCS))
    made = runpy.run_path(str(DOCS / "theorem_pages.py"))["pages"]()
    kept = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "theorems").glob("*.md")}
    assert kept == made, "run `python docs/theorem_pages.py`"
