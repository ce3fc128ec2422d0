"""``Verdict``: what was found about one theorem on one problem, with all that a reader may question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from ratebound.experiments.evidence.slope import Slope
from ratebound.problems.certified import Constant
from ratebound.theory.anew import anew
from ratebound.theory.errors import RateboundError
from ratebound.theory.exposition.rarely import rarely

Outcome = Literal["holds", "violated", "undecided", "not applicable"]
EvidenceKind = Literal["exact", "enumeration", "proof", "monte carlo", "static", "none"]
DELTA_CONFIRM = 0.01
"""Probability, over all verdicts that share a budget, that some false bound is confirmed by replicas."""


class HarnessError(RateboundError):
    """Two kinds of evidence contradict each other: one of them, or a certified constant, is wrong."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """A verdict.

    Parameters
    ----------
    outcome
        ``"holds"``, ``"violated"``, ``"undecided"`` or ``"not applicable"``.
    theorem, problem
        Id and name.
    reason
        Why, in one line.
    evidence
        What it rests on: ``"exact"`` expectations at every step, ``"enumeration"`` of all index paths,
        ``"proof"`` (a checked certificate and certified constants, which replicas did not refute),
        ``"monte carlo"`` (an e-process), ``"static"`` (the bound itself) or ``"none"``.
    k, measured, bound
        The worst checkpoint, and the two sides there; None where there is none.
    tightness
        Largest measured/bound: exact where `evidence` says so, else of the mean over replicas.
    vacuous
        Whether the bound never falls below the error at the start, so that it says nothing.
    e_value, confirm_value
        Largest e-value against the bound, and for it (where a range is certified); None where not run.
    replicas
        Replicas used.
    delta, cells
        Probability of a false "violated" over the whole run, and the verdicts that share it: this one was
        refuted only if its e-value reached cells/delta.
    confirm
        The same for a false "holds" by replicas alone: that takes an e-value of cells/confirm.
    slope
        Fitted slope of the measured curve.
    constants
        The certified constants that were used.
    parameters
        Values of the parameters, by name.
    parameters_text
        The same as it was asked for.
    run
        How the method was run: method, batch, replacement, steps, seed.
    curves
        Arrays over the checkpoints, shape (C,), for figures: ``k``, ``bound``, ``evaluations``, and where
        known ``exact``, ``mean``, ``mean_low``, ``mean_high``, ``q10``, ``q90``; ``replicas`` (4, C). The
        band about the mean is a normal approximation for the eye: no verdict rests on it.
    floor
        Limit of the bound as k grows, where it is positive.
    risk
        The probability with which the measure may exceed `bound`, for claims in probability; None for claims
        about expectations. There `bound` is that of the theorem over the risk, `measured` the quantile of the
        replicas beyond which that share of them lies, and no e-value is taken; see
        :mod:`ratebound.experiments.in_probability`.
    region, exits
        The region on which the noise is certified, where the user has set one, and how many replicas have
        left it: their error counts as zero from there. Such a verdict is about the proof on the region, not
        about the statement as it stands; see :mod:`ratebound.experiments.evidence.leaving`.
    step_holds, step_reason
        Whether the one-step inequality inside the theorem's proof holds (at every x on least squares, else
        at visited points), and why; None where the proof has none or it was not decided. A step that fails
        refutes the lemma of the proof, not the theorem: `outcome` does not depend on it.
    """

    outcome: Outcome
    theorem: str
    problem: str
    reason: str
    evidence: EvidenceKind = "none"
    k: int | None = None
    measured: float | None = None
    bound: float | None = None
    tightness: float | None = None
    vacuous: bool = False
    e_value: float | None = None
    confirm_value: float | None = None
    replicas: int = 0
    delta: float = 1e-6
    cells: int = 1
    confirm: float = DELTA_CONFIRM
    slope: Slope | None = None
    constants: tuple[Constant, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    parameters_text: str = ""
    run: Mapping[str, str | int | bool] = field(default_factory=dict)
    curves: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    floor: float | None = None
    risk: float | None = None
    region: str = ""
    exits: int | None = None
    step_holds: bool | None = None
    step_reason: str = ""

    def __post_init__(self) -> None:
        for name in ("parameters", "run", "curves"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def holds(self) -> bool:
        """Whether the outcome is ``"holds"``."""
        return self.outcome == "holds"

    @property
    def violated(self) -> bool:
        """Whether the outcome is ``"violated"``."""
        return self.outcome == "violated"

    def __repr__(self) -> str:
        return f"<Verdict {self.theorem} on {self.problem}: {self.headline} (evidence: {self.evidence})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return anew(self)

    @property
    def headline(self) -> str:
        """The outcome in a few words."""
        if self.risk is not None and self.outcome != "not applicable":
            return rarely(self.outcome, f"{self.risk:g}")
        if self.region and self.outcome != "not applicable":
            return f"{self.outcome}, on the region {self.region} only"
        if self.holds and self.vacuous:
            looseness = np.inf if not self.tightness else 1 / self.tightness
            return f"holds, vacuous: bound / error >= {looseness:.3g}"
        if self.violated and self.k is not None:
            return f"violated at k = {self.k}"
        return self.outcome

    def explain(self) -> str:
        """Return several readable lines: what was found, with which values, and what to do about it."""
        lines = [f"{self.theorem} on {self.problem}: {self.headline} (evidence: {self.evidence})"]
        if self.bound is not None and self.measured is not None:
            relation = f", ratio {self.tightness:.6g}" if self.tightness is not None else ""
            lines.append(f"  k = {self.k}: measured {self.measured:.6g}, bound {self.bound:.6g}{relation}")
        lines.append(f"  {self.reason}")
        if self.region and self.exits is not None:
            lines.append(
                f"  {self.exits} of {self.replicas} replicas left the region and count as zero from there: "
                "this tests the proof on the region, not the statement as it stands"
            )
        if self.step_reason:
            lines.append(f"  {self.step_reason}")
        if self.e_value is not None:
            shared = f", shared by {self.cells} cells" if self.cells > 1 else ""
            lines.append(
                f"  e-value {self.e_value:.3g} after {self.replicas} replicas; "
                f"violated takes {self.cells / self.delta:.3g} (delta = {self.delta:g}{shared})"
            )
        if self.confirm_value is not None:
            lines.append(
                f"  e-value {self.confirm_value:.3g} for the bound; "
                f"confirmed takes {self.cells / self.confirm:.3g} (delta = {self.confirm:g})"
            )
        if self.parameters_text:
            values = ", ".join(f"{name} = {value:.6g}" for name, value in self.parameters.items())
            lines.append(f"  step: {self.parameters_text} ({values})")
        lines += [
            f"  {c.name} = {c.value:.6g} [{c.direction}, {c.region}] by {c.route}" for c in self.constants
        ]
        remedy = _REMEDIES[self.outcome]
        return "\n".join([*lines, f"  {remedy}"] if remedy else lines)


_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "holds": "",
        "violated": "remedy: correct the bound, the range or the assumptions; the run repeats from its seed",
        "undecided": "remedy: take more replicas, or least squares, where expectations are exact",
        "not applicable": "remedy: change problem, parameters or steps as the reason says",
    }
)
