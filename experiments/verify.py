"""``verify``: one theorem on one problem, judged by the best evidence there is.

The order is that of strength: applicability and the bound itself; exact expectations at every step; all
index paths of tiny sums; then replicas, which may refute by an e-process, and which confirm only where the
range of the measure is certified. A mean below the bound decides nothing. Where a theorem carries a checked
certificate and every constant is certified, it holds by proof unless replicas refute it, which would be an
error of this suite and is raised as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr

from ratebound.experiments import grid as grids
from ratebound.experiments.applicability import NotApplicable, Parameter, Trial, prepare
from ratebound.experiments.backends.choose import check_here
from ratebound.experiments.checks import whole
from ratebound.experiments.grid import Grid
from ratebound.experiments.in_probability import judge_in_probability
from ratebound.experiments.judge import Options, judge_run, judge_step
from ratebound.experiments.verdict import DELTA_CONFIRM, Verdict
from ratebound.problems import library
from ratebound.problems.finite_sum import Problem
from ratebound.problems.sparse import need_dense
from ratebound.theory.catalogue import find
from ratebound.theory.errors import RateboundError
from ratebound.theory.measures import ONE_STEP
from ratebound.theory.parse import parse
from ratebound.theory.statement import Theorem


def verify(
    theorem: str | Theorem,
    problem: str | Problem,
    *,
    parameters: Mapping[str, Parameter] | None = None,
    step: Parameter | None = None,
    steps: int = 1000,
    replicas: int = 256,
    seed: int = 0,
    delta: float = 1e-6,
    confirm: float = DELTA_CONFIRM,
    batch: int | Sequence[int] | np.ndarray = 1,
    replacement: bool | None = None,
    order: str | None = None,
    backend: str = "auto",
    cells: int = 1,
    region: float | None = None,
    risk: float | None = None,
) -> Verdict:
    """Judge a theorem on a problem.

    Parameters
    ----------
    theorem
        A theorem or its id. ``dataclasses.replace(theorem, bound=..., certificate=None)`` is a conjecture.
    problem
        A problem, or a name that :func:`ratebound.problems.library.load` knows.
    parameters
        Values of the theorem's parameters: numbers, or expressions such as ``"1/(4*L_max)"``.
    step
        Another step: the value of the parameter, where the theorem's step is one parameter; else an
        expression in k, K, parameters and constants that makes the theorem a conjecture.
    steps
        Updates of a run.
    replicas
        Independent runs, at most. Where expectations are exact they are drawn for figures only; 0 for none.
    seed
        The one seed.
    delta
        Probability, over all `cells`, that some true bound is called violated by chance.
    confirm
        Probability, over all `cells`, that some false bound is confirmed by replicas.
    batch, replacement
        The sampling; None for that of the theorem, else with replacement. Batches may change from step to
        step, shape (steps,), such as growing ones: then constants are those of the smallest.
    order
        As in :func:`ratebound.experiments.run.simulate`; None for that of the theorem, which says nothing of
        another one. In passes over the data `steps` counts passes.
    backend
        As in :func:`ratebound.experiments.run.simulate`.
    cells
        How many verdicts share `delta` and `confirm`.
    region
        Radius of a ball about x* (about x_0 where x* is not known), for theorems on plain SGD that read a
        noise along the run. The noise is certified there, and the error of a replica counts as zero once it
        has left: that tests the proof on the region, and is told.

    risk
        Judge the claim in probability that follows: at each k the measure exceeds bound/risk with probability
        at most `risk`. None for the claim about the expectation.

    Returns
    -------
    Verdict
        The outcome, and everything that it rests on.

    Raises
    ------
    HarnessError
        If two kinds of evidence contradict each other.
    RateboundError
        If a name is unknown or a value out of range.
    """
    theorem, problem = find(theorem), library.named(problem)
    need_dense(problem.A, "a verdict")
    check_here(backend)
    options = Options(
        whole("steps", steps, 1, 2**32),
        whole("replicas", replicas, 0, 2**32),
        whole("seed", seed, 0, 2**64 - 1),
        _probability("delta", delta),
        whole("cells", cells, 1),
        backend,
        _probability("confirm", confirm),
    )
    theorem, parameters = _with_step(theorem, parameters, step)
    drawn = theorem.replacement if replacement is None else replacement
    base = Verdict(
        "not applicable",
        theorem.id,
        problem.name,
        "",
        delta=options.delta,
        cells=options.cells,
        confirm=options.confirm,
        run={
            "method": theorem.method.name,
            **_batch_of(batch),
            "replacement": drawn is not False,
            "order": theorem.visits,
            "steps": options.steps,
            "seed": options.seed,
        },
    )
    try:
        chosen = {"batch": batch, "replacement": replacement, "order": order, "region": region}
        trials = _trials(theorem, problem, options.steps, parameters, chosen)
        known = replace(
            base,
            constants=trials[-1].constants,
            parameters=trials[-1].parameters,
            parameters_text=trials[-1].parameters_text,
            run={**base.run, **({} if theorem.batch is None else _batch_of(trials[-1].batches))},
        )
        if theorem.measure in ONE_STEP and risk is None:
            return judge_step(known, trials[-1], options)
        if risk is not None:
            return judge_in_probability(known, _grid(trials), options, _probability("risk", risk))
        return judge_run(known, _grid(trials), options)
    except NotApplicable as reason:
        return replace(base, reason=str(reason))


def _batch_of(batch: int | Sequence[int] | np.ndarray) -> dict[str, int | str]:
    """Return what a record says of the batch: one size, or the smallest and how sizes change."""
    sizes = np.ravel(batch)
    if np.ndim(batch) == 0 or not sizes.size or sizes.min() == sizes.max():
        return {"batch": batch if np.ndim(batch) == 0 else int(sizes[0])}  # type: ignore[dict-item]
    return {"batch": int(sizes.min()), "batches": f"{sizes[0]} .. {sizes[-1]}"}


def _probability(name: str, value: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RateboundError(f"{name} = {value!r} is not a number") from None
    if not 0 < number < 1:
        raise RateboundError(f"{name} = {number}; a probability of error lies between 0 and 1")
    return number


def _with_step(
    theorem: Theorem, parameters: Mapping[str, Parameter] | None, step: Parameter | None
) -> tuple[Theorem, Mapping[str, Parameter]]:
    given = dict(parameters or {})
    if step is None:
        return theorem, given
    if theorem.step in theorem.parameters:
        return theorem, given | {str(theorem.step): step}
    expr = parse(str(step)) if not isinstance(step, Expr) else step
    return replace(theorem, step=expr, certificate=None), given


def _trials(
    theorem: Theorem,
    problem: Problem,
    steps: int,
    parameters: Mapping[str, Parameter],
    chosen: Mapping[str, Any],
) -> list[Trial]:
    def trial(horizon: int) -> Trial:
        return prepare(theorem, problem, steps=horizon, parameters=parameters, **chosen)

    last = trial(steps)
    if not theorem.at_horizon or theorem.measure in ONE_STEP:
        return [last]
    return [*(trial(int(K)) for K in grids.horizons(max(last.start, 1), steps)[:-1]), last]


def _grid(trials: list[Trial]) -> Grid:
    if not trials[-1].theorem.at_horizon:
        return grids.of_run(trials[-1])
    return Grid(tuple((trial, np.array([trial.steps])) for trial in trials))
