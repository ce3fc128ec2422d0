"""``ratebound simulate``: run a method with any step, and read off the curve."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ratebound.commands import options
from ratebound.commands.text import aligned, counted

if TYPE_CHECKING:
    import xarray as xr


@click.command(short_help="Run a method with any step.")
@options.problem
@options.loss
@options.l2
@options.l1
@click.option("--method", required=True, metavar="NAME", help="Such as gd or sgd.")
@click.option("--step", required=True, metavar="EXPR", help='The step alpha_k, such as "1/(4*L_max)".')
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the method or the step, such as beta=0.9.",
)
@click.option("--against", metavar="NAME", help="Also run this method, on the same samples, and compare.")
@click.option("--against-step", metavar="EXPR", help="Its step.  [default: that of --step]")
@click.option("--measure", default="gap_last", show_default=True, metavar="NAME", help="What to print.")
@click.option("--steps", type=int, default=1000, show_default=True, metavar="K", help="Updates.")
@click.option("--replicas", type=int, default=256, show_default=True, metavar="N", help="Independent runs.")
@options.seed
@options.batch
@options.without_replacement
@options.order
@options.dtype
@options.backend
def simulate(
    problem: str,
    loss: str | None,
    l2: float | None,
    l1: float | None,
    method: str,
    step: str,
    parameters: tuple[str, ...],
    against: str | None,
    against_step: str | None,
    measure: str,
    steps: int,
    replicas: int,
    seed: int | None,
    batch: int,
    without_replacement: bool,
    order: str | None,
    dtype: str,
    backend: str,
) -> None:
    """Run replicas of a method on a problem; print the mean over replicas and its spread.

    A mean of finitely many replicas is no evidence about a bound on the expectation: use `verify` for that.
    With --against both methods read the same samples, and the mean difference is told with its standard error
    and its worth, the factor of replicas that independent runs would need for the same error.
    """
    import numpy as np

    from ratebound.experiments.paired import paired
    from ratebound.experiments.run import find_method
    from ratebound.experiments.run import simulate as run
    from ratebound.theory.errors import RateboundError
    from ratebound.theory.visits import INDEPENDENT

    if against_step is not None and against is None:
        raise RateboundError("--against-step is the step of another method; name it with --against")
    if against is not None:
        find_method(against)
    shared = partial(
        run,
        options.problem_of(problem, loss, l2, l1),
        batch=batch,
        replacement=not without_replacement,
        order=order or INDEPENDENT,
        steps=steps,
        replicas=replicas,
        seed=seed or 0,
        measures=(measure,),
        parameters=options.numbers_of(parameters),
        dtype=dtype,
        backend=backend,
    )
    result = shared(method, step)
    curves = result[measure].values[0]
    click.echo(
        f"{measure} of {method} on {problem}, alpha_k = {result.attrs['step']}, {_drawn(result, method)}"
    )
    rows: list[tuple[str, ...]] = [("k", "evaluations", "mean", "10 %", "median", "90 %")]
    with np.errstate(invalid="ignore"):
        mean, quantiles = curves.mean(0), np.quantile(curves, (0.1, 0.5, 0.9), axis=0)
    spent = np.atleast_2d(result["evaluations"].values)[0]
    counts = zip(result["checkpoint"].values, spent, strict=True)
    for j, (k, evaluations) in enumerate(counts):
        numbers = (f"{value:.6g}" for value in (mean[j], *quantiles[:, j]))
        rows.append((str(k), str(evaluations), *numbers))
    click.echo(aligned(rows))
    if against is None:
        return
    other = shared(against, against_step or step)
    found = paired(result, other, measure)
    click.echo(f"\n{method} - {against}, alpha_k = {other.attrs['step']}, on the same samples")
    rows = [("k", "mean difference", "standard error", "worth")]
    columns = (found[name].values[0] for name in ("difference", "standard_error", "worth"))
    for k, difference, error, worth in zip(found["checkpoint"].values, *columns, strict=True):
        rows.append((str(k), f"{difference:.6g}", f"{error:.2g}", f"{worth:.3g}"))
    click.echo(aligned(rows))


def _drawn(result: xr.Dataset, method: str) -> str:
    """Return how samples were drawn, in words."""
    from ratebound.experiments.run import find_method
    from ratebound.theory.visits import INDEPENDENT

    if find_method(method).sampling == "full":
        return "full gradients"
    told, replicas = result.attrs, counted(result.sizes["replica"], "replica")
    if told["order"] != INDEPENDENT:
        return f"order {told['order']}, {replicas}, seed {told['seed']}"
    drawn = "with" if told["replacement"] else "without"
    return f"batch {told['batch']} {drawn} replacement, {replicas}, seed {told['seed']}"
