"""Epochs that start at the last point of the one before, against every path of tiny sums."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Symbol

from ratebound.experiments.applicability import prepare
from ratebound.experiments.evidence.exact import exact_curves
from ratebound.problems.build import from_arrays, least_squares
from ratebound.problems.losses import LOSSES
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.chained import Chained
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import epoch, k, prob

A = np.array([[1.0, 0.5], [-0.5, 1.5]])
NAMES = ["svrg_last_nonconvex", "sarah_last_nonconvex", "svrg_last_recursion"]


def problems():
    x0 = np.array([1.0, -2.0])
    return [
        least_squares(A, [1.0, -1.0], 0.0, x0=x0),
        from_arrays(A, np.array([1.0, -1.0]), LOSSES["cauchy"], x0=x0),
    ]


def walked(name, problem, step, steps, epochs):
    """Return the mean squared gradient and the mean value at every point, over all paths."""
    total = steps * epochs
    squares, values = np.zeros((2, total + 1))
    paths = list(product(range(problem.n), repeat=total))
    for path in paths:
        x, drawn = problem.x0, iter(path)
        for each in range(total + 1):
            if each % steps == 0:
                old, full = problem.component_gradients(x), problem.gradient(x)
                v = full
            squares[each] += problem.grad_norm_sq(x) / len(paths)
            values[each] += problem.value(x) / len(paths)
            if each == total:
                break
            i = next(drawn)
            if name.startswith("svrg"):
                x = x - step * (problem.component_gradients(x)[i] - old[i] + full)
            else:
                after = x - step * v
                v = v + (problem.component_gradients(after) - problem.component_gradients(x))[i]
                x = after
    return squares, values


@pytest.mark.parametrize("problem", problems(), ids=["squares", "cauchy"])
@pytest.mark.parametrize(("steps", "epochs"), [(2, 3), (3, 2), (1, 4)])
@pytest.mark.parametrize("name", NAMES)
def test_descents_add_up_over_epochs(name, problem, steps, epochs):
    theorem = THEOREMS[name]
    trial = prepare(theorem, problem, steps=steps * epochs, parameters={"epoch": steps})
    kept = trial.values.get("kept", 0.5)
    step = trial.alphas[0]
    squares, values = walked(name, problem, step, steps, epochs)
    found = np.cumsum(squares[:-1]) / np.arange(1, squares.size)
    assert (found <= trial.bound(np.arange(1, squares.size))).all()
    # The potential of an epoch ends, and starts, with f alone.
    ends = steps * np.arange(epochs + 1)
    summed = np.concatenate([[0], np.cumsum(squares[:-1])])[ends]
    assert (step * kept * summed <= values[0] - values[ends] + 1e-12).all()
    if problem.kind == "quadratic":
        curves = exact_curves(problem, trial.method, trial.alphas, measures=[theorem.measure])
        np.testing.assert_allclose(curves[theorem.measure][1:], found, rtol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_epochs_run_the_method_of_the_theorem_about_one(name):
    theorem = THEOREMS[name]
    x, v = (Symbol(each, real=True) for each in "xv")
    method, draws = theorem.method, theorem.method.draws
    for other in (
        replace(method, update={**method.update, "x": x}),
        replace(method, update={**method.update, "v": v}),
        replace(method, point=x),
        replace(method, draws=replace(draws, full={"u": x})),
        replace(method, draws=replace(draws, from_gradient=())),
        replace(method, draws=replace(draws, every=0 * epoch, coin=prob)),
        METHODS["svrg_epochs"],
    ):
        with pytest.raises(RateboundError, match="in epochs that start at the last point"):
            replace(theorem, method=other, defaults={**theorem.defaults, prob: 1 / epoch})


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_proved_is_refused(name):
    theorem = THEOREMS[name]
    with pytest.raises(RateboundError, match=r"first epoch.*what is left of the start"):
        replace(theorem, bound=theorem.bound / 2)
    with pytest.raises(RateboundError, match="against the sum of the descents"):
        replace(theorem, bound=theorem.bound * epoch / (k + epoch) * 2 * k / epoch)
    with pytest.raises(RateboundError, match="has no potential"):
        replace(theorem, certificate=Chained(THEOREMS["sarah_convex"]))
    with pytest.raises(RateboundError, match="even mean of squared gradients"):
        replace(theorem, weights=1 + k)


def test_the_recursion_keeps_at_least_what_is_published():
    """Reddi et al. 2016, Theorem 2 as remembered, by its backward recursion, for any step and factor."""
    theorem, rng, seen = THEOREMS["svrg_last_recursion"], np.random.default_rng(7), 0
    (most,) = (each.rhs for each in theorem.where)
    for _ in range(300):
        L_max, m = 10 ** rng.uniform(-1, 1), int(rng.integers(1, 60))
        step, young = 10 ** rng.uniform(-2.5, 0) / L_max, 10 ** rng.uniform(-1.5, 0.5)
        beta, later, published = young * L_max, 0.0, np.inf
        for _ in range(m):
            left = step - later * step / beta - step**2 * L_max - 2 * later * step**2
            published = min(published, left)
            later = later * (1 + step * beta + 2 * (step * L_max) ** 2) + step**2 * L_max**3
        if published > 0:
            seen += 1
            known = {"alpha": step, "young": young, "epoch": m, "L": L_max, "L_max": L_max}
            assert most.subs({s: known[s.name] for s in most.free_symbols}) * step >= published
    assert seen > 60
