"""How often an event happens: limits on its probability that hold for every probability and every count.

Among n independent replicas the event happens x times. Were its probability p at most the lower limit at some
level, x or more would happen with probability at most that level; so for the upper limit and x or less. Both
invert the binomial distribution itself, with no approximation: the coverage is at least what is stated.
Source: Clopper and Pearson 1934.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def below(count: Any, replicas: int, level: float) -> np.ndarray:
    """Return lower limits on the probability, each wrong with probability at most `level`.

    Parameters
    ----------
    count
        How often the event happened, an array of any shape.
    replicas
        Among how many independent replicas, at least one.
    level
        Between 0 and 1.
    """
    # Verdicts load this module, and few are about probabilities.
    from scipy.special import betaincinv

    x = np.asarray(count)
    return np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1), replicas - x + 1, level))


def above(count: Any, replicas: int, level: float) -> np.ndarray:
    """Return upper limits; see :func:`below`. What never happened is still possible."""
    return 1.0 - below(replicas - np.asarray(count), replicas, level)
