"""Quadrature for what subtraction would cancel."""

from __future__ import annotations

from functools import cache


@cache
def taylor_rule() -> list[tuple[float, float]]:
    """Return nodes and weights of the integral of (1 - t) h(t) over [0, 1], exact for degree 11."""
    from scipy.special import roots_jacobi

    nodes, weights = roots_jacobi(6, 1.0, 0.0)
    return list(zip((nodes + 1) / 2, weights / 4, strict=True))
