"""Steps that depend on the gradient, or take it elsewhere, against loops written out in NumPy."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import brentq
from sympy import Float

from ratebound.cli import cli
from ratebound.experiments.backends.line_search import accepted
from ratebound.experiments.run import simulate
from ratebound.experiments.verify import verify
from ratebound.problems.build import least_squares
from ratebound.problems.constants import certify
from ratebound.problems.library import load
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.least_gradient import Piece
from ratebound.theory.errors import RateboundError
from ratebound.theory.method import Method, Search, g, x
from ratebound.theory.methods import METHODS
from ratebound.theory.symbols import accepted_step, alpha, clip

STEPS, STEP = 7, 0.3


def normalised(f, points):
    slope = f.gradient(points[-1])
    return points[-1] - STEP * slope / np.linalg.norm(slope)


def clipped(f, points):
    slope = f.gradient(points[-1])
    return points[-1] - STEP * slope * min(1.0, 0.4 / np.linalg.norm(slope))


def adagrad_norm(f, points):
    slopes = [f.gradient(point) for point in points]
    seen = 0.5**2 + sum(slope @ slope for slope in slopes)
    return points[-1] - STEP * 0.5 / np.sqrt(seen) * slopes[-1]


def sam(f, points):
    ahead = points[-1] + 0.2 * f.gradient(points[-1])
    return points[-1] - STEP * f.gradient(ahead)


def sam_normalised(f, points):
    slope = f.gradient(points[-1])
    return points[-1] - STEP * f.gradient(points[-1] + 0.2 * slope / np.linalg.norm(slope))


def heavy_ball(f, points):
    before = points[-2] if len(points) > 1 else points[-1]
    return points[-1] - STEP * f.gradient(points[-1]) + 0.6 * (points[-1] - before)


def sign_descent(f, points):
    return points[-1] - 0.1 * STEP * np.sign(f.gradient(points[-1]))


def sign_steepest(f, points):
    slope = f.gradient(points[-1])
    return points[-1] - 0.1 * STEP * np.abs(slope).sum() * np.sign(slope)


def armijo(f, points):
    here, slope, step = points[-1], f.gradient(points[-1]), 90 * STEP
    value = f.gap(here)
    while f.gap(here - step * slope) > value - 0.2 * step * (slope @ slope):
        step *= 0.7
    return here - step * slope


def wolfe(f, points):
    here, slope, step = points[-1], f.gradient(points[-1]), 90 * STEP
    square, value, short, long = slope @ slope, f.gap(here), 0.0, np.inf
    while True:
        end = here - step * slope
        if f.gap(end) > value - 0.1 * step * square:
            long = step
        elif f.gradient(end) @ slope > 0.3 * square:
            short = step
        else:
            return end
        step = (short + long) / 2 if np.isfinite(long) else 2 * step


def to_grid(slope, length):
    mesh = 2 * length / np.sqrt(slope.size)
    rounded = mesh * np.round(slope / mesh)
    assert np.linalg.norm(rounded - slope) <= length * (1 + 1e-12)
    return rounded


def gd_rounded(f, points):
    return points[-1] - STEP * to_grid(f.gradient(points[-1]), 0.05)


def gd_quantised(f, points):
    slope = f.gradient(points[-1])
    return points[-1] - STEP * to_grid(slope, 0.3 * np.linalg.norm(slope))


def gd_finer(f, points):
    return points[-1] - STEP * to_grid(f.gradient(points[-1]), 0.05 * 0.8 ** ((len(points) - 1) / 2))


def exact_search(f, points):
    slope, far = f.gradient(points[-1]), STEP
    while f.gradient(points[-1] - far * slope) @ slope > 0:
        far *= 3
    least = brentq(lambda t: f.gradient(points[-1] - t * slope) @ slope, 0, far, xtol=1e-300, rtol=1e-15)
    return points[-1] - least * slope


class Asked:
    """A problem that counts how often it is asked for f and its gradient."""

    def __init__(self, problem):
        self.problem, self.times = problem, 0

    def gap(self, x):
        self.times += 1
        return self.problem.gap(x)

    def gradient(self, x):
        self.times += 1
        return self.problem.gradient(x)


LOOPS = {
    normalised: {},
    clipped: {"clip": 0.4},
    adagrad_norm: {"b0": 0.5},
    sam: {"radius": 0.2},
    sam_normalised: {"gamma": 0.2},
    heavy_ball: {"beta": 0.6},
    sign_descent: {},
    sign_steepest: {},
    armijo: {"c1": 0.2, "shrink": 0.7},
    wolfe: {"c1": 0.1, "c2": 0.3},
    exact_search: {},
    gd_rounded: {"error": 0.05},
    gd_quantised: {"relative_error": 0.3},
    gd_finer: {"error": 0.05, "fall": 0.8},
}
SCALE = {sign_descent: 0.1, sign_steepest: 0.1, armijo: 90, wolfe: 90, exact_search: 90}


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("rule", LOOPS, ids=lambda rule: rule.__name__)
def test_a_method_is_the_loop_of_its_textbook(rule, backend):
    problem = load("iris")
    points, spent = [problem.x0], [0]
    for _ in range(STEPS):
        asked = Asked(problem)
        points.append(rule(asked, points))
        spent.append(spent[-1] + problem.n * asked.times)
    run = simulate(
        problem,
        rule.__name__,
        SCALE.get(rule, 1) * STEP,
        steps=STEPS,
        measures=("grad_norm_sq_last",),
        checkpoints=range(STEPS + 1),
        parameters=LOOPS[rule],
        backend=backend,
    )
    expected = [float(problem.grad_norm_sq(point)) for point in points]
    np.testing.assert_allclose(run["grad_norm_sq_last"].values[0, 0], expected, rtol=1e-10)
    assert json.loads(run.attrs.get("method_values", "{}")) == LOOPS[rule]
    if rule is exact_search:  # It brackets the minimum in another way.
        assert 3 * problem.n * STEPS < run["evaluations"].values[0, -1] < 15 * problem.n * STEPS
    elif rule is not adagrad_norm:  # Its loop forgets the gradients before.
        np.testing.assert_array_equal(run["evaluations"].values.ravel(), spent)


def test_a_parameter_is_asked_for_by_name():
    problem = load("iris")
    with pytest.raises(RateboundError, match=r"heavy_ball reads beta \(momentum factor"):
        simulate(problem, "heavy_ball", 0.1, steps=3)
    with pytest.raises(RateboundError, match="beta = -1"):
        simulate(problem, "heavy_ball", 0.1, steps=3, parameters={"beta": -1})
    with pytest.raises(RateboundError, match="'gamma' is not in the step"):
        simulate(problem, "heavy_ball", "1/L", steps=3, parameters={"beta": 0.5, "gamma": 1.0})
    with pytest.raises(RateboundError, match="two gradients per step"):
        Method("wrong", "", {"x": x - alpha * g}, "batch", point=x + g)
    arguments = ["simulate", "--problem", "iris", "--method", "sam", "--step", "1/L", "--steps", "3"]
    told = CliRunner().invoke(cli, [*arguments, "--parameter", "radius=0.1"])
    assert told.exit_code == 0, told.output
    told = CliRunner().invoke(cli, [*arguments, "--parameter", "radius=L"])
    assert told.exit_code == 2 and "must be a number here" in told.stderr


def test_the_gradient_ahead_is_near():
    problem = load("breast_cancer")
    L, rng = certify(problem, "L").value, np.random.default_rng(5)
    for scale in (0.1, 1.0, 10.0):
        point = scale * rng.normal(size=problem.d)
        slope = problem.gradient(point)
        ahead = problem.gradient(point + 0.7 / L * slope) - slope
        assert np.linalg.norm(ahead) <= 0.7 * np.linalg.norm(slope) * (1 + 1e-12)


def test_the_floor_of_normalised_sam_is_attained():
    """From gamma the gradient at 2 gamma leads to -gamma, and back."""
    problem = least_squares([[2.0]], [0.0], x0=[0.25])
    chosen = {"alpha": "1/L", "gamma": "1/4"}
    verdict = verify("sam_normalised_nonconvex", problem, steps=400, parameters=chosen)
    floor = (4 * 0.25) ** 2
    np.testing.assert_allclose(verdict.curves["exact"], floor, rtol=1e-12)
    assert verdict.holds and verdict.tightness == pytest.approx(1 / (1 + 1 / 400))


def test_the_bound_of_any_first_step_holds_where_the_short_one_says_nothing():
    problem = load("linnerud")
    long = {"alpha": "8/L"}
    assert verify("adagrad_norm_short", problem, steps=50, parameters=long).outcome == "not applicable"
    assert verify("adagrad_norm_any", problem, steps=50, parameters=long).evidence == "exact"


@pytest.mark.parametrize("value", [0.2, 0.5, 0.99])
def test_the_momentum_is_the_one_that_was_asked_for(value):
    verdict = verify("heavy_ball_average", "quadratic_2d", steps=40, parameters={"beta": value})
    assert verdict.holds and verdict.parameters["beta"] == value
    assert verify("heavy_ball_average", "iris", steps=5, parameters={"beta": 1}).outcome == "not applicable"


def test_a_false_step_proof_is_refused():
    theorem = THEOREMS["clipped_nonconvex"]
    proof = theorem.certificate
    low, high = proof.pieces
    gap = replace(proof, pieces=(replace(low, high=clip / 2), high))
    swapped = replace(proof, pieces=(replace(low, shorter=high.shorter), high))
    greedy = replace(proof, pieces=(replace(low, factor=2 * low.factor), high))
    for wrong, message in ((gap, "without gaps"), (swapped, "not the least"), (greedy, "may be negative")):
        with pytest.raises(RateboundError, match=message):
            replace(theorem, certificate=wrong)
    with pytest.raises(RateboundError, match="does not close"):
        plain = THEOREMS["normalised_nonconvex"]
        replace(plain, certificate=replace(plain.certificate, pieces=(Piece({}, alpha, 1),)))
    for name in ("sam_pl", "sam_nonconvex", "adagrad_norm_short", "adagrad_norm_any"):
        with pytest.raises(RateboundError, match=r"gradient at x|sum its squared"):
            replace(THEOREMS[name], method=METHODS["gd"])


def test_on_least_squares_the_accepted_step_has_a_closed_form():
    """First trials from far too long to short; the loop reads f only, the closed form the Hessian."""
    problem = load("linnerud")
    L, half = certify(problem, "L").value, {"c1": 0.5, "shrink": 0.5}
    for trial in (100 / L, 7 / L, 1 / L, 0.2 / L):
        point = problem.x0
        for k in range(6):
            run = simulate(problem, "armijo", trial, steps=k + 1, checkpoints=[k + 1], parameters=half)
            slope, step = problem.gradient(point), trial
            while problem.gap(point - step * slope) > problem.gap(point) - step / 2 * (slope @ slope):
                step /= 2
            bend = slope @ problem.H @ slope / (slope @ slope)
            assert step == trial * 2.0 ** -max(0, np.ceil(np.log2(trial * bend))) >= min(trial, 1 / (2 * L))
            point = point - step * slope
            assert float(run["gap_last"].values[0, 0, 0]) == pytest.approx(
                float(problem.gap(point)), rel=1e-9
            )


@pytest.mark.parametrize("trial", [100, 1, 0.001])
@pytest.mark.parametrize("name", ["iris", "sine_1d", "huber_worst"])
def test_accepted_steps_obey_both_conditions_of_wolfe(name, trial):
    f, low, high = load(name), 0.05, 0.6
    L = certify(f, "L").value
    search, first = Search(Float(low), Float(0.5), Float(high)), np.array([trial / L])
    rng, point = np.random.default_rng(2), f.x0
    for _ in range(10):
        g = f.gradient(point)
        step = float(accepted(search, f, point, g, {"alpha": first}).step)
        end, square = point - step * g, g @ g
        assert f.gap(end) <= f.gap(point) - low * step * square
        assert f.gradient(end) @ g <= high * square and step >= (1 - high) / L * (1 - 1e-12)
        point = f.x0 + rng.normal(size=f.d)


def test_where_nothing_falls_a_search_ends():
    f = load("quadratic_2d")
    search = Search(Float(0.5), Float(0.9))
    step = accepted(search, f, f.x_star, np.zeros(2), {"alpha": np.array([3.0])}).step
    assert step == 3
    step = accepted(search, f, f.x0, -f.gradient(f.x0), {"alpha": np.array([3.0])}).step
    assert 0 < step < 1e-15  # Too short to change f in doubles.


def test_a_method_with_a_search_reads_its_step():
    with pytest.raises(RateboundError, match="if it has a search"):
        Method("wrong", "", {"x": x - accepted_step * g}, "full")
    with pytest.raises(RateboundError, match="if it has a search"):
        Method("wrong", "", {"x": x - alpha * g}, "full", search=Search(Float(0.5), Float(0.5)))


def test_what_is_about_one_method_proves_nothing_about_another():
    theorem = THEOREMS["armijo_gradient"]
    with pytest.raises(RateboundError, match="is about another method than steepest"):
        replace(theorem, method=METHODS["steepest"])


def test_polyaks_step_on_kinks_is_that_of_a_loop():
    f, gaps = load("hinge_plane"), []
    x = f.x0
    for _ in range(12):
        margins = f.y * (f.A @ x)
        slope = -(f.y * (margins < 1)) @ f.A / f.n
        gaps.append(np.maximum(1 - margins, 0).mean() - f.f_star)
        x = x - gaps[-1] / (slope @ slope) * slope
    verdict = verify("polyak_subgradient", f, steps=12)
    assert verdict.holds and verdict.evidence == "exact"
    best = np.minimum.accumulate(gaps)
    np.testing.assert_allclose(verdict.curves["exact"], best[verdict.curves["k"] - 1], rtol=1e-9)
