"""SDCA without duality: its step in the pseudo-duals of the source, and its expectations, one by one."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Integer

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.build import logistic
from ratebound.problems.constants import certify
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.dual_free import coupled
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.stored import dual_sq, dual_sq_next
from ratebound.theory.methods import METHODS

A = np.array([[1.0, 0.5], [-0.5, 1.5], [2.0, 0.1]])
PROBLEM = logistic(A, [1.0, -1.0, 1.0], 0.1, x0=np.array([1.0, -2.0]))
LAM, N = 0.1, 3


def test_one_step_in_expectation():
    """At any x and stored vectors whose mean is - lam x, as every step leaves it."""
    rng, star = np.random.default_rng(2), PROBLEM.x_star
    at_star = PROBLEM.component_gradients(star) - LAM * star
    step = 0.2
    for size in (0.1, 2.0):
        x = star + size * rng.normal(size=2)
        b = at_star + size * rng.normal(size=(N, 2))
        b -= b.mean(0) + LAM * x
        here = PROBLEM.component_gradients(x)
        r = here - LAM * x - b
        values = {
            s.alpha: step,
            s.n: N,
            s.mu_min: LAM,
            s.d2: (x - star) @ (x - star),
            s.descent: here.mean(0) @ (x - star),
            s.moment: (r**2).sum(1).mean(),
            s.spread: ((here - PROBLEM.component_gradients(star)) ** 2).sum(1).mean(),
            dual_sq: ((b - at_star) ** 2).sum(1).mean(),
        }
        distances, duals = [], []
        for i in range(N):
            after = b.copy()
            after[i] += step * LAM * N * r[i]
            moved = x - step * r[i]
            np.testing.assert_allclose(after.mean(0), -LAM * moved, atol=1e-12)
            distances.append(((moved - star) ** 2).sum())
            duals.append(((after - at_star) ** 2).sum(1).mean())
        said = coupled(METHODS["sdca_dual_free"])
        assert float(said[s.d2_next].subs(values)) == pytest.approx(np.mean(distances), rel=1e-10)
        assert float(said[dual_sq_next].subs(values)) == pytest.approx(np.mean(duals), rel=1e-10)


def test_the_start_is_known_exactly():
    lam, star, x0 = LAM, PROBLEM.x_star, PROBLEM.x0
    at_star = PROBLEM.component_gradients(star) - lam * star
    first = ((-lam * x0 - at_star) ** 2).sum(1).mean()
    sigma = (PROBLEM.component_gradients(star) ** 2).sum(1).mean()
    assert first == pytest.approx(sigma + lam**2 * PROBLEM.distance_sq(x0), rel=1e-9)


def test_runs_are_those_of_the_source():
    """alpha_i <- alpha_i - eta lam n (grad phi_i(w) + alpha_i), w <- w - eta (grad phi_i(w) + alpha_i)."""
    step, steps = 0.2, 30
    found = simulate(
        PROBLEM, "sdca_dual_free", step, steps=steps, replicas=2, seed=4, measures=("distance_sq",)
    )
    drawn = indices(4, np.arange(2), np.arange(steps), N, 1, True)
    lam = certify(PROBLEM, "mu_min").value
    assert lam == pytest.approx(LAM)
    for replica in range(2):
        w, duals = PROBLEM.x0, np.tile(lam * PROBLEM.x0, (N, 1))
        for t in range(steps):
            i = drawn[t, replica, 0]
            away = PROBLEM.component_gradients(w)[i] - lam * w + duals[i]
            duals[i] -= step * lam * N * away
            w = w - step * away
        np.testing.assert_allclose(duals.mean(0), lam * w)
        np.testing.assert_allclose(
            found["distance_sq"][0, replica, -1], PROBLEM.distance_sq(w), rtol=1e-9, atol=1e-14
        )


def test_other_methods_and_measures_are_refused():
    given = THEOREMS["sdca_components"]
    with pytest.raises(RateboundError, match="along one residual"):
        replace(given, method=METHODS["saga"])
    with pytest.raises(RateboundError, match="does not close"):
        replace(given, certificate=replace(given.certificate, share=2 * given.certificate.share))
    with pytest.raises(RateboundError, match="squared distance"):
        replace(given, measure="gap_last", bound=s.gap0 * Integer(1))
