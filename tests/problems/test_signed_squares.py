"""Signed squares: their constants in whole numbers, their minimum, and refusals where f has none."""

from fractions import Fraction

import numpy as np
import pytest
from sympy import Matrix, Rational, eye

from ratebound.experiments.run import simulate
from ratebound.problems.build import from_arrays
from ratebound.problems.certified import NotCertified, Setting
from ratebound.problems.constants import certify
from ratebound.problems.library import load

NAMES = ("signed_plane", "signed_rows")
STEPS = np.zeros(1)
SETTINGS = [Setting(STEPS, 1), Setting(STEPS, 3), Setting(STEPS, 3, False)]


def ridge():
    rng = np.random.default_rng(2)
    return from_arrays(rng.normal(size=(9, 3)), [1, -1, 1] * 3, "signed", 1.5, x0=rng.normal(size=3))


def parts_of(problem):
    """Return the Hessians of the components, in a loop."""
    ridges = problem.l2 * np.eye(problem.d)
    return [sign * np.outer(a, a) + ridges for a, sign in zip(problem.A, problem.y, strict=True)]


@pytest.mark.parametrize("problem", [*map(load, NAMES), ridge()], ids=[*NAMES, "ridge"])
def test_constants_are_those_of_the_hessian(problem):
    H, rng = np.mean(parts_of(problem), axis=0), np.random.default_rng(0)
    values = np.linalg.eigvalsh(H)
    assert certify(problem, "mu").value == pytest.approx(values[0], rel=1e-12)
    assert certify(problem, "mu").value < values[0] < values[-1] < certify(problem, "L").value
    assert certify(problem, "L").value == pytest.approx(values[-1], rel=1e-12)
    assert certify(problem, "convex").value == 1
    assert not problem.x_star.any() and problem.f_star == 0
    X = 5 * rng.normal(size=(50, problem.d))
    np.testing.assert_allclose(problem.gap(X), np.einsum("ri,ij,rj->r", X, H, X) / 2, rtol=1e-12)
    np.testing.assert_allclose(problem.gradient(X), X @ H, rtol=1e-10, atol=1e-12)
    assert certify(problem, "gap0").value == pytest.approx(problem.x0 @ H @ problem.x0 / 2, rel=1e-12)


@pytest.mark.parametrize("setting", SETTINGS, ids=["1", "3", "3 distinct"])
@pytest.mark.parametrize(
    "problem", [*map(load, (*NAMES, "consistent", "interpolating")), ridge()], ids=lambda p: p.name
)
def test_weak_growth_is_an_upper_bound_and_sharp(problem, setting):
    top = certify(problem, "rho_weak", setting).value * certify(problem, "L").value
    n, b, star = problem.n, setting.batch, problem.x_star
    factor = 1 / b if setting.replacement else (n - b) / (b * (n - 1))
    rng, ratios = np.random.default_rng(1), []
    signs = problem.y if problem.loss.name == "signed" else np.ones(n)
    H = (problem.A.T * signs) @ problem.A / n + problem.l2 * np.eye(problem.d)
    values, vectors = np.linalg.eigh(H)
    rows = vectors[:, values > 1e-9 * values[-1]].T
    # The worst direction, by the power method on the pencil.
    away = rng.normal(size=len(rows)) @ rows
    for _ in range(3000):
        x = star + away / np.linalg.norm(away)
        parts = problem.component_gradients(x)
        full = parts.mean(0)
        moment = factor * (parts**2).sum(1).mean() + (1 - factor) * full @ full
        ratios.append(moment / (2 * float(problem.gap(x))))
        pull = factor * np.mean([(p @ M) for p, M in zip(parts, _hessians(problem), strict=True)], axis=0)
        away = np.linalg.pinv(H, rcond=1e-9) @ (pull + (1 - factor) * H @ full)
        if len(ratios) > 2 and ratios[-1] <= ratios[-2] * (1 + 1e-9):
            break
    assert max(ratios) <= top * (1 + 1e-12)
    assert max(ratios) >= top * (1 - 1e-4)


def _hessians(problem):
    signs = problem.y if problem.loss.name == "signed" else np.ones(problem.n)
    return [
        s * np.outer(a, a) + problem.l2 * np.eye(problem.d) for a, s in zip(problem.A, signs, strict=True)
    ]


def test_the_plane_in_whole_numbers():
    """On the axis (1, -1) curvatures are 1/2, 1/2, 0 and -0.72 with a mean of 0.07; squares have 0.3796."""
    rows = [(1, 0), (0, 1), (1, 1), (Rational(3, 5), -Rational(3, 5))]
    parts = [s * Matrix(r) * Matrix(r).T for s, r in zip((1, 1, 1, -1), rows, strict=True)]
    H = sum(parts, 0 * eye(2)) / 4
    second = sum((M * M for M in parts), 0 * eye(2)) / 4
    ratios = [(second * v)[0] / (H * v)[0] for v in (Matrix([1, -1]), Matrix([1, 1]))]
    exact, problem = max(ratios), load("signed_plane")
    assert exact == Rational(949, 175)
    found = Fraction(certify(problem, "rho_weak", SETTINGS[0]).value) * Fraction(certify(problem, "L").value)
    assert 0 <= found / Fraction(949, 175) - 1 < Fraction(1, 10**8)


def test_a_sum_without_a_minimum_is_refused():
    problem = from_arrays(np.eye(2), [1, -1], "signed", x0=np.ones(2))
    for name in ("mu", "convex", "gap0", "D", "rho_weak", "component_gap"):
        with pytest.raises(NotCertified, match="eigenvalue"):
            certify(problem, name, SETTINGS[0])
    assert certify(problem, "L").value == pytest.approx(0.5)
    flat = from_arrays([[1.0, 0.0]], [1], "signed")
    with pytest.raises(NotCertified, match="not positive"):
        certify(flat, "mu")
    with pytest.raises(NotCertified, match="unbounded below"):
        certify(load("signed_plane"), "component_gap")


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_runs_have_the_second_moments_of_products(backend):
    """E (x x^T) by the components' own matrices: the mean of a run is within five errors of its trace."""
    problem, step, replicas = load("signed_plane"), 0.15, 4000
    run = simulate(
        problem,
        "sgd",
        step,
        measures=["distance_sq"],
        steps=6,
        replicas=replicas,
        seed=3,
        checkpoints=range(7),
        backend=backend,
    )
    second = np.outer(problem.x0, problem.x0)
    for each in range(7):
        found = run.distance_sq.values[0, :, each]
        error = found.std() / np.sqrt(replicas)
        assert abs(found.mean() - np.trace(second)) <= 5 * error + 1e-12
        moves = [np.eye(2) - step * M for M in parts_of(problem)]
        second = np.mean([move @ second @ move.T for move in moves], axis=0)
