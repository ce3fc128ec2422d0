"""STORM: what a step makes of the error of the estimate, over all batches; and what its proof refuses."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from sympy import Rational

from ratebound.experiments.run import simulate
from ratebound.experiments.sampling import indices
from ratebound.problems.library import load
from ratebound.theory import symbols as s
from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.certificates.corrected import corrected
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.noise_models import noise_ahead
from ratebound.theory.letters.directions import sample_variance
from ratebound.theory.letters.stored import noise_next
from ratebound.theory.methods import METHODS

THEOREM = THEOREMS["storm_nonconvex"]


def batches(n, size, replacement):
    return list(product(range(n), repeat=size) if replacement else combinations(range(n), size))


@pytest.mark.parametrize(("size", "replacement"), [(1, True), (2, True), (2, False)])
@pytest.mark.parametrize("kept", [Rational(1, 10), Rational(1, 2), Rational(9, 10)])
def test_a_batch_adds_noise_and_drift(kept, size, replacement):
    problem, rng, closest = load("sine_1d"), np.random.default_rng(5), 0.0
    for length in (1e-3, 0.1, 2.0):
        x, v = problem.x0 + rng.normal(size=problem.d), rng.normal(size=problem.d)
        after = x - length * v
        here, there = problem.component_gradients(x), problem.component_gradients(after)
        drawn = [list(batch) for batch in batches(problem.n, size, replacement)]
        found = [there[batch].mean(0) + float(kept) * (v - here[batch].mean(0)) for batch in drawn]
        mean = np.mean([((each - there.mean(0)) ** 2).sum() for each in found])
        values = {
            s.error_sq: ((v - here.mean(0)) ** 2).sum(),
            s.drift: ((there - here) ** 2).sum(1).mean(),
            noise_next: ((there - there.mean(0)) ** 2).sum(1).mean(),
            s.b: size,
            s.beta: kept,
        }
        said = float(corrected(METHODS["storm"])[s.error_next].subs(values))
        assert mean <= said * (1 + 1e-12)
        closest = max(closest, mean / said)
        bound = {sample_variance: values[noise_next], noise_next: values[noise_next]}
        assert noise_ahead.slack.subs(bound) == 0
    assert closest > 0.4


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_run_is_a_loop(backend):
    problem, steps, seed, beta, alpha = load("iris"), 10, 3, 0.8, 0.1
    run = simulate(
        problem, "storm", alpha, steps=steps, replicas=2, seed=seed, checkpoints=range(steps + 1), batch=2,
        backend=backend, parameters={"beta": beta}, measures=["grad_norm_sq_last"],
    )  # fmt: skip
    drawn = indices(seed, np.arange(2), np.arange(steps), problem.n, 2)
    for r in range(2):
        x, v = problem.x0, problem.gradient(problem.x0)
        squares = [v @ v]
        for batch in drawn[:, r]:
            before, x = x, x - alpha * v
            there, here = (problem.component_gradients(at)[batch].mean(0) for at in (x, before))
            v = there + beta * (v - here)
            squares.append((problem.gradient(x) ** 2).sum())
        np.testing.assert_allclose(run.grad_norm_sq_last.values[0, r], squares, rtol=1e-9)


def test_without_an_average_it_is_sgd_and_with_all_of_it_sarah():
    options = {"steps": 8, "replicas": 3, "seed": 1, "measures": ["gap_last"], "backend": "numpy"}
    runs = [
        simulate(load("iris"), name, 0.1, **options, **more)
        for name, more in (("storm", {"parameters": {"beta": 1.0}}), ("sarah", {}))
    ]
    np.testing.assert_allclose(*(run.gap_last.values for run in runs), rtol=1e-10)


def test_what_the_proof_refuses():
    proof = THEOREM.certificate
    for name in ("sarah", "sgd", "sgd_momentum"):
        with pytest.raises(RateboundError, match="does not step along an average"):
            replace(THEOREM, method=METHODS[name])
    with pytest.raises(RateboundError, match="the bound against what is left"):
        replace(THEOREM, bound=2 * s.gap0 / (s.alpha * s.k))
    with pytest.raises(RateboundError, match="bounded_sample_variance"):
        replace(THEOREM, assumptions=THEOREM.assumptions[:-1])
    with pytest.raises(RateboundError, match=r"negative|not proved"):
        replace(THEOREM, where=(s.beta < 1,))
    # Half of the share would need the noise after the last step.
    halved = replace(proof, share=proof.share / 2)
    with pytest.raises(RateboundError):
        replace(THEOREM, certificate=halved)
    with pytest.raises(RateboundError, match="summed for a mean only"):
        replace(THEOREM, measure="gap_last", bound=s.gap0, certificate=replace(proof, weight=0))


def test_tuned_to_the_horizon_it_is_the_bound_at_those_values():
    tuned = THEOREMS["storm_horizon"]
    values = {s.K: 1000, s.gap0: 2.0, s.L_max: 3.0, sample_variance: 5.0, s.b: 4}
    beta = float(tuned.defaults[s.beta].subs(values))
    plain = THEOREM.bound.subs({s.k: 1000, s.beta: beta, s.alpha: tuned.step.subs(values)}).subs(values)
    assert beta == pytest.approx(100 / 101) and float(tuned.bound.subs(values)) == pytest.approx(float(plain))
    assert float(tuned.step.subs(values)) < float(THEOREM.defaults[s.alpha].subs(values | {s.beta: beta}))
