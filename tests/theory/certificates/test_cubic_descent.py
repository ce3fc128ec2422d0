"""Newton's method with a cubic term where f is not convex: what a step does, and what is proved of it."""

import dataclasses

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.experiments.evidence.exact import exact_curves
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.problems.losses import LOSSES
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.cubic_descent import w
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import k

THEOREM = THEOREMS["cubic_nonconvex"]
PROOF = THEOREM.certificate


@pytest.mark.parametrize("loss", ["cauchy", "welsch", "sigmoid"])
@pytest.mark.parametrize("seed", range(3))
def test_each_step_pays_for_the_gradient_that_it_leaves(loss, seed):
    """||grad f(x_+)||^(3/2) <= 4 sqrt(M) (f(x) - f(x_+)) from points where f is not convex."""
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(5, 2)), np.where(rng.random(5) < 0.5, 1.0, -1.0)
    problem = from_arrays(A, y, LOSSES[loss], 0.0)
    starts = 4 * rng.normal(size=(50, 2))
    start = starts[np.linalg.eigvalsh(problem.hessian(starts))[:, 0] < 0][0]
    problem = from_arrays(A, y, LOSSES[loss], 0.0, x0=start)
    run = exact_curves(
        problem, METHODS["cubic_newton"], np.ones(20), measures=("gap_last", "grad_norm_sq_last")
    )
    fallen = -np.diff(run["gap_last"])
    left = run["grad_norm_sq_last"][1:] ** 0.75
    assert (left <= 4 * np.sqrt(certify(problem, "L_hess").value) * fallen + 1e-12).all()
    assert (left > 1e-3).any()


@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_the_hessian_makes_f_fall_less(seed):
    """Steps of length one with M = 1 along which the Hessian changes in random ways, as fast as it may."""
    rng, t = np.random.default_rng(seed), (np.arange(400) + 0.5) / 400
    fallen = np.vectorize(lambda value: float(PROOF.fallen.subs(w, value)), otypes=[float])
    for _ in range(50):
        angles = (
            np.repeat(rng.uniform(0, np.pi, size=4), 100) if rng.random() < 0.5 else rng.uniform(0, np.pi)
        )
        along, across = t * np.cos(angles), t * np.sin(angles)
        left = np.hypot(along.mean() - 0.5, across.mean())
        fell = 0.25 - ((1 - t) * along).mean()
        assert fell >= fallen(np.sqrt(left)) - 1e-5


def test_a_faster_rate_is_refuted_far_out_on_the_cauchy_loss():
    faster = dataclasses.replace(THEOREM, certificate=None, bound=THEOREM.bound.subs(k, k**2))
    assert verify(THEOREM, load("cauchy_far"), steps=100).holds
    assert verify(faster, load("cauchy_far"), steps=100).violated


@pytest.mark.parametrize(
    ("factor", "split"),
    [(Rational(39, 10), PROOF.split), (Integer(4), Rational(1, 2)), (Integer(4), Rational(3, 2))],
)
def test_what_does_not_follow_is_refused(factor, split):
    with pytest.raises(RateboundError, match="cubic_nonconvex"):
        dataclasses.replace(THEOREM, certificate=dataclasses.replace(PROOF, factor=factor, split=split))
