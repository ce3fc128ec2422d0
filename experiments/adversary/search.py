"""The search: random instances of every family, then local descent from the worst, all on exact ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ratebound.experiments.adversary.case import Case, bounded, case, constants_of, edges
from ratebound.experiments.adversary.families import FAMILIES, Axis, Family
from ratebound.experiments.adversary.sweep import sweep
from ratebound.experiments.adversary.witness import CERTAIN, Witness, witness_of
from ratebound.experiments.checks import whole
from ratebound.problems.certified import NotCertified
from ratebound.theory.catalogue import find
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.proximity import penalised
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import ALONG_RUN

LARGEST_HORIZON = 10**6
"""What `longest` may be."""
_SWEPT = 16
"""Parameter values per random instance, at most."""
_STARTS = 4
"""Local searches."""
_TRIED = 20
"""The worst runs of which the first that stands is the witness: a ratio may be nothing but rounding."""
_BATCH = Axis(1, 3, "integer")
_SMALLEST, _LARGEST = 1e-4, 1e2
"""Range of a parameter, in parts of its upper end or, where it has none, of its default."""


@dataclass(frozen=True)
class Attack:
    """The outcome of a search.

    Parameters
    ----------
    theorem
        Id.
    evaluations
        Runs that were compared with the bound, each at every k that it claims.
    seed
        The seed.
    witness
        The worst run; None if the theorem applied to no instance.
    """

    theorem: str
    evaluations: int
    seed: int
    witness: Witness | None


@dataclass(frozen=True)
class _Point:
    """A place in the search: family, fractions of its axes, of the parameters, of horizon and batch."""

    ratio: float
    family: Family
    fractions: np.ndarray


class _Search:
    """Counts evaluations and keeps the worst."""

    def __init__(self, theorem: Theorem, families: Sequence[Family], longest: int) -> None:
        self.theorem = theorem
        self.families = families
        self.horizon = Axis(1, longest, "log")
        self.parameters = [p.name for p in theorem.parameters]
        self.evaluations = 0
        self.limited = bounded(theorem)

    def case_at(self, family: Family, fractions: np.ndarray) -> Case:
        size = len(family.axes)
        steps, batch = round(self.horizon.value(fractions[-2])), round(_BATCH.value(fractions[-1]))
        return case(self.theorem, family.problem(family.at(fractions[:size])), steps, batch)

    def values_at(self, at: Case, fractions: np.ndarray) -> dict[str, np.ndarray]:
        """Return parameter values from fractions, shape (S, P); the largest is the edge of the range."""
        top = 1.0 if self.limited else _LARGEST
        spread = np.array([[Axis(_SMALLEST, top, "log").value(t) for t in row] for row in fractions])
        parts = {name: spread[:, j] for j, name in enumerate(self.parameters)}
        ends = edges(self.theorem, constants_of(at), parts)
        return {name: ends[name] * part for name, part in parts.items()}

    def draw(self, family: Family, rng: np.random.Generator, swept: int) -> _Point | None:
        """Try one random instance with `swept` parameter values; return the worst of them."""
        size, p = len(family.axes), len(self.parameters)
        fractions = rng.random(size + p + 2)
        try:
            at = self.case_at(family, fractions)
            choices = rng.random((swept if p else 1, p))
            if p:
                choices[:2] = np.array([[1.0], [0.0]])[:swept]
            found = sweep(at, self.values_at(at, choices))
        except NotCertified:
            return None
        if found is None or np.isnan(found.ratio).all():
            return None
        self.evaluations += int((~np.isnan(found.ratio)).any(1).sum())
        row, column = found.worst
        fractions[size : size + p] = choices[row]
        return _Point(float(found.ratio[row, column]), family, fractions)

    def ratio(self, family: Family, fractions: np.ndarray) -> float:
        """Return the largest ratio of one run; -1 where the theorem does not apply."""
        size, p = len(family.axes), len(self.parameters)
        inside = np.clip(fractions, 0.0, 1.0)
        try:
            at = self.case_at(family, inside)
            found = sweep(at, self.values_at(at, inside[None, size : size + p]))
        except NotCertified:
            return -1.0
        if found is None or np.isnan(found.ratio).all():
            return -1.0
        self.evaluations += 1
        # Points outside the unit cube are pushed back, so that the simplex does not wander off.
        return float(np.nanmax(found.ratio)) - 10 * float(np.abs(fractions - inside).max())

    def climb(self, start: _Point, evaluations: int) -> _Point:
        """Improve a point by the Nelder-Mead method."""
        best = start

        def loss(fractions: np.ndarray) -> float:
            nonlocal best
            value = self.ratio(start.family, fractions)
            if value > best.ratio:
                best = _Point(value, start.family, np.clip(fractions, 0.0, 1.0))
            return -value

        # Steps towards the middle: most extremes lie at the faces of the cube, where the start may be.
        push = np.where(start.fractions > 0.5, -0.1, 0.1)
        simplex = np.vstack([start.fractions, start.fractions + np.diag(push)])
        options = {"maxfev": evaluations, "initial_simplex": simplex, "xatol": 1e-10, "fatol": 1e-13}
        minimize(loss, start.fractions, method="Nelder-Mead", options=options)
        return best


def attack(
    theorem: str | Theorem,
    *,
    evaluations: int = 4000,
    seed: int = 0,
    longest: int = 100,
    families: Mapping[str, Family] = FAMILIES,
    enough: float = float("inf"),
    watch: Callable[[int, int, str], None] | None = None,
) -> Attack:
    """Search for the run with the largest ratio of measured error to bound.

    Parameters
    ----------
    theorem
        A theorem or its id.
    evaluations
        Runs to compare, at most; half of them on random instances.
    seed
        The one seed.
    longest
        The largest horizon.
    families
        The instances to search.
    enough
        Stop as soon as a ratio exceeds this.
    watch
        Called with (done, total, words) now and then.

    Returns
    -------
    Attack
        With the worst witness, its constants certified.

    Raises
    ------
    RateboundError
        If no theorem has this id, or a number is out of range.
    """
    theorem = find(theorem)
    evaluations = whole("evaluations", evaluations, 1)
    rng = np.random.default_rng(whole("seed", seed, 0))
    along_run = {symbol.name for symbol in ALONG_RUN} & set(theorem.constants)
    kinds = (False, True) if penalised in theorem.assumptions else (False,)
    useful = [
        each for each in families.values() if each.penalised in kinds and not (along_run and each.unbounded)
    ]
    search = _Search(theorem, useful, whole("longest", longest, 1, LARGEST_HORIZON))
    points: list[_Point] = []
    failures = 0
    half = (evaluations + 1) // 2
    # Few runs are spread over all families.
    swept = min(_SWEPT, max(half // max(len(useful), 1), 1))
    while search.evaluations < half and failures < 4 * len(families):
        before = search.evaluations
        for family in search.families:
            if search.evaluations < half:
                point = search.draw(family, rng, min(swept, half - search.evaluations))
                points += [] if point is None else [point]
        failures = 0 if search.evaluations > before else failures + 1
        best = max((p.ratio for p in points), default=0.0)
        if watch is not None:
            watch(search.evaluations, evaluations, f"worst ratio {best:.6g}")
        if best > enough:
            break
    ranked = sorted(points, key=lambda p: p.ratio, reverse=True)
    if ranked and ranked[0].ratio <= enough:
        budget = (evaluations - search.evaluations) // _STARTS
        for start in _distinct(ranked) if budget else ():
            ranked.append(search.climb(start, budget))
            if watch is not None:
                watch(search.evaluations, evaluations, f"worst ratio {max(p.ratio for p in ranked):.6g}")
            if ranked[-1].ratio > enough:
                break
    return Attack(theorem.id, search.evaluations, seed, _worst(search, ranked, seed))


def _distinct(ranked: Sequence[_Point]) -> list[_Point]:
    """Return the best point of each of the best families."""
    best: dict[str, _Point] = {}
    for point in ranked:
        best.setdefault(point.family.name, point)
    return list(best.values())[:_STARTS]


def _worst(search: _Search, points: Sequence[_Point], seed: int) -> Witness | None:
    """Return the first witness, in order of the ratios, that its certified constants bear out."""
    for point in sorted(points, key=lambda p: p.ratio, reverse=True)[:_TRIED]:
        size, p = len(point.family.axes), len(search.parameters)
        at = search.case_at(point.family, point.fractions)
        row = search.values_at(at, point.fractions[None, size : size + p])
        witness = witness_of(at, {name: float(v[0]) for name, v in row.items()}, seed)
        if witness is not None and witness.exact > point.ratio - 0.01:
            return witness
    return None


def require_witness(found: Attack) -> Witness:
    """Return the witness of a search.

    Raises
    ------
    RateboundError
        If the theorem applied to no instance.
    """
    if found.witness is None:
        raise RateboundError(
            f"{found.theorem} applied to none of the instances tried; search longer with --evaluations"
        )
    return found.witness


def is_refuted(witness: Witness | None) -> bool:
    """Whether the witness breaks its bound by more than rounding."""
    return witness is not None and witness.ratio > 1 + CERTAIN and witness.status == "refuted"
