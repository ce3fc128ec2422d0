"""BFGS and DFP by the determinant: each term of the proof on matrices, worst shares, refusals."""

import dataclasses

import numpy as np
import pytest
from sympy import Integer, Rational

from ratebound.theory.assumptions import quadratic, smooth
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.letters.coordinates import d
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import L, alpha, gap0, k, mu_pl

BFGS, DFP = THEOREMS["bfgs_determinant"], THEOREMS["dfp_determinant"]


def updated(B, u, y, dfp):
    """The textbook updates, B for the Hessian."""
    if dfp:
        turn = np.eye(u.size) - np.outer(y, u) / (y @ u)
        return turn @ B @ turn.T + np.outer(y, y) / (y @ u)
    return B - np.outer(B @ u, B @ u) / (u @ B @ u) + np.outer(y, y) / (y @ u)


@pytest.mark.parametrize("theorem", [BFGS, DFP], ids=lambda t: t.id)
@pytest.mark.parametrize("seed", range(4))
def test_each_step_pays_by_the_determinant(theorem, seed):
    rng = np.random.default_rng(seed)
    values = np.geomspace(1, 10.0 ** (seed + 1), 5)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    H, ratio = turn @ np.diag(values) @ turn.T, values[-1]
    exponent = 2 if theorem is DFP else 1
    B, x, paid = ratio * np.eye(5), rng.normal(size=5), 0.0
    start = x @ H @ x
    for step in range(1, 13):
        u = -np.linalg.solve(B, H @ x)
        before, x = x @ H @ x, x + u
        after, B_next = x @ H @ x, updated(B, u, H @ u, theorem is DFP)
        t = np.linalg.det(B) / np.linalg.det(B_next)
        assert after / before <= ratio ** (exponent - 1) * (ratio - 1) * (1 - 1 / t) * (1 + 1e-9)
        spread = np.linalg.eigvals(np.linalg.solve(H, B_next)).real
        assert spread.min() >= 1 - 1e-9 and spread.max() <= ratio * (1 + 1e-9)
        paid, B = paid + np.log(t), B_next
        assert paid <= 5 * np.log(ratio) * (1 + 1e-9)
        bound = theorem.bound.subs({L: ratio, mu_pl: 1, d: 5, gap0: start, k: step})
        assert after <= float(bound) * (1 + 1e-9)


def test_equal_shares_are_worst():
    rng = np.random.default_rng(0)
    for _ in range(50):
        y = rng.exponential(size=6)
        assert np.log1p(-np.exp(-y)).mean() <= np.log1p(-np.exp(-y.mean())) + 1e-12


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bound": BFGS.bound * Rational(999, 1000)}, "equal shares of the determinant"),
        ({"method": METHODS["lbfgs"]}, "full steps of BFGS or DFP"),
        ({"method": METHODS["dfp"]}, "equal shares of the determinant"),
        ({"step": alpha, "defaults": {alpha: Integer(1)}}, "full steps of BFGS or DFP"),
        ({"assumptions": (quadratic, smooth)}, "needs the assumption pl"),
    ],
)
def test_what_the_proof_does_not_cover_is_refused(change, words):
    with pytest.raises(RateboundError, match=words):
        dataclasses.replace(BFGS, **change)
