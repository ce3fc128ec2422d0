"""The second moment of gradients over a ball, whether a run stays there or not.

Least squares by the S-lemma; any other smooth loss by ``||grad f_i(x)|| <= ||grad f_i(c)|| + L_i r`` about
the centre c.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems.certified import EPS, Constant, Setting, batch_factor
from ratebound.problems.curvature import component_smoothness
from ratebound.problems.finite_sum import Problem


def centre(problem: Problem) -> np.ndarray:
    """Return the centre of the balls that a user may choose: the minimiser, else the start."""
    return problem.x0 if problem.x_star is None else problem.x_star


def ball(problem: Problem, radius: float) -> str:
    """Return such a ball as an inequality."""
    return f"||x - {'x_0' if problem.x_star is None else 'x*'}|| <= {radius:.6g}"


def second_moment_on_ball(problem: Problem, setting: Setting) -> Constant:
    """Return a bound on E||g||^2 at every x in the ball of the setting.

    Raises
    ------
    NotCertified
        If the loss has a kink.
    """
    assert setting.radius is not None
    r = setting.radius
    # The stated region is the ball that is checked: its centre is a point, with no error.
    region = ball(problem, r)
    if problem.kind == "quadratic" and problem.x_star is not None:
        value, route = quadratic_on_ball(problem, setting, r), "S-lemma on a ball"
        error = 1e-10 * value
        return Constant("second_moment", _inflated(value, error), route, "upper", region, error)
    smooth = component_smoothness(problem)
    norms = np.sqrt((problem.component_gradients(centre(problem)) ** 2).sum(1))
    value = float(((norms + smooth * r) ** 2).mean())
    error = (problem.n + problem.d + 16) * EPS * value
    route = "closed form: mean_i (||grad f_i(c)|| + L_i r)^2"
    note = "" if setting.batch == 1 else "single-sample second moment; by convexity it bounds that of a batch"
    return Constant("second_moment", _inflated(value, error), route, "upper", region, error, note)


def quadratic_on_ball(problem: Problem, setting: Setting, r: float, variance: bool = False) -> float:
    """Return a bound on E||g||^2 of least squares over the ball of radius r about x*, up to rounding.

    Of g less its mean where the `variance` is asked for. It is a quadratic ``u^T G u + 2 g.u + c`` of
    u = x - x*, and every nu > lambda_max(G) gives the bound ``c + nu r^2 + g^T (nu I - G)^{-1} g``, exact at
    the best nu (S-lemma).
    """
    assert problem.x_star is not None
    n, A, l2, H = problem.n, problem.A, problem.l2, problem.H
    at_minimum = problem.component_gradients(problem.x_star)
    factor = batch_factor(n, setting.batch, setting.replacement)
    norms = (A * A).sum(1)
    mean_square = (A.T * (norms + 2 * l2)) @ A / n + l2**2 * np.eye(problem.d)
    G = factor * mean_square + ((1 - factor) - float(variance)) * (H @ H)
    g = factor * (A.T @ (at_minimum * A).sum(1) + l2 * at_minimum.sum(0)) / n
    c = factor * float((at_minimum**2).sum()) / n
    eigenvalues, vectors = np.linalg.eigh(G)
    # Of equal rows the variance is the same at every x: then nothing but rounding is left of G.
    top = max(float(eigenvalues[-1]), 1e-12 * float(np.trace(mean_square)))
    weights = (vectors.T @ g) ** 2

    # Loaded where it is needed: 14 MiB and a tenth of a second that runs do without.
    from scipy.optimize import minimize_scalar

    def dual(log_excess: float) -> float:
        nu = top * (1 + np.exp(log_excess))
        return float(c + nu * r**2 + (weights / (nu - eigenvalues)).sum())

    # Every nu is a certificate; the search only looks for a good one.
    found = minimize_scalar(dual, bounds=(np.log(1e-9), np.log(1e9)), method="bounded")
    return min(dual(float(found.x)), dual(np.log(1e-9)))


def _inflated(value: float, error: float) -> float:
    return float(np.nextafter(value + error, np.inf))
