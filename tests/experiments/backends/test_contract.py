"""All engines give the same iterates: a method or loss that is registered is tested by being registered."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from host_device import COMPILER, HostDevice
from scipy.stats import chisquare
from sympy import Integer, Max, Min, Rational, Symbol, log, sign, sqrt, sympify

from ratebound.experiments.backends import gradient_source, numba_, numpy_
from ratebound.experiments.backends.coins import PICKED, coins
from ratebound.experiments.backends.cuda_ import CudaEngine, cuda_engine
from ratebound.experiments.backends.cuda_full_gradient import suits
from ratebound.experiments.backends.numpy_ import NumpyEngine
from ratebound.experiments.backends.recorder import record
from ratebound.experiments.plan import PRECISIONS, Plan
from ratebound.experiments.shuffling import SHUFFLED_PASSES
from ratebound.problems.build import from_arrays
from ratebound.problems.composite import penalised
from ratebound.problems.losses import LOSSES
from ratebound.theory.draws import Draws
from ratebound.theory.letters.penalty import l1
from ratebound.theory.method import Method
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import epoch, prob

STEPS, STOPS = 70, (1, 30, 70)
SAMPLINGS = [(3, True), (3, False), (11, False)]

x, g, alpha, v, k, z = (Symbol(name, real=True) for name in ("x", "g", "alpha", "v", "k", "z"))
HEAVY_BALL = Method("heavy ball", "", {"x": x - alpha * (v / 2 + g), "v": v / 2 + g}, "batch")
# Not linear, and 0/0 where a coordinate has no data.
ADAGRAD = Method("adagrad", "", {"x": x - alpha * g / sqrt(v + g**2), "v": v + g**2}, "batch")
COUNTING = Method(
    "counting", "", {"x": x - alpha * g * (1 - Rational(9, 10) ** (k + 1)) / sqrt(k + 1)}, "batch"
)


@cache
def problem(loss, d=5, n=23, l2=0.1):
    rng = np.random.default_rng(8)
    y = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    return from_arrays(rng.normal(size=(n, d)), y, LOSSES[loss], l2, x0=rng.normal(size=d))


def plan(
    problem,
    method,
    step_sizes=1,
    batch=1,
    replacement=True,
    replicas=5,
    first=0,
    steps=STEPS,
    scale=1.0,
    order="independent",
    dtype="float64",
):
    # Constant and decaying schedules have different layouts.
    alphas = np.broadcast_to(scale * np.linspace(0.02, 0.05, step_sizes)[:, None], (step_sizes, steps))
    if step_sizes % 2 == 0:
        alphas = alphas / np.sqrt(np.arange(1, steps + 1))
    full = method.sampling == "full"
    return Plan(
        problem=problem,
        method=method.at({prob: Rational(1, 20)}),
        alphas=alphas,
        # The first points are left out of the average.
        weights=np.maximum(np.arange(steps) - 3.0, 0.0),
        checkpoints=np.array([steps]),
        replicas=np.arange(first, first + (1 if full else replicas)),
        seed=2**40 + 17,
        batch=batch,
        replacement=replacement,
        measures=("gap_average",),
        order=order,
        dtype=dtype,
    )


def others(given):
    """The engines that are held against the NumPy one."""
    yield numba_.engine(given)
    if COMPILER and (not given.deterministic or suits(given)):
        yield cuda_engine(given, HostDevice())


def agree(given):
    """All engines follow the NumPy one in float64: to rounding, of their own numbers."""
    reference = NumpyEngine(replace(given, dtype="float64"))
    rivals = list(others(given))
    relative, absolute = 1e-9, 1e-11
    if given.dtype == "float32":
        rivals.append(NumpyEngine(given))
        relative, absolute = 1e-5, 1e-5
    here, one = 0, np.ones((1, 1, 1), given.dtype)
    for stop in STOPS:
        for engine in (reference, *rivals):
            engine.advance(here, stop)
        here = stop
        for engine in rivals:
            averages = engine.averages(one), reference.averages(one)
            for mine, theirs in ((engine.points(), reference.points()), averages):
                assert mine.dtype == given.dtype
                np.testing.assert_allclose(mine, theirs, relative, absolute * np.abs(theirs).max())


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss, dtype):
    agree(plan(problem(loss), METHODS["sgd"], dtype=dtype))


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method(method, dtype):
    # The exact line search is a formula for least squares.
    values = {symbol: 3 if symbol.is_integer else Rational(7, 10) for symbol in METHODS[method].parameters}
    rule = METHODS[method].at({symbol: sympify(value) for symbol, value in values.items()})
    loss = problem("squared" if method == "steepest" else "logistic")
    if any(l1 in each.free_symbols for each in rule.update.values()):
        loss = penalised(loss, 0.1)
    agree(plan(loss, rule, 2, dtype=dtype))


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
@pytest.mark.parametrize("rule", [Max(v, -1), Max(-k, Min(v, 1)), x - alpha * sign(v)])
def test_bounds_and_signs_keep_nan(rule):
    # The logarithm of a number below zero.
    given = plan(problem("squared"), Method("lost", "", {"x": rule, "v": v + log(k - 9)}, "batch"), steps=5)
    engines = NumpyEngine(given), cuda_engine(given, HostDevice())
    for engine in engines:
        engine.advance(0, 5)
        assert np.isnan(engine.points()).all()


AHEAD = Method("ahead", "", {"x": (x + z) / 2 - alpha * g, "z": z - alpha * g}, "batch", (x + z) / 2, ("z",))


@pytest.mark.parametrize(
    ("batch", "replacement", "order"), [(1, True, "independent"), (3, True, "reshuffle")]
)
def test_gradients_elsewhere_and_memories_from_the_start(batch, replacement, order):
    agree(plan(problem("logistic"), AHEAD, 2, batch, replacement, order=order))


@pytest.mark.parametrize("name", ["sgd_importance", "lsvrg", "page"])
def test_draws_of_batches(name):
    agree(plan(problem("squared"), METHODS[name], 2, batch=3))


def test_a_snapshot_under_a_loss_with_branches():
    agree(plan(problem("huber"), METHODS["lsvrg"], 2, batch=3, replacement=False))


def test_of_an_epoch_every_step_is_drawn_as_often():
    """It fails by chance with probability 1e-6."""
    rule = METHODS["svrg_drawn"].at({epoch: Integer(7)})
    found = coins(plan(problem("squared"), rule, replicas=500), np.arange(70)).reshape(10, 7, 500)
    ends = found % PICKED == 1
    assert ends[:, -1].all() and not ends[:, :-1].any()
    last = 6 - (found >= PICKED)[:, ::-1].argmax(1)
    assert chisquare(np.bincount(last.ravel(), minlength=7)).pvalue > 1e-6


@pytest.mark.parametrize(
    ("method", "step_sizes"), [(HEAVY_BALL, 1), (ADAGRAD, 1), (ADAGRAD, 8), (COUNTING, 1), (COUNTING, 8)]
)
def test_more_state_and_nonlinear_rules(method, step_sizes):
    agree(plan(problem("huber"), method, step_sizes))


@pytest.mark.parametrize(("batch", "replacement"), SAMPLINGS)
@pytest.mark.parametrize("step_sizes", [2, 40])
def test_every_sampling(batch, replacement, step_sizes):
    agree(plan(problem("logistic"), METHODS["sgd"], step_sizes, batch, replacement))


@pytest.mark.parametrize("order", SHUFFLED_PASSES)
@pytest.mark.parametrize(("batch", "step_sizes"), [(1, 1), (1, 9), (3, 1), (11, 40)])
def test_every_order(order, batch, step_sizes):
    # Three passes and a part of one; no batch but 1 divides n = 23.
    agree(plan(problem("logistic"), METHODS["sgd"], step_sizes, batch, order=order))


@pytest.mark.parametrize(
    ("batch", "step_sizes", "order"), [(3, 40, "independent"), (11, 2, "independent"), (3, 9, "reshuffle")]
)
def test_every_layout_in_single_precision(batch, step_sizes, order):
    given = plan(problem("huber"), METHODS["sgd"], step_sizes, batch, order=order, dtype="float32")
    agree(given)


def test_nonlinear_rules_in_single_precision():
    agree(plan(problem("huber"), ADAGRAD, 8, dtype="float32"))


@pytest.mark.parametrize("d", [1, 30, 70])
def test_every_width(d):
    agree(plan(problem("squared", d, 11, 0.0), METHODS["sgd"], scale=0.2))


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("d", [8, 19])
def test_step_sizes_side_by_side_are_shown_one_by_one(d, dtype):
    agree(plan(problem("squared", d, 11, 0.0), METHODS["sgd"], 9, scale=0.2, dtype=dtype))


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_full_gradients(loss, dtype):
    agree(plan(problem(loss), METHODS["gd"], 3, scale=4.0, dtype=dtype))


def test_full_gradients_of_many_features(monkeypatch):
    # Many groups of rows in each part of the data, and all blocks of features.
    monkeypatch.setattr(gradient_source, "_NEAR", 0)
    agree(plan(problem("logistic", 21, 2000), METHODS["gd"], 25, scale=4.0))


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
@pytest.mark.parametrize("device", [HostDevice(lanes=4), HostDevice(2**19), HostDevice(2**19, lanes=2)])
@pytest.mark.parametrize(
    ("batch", "order"), [(3, "independent"), (3, "reshuffle"), (2, "independent"), (50, "independent")]
)
def test_lanes_and_shared_memory_change_nothing(device, batch, order):
    # Rows are read in pieces of a batch that do not divide it.
    given = problem("logistic") if batch < 23 else problem("logistic", 21, 70)
    given = plan(given, METHODS["sgd"], batch=batch, replacement=False, order=order)
    plain, other = CudaEngine(given, HostDevice()), CudaEngine(given, device)
    for start, stop in ((0, 30), (30, STEPS)):
        plain.advance(start, stop)
        other.advance(start, stop)
    np.testing.assert_allclose(other.points(), plain.points(), rtol=1e-12)
    np.testing.assert_allclose(other.averages(np.ones(())), plain.averages(np.ones(())), rtol=1e-12)


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to play the GPU")
@pytest.mark.parametrize("method", ["saga", "page", "sgd_partial"])
def test_lanes_and_shared_memory_change_nothing_for_draws(method):
    given = plan(problem("logistic"), METHODS[method], batch=1 if method == "saga" else 3)
    plain, other = CudaEngine(given, HostDevice()), CudaEngine(given, HostDevice(2**19, lanes=2))
    for start, stop in ((0, 30), (30, STEPS)):
        plain.advance(start, stop)
        other.advance(start, stop)
    np.testing.assert_allclose(other.points(), plain.points(), rtol=1e-11)
    np.testing.assert_allclose(other.averages(np.ones(())), plain.averages(np.ones(())), rtol=1e-11)


@pytest.mark.parametrize("order", ["independent", "reshuffle"])
@pytest.mark.parametrize("step_sizes", [1, 9])
def test_replicas_are_a_prefix_and_can_be_continued(step_sizes, order):
    def points(**options):
        for engine in others(plan(problem("logistic"), METHODS["sgd"], step_sizes, order=order, **options)):
            engine.advance(0, STEPS)
            yield engine.points()

    for whole, few, rest in zip(
        points(replicas=21), points(replicas=6), points(replicas=15, first=6), strict=True
    ):
        np.testing.assert_array_equal(few, whole[:, :6])
        np.testing.assert_array_equal(rest, whole[:, 6:])


@pytest.mark.parametrize("step_sizes", [1, 9])
@pytest.mark.parametrize("method", ["sgd", "gd"])
def test_divergence_is_recorded_alike(method, step_sizes):
    given = plan(problem("squared"), METHODS[method], step_sizes, scale=1e9)
    reference = NumpyEngine(given)
    reference.advance(0, STEPS)
    lost = ~np.isfinite(reference.points()).all(-1)
    assert lost.any()
    for engine in others(given):
        with np.errstate(all="ignore"):
            for start, stop in ((0, 30), (30, 60), (60, STEPS)):
                engine.advance(start, stop)
        assert (~np.isfinite(engine.points()).all(-1) == lost).all()
        assert not np.isfinite(engine.averages(np.ones(()))[lost]).all(-1).any()


def test_states_that_were_foreseen_are_measured_before_their_place_is_taken(monkeypatch):
    given = plan(problem("logistic"), METHODS["sgd"], 2)
    given = replace(given, checkpoints=np.arange(0, STEPS + 1, 5), measures=("gap_last",))
    expected = numpy_.run(given)["gap_last"]
    # Room for a few stops; what is held would wait for the end.
    monkeypatch.setattr(numba_, "_COPIED", 400)
    engine, renewed = numba_.engine(given), []
    renews = engine.renews
    monkeypatch.setattr(engine, "renews", lambda stop: renewed.append(renews(stop)) or renewed[-1])
    np.testing.assert_allclose(record(given, engine)["gap_last"], expected, 1e-9)
    assert 1 < sum(renewed) < len(renewed)


def test_a_single_run_repeats_bit_for_bit(monkeypatch):
    given = plan(problem("logistic"), METHODS["sgd"], replicas=40, steps=3000)
    runs = []
    for threads in (1, 2):
        monkeypatch.setattr(
            "ratebound.experiments.backends.threads.numba.get_num_threads", lambda n=threads: n
        )
        engine = numba_.engine(given)
        engine.advance(0, 3000)
        runs.append(engine.points())
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("draws", [None, Draws(also={"older": x / 2})])
def test_states_may_be_called_as_variables_of_kernels_are(draws):
    names = ("j", "row", "slot")
    states = {name: Symbol(name, real=True) for name in names}
    update = {"x": x - alpha * (g - sum(states.values()) / 64)}
    update |= {name: state / 2 + g / (i + 1) for i, (name, state) in enumerate(states.items())}
    agree(plan(problem("logistic"), Method("named", "", update, "batch", draws=draws)))
