"""Sparse data on every engine against dense data on the reference."""

from dataclasses import replace

import numpy as np
import pytest
from host_device import COMPILER, HostDevice
from scipy.sparse import csr_array
from sympy import Rational
from test_contract import ADAGRAD, HEAVY_BALL, METHODS, SHUFFLED_PASSES, plan

from ratebound.experiments.backends import numba_, sparse_step
from ratebound.experiments.backends.cuda_ import cuda_engine
from ratebound.experiments.backends.cuda_sparse import cuda_sparse_source
from ratebound.experiments.backends.drawn import TABLE
from ratebound.experiments.backends.kernel import spec_of
from ratebound.experiments.backends.lanes_sparse import filled_rows
from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.run import MEASURES, simulate
from ratebound.problems.build import from_arrays
from ratebound.theory.errors import RateboundError


def problem(loss="logistic", l2=0.1, dense=False):
    rng = np.random.default_rng(8)
    A = rng.normal(size=(23, 11)) * (rng.random((23, 11)) < 0.3)
    # A row without entries, and one that is full.
    A[3], A[4] = 0.0, 1.0
    y = np.where(rng.random(23) < 0.5, 1.0, -1.0)
    return from_arrays(A if dense else csr_array(A), y, loss, l2, x0=rng.normal(size=11))


def agree(make_plan):
    given = make_plan(False)
    reference = NumpyEngine(replace(make_plan(True), dtype="float64"))
    relative, absolute = (1e-9, 1e-11) if given.dtype == "float64" else (1e-5, 1e-5)
    rivals = [NumpyEngine(given), numba_.engine(given)]
    if COMPILER and not given.deterministic:
        rivals.append(cuda_engine(given, HostDevice()))
    one = np.ones((1, 1, 1), given.dtype)
    for start, stop in ((0, 1), (1, 30), (30, 70)):
        for engine in (reference, *rivals):
            engine.advance(start, stop)
        for engine in rivals:
            averages = engine.averages(one), reference.averages(one)
            for mine, theirs in ((engine.points(), reference.points()), averages):
                assert mine.dtype == given.dtype
                np.testing.assert_allclose(mine, theirs, relative, absolute * np.abs(theirs).max())


def test_filled_rows_hold_the_data():
    made = problem()
    A = csr_array(made.A)
    starts, columns, entries = filled_rows(made, "float64")
    assert (np.diff(starts) % 4 == 0).all() and starts[-1] < A.nnz + 4 * A.shape[0]
    # The column behind the data holds nothing.
    filled = csr_array((entries, columns, starts.astype(int)), shape=(23, 12)).toarray()
    np.testing.assert_array_equal(filled, np.pad(A.toarray(), ((0, 0), (0, 1))))


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_losses_and_regularisers(loss, l2):
    agree(lambda dense: plan(problem(loss, l2, dense), METHODS["sgd"], 2))


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_single_precision(loss):
    agree(lambda dense: plan(problem(loss, dense=dense), METHODS["sgd"], 2, batch=3, dtype="float32"))


@pytest.mark.parametrize(("batch", "replacement"), [(3, True), (3, False)])
def test_samplings(batch, replacement):
    agree(lambda dense: plan(problem(dense=dense), METHODS["sgd"], 9, batch, replacement))


@pytest.mark.parametrize("order", SHUFFLED_PASSES)
def test_orders(order):
    agree(lambda dense: plan(problem(dense=dense), METHODS["sgd"], batch=3, order=order))


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
def test_lanes_change_nothing():
    given = plan(problem(), METHODS["sgd"], batch=3, order="reshuffle")
    plain, other = (cuda_engine(given, HostDevice(lanes=lanes)) for lanes in (1, 4))
    for engine in (plain, other):
        engine.advance(0, 70)
    np.testing.assert_allclose(other.points(), plain.points(), rtol=1e-12)
    np.testing.assert_allclose(other.averages(np.ones(())), plain.averages(np.ones(())), rtol=1e-10)


def test_full_gradients():
    agree(lambda dense: plan(problem(dense=dense), METHODS["gd"], 3))


@pytest.mark.parametrize("l2", [20.0, 50.0, 200.0])
def test_a_step_that_shrinks_to_nothing_or_changes_sign(l2):
    # alpha l2 is 1, where the step forgets x altogether, 2.5 and 10.
    def made(dense):
        given = plan(problem(l2=l2, dense=dense), METHODS["sgd"], scale=1.0, steps=70)
        object.__setattr__(given, "alphas", np.full((1, 70), 0.05))
        return given

    agree(made)


def test_many_rescalings_lose_no_digits():
    fast, slow = (
        simulate(
            problem(dense=dense),
            "sgd",
            0.3,
            steps=3000,
            replicas=5,
            backend=backend,
            measures=("gap_average",),
        ).gap_average.values[:, :, 1:]
        for dense, backend in ((False, "numba"), (True, "numpy"))
    )
    # alpha l2 = 0.03: the scale leaves its range every 227 steps.
    assert sparse_step.SMALL > 0.97**228
    np.testing.assert_allclose(fast, slow, rtol=1e-10)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_every_measure(backend):
    options = dict(steps=25, replicas=6, batch=3, measures=MEASURES)
    mine = simulate(problem(), "sgd", [0.1, 0.2], backend=backend, **options)
    theirs = simulate(problem(dense=True), "sgd", [0.1, 0.2], backend="numpy", **options)
    for name in (*MEASURES, "grad_norm_sq_path"):
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-9)


def test_divergence_is_recorded():
    data = simulate(problem("squared", 0.0), "sgd", [0.1, 1e9], steps=80, replicas=5, backend="numba")
    assert np.isfinite(data.gap_last[0]).all() and np.isinf(data.gap_last[1, :, -1]).all()


@pytest.mark.parametrize(
    ("method", "dtype"),
    [
        (METHODS["lsvrg"], "float64"),
        (METHODS["lsvrg"], "float32"),
        (METHODS["newton_doubling"], "float64"),
        (METHODS["sgd_importance"], "float64"),
        (METHODS["sgd_schedule_free"], "float64"),
        (ADAGRAD, "float64"),
        (HEAVY_BALL, "float64"),
        (METHODS["rcd"], "float64"),
        (METHODS["sps_max"], "float64"),
        (METHODS["sps_star"], "float64"),
    ],
)
def test_methods_with_draws_or_more_state(method, dtype):
    method = method.at(dict.fromkeys(method.parameters, Rational(7, 10)))
    batch = 1 if method.draws is not None and method.draws.single else 3
    agree(lambda dense: plan(problem(dense=dense), method, 2, batch, dtype=dtype))


def from_zero(l2, dense=False):
    return replace(problem(l2=l2, dense=dense), x0=np.zeros(11))


TABLES = [("saga", 0.0), ("sag", 0.0), ("sdca", 0.1), ("sdca_dual_free", 0.1)]


@pytest.mark.parametrize(("name", "l2"), TABLES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tables_hold_a_number_per_sample(name, l2, dtype):
    agree(lambda dense: plan(from_zero(l2, dense), METHODS[name], 2, dtype=dtype))
    given = plan(from_zero(l2), METHODS[name], 2)
    shape = given.alphas.shape[0], given.replicas.size, 23
    engine = NumpyEngine(given)
    assert engine._state[TABLE].shape == shape
    assert numba_.engine(given)._table.shape == (shape[0] * shape[1], 23)
    # The vectors are those of dense data.
    dense = NumpyEngine(plan(from_zero(l2, True), METHODS[name], 2))
    for each in (engine, dense):
        each.advance(0, 60)
    vectors = engine._state[TABLE][..., None] * given.problem.A.toarray()
    np.testing.assert_allclose(vectors, dense._state[TABLE], rtol=1e-9, atol=1e-12)


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
@pytest.mark.parametrize("name", ["page", "newton_doubling", "sps_max", "sdca"])
def test_lanes_share_what_they_draw(name):
    # Four lanes that meet before they read what others wrote.
    rule = METHODS[name].at(dict.fromkeys(METHODS[name].parameters, Rational(7, 10)))
    given = plan(from_zero(0.1), rule, batch=1 if rule.draws.single else 3)
    plain, other = (cuda_engine(given, HostDevice(lanes=lanes)) for lanes in (1, 4))
    for engine in (plain, other):
        engine.advance(0, 40)
    np.testing.assert_allclose(other.points(), plain.points(), rtol=1e-12)


def test_what_sparse_kernels_refuse():
    centred = ("sag_centred", problem())
    for name, given in (("saga", from_zero(0.1)), ("sag", problem()), ("sdca", problem()), centred):
        with pytest.raises(RateboundError, match=rf"{name} stores other vectors .* \(l2 = 0.1;"):
            plan(given, METHODS[name])
    # From elsewhere the first gradients hold l2 x_0, zeros do not.
    for name in ("saga", "sag"):
        plan(problem(l2=0.0), METHODS[name])
    with pytest.raises(RateboundError, match="sag_centred stores other vectors"):
        plan(problem(l2=0.0), METHODS["sag_centred"])
    with pytest.raises(RateboundError, match="keeps more state than x"):
        cuda_sparse_source(spec_of(plan(problem(), HEAVY_BALL)), 4)
