"""The one-step inequality inside a proof: does it hold at every x of this problem?

A proof by induction or telescoping rests on a claim about one step, such as ``rate q(x_k) + noise -
E_k q(x_{k+1}) >= 0``. On least squares that is a quadratic form in ``z = ((x - x*)/r, 1)``, so that it holds
for all x exactly where one matrix is positive semidefinite. For other losses it is looked at where a run
goes. The noise is that of x itself, ``E_k ||g_k||^2``, where the proof takes a bound along the run.

A step that fails refutes the proof's lemma, not the theorem: it is reported apart from the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from sympy import Expr, Integer, Piecewise, Symbol

from ratebound.experiments.applicability import Trial
from ratebound.experiments.checkpoints import checkpoints
from ratebound.experiments.evidence.conditional import state_at, visited
from ratebound.experiments.evidence.linear import is_plain
from ratebound.problems.certified import batch_factor
from ratebound.problems.lower import lower
from ratebound.problems.quiet import quiet
from ratebound.theory import symbols as s
from ratebound.theory.certificate import LAST, Certificate, Corollary
from ratebound.theory.certificates.conversion import Conversion
from ratebound.theory.certificates.gradient_sum import GradientSum
from ratebound.theory.certificates.recursion import Cases, Recursion
from ratebound.theory.certificates.telescope import SUMMED, Telescope
from ratebound.theory.statement import Theorem

_LOCAL = {s.second_moment: s.moment, s.variance_bound: s.error_sq}
"""Bounds along the run -> what they bound at x_k."""
_STATE = (
    s.delta, s.delta_next, s.d2, s.d2_next, s.grad_sq, s.grad_next_sq, s.moment, s.error_sq
)  # fmt: skip
_ROUNDING = 1e-10
"""Negative eigenvalues up to this share of the terms that they are the sum of are rounding."""
_OF_ENTRIES = 16 * float(np.finfo(float).eps)
"""What rounds in an entry of a matrix, as a share of its largest: all of a term may be that, where a step
ends at the minimum and nothing else is left."""
_POINTS, _MOST_STEPS, _MOST_WORK = 12, 300, 5e6


@dataclass(frozen=True, eq=False)
class StepFinding:
    """What was found about a claim on one step.

    Parameters
    ----------
    holds
        True, False, or None where it was not decided.
    reason
        Why, in one line.
    k, x
        Where it fails: the step, and a point of shape (d,); None where it does not.
    """

    holds: bool | None
    reason: str
    k: int | None = None
    x: np.ndarray | None = None


def claim_of(theorem: Theorem, trial: Trial) -> Expr | None:
    """Return the claim ``>= 0`` about one step in the theorem's proof, in state quantities and the step.

    None where the proof has none: theorems without a proof of their own, potentials with memory, and
    statements about one step, which are claims themselves; and where its step is not one of x - alpha g.
    """
    if not is_plain(theorem.method) or theorem.in_passes or theorem.batch is not None:
        return None
    return claim_in(theorem.certificate, theorem, trial)


def claim_in(
    certificate: Certificate | None,
    theorem: Theorem,
    trial: Trial,
    put: Mapping[Symbol, Expr] = MappingProxyType({}),
) -> Expr | None:
    """Return the claim about one step that a certificate of the theorem makes, proved or not.

    Parameters
    ----------
    certificate, theorem, trial
        What is proved, and the run.
    put
        Parameter -> value, where the trial has none because a corollary fixes it.
    """
    if isinstance(certificate, Corollary | Conversion):
        parent = claim_in(certificate.of.certificate, certificate.of, trial, certificate.values)
        return None if parent is None else parent.subs(dict(certificate.values))
    if isinstance(certificate, Cases):
        numbers = {symbol: value for symbol, value in trial.values.items()}
        fitting = (
            c for where, _, c in certificate.cases if all(r.subs(dict(put)).subs(numbers) for r in where)
        )
        chosen = next(fitting, None)
        return None if chosen is None else claim_in(chosen, theorem, trial, put)
    schedule = {s.alpha: theorem.step}
    if isinstance(certificate, Recursion):
        q, q_next = LAST[theorem.measure]
        right = certificate.rate * q + certificate.noise.xreplace(_LOCAL)
        return right.xreplace(schedule) - q_next
    if isinstance(certificate, GradientSum):
        return certificate.claim.xreplace(schedule)
    if isinstance(certificate, Telescope):
        summed = certificate.weight * SUMMED.get(theorem.measure, Integer(0))
        now = certificate.potential + certificate.noise.xreplace(_LOCAL) - summed
        return now.xreplace(schedule) - certificate.after(theorem.step)
    return None


def check_claim(trial: Trial, claim: Expr, seed: int = 0) -> StepFinding:
    """Check a claim about one step: at all x on least squares, at visited points otherwise.

    Parameters
    ----------
    trial
        The run; its sampling, steps and constants are meant.
    claim
        Linear in the state quantities.
    seed
        The seed of the visited points.
    """
    if trial.problem.kind == "quadratic" and trial.problem.x_star is not None:
        return _everywhere(trial, claim)
    return _where_it_goes(trial, claim, seed)


def _steps(trial: Trial) -> np.ndarray:
    """Return some k: for a step in cases those after the switch, where the proof speaks."""
    first = trial.start if isinstance(trial.theorem.step, Piecewise) else 0
    ks = checkpoints(trial.steps)[:-1]
    ks = ks[(ks >= first) | (ks == ks[-1])]
    return ks[:: -(-ks.size // _POINTS)]


def _coefficients(trial: Trial, claim: Expr, ks: np.ndarray) -> dict[Symbol | None, np.ndarray]:
    """Return the factor of each state quantity at each k, and the rest under None; shape (T,) each."""
    symbols = sorted(trial.values, key=str)
    numbers = [trial.values[symbol] for symbol in symbols]
    parts: dict[Symbol | None, Expr] = {q: claim.diff(q) for q in _STATE if claim.has(q)}
    parts[None] = claim.xreplace(dict.fromkeys(_STATE, Integer(0)))
    return {q: lower(part, (s.k, s.K, *symbols))(ks, trial.steps, *numbers) for q, part in parts.items()}


def _everywhere(trial: Trial, claim: Expr) -> StepFinding:
    ks = _steps(trial)
    factors = _coefficients(trial, claim, ks)
    x_star = trial.problem.x_star
    assert x_star is not None
    scale = max(float(np.linalg.norm(trial.problem.x0 - x_star)), 1e-6)
    forms, basis = _Forms(trial, scale), _directions(trial)
    worst, left, at, point = np.inf, np.inf, int(ks[0]), None
    shown = np.stack([trial.alphas[ks], *factors.values()])
    first = np.sort(np.unique(shown, axis=1, return_index=True)[1])  # a constant step is one claim
    for position in first.tolist():
        k = int(ks[position])
        alpha = float(trial.alphas[k])
        with quiet:
            terms = [float(values[position]) * forms.of(q, alpha) for q, values in factors.items()]
            total = basis.T @ np.sum(terms, axis=0) @ basis
        if not np.isfinite(total).all():
            return StepFinding(None, f"the terms of the one-step inequality are not finite at k = {k}")
        size = sum(float(np.abs(term).max()) for term in terms) or 1.0
        eigenvalues, vectors = np.linalg.eigh(total / size)
        entries = sum(abs(float(values[position])) * forms.size(q) for q, values in factors.items())
        allowed = _ROUNDING + _OF_ENTRIES * trial.problem.d * entries / size
        if eigenvalues[0] + allowed < left:
            worst, left, at = float(eigenvalues[0]), float(eigenvalues[0]) + allowed, k
            *u, t = basis @ vectors[:, 0]
            point = x_star + scale * np.array(u) / (t if abs(t) > 1e-6 else 1e-6)
    if left >= 0:
        where = "every x" if len(basis) == basis.shape[1] else "every x that steps along rows can reach"
        return StepFinding(
            True, f"its one-step inequality holds at {where}: a matrix is positive semidefinite"
        )
    reason = (
        f"STEP REFUTED: its one-step inequality fails at k = {at} for some x "
        f"(smallest eigenvalue {worst:.3g} of its matrix, scaled by the terms)"
    )
    return StepFinding(False, reason, at, point)


def _directions(trial: Trial) -> np.ndarray:
    """Return a basis of the z about which the proof speaks, shape (d + 1, r + 1); all, if it does not say."""
    problem = trial.problem
    everywhere = np.eye(problem.d + 1)
    if "row_space" not in trial.theorem.assumed or problem.l2 or problem.spectrum.rank == problem.d:
        return everywhere
    rows = np.linalg.svd(problem.A, full_matrices=False)[2][: problem.spectrum.rank]
    return np.hstack([np.pad(rows, ((0, 0), (0, 1))).T, everywhere[:, -1:]])


class _Forms:
    """State quantities of one step on least squares as quadratic forms in z = ((x - x*)/r, 1)."""

    def __init__(self, trial: Trial, scale: float) -> None:
        problem = trial.problem
        assert problem.x_star is not None
        self._problem, self._scale = problem, scale
        self._at_minimum = problem.component_gradients(problem.x_star)
        self._factor = 0.0
        if trial.theorem.stochastic:
            self._factor = batch_factor(problem.n, trial.batch, trial.replacement)
        H, one = problem.H, np.eye(problem.d)
        self._now = {s.delta: H / 2, s.d2: one, s.grad_sq: H @ H}
        self._next = {s.delta_next: H / 2, s.d2_next: one, s.grad_next_sq: H @ H}
        self._noises = {q: self._noise_of(W) for q, W in {**self._next, s.moment: one}.items()}

    def of(self, q: Symbol | None, alpha: float) -> np.ndarray:
        """Return the form of a quantity, shape (d+1, d+1); None stands for 1."""
        H = self._problem.H
        if q is None:
            return self._form(0 * H, c=1.0)
        if q in self._now:
            return self._form(self._now[q])
        if q in self._next:
            # As a product: multiplied out, what a step leaves of the error would be a difference of squares.
            step = np.eye(len(H)) - alpha * H
            return self._form(step @ self._next[q] @ step) + alpha**2 * self._noises[q]
        noise = self._noises[s.moment]
        return self._form(H @ H) + noise if q == s.moment else noise

    def size(self, q: Symbol | None) -> float:
        """Return the largest entry of a quantity's matrix before a step is put in."""
        W = {**self._now, **self._next}.get(q)
        return 0.0 if W is None else self._scale**2 * float(np.abs(W).max())

    def _form(self, W: np.ndarray, w: np.ndarray | None = None, c: float = 0.0) -> np.ndarray:
        """Return the matrix of ``e^T W e + 2 w.e + c``, e = x - x*."""
        d = self._problem.d
        form = np.zeros((d + 1, d + 1))
        form[:d, :d] = self._scale**2 * (W + W.T) / 2
        if w is not None:
            form[:d, d] = form[d, :d] = self._scale * w
        form[d, d] = c
        return form

    def _noise_of(self, W: np.ndarray) -> np.ndarray:
        """Return the form of E_k (g_k - grad f)^T W (g_k - grad f)."""
        problem, noise = self._problem, self._at_minimum
        if self._factor == 0:
            return self._form(0 * W)
        A, l2, n = problem.A, problem.l2, problem.n
        C, H = A.T @ A / n, problem.H
        single = (A.T * np.einsum("ij,jk,ik->i", A, W, A)) @ A / n + l2 * (C @ W + W @ C) + l2**2 * W
        linear = A.T @ np.einsum("ij,jk,ik->i", A, W, noise) / n + l2 * W @ noise.mean(0)
        constant = float(np.einsum("ij,jk,ik->", noise, W, noise)) / n
        return self._factor * (self._form(single, linear, constant) - self._form(H @ W @ H))


def _where_it_goes(trial: Trial, claim: Expr, seed: int) -> StepFinding:
    problem = trial.problem
    if problem.n**2 * problem.d > _MOST_WORK:
        return StepFinding(None, "too many components to look at its one-step inequality along a run")
    first = int(_steps(trial)[0])
    points = [(k, x) for k, x in visited(trial, seed, _MOST_STEPS) if k >= first]
    seen = 0
    for k, x in points[:: max(1, len(points) // _POINTS)]:
        state = state_at(trial, k, x)
        factors = _coefficients(trial, claim, np.array([k]))
        if state is None or any(q is not None and q not in state for q in factors):
            continue
        terms = [float(c[0]) * (1.0 if q is None else state[q]) for q, c in factors.items()]
        if not np.isfinite(terms).all():
            continue
        seen += 1
        if sum(terms) < -_ROUNDING * sum(map(abs, terms)) - problem.value_floor:
            return StepFinding(
                False, f"STEP REFUTED: its one-step inequality fails at a visited point, k = {k}", k, x
            )
    if not seen:
        return StepFinding(None, "its one-step inequality has terms that are not known at the visited points")
    return StepFinding(True, f"its one-step inequality holds at all {seen} visited points")
