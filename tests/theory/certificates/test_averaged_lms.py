"""Averaged LMS: each step of the proof in matrices, on sums that are drawn at random."""

import dataclasses

import numpy as np
import pytest
from sympy import Rational

from ratebound.theory.assumptions import convex
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.averaged_lms import AveragedLMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import D, R_sq, alpha, k, rank, residual_sq

THEOREM = THEOREMS["sgd_averaged_least_squares"]
STEPS = 12


def _largest(M, N):
    """Return the largest eigenvalue of M against N, both symmetric, N positive."""
    half = np.linalg.inv(np.linalg.cholesky(N))
    return float(np.linalg.eigvalsh(half @ M @ half.T)[-1])


def _sum_of_quadratics(seed, features=3, samples=7):
    """Return Hessians that are no multiples of a a^T alone, and gradients at x* of mean zero."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(samples, features)) * rng.exponential(size=(samples, 1))
    hessians = A[:, :, None] * A[:, None, :] + rng.random(samples)[:, None, None] * np.eye(features)
    gradients = rng.normal(size=(samples, features))
    return hessians, gradients - gradients.mean(0)


@pytest.mark.parametrize("share", [0.2, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_the_levels_of_the_noise_are_as_the_proof_says(seed, share):
    """By exact recursions of second moments: of the levels, of all together, and of averages."""
    hessians, gradients = _sum_of_quadratics(seed)
    H, size = hessians.mean(0), len(hessians[0])
    R = _largest(np.mean([h @ h for h in hessians], axis=0), H)
    noise = np.mean([np.outer(s, s) for s in gradients], axis=0)
    step, first = share / R, np.ones(size)
    c = _largest(noise, H)
    step_mean = np.eye(size) - step * H
    noises = [noise] * STEPS
    for _ in range(4):
        u, covariances, total = np.zeros_like(H), [], np.zeros_like(H)
        for j, each in enumerate(noises):
            covariances.append(u)
            assert _largest(u, np.eye(size)) <= step * c * (1 + 1e-9)
            assert _largest(each, H) <= c * (1 + 1e-9)
            left = np.eye(size) - np.linalg.matrix_power(step_mean, STEPS - 1 - j)
            total += left @ np.linalg.solve(H, np.linalg.solve(H, each).T) @ left.T
            u = step_mean @ u @ step_mean + step**2 * each
        assert (H * total).sum() / STEPS**2 <= c * size / STEPS * (1 + 1e-9)
        noises = [np.mean([(h - H) @ u @ (h - H) for h in hessians], axis=0) for u in covariances]
        c *= step * R
    # All together: the second moments of (1, e, sum of e).
    maps = [np.eye(2 * size + 1) for _ in hessians]
    for T, h, s in zip(maps, hessians, gradients, strict=True):
        T[1 : size + 1, 1 : size + 1] -= step * h
        T[1 : size + 1, 0] = -step * s
        T[size + 1 :, 1 : size + 1] = np.eye(size)
    z = np.concatenate([[1.0], first, 0 * first])
    M = np.outer(z, z)
    at = {R_sq: R, residual_sq: _largest(noise, H), rank: size, D: np.linalg.norm(first), alpha: step}
    for j in range(STEPS):
        M = np.mean([T @ M @ T.T for T in maps], axis=0)
        gap = (H * M[size + 1 :, size + 1 :]).sum() / (2 * (j + 1) ** 2)
        assert gap <= float(THEOREM.bound.subs({**at, k: j + 1}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"where": (alpha < 2 / R_sq,)}, "not proved that"),
        ({"bound": THEOREM.bound * Rational(999, 1000)}, "not proved to be at least"),
        ({"assumptions": (convex,)}, "needs the assumption least_squares"),
        ({"weights": k + 1}, "plain average"),
        ({"method": THEOREMS["saga_convex"].method}, "not saga"),
    ],
)
def test_what_the_proof_does_not_cover_is_refused(change, words):
    with pytest.raises(RateboundError, match=words):
        dataclasses.replace(THEOREM, **change)


@pytest.mark.parametrize("name", ["newton_model", "newton_doubling"])
def test_steps_on_models_of_least_squares_are_those_of_sgd(name):
    assert dataclasses.replace(THEOREM, method=METHODS[name]).proof == "certified"


def test_a_larger_bound_is_proved_too():
    assert dataclasses.replace(THEOREM, bound=2 * THEOREM.bound).proof == "certified"
    assert isinstance(THEOREM.certificate, AveragedLMS)
