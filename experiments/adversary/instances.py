"""Worst-case instances: a few numbers in, a problem out; ``A``, ``y`` and ``x0`` are kept tiny."""

from __future__ import annotations

import numpy as np

from ratebound.problems.composite import penalised
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import LOSSES, Loss, cauchy, logistic, sine, squared, welsch

huber = LOSSES["huber"]


def _problem(name: str, A: object, y: object, x0: object, loss: Loss = squared, l2: float = 0.0) -> Problem:
    return Problem(name, np.array(A), np.array(y), loss, l2, np.array(x0), "synthetic, worst case")


def additive(start: float, noise: float, curvature: float) -> Problem:
    """Two samples of one curvature, noise of either sign."""
    a = np.sqrt(curvature)
    return _problem("additive_1d", [[a], [a]], [noise, -noise], [start])


def lasso_line(start: float, shift: float, noise: float, weight: float) -> Problem:
    """Two samples of one curvature, noise of either sign, and a kink beside the minimum or at it."""
    made = _problem("lasso_line", [[1.0], [1.0]], [shift + noise, shift - noise], [start])
    return penalised(made, weight, made.name)


def line(slope: float, shift: float, start: float) -> Problem:
    """Two rows on a line."""
    return _problem("line", [[1.0], [slope]], [shift, -slope * shift], [start])


def rare_noise(n: float, noise: float, start: float) -> Problem:
    """One of n samples carries the noise."""
    rest = -noise / (n - 1)
    return _problem("rare_noise", np.ones((int(n), 1)), [noise] + [rest] * (int(n) - 1), [start])


def rare_row(n: float, large: float, shift: float, start: float) -> Problem:
    """One of n rows is long."""
    rows = np.ones((int(n), 1))
    rows[0] = large
    y = np.zeros(int(n))
    y[0] = shift
    return _problem("rare_row", rows, y, [start])


def ridge_plane(mu: float, noise: float, along: float, across: float) -> Problem:
    """Noise along the steep axis, curvature mu across it."""
    a = np.sqrt(1 - mu)
    return _problem("ridge_plane", [[a, 0.0], [a, 0.0]], [noise, -noise], [along, across], l2=mu)


def axes_plane(mu: float, noise: float, noise_mu: float, along: float, across: float) -> Problem:
    """Curvatures 1 and mu, noise along both axes."""
    high, low = np.sqrt(2.0), np.sqrt(2 * mu)
    A = [[high, 0.0], [high, 0.0], [0.0, low], [0.0, low]]
    return _problem("axes_plane", A, [noise, -noise, noise_mu, -noise_mu], [along, across])


def plane(**p: float) -> Problem:
    """Three free rows in the plane."""
    A = np.array([[p["a1"], p["b1"]], [p["a2"], p["b2"]], [p["a3"], p["b3"]]])
    return _problem("plane", A, [p["y1"], p["y2"], p["y3"]], [p["u"], p["v"]])


def interpolation(size: float, along: float, across: float, angle: float) -> Problem:
    """Two rows that agree at the minimum."""
    A = [[1.0, 0.0], [size * np.cos(angle), size * np.sin(angle)]]
    return _problem("interpolation", A, [0.0, 0.0], [along, across])


def huber_line(start: float) -> Problem:
    """One Huber function."""
    return _problem("huber_1d", [[1.0]], [0.0], [start], huber)


def huber_plane(ratio: float, along: float, across: float) -> Problem:
    """Two Huber functions of different scale."""
    A = [[1.0, 0.0], [0.0, ratio]]
    return _problem("huber_plane", A, [0.0, 0.0], [along, across], huber)


def huber_ridge(mu: float, start: float, across: float) -> Problem:
    """A Huber function along one axis, a ridge along both."""
    return _problem("huber_ridge", [[np.sqrt(1 - mu), 0.0]], [0.0], [start, across], huber, mu)


def sine_line(start: float, noise: float) -> Problem:
    """Two samples of x^2 + 3 sin^2 x, noise of either sign."""
    return _problem("sine_line", [[1.0], [1.0]], [noise, -noise], [start], sine)


def sine_quiet(start: float) -> Problem:
    """x^2 + 3 sin^2 x."""
    return _problem("sine_quiet", [[1.0]], [0.0], [start], sine)


def sine_plane(along: float, across: float) -> Problem:
    """The same along two axes."""
    return _problem("sine_plane", np.eye(2), [0.0, 0.0], [along, across], sine)


def cauchy_pair(start: float, gap: float) -> Problem:
    """Two residuals that pull apart."""
    return _problem("cauchy_line", [[1.0], [1.0]], [gap, -gap], [start], cauchy)


def logistic_ridge(mu: float, tilt: float, start: float) -> Problem:
    """Two samples that pull apart under the logistic loss, and a ridge."""
    return _problem("logistic_ridge", [[1.0], [tilt]], [1.0, -1.0], [start], logistic, mu)


def welsch_line(start: float) -> Problem:
    """One bounded loss."""
    return _problem("welsch_1d", [[1.0]], [0.0], [start], welsch)


def zigzag(start: float, size: float) -> Problem:
    """x^2 + 3 sin^2 x from afar, in units of the start."""
    return _problem("zigzag", [[size]], [0.0], [start / size], sine)


def one_sided(slope: float, up: float, mu: float) -> Problem:
    """Three kinks at zero, and two slopes that pull past them."""
    # Flat to the right of the kinks, steep to the left.
    rows = np.array([[1.0], [1.0], [1.0], [slope], [slope]])
    return _problem("one_sided", rows, [0.0, 0.0, 0.0, 50.0, 50.0], [up], huber, mu)
