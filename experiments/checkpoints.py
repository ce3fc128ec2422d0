"""Where a run is looked at: the first steps, then a geometric grid."""

from __future__ import annotations

import numpy as np

from ratebound.experiments.checks import whole

_FIRST = 5
_PER_DECADE = 12


def checkpoints(steps: int) -> np.ndarray:
    """Return the step numbers 0 .. 5, then about 12 per decade up to `steps`, both ends included.

    Parameters
    ----------
    steps
        Updates made in the run.

    Returns
    -------
    numpy.ndarray
        Increasing int64 step numbers.

    Raises
    ------
    RateboundError
        If `steps` is not a positive integer.
    """
    steps = whole("steps", steps, 1)
    first = np.arange(min(_FIRST, steps) + 1)
    decades = np.log10(steps / first[-1])
    count = int(np.ceil(decades * _PER_DECADE)) + 1
    rest = np.geomspace(first[-1], steps, count).round()
    return np.unique(np.concatenate([first, rest, [steps]]).astype(np.int64))
