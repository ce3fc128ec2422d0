"""Full gradients under many step sizes: matrix products over the grid of step sizes, slopes fused between them.

Rows of the data are taken in blocks whose predictions stay in cache.
"""

from __future__ import annotations

from ratebound.experiments.backends.numpy_ import NumpyEngine as FullGradientEngine

__all__ = ["FullGradientEngine"]
