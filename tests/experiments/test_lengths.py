"""Steps that read the norm of a whole vector of the batch, against loops written out in NumPy."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sympy import Float, Symbol, sqrt

from ratebound.experiments.evidence.enumerate import enumerate_paths
from ratebound.experiments.evidence.exact import exact_available
from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.experiments.verify import verify
from ratebound.problems.build import from_arrays, logistic
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.accumulated_batches import BoundedSquares
from ratebound.theory.draws import Draws, length_sq
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import alpha

LENGTH, FIRST, BETA, STEPS = 0.6, 0.4, 0.7, 5
CHOSEN = {"adagrad_norm_sgd": {"b0": FIRST}, "normalised_momentum": {"beta": BETA}}


def small():
    A = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.0]]
    return logistic(A, [1.0, -1.0, 1.0], 0.1, x0=[2.0, -1.0])


def walked(name, problem, drawn):
    """Return the points of a run whose batches are the rows of `drawn`."""
    at, points, seen, m = problem.x0, [problem.x0], 0.0, None
    for rows in drawn:
        slope = problem.component_gradients(at)[list(rows)].mean(0)
        if name == "adagrad_norm_sgd":
            seen += slope @ slope
            at = at - LENGTH * slope / np.sqrt(FIRST**2 + seen)
        else:
            m = slope if m is None else BETA * m + (1 - BETA) * slope
            size = np.linalg.norm(m)
            at = at - LENGTH * m / size if size > 0 else at
        points.append(at)
    return np.array(points)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_run_is_that_of_a_loop(name):
    """Of batches of two; the engines are compared in backends/test_contract.py."""
    problem = small()
    run = simulate(
        problem, name, LENGTH, batch=2, steps=20, replicas=2, seed=3, parameters=CHOSEN[name],
        backend="numpy", checkpoints=range(21), measures=("grad_norm_sq_last",),
    )  # fmt: skip
    for r in range(2):
        points = walked(name, problem, indices(3, np.array([r]), np.arange(20), problem.n, 2)[:, 0])
        np.testing.assert_allclose(
            run.grad_norm_sq_last.values[0, r], problem.grad_norm_sq(points), rtol=1e-9
        )


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize(("batch", "steps"), [(1, 5), (2, 3)])
def test_all_paths_are_those_of_a_loop(name, batch, steps):
    problem = small()
    found = enumerate_paths(
        problem, METHODS[name], np.full(steps, LENGTH), batch=batch, measures=("gap_last", "gap_average"),
        parameters=CHOSEN[name],
    )  # fmt: skip
    batches = list(product(range(problem.n), repeat=batch))
    paths = [walked(name, problem, drawn) for drawn in product(batches, repeat=steps)]
    np.testing.assert_allclose(found["gap_last"], np.mean([problem.gap(p) for p in paths], 0), rtol=1e-12)
    average = np.mean([problem.gap(p[:-1].mean(0)) for p in paths])
    assert found["gap_average"][-1] == pytest.approx(average, rel=1e-12)
    assert not exact_available(problem, METHODS[name])


def test_where_nothing_is_left_nothing_moves():
    problem = from_arrays(np.eye(2), np.zeros(2), x0=np.zeros(2))
    for name, parameters in CHOSEN.items():
        run = simulate(
            problem, name, LENGTH, steps=3, replicas=1, parameters=parameters, backend="numpy",
            measures=("distance_sq",),
        )  # fmt: skip
        assert (run.distance_sq.values == 0).all()


def test_a_length_is_told_and_named():
    clipped = Method(
        "clipped_batches", "", {"x": x - alpha * g / sqrt(1 + length_sq)}, "batch", draws=Draws(length=g)
    )
    assert "length_sq is the squared norm of g" in clipped.draws.text
    with pytest.raises(RateboundError, match="length_sq"):
        Method("other", "", {"x": x, "length_sq": g}, "batch", draws=Draws(length=g))
    with pytest.raises(RateboundError, match="reads length_sq"):
        simulate(small(), replace(clipped, draws=None), 0.1, steps=2, replicas=2, backend="numpy")
    half = METHODS["normalised_momentum"].at({Symbol("beta", positive=True): Float(0.5)})
    assert not half.parameters and half.draws.length != METHODS["normalised_momentum"].draws.length


def test_adagrad_norm_with_batches():
    theorem = THEOREMS["adagrad_norm_batches"]
    verdict = verify(theorem, load("huber_worst"), steps=5, batch=2, replicas=0)
    assert verdict.outcome == "holds" and verdict.evidence == "enumeration"
    for name in ("adagrad_norm", "adagrad"):
        with pytest.raises(RateboundError, match="root of b0"):
            replace(theorem, method=METHODS[name])
    with pytest.raises(RateboundError, match="root of b0"):
        replace(THEOREMS["adagrad_nonconvex"], method=theorem.method)
    with pytest.raises(RateboundError, match="summed decrease"):
        replace(theorem, bound=BoundedSquares().implied())
