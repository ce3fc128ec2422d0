"""D-adaptation: runs against a loop, estimates against the distance, the lemma against random sequences."""

import dataclasses

import numpy as np
import pytest

from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.box import sum_inner
from ratebound.theory.method import Method, x
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import D, gamma, k

THEOREM = THEOREMS["d_adaptation_convex"]
STEPS = 60


def walked(problem, first, b0):
    """Return points, estimates and weighted gaps of a run as the paper writes it, with vectors only."""
    s, seen, weighted, d, at = np.zeros(problem.d), b0**2, 0.0, first, problem.x0
    points, estimates, sums = [at], [d], [0.0]
    for _ in range(STEPS):
        g = problem.gradient(at)
        sums.append(sums[-1] + d * problem.gap(at))
        weighted += d**2 * (g @ g) / np.sqrt(seen)
        s, seen = s + d * g, seen + g @ g
        found = ((s @ s) / np.sqrt(seen) - weighted) / (2 * np.linalg.norm(s)) if s.any() else -np.inf
        d, at = max(d, found), problem.x0 - s / np.sqrt(seen)
        points.append(at)
        estimates.append(d)
    return np.array(points), np.array(estimates), np.array(sums)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ["linnerud", "hinge_plane", "iris"])
def test_a_run_is_that_of_the_paper(name, backend):
    problem = load(name)
    points, *_ = walked(problem, 0.05, 0.3)
    run = simulate(
        problem, "d_adaptation", 0.05, steps=STEPS, parameters={"b0": 0.3}, backend=backend,
        checkpoints=range(STEPS + 1), measures=("distance_sq",),
    )  # fmt: skip
    np.testing.assert_allclose(run.distance_sq.values[0, 0], problem.distance_sq(points), rtol=1e-7)


@pytest.mark.parametrize("name", ["linnerud", "hinge_plane", "median", "quadratic_2d"])
@pytest.mark.parametrize("b0", [1e-3, 1.0])
def test_estimates_never_exceed_the_distance_and_sums_are_those_of_the_proof(name, b0):
    problem, reached = load(name), 0.0
    D = np.linalg.norm(problem.x0 - problem.x_star)
    for first in (D, D / 3, D / 1000):
        points, estimates, sums = walked(problem, first, b0)
        assert (np.diff(estimates) >= 0).all() and estimates[-1] <= D * (1 + 1e-12)
        slopes = np.array([problem.gradient(at) for at in points])
        root = np.sqrt(b0**2 + np.cumsum((slopes**2).sum(1)))
        q = np.sqrt(1 + (slopes**2).sum(1).max() / b0**2)
        reach = 1 + np.sqrt(2 + q)
        moved = np.linalg.norm(points - problem.x0, axis=1)
        assert (moved <= reach * estimates * (1 + 1e-12)).all()
        limit = D * root[:-1] * estimates[1:] * (reach + (1 + q) / 2)
        assert (sums[1:] <= limit * (1 + 1e-12)).all()
        reached = max(reached, estimates[-1] / D) if first < D / 100 else reached
    # Where Gamma starts far below the gradients the first steps are long, and estimates hardly grow.
    assert reached > 0.002 or b0 < 1, "the first estimate has grown"


def prodigy(problem, length):
    """Return the estimates of Prodigy beside gradient descent, with vectors only."""
    at, total, estimates = problem.x0, 0.0, [0.0]
    for _ in range(STEPS):
        g = problem.gradient(at)
        total += length * g @ (problem.x0 - at)
        at = at - length * g
        moved = np.linalg.norm(at - problem.x0)
        estimates.append(max(estimates[-1], total / moved if moved else 0.0))
    return np.array(estimates)


@pytest.mark.parametrize("name", ["linnerud", "hinge_plane", "iris"])
def test_measured_estimates_are_those_of_the_papers(name):
    problem, options = load(name), {"steps": STEPS, "checkpoints": range(STEPS + 1)}
    options["measures"] = ["estimated_distance"]
    _, estimates, _ = walked(problem, 0.05, 0.3)
    run = simulate(problem, "d_adaptation", 0.05, parameters={"b0": 0.3}, **options)
    np.testing.assert_allclose(np.maximum(run.estimated_distance.values[0, 0], 0.05), estimates, rtol=1e-7)
    for length in (0.02, 0.4):
        run, expected = simulate(problem, "prodigy_gd", length, **options), prodigy(problem, length)
        np.testing.assert_allclose(run.estimated_distance.values[0, 0], expected, rtol=1e-7)
        assert 0 < expected[-1] <= np.linalg.norm(problem.x0 - problem.x_star)


def test_a_schedule_of_prodigy_that_finds_nearly_all_of_the_distance():
    """One step to near the corner of a slope that does not change, and a far longer one behind it."""
    longer = dataclasses.replace(
        THEOREMS["prodigy_estimate"], step=gamma * 10 ** (4 * k), defaults={gamma: D / 2}
    )
    problem = from_arrays(np.array([[1.0]]), np.array([0.0]), loss="huber", x0=np.array([100.0]))
    verdict = verify(longer, problem, steps=2, parameters={"gamma": 98.5})
    assert verdict.holds and verdict.tightness > 0.98


def test_d_adaptation_finds_more_than_half_of_the_distance():
    """On a slope that does not change before x*: a bound of half the distance is false."""
    b0, first, steps = 2.3, 1000.0, 60
    s, seen, weighted, d, far, moved = 0.0, b0**2, 0.0, first, 0.0, 0.0
    for _ in range(steps):
        far, weighted, s, seen = max(far, moved), weighted + d**2 / np.sqrt(seen), s + d, seen + 1
        d, moved = max(d, (s / np.sqrt(seen) - weighted / s) / 2), s / np.sqrt(seen)
    problem = from_arrays(np.array([[1.0]]), np.array([0.0]), loss="huber", x0=np.array([far + 1]))
    verdict = verify("d_adaptation_estimate", problem, steps=steps, parameters={"gamma": first, "b0": b0})
    assert verdict.holds and 0.505 < verdict.tightness < 1


@pytest.mark.parametrize("name", ["d_adaptation_estimate", "prodigy_estimate"])
def test_a_bound_below_the_distance_and_a_step_of_any_sign_are_refused(name):
    theorem = THEOREMS[name]
    for changes, message in (
        ({"bound": theorem.bound * 99 / 100}, "the bound against the distance"),
        ({"step": -theorem.step}, "the step"),
        ({"assumptions": ()}, "needs the assumption"),
        ({"method": METHODS["gd"], "measure": "largest_coordinate"}, "bounds the estimate"),
    ):
        with pytest.raises(RateboundError, match=message):
            dataclasses.replace(theorem, **changes)


def test_the_lemma_holds_for_sequences_that_do_not_fall():
    rng, worst = np.random.default_rng(0), 0.0
    for _ in range(300):
        size = int(rng.integers(2, 40))
        kind = rng.random()
        steps = rng.exponential(size=size) * (rng.random(size) < kind) * rng.exponential()
        d = np.exp(np.concatenate([[0.0], np.cumsum(steps)]))
        least = (d[1:] / np.cumsum(d[:-1])).min()
        worst = max(worst, least / max(2 / size, d[-1] ** (2 / (size - 1)) - 1))
    assert 0.3 < worst <= 1


def test_the_certificate_refuses_more():
    for changes, why in (
        ({"bound": 0.99 * THEOREM.bound}, "not proved"),
        ({"where": ()}, "first estimate"),
        ({"assumptions": THEOREM.assumptions[:1]}, "second_moment"),
        ({"method": METHODS["polyak"]}, "gap_best of D-adaptation"),
    ):
        with pytest.raises(RateboundError, match=why):
            dataclasses.replace(THEOREM, **changes)
    with pytest.raises(RateboundError, match="its state s"):
        Method("odd", "odd", {"x": x - sum_inner}, "full")
