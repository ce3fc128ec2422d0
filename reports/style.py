"""One style for every figure: sizes, a palette that colour-blind readers can tell apart, no dates."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito, "Color Universal Design" (2008): distinguishable under the common colour-vision deficiencies.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
YELLOW = "#F0E442"
GREEN = "#009E73"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#767676"

OUTCOME_COLOURS = MappingProxyType(
    {"holds": GREEN, "violated": VERMILION, "undecided": ORANGE, "not applicable": GREY, "vacuous": SKY}
)
"""The accent of each outcome; ``vacuous`` stands for a bound that holds and says nothing."""

_FULL_BATCH = (BLACK, GREY)
_FIXED = (BLUE, SKY, GREEN)
_DECAYING = (VERMILION, ORANGE, PURPLE)
_OTHER = (GREEN, PURPLE, ORANGE)


def method_colours(method: str, decaying: bool) -> tuple[str, ...]:
    """Return the colours of a method, the same in every figure; more than one for its several schedules."""
    if method == "gd":
        return _FULL_BATCH
    if method != "sgd":
        return _OTHER
    return _DECAYING if decaying else _FIXED


DPI = 160
_SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.fontset": "stixsans",
    "font.size": 8.5,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    "pdf.fonttype": 42,
    "svg.hashsalt": "ratebound",
}
METADATA = MappingProxyType(
    {
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
        "svg": {"Date": None, "Creator": None},
    }
)
"""Metadata by file kind that makes the same record give the same bytes."""


def context() -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws in this style; the user's settings come back."""
    settings: Any = {
        **matplotlib.rcParamsDefault,
        **_SETTINGS,
        "backend": matplotlib.rcParams["backend"],
    }
    return matplotlib.rc_context(settings)


def write(figure: Figure, *paths: Path) -> None:
    """Write a figure, each file of the kind that its name ends in: the same bytes for the same figure."""
    with context():
        for path in paths:
            figure.savefig(path, dpi=DPI, metadata=METADATA[path.suffix[1:]])
