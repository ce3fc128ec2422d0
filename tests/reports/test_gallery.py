"""The gallery shows what it links to, stays small, and can be made again."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from synthetic_records import record, shapes

from ratebound.reports.build import build

_GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


def _module():
    spec = importlib.util.spec_from_file_location("gallery_make", _GALLERY / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _pictures(page: str) -> set[str]:
    return set(re.findall(r'src="figures/([^"]+)"', page))


def test_the_page_shows_every_picture_and_no_other():
    page = (_GALLERY / "README.md").read_text(encoding="utf-8")
    files = {path.name: path.stat().st_size for path in (_GALLERY / "figures").iterdir()}
    assert _pictures(page) == set(files)
    assert len(files) > 40
    assert sum(files.values()) < 1_500_000


def test_it_is_made_from_a_report(tmp_path):
    pytest.importorskip("PIL")
    found = shapes()
    report = build(record([found["linear"], found["not-applicable"]]), tmp_path / "report").parent
    _module().main(report, tmp_path / "gallery")
    page = (tmp_path / "gallery" / "README.md").read_text(encoding="utf-8")
    assert "ratebound report lecture --only 'gd_strong--diabetes'" in page
    names = {path.name for path in (tmp_path / "gallery" / "figures").iterdir()}
    assert _pictures(page) == names == {"gd_strong--diabetes.png", "rates.png"}
