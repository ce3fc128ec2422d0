"""The series of a cell as arrays that can be drawn: usable steps, where it diverges, the range to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ratebound.reports.wording import is_power

# Ticks reach a few strides beyond the range, and must stay finite in double precision.
_SMALLEST, _LARGEST = 1e-300, 1e200
# Below this share of the smallest error shown, a bound tells nothing more and would squeeze the picture.
_BELOW = 1e-6
# An error that fell by this has met rounding, or the minimum: a run that gets there exactly reaches 1e-300.
_DEEPEST = 1e-20
# A bound this many times above every error gets a panel of its own.
_APART = 1e4


@dataclass(frozen=True)
class Curves:
    """What a figure shows. Arrays have shape (C,), `replicas` (R, C); absent curves are None.

    Steps that the scale cannot show (k = 0 on log-log axes) are dropped; values that are not finite or not
    positive are nan in `exact`, `mean`, `bound`, and `diverged_at` is the first step at which the error is
    not finite or leaves the scale (1e200).
    """

    power: bool
    k: np.ndarray
    evaluations: np.ndarray
    bound: np.ndarray
    exact: np.ndarray | None
    mean: np.ndarray | None
    mean_band: tuple[np.ndarray, np.ndarray] | None
    quantiles: tuple[np.ndarray, np.ndarray] | None
    replicas: np.ndarray | None
    floor: float | None
    diverged_at: float | None

    @property
    def error(self) -> np.ndarray | None:
        """The curve that the bound is about: the exact expectation where known, else the mean."""
        return self.exact if self.exact is not None else self.mean


def curves(cell: Mapping[str, Any]) -> Curves | None:
    """Return the drawable curves of a cell, or None where there is nothing to draw."""
    series = cell["series"]
    if not series or not series.get("k"):
        return None
    power = is_power(cell["theorem"]["order"])
    k = np.asarray(series["k"], dtype=float)
    kept = k >= 1 if power else np.ones(k.size, dtype=bool)
    if not kept.any():
        return None

    def row(name: str) -> np.ndarray | None:
        values = series.get(name)
        return None if not values else np.asarray(values, dtype=float)[..., kept]

    def band(low: str, high: str) -> tuple[np.ndarray, np.ndarray] | None:
        first, second = row(low), row(high)
        return None if first is None or second is None else (first, second)

    exact, mean, replicas, bound = row("exact"), row("mean"), row("replicas"), row("bound")
    error = exact if exact is not None else mean
    if error is None or bound is None:
        return None
    lost = np.flatnonzero(~(error <= _LARGEST))
    evaluations = row("evaluations")
    floor = series.get("floor")
    return Curves(
        power=power,
        k=k[kept],
        evaluations=np.full(int(kept.sum()), np.nan) if evaluations is None else evaluations,
        bound=_positive(bound),
        exact=None if exact is None else _until_lost(exact),
        mean=None if mean is None else _until_lost(mean),
        mean_band=band("mean_low", "mean_high"),
        quantiles=band("q10", "q90"),
        replicas=None if replicas is None else np.stack([_until_lost(each) for each in replicas]),
        floor=float(floor) if floor is not None and np.isfinite(floor) and floor > 0 else None,
        diverged_at=float(k[kept][lost[0]]) if lost.size else None,
    )


def fitted_line(cell: Mapping[str, Any], shown: Curves) -> np.ndarray | None:
    """Return the fitted line at the steps of its range, nan elsewhere; None where nothing was fitted."""
    verdict, error = cell["verdict"], shown.error
    if error is None or verdict.get("slope") is None or not verdict.get("slope_range"):
        return None
    first, last = verdict["slope_range"]
    used = (shown.k >= first) & (shown.k <= last) & np.isfinite(error)
    if used.sum() < 2:
        return None
    along = np.log(shown.k[used]) if shown.power else shown.k[used]
    level = float(np.median(np.log(error[used]) - verdict["slope"] * along))
    line = np.full(shown.k.size, np.nan)
    line[used] = np.exp(level + verdict["slope"] * along)
    return line


def panels(shown: Curves) -> list[tuple[float, float]]:
    """Return the y ranges to draw, from top to bottom: two where the bound lies far above every error."""
    measured = [values for values in (shown.exact, shown.mean) if values is not None]
    extra = [values for values in (shown.quantiles, shown.mean_band) if values is not None]
    low, high = _extent(measured)
    wide_low, wide_high = _extent([*measured, *(side for pair in extra for side in pair)])
    # Confidence limits may reach zero: a log axis follows them for three decades only.
    low, high = max(wide_low, low * 1e-3, high * _DEEPEST), min(max(wide_high, high), high * 1e3)
    bound_low, bound_high = _extent([shown.bound])
    if np.isfinite(bound_low) and np.isfinite(high) and bound_low > _APART * high:
        return [padded(bound_low, bound_high), padded(low, high)]
    if np.isfinite(bound_low):
        low, high = min(low, max(bound_low, _BELOW * low)), max(high, bound_high)
    if shown.floor is not None and shown.floor > _BELOW * low:
        low, high = min(low, shown.floor), max(high, shown.floor)
    return [padded(low, high)]


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where((values > 0) & (values <= _LARGEST), values, np.nan)


def _until_lost(values: np.ndarray) -> np.ndarray:
    """Return the curve up to its first value off the scale; what follows a divergence is no curve."""
    alive = np.logical_and.accumulate(values <= _LARGEST)
    return _positive(np.where(alive, values, np.nan))


def _extent(rows: list[np.ndarray]) -> tuple[float, float]:
    values = np.concatenate([_positive(row).ravel() for row in rows]) if rows else np.array([])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (np.nan, np.nan)


def padded(low: float, high: float) -> tuple[float, float]:
    """Return a range of a log axis with some room at both ends, within what can be drawn."""
    if not np.isfinite(low) or not np.isfinite(high):
        return (0.1, 10.0)
    low, high = max(low, _SMALLEST), min(high, _LARGEST)
    room = max((np.log10(high) - np.log10(low)) * 0.06, 0.15)
    return (low * 10**-room, high * 10**room)
