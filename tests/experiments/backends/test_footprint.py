"""Memory of a run is that of its replicas and data, however many steps it makes."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from test_contract import METHODS, plan, problem

from ratebound.experiments.backends import numba_


@pytest.mark.parametrize(("method", "step_sizes"), [("sgd", 1), ("sgd", 9), ("lsvrg", 1)])
def test_steps_cost_no_memory(method, step_sizes):
    given = plan(problem("logistic"), METHODS[method], step_sizes, replicas=40)

    def peak(steps):
        alphas = np.broadcast_to(0.01, (step_sizes, steps))
        checkpoints, measures = [steps // 2, steps], ("distance_sq",)
        run = replace(given, alphas=alphas, weights=None, checkpoints=checkpoints, measures=measures)
        tracemalloc.start()
        numba_.run(run)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)
    # Draws come in blocks of a fixed size, which the shorter run fills.
    short, long = peak(20_000), peak(80_000)
    assert long <= 1.01 * short + 2**12
