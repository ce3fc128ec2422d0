"""The LaTeX tables compile as they are."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from synthetic_records import cell, problem, record, theorem, verdict

from ratebound.reports.build import TABLES
from ratebound.reports.writers import to_latex

_PDFLATEX = shutil.which("pdflatex")
_HARD = "50% of {a_b} & c#d $x^2$ ~ \\cmd <i>|x|</i> 3×10⁻⁴⁰ κ ≥ −1"


@pytest.mark.skipif(_PDFLATEX is None, reason="pdflatex is not installed")
def test_every_table_compiles(tmp_path):
    hard = cell(
        theorem=theorem("a_b", title=_HARD), problem=problem(name=_HARD), verdict=verdict(reason=_HARD)
    )
    cells = [*record()["cells"], hard]
    for name, make in TABLES.items():
        (tmp_path / f"{name}.tex").write_text(to_latex(make(cells)), encoding="utf-8")
    inputs = "\n".join(rf"\input{{{name}.tex}}" for name in TABLES)
    document = (
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs,graphicx,amsmath,amssymb}"
        rf"\begin{{document}}{inputs}\end{{document}}"
    )
    (tmp_path / "all.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        [_PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000
