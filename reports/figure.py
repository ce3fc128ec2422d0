"""The figure of one cell: the error of a run under the bound of its theorem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from ratebound.reports import layout, style, wording
from ratebound.reports.marks import draw_curves, draw_slope, draw_violation, frame_axes, legend_entries
from ratebound.reports.series import Curves, curves, panels
from ratebound.reports.typeset import mathtext
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.sure import sure

_COLUMNS = 3
_ALLOWANCE = 1e-9
"""What verdicts allow an error that meets its bound."""
_FRACTION = re.compile(r"\\frac\{(.*)\}\{(.*)\}")
_MATH = {"n": "$n$", "d": "$d$", "κ": r"$\kappa$", "L_max/L": r"$L_{\max}/L$"}


def drawable(cell: Mapping[str, Any]) -> bool:
    """Tell whether a cell has curves; cells that are not applicable have none."""
    return curves(cell) is not None


def draw(cell: Mapping[str, Any]) -> Figure:
    """Draw the error of a cell, its spread, its bound and its slope.

    Parameters
    ----------
    cell
        One cell of a record.

    Returns
    -------
    Figure
        Free of pyplot: nothing global is touched.

    Raises
    ------
    RateboundError
        If the cell has no curves.
    """
    shown = curves(cell)
    if shown is None:
        raise RateboundError(
            f"theorem {cell['theorem']['id']!r} on {cell['problem']['name']!r} has no curves to draw "
            f"({cell['verdict']['outcome']}); draw cells whose series are not empty"
        )
    with style.context():
        return _drawn(cell, shown)


def describe(cell: Mapping[str, Any]) -> str:
    """Return the figure in one sentence, for readers who cannot see it."""
    scale = "log-log" if wording.is_power(cell["theorem"]["order"]) else "semilogarithmic"
    text = (
        f"{scale} figure of the error of {cell['theorem']['title']} on {cell['problem']['title']} "
        f"under its bound; verdict: {wording.headline(cell)}; {wording.evidence(cell)}"
    )
    slope = slope_words(cell)
    return f"{text}. {slope}." if slope else f"{text}."


def slope_words(cell: Mapping[str, Any]) -> str:
    """Return the fitted slope beside the theoretical one, ``""`` where nothing was fitted."""
    verdict = cell["verdict"]
    if verdict.get("slope") is None:
        return ""
    used = verdict.get("slope_range")
    on = f" on {wording.number(used[0])} ≤ k ≤ {wording.number(used[1])}" if used else ""
    fitted = wording.interval(verdict)
    if not wording.is_power(cell["theorem"]["order"]):
        return f"Fitted rate d ln(error)/dk = {fitted}{on}"
    order = cell["theorem"]["order"]
    theory = wording.theory_exponent(order)
    logs = " (up to a logarithm)" if order.get("log_power") else ""
    beside = "" if theory is None else f"; the theorem's exponent {wording.number(theory)}{logs}"
    return f"Fitted exponent {fitted}{on}{beside}"


def _drawn(cell: Mapping[str, Any], shown: Curves) -> Figure:
    theorem, problem, outcome = cell["theorem"], cell["problem"], cell["verdict"]["outcome"]
    ranges = panels(shown)
    entries = legend_entries(cell, shown)
    framed = layout.frame(
        title=theorem["title"],
        subtitles=[problem_line(problem), plain(wording.run_facts(cell))],
        notes=_notes(cell, shown),
        accent=style.OUTCOME_COLOURS["vacuous" if wording.is_vacuous(cell) else outcome],
        split=len(ranges) > 1,
        legend_rows=-(-len(entries) // _COLUMNS),
    )
    for axes, limits in zip(framed.axes, ranges, strict=True):
        axes.set_yscale("log")
        axes.set_ylim(*limits)
        draw_curves(axes, shown, bottom=limits[0])
    draw_violation(framed.axes[-1], cell, shown)
    draw_slope(framed.axes[-1], cell, shown)
    frame_axes(framed.axes, shown, problem["n"])
    layout.label_y(framed, error_name(theorem, rarely=cell["verdict"].get("risk") is not None))
    layout.legend(framed, entries, _COLUMNS)
    return framed.figure


def _notes(cell: Mapping[str, Any], shown: Curves) -> list[str]:
    head = wording.headline(cell)
    notes = [
        head[0].upper() + head[1:],
        wording.evidence(cell),
        slope_words(cell),
        _rounding_words(cell, shown),
    ]
    if cell["verdict"]["outcome"] == "undecided":
        notes.insert(1, cell["verdict"]["reason"])
    return [note for note in notes if note]


def _rounding_words(cell: Mapping[str, Any], shown: Curves) -> str:
    """Return from where on an exact error is drawn above a bound that holds, ``""`` where it never is."""
    if cell["verdict"]["outcome"] != "holds" or shown.exact is None:
        return ""
    above = shown.k[shown.exact > (1 + _ALLOWANCE) * shown.bound]
    if not above.size:
        return ""
    return f"At k = {wording.number(float(above[0]))} and later the bound is below the rounding of the error"


def error_name(theorem: Mapping[str, Any], rarely: bool = False) -> str:
    """Return the name of the y axis: the measure, and which iterate it speaks about.

    A claim about what exceeds a limit `rarely` is about the measure itself, not about its expectation.
    """
    written = theorem["measure_latex"]
    latex = mathtext(_on_one_line(sure(written) if rarely else written))
    name = wording.iterate(theorem)
    if latex is None:
        return name or "error"
    return f"{latex}   ({name})" if name else latex


def _on_one_line(latex: str) -> str:
    """Return a fraction of sums as numerator / denominator: along an axis its parts would be tiny."""
    found = _FRACTION.fullmatch(latex)
    return latex if found is None else rf"{found[1]} \,/\, {found[2]}".replace(r"\sum", r"\Sigma")


def problem_line(problem: Mapping[str, Any]) -> str:
    """Return the problem and its n, d, kappa, L_max/L, for subtitles."""
    # No line ends beside "=": the spaces do not break.
    facts = ", ".join(
        f"{_MATH.get(name, name)}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{value}"
        for name, value in wording.problem_facts(problem)
    )
    name = plain(problem["title"])
    return f"{name}: {facts}" if facts else name


def plain(text: str) -> str:
    """Keep a user's dollar signs from starting mathematics."""
    return text.replace("$", r"\$")
