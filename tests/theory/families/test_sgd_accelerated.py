"""Accelerated SGD under strong growth: exact expectations by hand, its limit without noise, false proofs."""

from dataclasses import replace

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.problems.build import least_squares
from ratebound.problems.constants import Setting, certify
from ratebound.problems.lower import lower
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.draws import Draws, L_i
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import growth_at_point
from ratebound.theory.symbols import D, L, alpha, gap0, k, moment, mu, rho, tau

CONVEX, STRONG = THEOREMS["sgd_accelerated_convex"], THEOREMS["sgd_accelerated_strong"]
STEPS = 6


def instance():
    """Three equations of whole numbers with a solution of whole numbers, in the plane."""
    A = np.array([[3.0, 0.0], [1.0, 2.0], [-1.0, 2.0]])
    return least_squares(A, A @ np.array([1.0, -2.0]), x0=np.zeros(2))


def paths(problem, rise, tail):
    """Return the mean gap after each step over all 3^6 paths, by the published form of the method.

    ``y = (1 - w) x + w z``, ``x+ = y - alpha g``, ``z+ = (1 - p) z + p y - q g`` with w, p, q of `tail`.
    """
    x = z = problem.x0[None]
    found = [problem.gap(problem.x0)]
    for j in range(STEPS):
        w, p, q = tail(j)
        y = (1 - w) * x + w * z
        steps = [(y @ a - b)[:, None] * a for a, b in zip(problem.A, problem.y, strict=True)]
        x = np.concatenate([y - rise * g for g in steps])
        z = np.concatenate([(1 - p) * z + p * y - q * g for g in steps])
        found.append(np.mean([problem.gap(each) for each in x]))
    return found


@pytest.mark.parametrize("spread", [1.0, 1.7])
@pytest.mark.parametrize("theorem", [CONVEX, STRONG], ids=lambda t: t.id)
def test_exact_means_over_all_paths_stay_below_the_bounds_and_runs_agree_with_them(theorem, spread):
    problem = instance()
    setting = Setting(np.zeros(1), 1, True)
    values = {s: certify(problem, s.name, setting).value for s in (L, mu, rho, D, gap0)}
    values |= {tau: spread * values[rho], alpha: 1 / (values[rho] * values[L])}
    step, shorter, low = values[alpha], values[tau], values[mu]
    r = np.sqrt(step * low / shorter)
    tails = {
        CONVEX.id: lambda j: (2 / (j + 2), 0.0, step * (j + 2) / (2 * shorter)),
        STRONG.id: lambda j: (r / (1 + r), r, r / low),
    }
    found = paths(problem, step, tails[theorem.id])
    symbols = [s for s in values if theorem.bound.has(s)]
    bound = lower(theorem.bound, (k, *symbols))(np.arange(STEPS + 1), *(values[s] for s in symbols))
    assert all(found[j] <= bound[j] for j in range(int(theorem.start), STEPS + 1))
    run = simulate(
        problem, theorem.method, step, steps=STEPS, replicas=4096, checkpoints=range(STEPS + 1),
        parameters={"tau": shorter},
    )  # fmt: skip
    gaps = run.gap_last.values[0]
    # Six standard errors at each of six points: a false alarm has a probability below 1e-6 for normal means.
    error = gaps.std(axis=0) / np.sqrt(gaps.shape[0])
    assert (np.abs(gaps.mean(axis=0) - found) <= 6 * error + 1e-12).all()


@pytest.mark.parametrize(("noisy", "exact"), [(CONVEX, "nesterov"), (STRONG, "nesterov_constant")])
def test_without_noise_it_is_the_method_of_nesterov(noisy, exact):
    problem = least_squares(np.diag([1.0, 0.2]), np.zeros(2), x0=np.array([1.0, -3.0]))
    step = 1 / certify(problem, "L").value
    options = {"steps": 12, "batch": 2, "replacement": False, "checkpoints": range(13)}
    run = simulate(problem, noisy.method, step, parameters={"tau": 1.0}, replicas=1, **options)
    same = simulate(problem, exact, step, steps=12, checkpoints=range(13))
    np.testing.assert_allclose(run.gap_last, same.gap_last, rtol=1e-9)


@pytest.mark.parametrize("theorem", [CONVEX, STRONG], ids=lambda t: t.id)
def test_what_the_noise_costs_must_be_paid(theorem):
    proof = theorem.certificate
    with pytest.raises(RateboundError, match="the multiplier of"):
        replace(theorem, where=(alpha <= 1 / (rho * L),))
    with pytest.raises(RateboundError, match="the multiplier of"):
        replace(theorem, where=(alpha <= 2 / (rho * L), tau >= rho))
    with pytest.raises(RateboundError, match="strong_growth"):
        replace(theorem, assumptions=theorem.assumptions[:2], where=(alpha <= 1 / L, tau >= 1))
    without = {i: m for i, m in proof.by.items() if i != growth_at_point}
    with pytest.raises(RateboundError, match="does not close"):
        replace(theorem, certificate=replace(proof, by=without))


@pytest.mark.parametrize("theorem", [CONVEX, STRONG], ids=lambda t: t.id)
def test_a_step_that_changes_is_refused_where_the_potential_reads_it(theorem):
    """V_{k+1} would be read with the step before: with steps that grow the bound would be too small."""
    grows = (k + 1) / ((k + 2) * rho * L)
    with pytest.raises(RateboundError, match="is another in the next one"):
        replace(theorem, step=grows, where=(tau >= rho,), bound=theorem.bound.subs(alpha, grows))


def test_the_mean_is_taken_of_plain_batches_only_and_of_what_a_step_keeps():
    odd = replace(STRONG.method, draws=Draws(weight=L_i))
    with pytest.raises(RateboundError, match="draws more than these"):
        replace(STRONG, method=odd)
    proof = replace(STRONG.certificate, potential=moment * STRONG.certificate.potential)
    with pytest.raises(RateboundError, match="reads moment, of one step only"):
        replace(STRONG, certificate=proof)
