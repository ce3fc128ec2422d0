"""What a notebook shows: a line each, of what a reader asks for."""

import pytest

import ratebound as rb
from ratebound.experiments.regimes.explore import explore
from ratebound.experiments.regimes.finder import find_step
from ratebound.experiments.regimes.schedules import compare_schedules
from ratebound.problems.composite import penalised
from ratebound.theory.assumptions import pl, pl_inequality

ITEM = rb.methods["item"]


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (rb.methods["gd"], "<Method gd (full gradients): x <- x - alpha*g>"),
        (ITEM, "<Method item (full gradients): Information exact method, with the state x, w, share>"),
        (pl, "<Assumption pl: f satisfies the Polyak-Lojasiewicz inequality>"),
        (pl_inequality, "<Inequality 'Polyak-Lojasiewicz inequality': grad_sq/2 - mu_pl*delta >= 0>"),
        (rb.problems.load("iris"), "<Problem iris: logistic loss, n = 100, d = 4, l2 = 0.1>"),
    ],
)  # fmt: skip
def test_one_line(shown, line):
    assert repr(shown) == line


def test_what_is_penalised_says_so():
    problem = penalised(rb.problems.least_squares([[1.0], [2.0]], [1.0, 0.0], name="mine"), 0.5)
    assert repr(problem) == "<Problem mine: squared loss, n = 2, d = 1, l2 = 0, l1 = 0.5>"


def test_results():
    problem, steps = rb.problems.load("quadratic_2d"), {"steps": 20}
    results = (
        rb.compare("gd_convex", "gd_pl", problem, **steps),
        explore(problem, steps_grid=[0.1, 0.2], values=(1,), replicas=0, **steps),
        find_step(problem, replicas=2, **steps),
        compare_schedules(problem, replicas=2, **steps),
    )
    for result in results:
        assert repr(result).startswith(f"<{type(result).__name__} ")
        assert "quadratic_2d" in repr(result)
        assert len(repr(result)) < 1000


@pytest.mark.parametrize("name", ["methods", "theorems"])
def test_names(name):
    held = getattr(rb, name)
    assert repr(held).startswith(f"<{len(held)} {name}: 'gd")
    assert held._ipython_key_completions_() == list(held)
    with pytest.raises(KeyError, match=rf"unknown {name[:-1]} 'gd_plx'; did you mean '"):
        held["gd_plx"]


def test_a_theorem_is_typeset():
    assert rb.theorems["gd_convex"]._repr_latex_().startswith(r"$\displaystyle f(x_k)-f_* \leq \frac{")
