"""LaTeX as inline SVG without network or TeX: mathtext draws the glyphs, the page's colour fills them."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

# Mathtext knows a part of LaTeX; these spellings mean the same within that part.
_SPELLINGS = (
    (r"\\left\\lVert|\\left\\lvert\\lvert", r"\\left\\|"),
    (r"\\right\\rVert", r"\\right\\|"),
    (r"\\[lr]Vert(?![a-zA-Z])", r"\\|"),
    (r"\\[lr]vert(?![a-zA-Z])", r"|"),
    (r"\\[td]frac(?![a-zA-Z])", r"\\frac"),
    (r"\\(?:[bB]ig+[lr]?|displaystyle|limits|nolimits)(?![a-zA-Z])", r""),
    (r"\\operatorname\*", r"\\operatorname"),
    (r"\\(frac|binom)\s*(\d|[a-zA-Z])\s*(\d|[a-zA-Z])", r"\\\1{\2}{\3}"),
    (r"\\(frac|binom)\s*(\d|[a-zA-Z])\s*\{", r"\\\1{\2}{"),
)
_CASES = re.compile(r"(.*?)\\begin\{cases\}(.*?)\\end\{cases\}(.*)", re.DOTALL)
_UNITS_PER_EM = 100.0
# STIX letters look small beside a screen's sans-serif text of the same size.
_SCALE = 1.2 / _UNITS_PER_EM
_CURVES = {1: "M", 2: "L", 3: "Q", 4: "C"}
_POINTS = {1: 1, 2: 1, 3: 2, 4: 3, 79: 1}


def mathtext(latex: str) -> str | None:
    """Return the formula between dollar signs as matplotlib can set it, or None where it cannot."""
    text = latex.strip().strip("$").strip()
    for pattern, replacement in _SPELLINGS:
        text = re.sub(pattern, replacement, text)
    if not text:
        return None
    text = f"${text}$"
    return text if _path(text) is not None else None


def formula(latex: str) -> str:
    """Return HTML for a formula: inline SVG, cases as rows, or the escaped source where it cannot be set.

    The result holds no unescaped part of the input, and names no address outside the page.
    """
    cases = _CASES.fullmatch(latex.strip())
    if cases is None:
        return _svg(latex)
    before, body, after = cases.groups()
    rows = []
    for row in re.split(r"\\\\", body):
        value, _, condition = row.partition("&")
        if value.strip():
            rows.append(
                f"<span>{_svg(value)}</span><span>{_svg(condition) if condition.strip() else ''}</span>"
            )
    sides = [_svg(part) if part.strip() else "" for part in (before, after)]
    return f'<span class="cases">{sides[0]}<span class="rows">{"".join(rows)}</span>{sides[1]}</span>'


def _svg(latex: str) -> str:
    text = mathtext(latex)
    if text is None:
        return f'<code class="tex">{escape(latex)}</code>'
    drawn = _path(text)
    assert drawn is not None  # mathtext() returns only what can be set
    width, height, depth, data = drawn
    return (
        f'<svg class="tex" role="img" aria-label="{escape(latex)}" viewBox="-3 {-height:.1f} {width:.1f} '
        f'{height + depth:.1f}" style="width:{width * _SCALE:.3f}em;'
        f"height:{(height + depth) * _SCALE:.3f}em;vertical-align:{-depth * _SCALE:.3f}em"
        f'"><path d="{data}"/></svg>'
    )


@lru_cache(maxsize=4096)
def _path(text: str) -> tuple[float, float, float, str] | None:
    """Return width, height above and depth below the baseline, and SVG path data, in hundredths of an em."""
    font = FontProperties(size=_UNITS_PER_EM, math_fontfamily="stix")
    try:
        width, height, depth = text_to_path.get_text_width_height_descent(text, font, ismath=True)
        vertices, codes = text_to_path.get_text_path(font, text, ismath=True)
    except (ValueError, RuntimeError):
        return None
    pieces: list[str] = []
    at = 0
    while at < len(codes):
        code = int(codes[at])
        if code == 79:
            pieces.append("Z")
        else:
            points = vertices[at : at + _POINTS[code]]
            pieces.append(_CURVES[code] + " ".join(f"{x:.1f},{-y:.1f}" for x, y in points))
        at += _POINTS[code]
    # Accents and radicals reach a little over the advance box; a margin keeps them whole.
    return width + 6.0, height - depth + 4.0, depth + 4.0, "".join(pieces)
