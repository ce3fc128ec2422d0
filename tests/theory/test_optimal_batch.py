"""The batch with the fewest gradients, against the constants that problems certify for every batch."""

import dataclasses

import numpy as np
import pytest
from sympy import Symbol, lambdify

from ratebound.problems import load
from ratebound.problems.certified import Setting
from ratebound.problems.constants import certify
from ratebound.theory.errors import RateboundError
from ratebound.theory.optimal_batch import OPTIMAL_BATCHES
from ratebound.theory.order import eps
from ratebound.theory.symbols import L, L_max, b, mu, n, sigma_star_sq


@pytest.mark.parametrize("replacement", [False, True], ids=["without", "with"])
@pytest.mark.parametrize("name", ["quadratic_2d", "linnerud_ridge", "ridge_plane"])
def test_no_batch_takes_fewer_gradients(name, replacement):
    problem = load(name)
    given = OPTIMAL_BATCHES[f"optimal_batch_{'with' if replacement else 'without'}"]
    known = [certify(problem, each).value for each in ("n", "L", "L_max", "mu", "sigma_star_sq")]
    size = lambdify([n, L, L_max, mu, sigma_star_sq, eps], given.size)
    sizes = np.arange(1, problem.n + 1)
    # From where one sample is best to where all are.
    for share in np.geomspace(1e-3, 1e3, 13):
        accuracy = 2 * known[4] / (known[3] * share * known[2])

        def cost(batch, accuracy=accuracy):
            setting = Setting(np.ones(1), int(batch), replacement)
            ell, noise = (certify(problem, each, setting).value for each in ("ell", "sigma_b_sq"))
            return batch * max(ell, 2 * noise / (known[3] * accuracy))

        least = min(map(cost, sizes))
        found = float(np.clip(size(*known, accuracy), 1, problem.n))
        assert min(cost(np.floor(found)), cost(np.ceil(found))) <= least * (1 + 1e-9)


@pytest.mark.parametrize("given", OPTIMAL_BATCHES.values(), ids=lambda each: each.id)
def test_another_size_or_factor_is_refused(given):
    with pytest.raises(RateboundError, match="the two parts differ"):
        dataclasses.replace(given, size=given.size + 1)
    with pytest.raises(RateboundError, match="no known slope"):
        dataclasses.replace(given, factor=b * Symbol("q", positive=True))
