"""Constant against decaying steps of SGD, and the time to switch from one to the other.

A constant step falls fast and stalls at its noise floor; a decaying one falls slowly and for ever. Theorem
3.2 of Gower, Loizou, Qian, Sailanbayev, Shulgin and Richtárik 2019 (``sgd_star_switch``) takes the first,
then the second, and proves a time to switch. Here every schedule of the catalogue runs for the same
horizon beside the constant step that is best for it, and the switch is tried at many times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sympy import Piecewise

from ratebound.experiments.applicability import NotApplicable, Trial, prepare
from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.checks import whole
from ratebound.experiments.plain import plain_values
from ratebound.experiments.regimes.axes import between
from ratebound.experiments.regimes.curves import exact_curves
from ratebound.experiments.regimes.exact import SecondMoment, operator_available
from ratebound.experiments.run import simulate
from ratebound.problems.certified import batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.printed import printed
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import K, k

SWITCH = "sgd_star_switch"
"""The theorem whose schedule has a time to switch."""
_LAST = ("gap_last", "distance_sq")
_TIMES, _CONSTANTS = 24, 40
_FLOOR, _NEAR = 2.0, 1.1
_LOW, _HIGH = 1 / 1024, 2.0


@dataclass(frozen=True, eq=False)
class Entry:
    """A schedule.

    Parameters
    ----------
    name
        The theorem that states it, or what it is.
    step
        alpha_k as an expression.
    first, last
        alpha_0 and alpha_{K-1}.
    curve
        E f(x_k) - f* at the checkpoints, shape (C,).
    ratio
        Its error at the horizon / the least of all entries.
    overtakes
        The checkpoint from which on it stays below the best constant step; None if it does not, or is one.
    """

    name: str
    step: str
    first: float
    last: float
    curve: np.ndarray
    ratio: float
    overtakes: int | None


@dataclass(frozen=True, eq=False)
class Schedules:
    """Schedules side by side.

    Parameters
    ----------
    problem, batch, steps, replicas, exact
        What was run; `replicas` is 0 where the errors are exact expectations.
    k
        Checkpoints, shape (C,).
    entries
        The best constant step of a grid, the schedules of theorems, and the best switch.
    times, errors
        When the switch was made, and the error at the horizon then, shape (T,); empty if the theorem about it
        does not apply.
    theorem_time, best_time, near
        The time that the theorem states; the best one; the first and the last time whose error is within 10 %
        of the best. None if the theorem does not apply.
    settled
        The checkpoint at which the constant step before the switch is within twice its last error: a longer
        run of it gains next to nothing. None if the theorem does not apply.
    missing
        Theorem -> why its schedule is not there.
    """

    problem: str
    batch: int
    steps: int
    replicas: int
    exact: bool
    k: np.ndarray
    entries: tuple[Entry, ...]
    times: np.ndarray
    errors: np.ndarray
    theorem_time: int | None
    best_time: int | None
    near: tuple[int, int] | None
    settled: int | None
    missing: dict[str, str]

    def __repr__(self) -> str:
        best = ", ".join(f"{each.name} {each.ratio:.3g}" for each in self.entries)
        return f"<Schedules on {self.problem}, batch {self.batch}, K = {self.steps}: error / least of {best}>"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values; numbers that are not finite read None."""
        plain: dict[str, Any] = plain_values(
            asdict(self)
            | {"k": self.k.tolist(), "times": self.times.tolist(), "errors": self.errors.tolist()}
            | {"entries": [asdict(each) | {"curve": each.curve.tolist()} for each in self.entries]}
        )
        return plain


def compare_schedules(
    problem: Problem, *, batch: int = 1, steps: int = 10_000, replicas: int = 256, seed: int = 0
) -> Schedules:
    """Run every step schedule of SGD that a theorem about the last iterate states, for one horizon.

    Parameters
    ----------
    problem
        A problem whose minimum is certified.
    batch
        Samples per gradient.
    steps
        The horizon K.
    replicas, seed
        Independent runs and the one seed, where the errors are no exact expectations; all schedules share the
        sample indices.

    Raises
    ------
    RateboundError
        If an argument is out of range, or no minimum is certified.
    """
    if problem.x_star is None:
        raise RateboundError(f"{problem.name} has no certified minimum, from which errors could be measured")
    batch, steps = whole("batch", batch, 1), whole("steps", steps, 10)
    replicas = whole("replicas", replicas, 2)
    exact, at = operator_available(problem), checkpoints(steps)
    if exact:
        operator, factor = SecondMoment(problem), batch_factor(problem.n, batch, True)

    def run(alphas: np.ndarray) -> np.ndarray:
        """Return the errors of schedules, shape (S, C)."""
        if exact:
            return exact_curves(operator, alphas, factor, at).gap
        found = simulate(
            problem,
            "sgd",
            alphas,
            batch=batch,
            steps=steps,
            replicas=replicas,
            seed=seed,
            checkpoints=at,
        )["gap_last"].values
        with quiet:
            return np.nan_to_num(found.mean(1), nan=np.inf)

    constant = np.geomspace(*between(problem, _LOW, _HIGH), _CONSTANTS)
    stated, missing = _stated(problem, batch, steps)
    texts = {name: printed(trial.theorem.step) for name, trial in stated.items()}
    times, switched, theorem_time = np.zeros(0, dtype=int), np.zeros((0, steps)), None
    if SWITCH in stated:
        times, switched, theorem_time = _switches(stated[SWITCH])
    alphas = np.concatenate(
        [
            np.repeat(constant[:, None], steps, 1),
            *(trial.alphas[None] for trial in stated.values()),
            switched,
        ]
    )
    curves = run(alphas)
    best = int(np.argmin(curves[: constant.size, -1]))
    kept = {"constant": best} | {name: constant.size + j for j, name in enumerate(stated)}
    texts["constant"] = f"{constant[best]:.4g}"
    errors = curves[constant.size + len(stated) :, -1]
    best_time = near = settled = None
    if times.size:
        place = int(np.argmin(errors))
        best_time, label = int(times[place]), f"{SWITCH}, best time"
        kept[label] = constant.size + len(stated) + place
        texts[label] = f"the same, switching at k = {best_time}"
        good = times[errors <= _NEAR * errors[place]]
        near = int(good[0]), int(good[-1])
        # The last time is the horizon: that run never leaves the constant step.
        before = curves[-1]
        settled = int(at[np.argmax(before <= _FLOOR * before[-1])])
    least = min(curves[row, -1] for row in kept.values())
    entries = tuple(
        Entry(
            name,
            texts[name],
            float(alphas[row, 0]),
            float(alphas[row, -1]),
            curves[row],
            float(curves[row, -1] / least),
            None if row == best else _overtakes(at, curves[row], curves[best]),
        )
        for name, row in kept.items()
    )
    return Schedules(
        problem.name, batch, steps, 0 if exact else replicas, exact, at, entries, times, errors,
        theorem_time, best_time, near, settled, missing,
    )  # fmt: skip


def _candidates() -> Iterator[Theorem]:
    for theorem in THEOREMS.values():
        varies = k in theorem.step.free_symbols and K not in theorem.step.free_symbols
        if theorem.method == METHODS["sgd"] and theorem.measure in _LAST and varies:
            yield theorem


def _stated(problem: Problem, batch: int, steps: int) -> tuple[dict[str, Trial], dict[str, str]]:
    """Return the runs of theorems that apply, each different schedule once, and why others do not."""
    found: dict[str, Trial] = {}
    missing: dict[str, str] = {}
    for theorem in _candidates():
        try:
            trial = prepare(theorem, problem, steps=steps, batch=batch)
        except NotApplicable as reason:
            missing[theorem.id] = str(reason)
            continue
        if not any(np.allclose(trial.alphas, known.alphas, rtol=1e-12, atol=0.0) for known in found.values()):
            found[theorem.id] = trial
    return found, missing


def _switches(trial: Trial) -> tuple[np.ndarray, np.ndarray, int]:
    """Return times to switch, the schedules that do, shape (T, K), and the time that the theorem states."""
    theorem, steps = trial.theorem, trial.steps
    assert isinstance(theorem.step, Piecewise)
    (early, _), (late, _) = theorem.step.args
    symbols = sorted(trial.values, key=str)
    known = [trial.values[symbol] for symbol in symbols]
    first, second = (
        np.broadcast_to(lower(part, (k, K, *symbols))(np.arange(steps), steps, *known), steps)
        for part in (early, late)
    )
    times = np.unique(np.geomspace(1, steps, _TIMES).round().astype(int))
    schedules = np.where(np.arange(steps) < times[:, None], first, second)
    return times, schedules, trial.start


def _overtakes(at: np.ndarray, curve: np.ndarray, constant: np.ndarray) -> int | None:
    above = np.flatnonzero(~(curve < constant))
    if above[-1:] == at.size - 1:
        return None
    return int(at[above[-1] + 1]) if above.size else int(at[0])
