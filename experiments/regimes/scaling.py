r"""How steps grow with the batch: the critical batch, and the exponent of the best step.

With replacement the variance falls like 1/b. The threshold of mean-square stability therefore grows at most
linearly with the batch, :math:`a^*(b) \le b\, a^*(1)`, and never exceeds the :math:`2/L` of full gradients.
The *critical batch* is where the linear law meets that limit, :math:`(2/L)/a^*(1)`: beyond it the threshold
of batch 1, scaled linearly, is a step that diverges for certain.

Source: Ma, Bassily and Belkin 2018, section 4 (number not checked), for interpolation; here for any noise,
since noise at the minimum does not move the threshold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ratebound.experiments.regimes.axes import Row
from ratebound.experiments.regimes.cells import Cells, Exact

_LEAST = 3


NOT_SAID: dict[str, float | None] = {"critical_batch": None, "best_exponent": None}
"""For maps that have no batches, or no exact threshold."""


def batch_scaling(
    rows: Sequence[Row], cells: Cells, steps: np.ndarray, table: Exact
) -> dict[str, float | None]:
    """Return what the batches of a map say about scaling; None where it cannot be said.

    Parameters
    ----------
    rows
        The rows of SGD, one for each batch.
    cells
        The cells of the map, with ``threshold`` and ``best_step`` of each row.
    steps
        The grid, shape (S,).
    table
        Exact rows.

    Returns
    -------
    dict
        ``critical_batch``, and ``best_exponent``, the slope of log best step over log batch by least squares
        (1 for linear scaling, 1/2 for square-root scaling), over rows whose best step is inside the grid, at
        least three.
    """
    first, full = rows[0], table.full_threshold(rows[0].problem)
    critical = full / float(cells["threshold"][0]) * first.batch
    best, batches = cells["best_step"], np.array([row.batch for row in rows], dtype=float)
    inside = (best > steps[0]) & (best < steps[-1])
    slope = None
    if inside.sum() >= _LEAST:
        slope = float(np.polyfit(np.log(batches[inside]), np.log(best[inside]), 1)[0])
    return {"critical_batch": critical, "best_exponent": slope}
