"""Differences of two methods on the same samples: common random numbers.

Runs with one seed, batch and order read the same sample indices in every step, whatever their method or step
size. Their errors rise and fall together, and the mean of their difference is known far better than the
difference of two means of independent runs.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ratebound.theory.errors import RateboundError, nearest

SHARED = ("problem", "n", "d", "seed", "batch", "replacement", "order", "samples")
"""Attributes of runs that must agree, or the samples are not the same."""


def paired(first: xr.Dataset, second: xr.Dataset, measure: str = "gap_last") -> xr.Dataset:
    """Compare two runs replica by replica.

    Parameters
    ----------
    first, second
        What :func:`ratebound.experiments.run.simulate` returned for two methods, or two steps, with the same
        problem, seed, batch, order, replicas and checkpoints; step sizes are paired in their order.
    measure
        What is compared.

    Returns
    -------
    xarray.Dataset
        With dimensions (step_size, checkpoint): ``difference``, the mean over replicas of first - second;
        its ``standard_error``; ``unpaired``, the standard error that independent runs of this size would
        have; and ``worth``, the factor of replicas that independent runs would need for the same error, the
        ratio of the squares. Where a replica of one run has diverged the difference is infinite or nan.

    Raises
    ------
    RateboundError
        If the runs do not share their samples, or lack the measure.
    """
    _check(first, second, measure)
    one, two = first[measure].values, second[measure].values
    replicas = one.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = one - two
        error = apart.std(1, ddof=1) / np.sqrt(replicas)
        unpaired = np.sqrt((one.var(1, ddof=1) + two.var(1, ddof=1)) / replicas)
        found = {
            "difference": apart.mean(1),
            "standard_error": error,
            "unpaired": unpaired,
            "worth": (unpaired / error) ** 2,
        }
    return xr.Dataset(
        {name: (("step_size", "checkpoint"), values) for name, values in found.items()},
        {name: first[name] for name in ("step_size", "checkpoint")},
        {"first": first.attrs["method"], "second": second.attrs["method"], "measure": measure},
    )


def _check(first: xr.Dataset, second: xr.Dataset, measure: str) -> None:
    for run in (first, second):
        if measure not in run:
            known = [str(name) for name in run.data_vars]
            raise RateboundError(
                f"no {measure!r} in a run{nearest(measure, known)} (it has {', '.join(known)})"
            )
        if run.attrs["samples"] == "none":
            raise RateboundError(f"{run.attrs['method']} draws nothing: there is nothing to pair")
    for name in SHARED:
        here, there = first.attrs[name], second.attrs[name]
        if here != there:
            raise RateboundError(
                f"{name} is {here} in one run and {there} in the other: they do not share their samples; "
                "run both with the same problem, seed, batch and order"
            )
    for name in ("replica", "checkpoint"):
        if not np.array_equal(first[name], second[name]):
            raise RateboundError(f"the runs differ in their {name}s; ask for the same ones")
    if first.sizes["step_size"] != second.sizes["step_size"] or first.sizes["replica"] < 2:
        raise RateboundError("pair runs of equally many step sizes, and of two replicas at least")
