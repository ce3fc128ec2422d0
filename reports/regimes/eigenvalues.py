r"""The eigenvalue picture of gradient descent on a quadratic: how each step contracts each direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ratebound.reports import style

_HIGH = 1.6


def draw_contraction(axes: Axes, regimes: Mapping[str, Any], limits: tuple[float, float]) -> None:
    r"""Draw :math:`|1 - \alpha\lambda|` for the ends of the spectrum, and their maximum, over the step.

    The maximum is the contraction factor of the distance; it is least at :math:`2/(\mu + L)` and reaches 1 at
    :math:`2/L`. Dots are the factors of the map, from the second-moment operator.

    Parameters
    ----------
    axes
        Where to draw.
    regimes
        A map of full gradients with exact second moments, in plain values.
    limits
        The ends of the step axis.
    """
    mu, L = regimes["mu"] or regimes["mu_pl"], regimes["L"]
    steps = np.geomspace(*limits, 400)
    for value, name, colour in ((mu, r"\mu", style.SKY), (L, "L", style.ORANGE)):
        axes.plot(steps, abs(1 - steps * value), color=colour, linewidth=1, label=rf"$|1-\alpha {name}|$")
    axes.plot(
        steps,
        np.maximum(abs(1 - steps * mu), abs(1 - steps * L)),
        color=style.BLACK,
        linewidth=1.8,
        label="largest of all directions",
    )
    radius = np.array([row[0] for row in regimes["contraction"]], dtype=float)
    axes.plot(regimes["step"], np.sqrt(radius), linestyle="none", marker="o", markersize=3, color=style.BLACK)
    for at, text in ((2 / (mu + L), r"$2/(\mu+L)$"), (2 / L, "$2/L$")):
        axes.axvline(at, color=style.GREY, linewidth=0.8, linestyle=":")
        axes.annotate(
            text,
            (at, 0.02),
            (-3 if at < 2 / L else 3, 0),
            textcoords="offset points",
            ha="right" if at < 2 / L else "left",
            va="bottom",
            fontsize=7.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.axhline(1, color=style.GREY, linewidth=0.8)
    axes.set_ylim(0, _HIGH)
    axes.set_ylabel("factor of\nthe distance", fontsize=8)
    axes.legend(loc="upper left", fontsize=7, ncols=3)
