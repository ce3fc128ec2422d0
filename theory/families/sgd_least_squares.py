"""Constant steps on least squares: averaging alone has the rate 1/k, strongly convex or not."""

from __future__ import annotations

from sympy import Integer, sqrt

from ratebound.theory.assumptions import convex, strong_monotone, strongly_convex
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.averaged_lms import AveragedLMS
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.inequalities.noise_models import heavy_rows, least_squares
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, R_sq, alpha, k, mu, rank, residual_sq, sigma_star_sq

_NOISE = sqrt(residual_sq * rank)
_NET = 1 - alpha * R_sq

sgd_averaged_least_squares = Theorem(
    id="sgd_averaged_least_squares",
    title="SGD on least squares, constant step, averaged iterate",
    source="Bach and Moulines 2013, Theorem 1 (number not checked), where D has the factor 1/sqrt(alpha)",
    method=sgd,
    assumptions=(convex, least_squares),
    step=alpha,
    where=(alpha < 1 / R_sq,),
    measure="gap_average",
    bound=(_NOISE / (1 - sqrt(alpha * R_sq)) + D / sqrt(alpha * (2 - alpha * R_sq))) ** 2 / (2 * k),
    start=Integer(1),
    certificate=AveragedLMS(),
    defaults={alpha: 1 / (4 * R_sq)},
    note=(
        "No floor: a constant step loses nothing once the iterates are averaged, for least squares only. The "
        "same is proved of steps on quadratic models of f, such as newton_doubling: here the model is f. "
        "Of the two steps of the source, section 4, on logistic losses no constant is stated here."
    ),
    sibling="sgd_star_convex",
)

sgd_averaged_least_squares_quarter = Theorem(
    id="sgd_averaged_least_squares_quarter",
    title="SGD on least squares, step 1/(4 R^2), averaged iterate",
    source="Bach and Moulines 2013, the corollary of Theorem 1 (number not checked)",
    method=sgd,
    assumptions=(convex, least_squares),
    step=1 / (4 * R_sq),
    measure="gap_average",
    bound=2 * (_NOISE + sqrt(R_sq) * D) ** 2 / k,
    start=Integer(1),
    certificate=Corollary(sgd_averaged_least_squares, {alpha: 1 / (4 * R_sq)}),
    note="As published. sgd_averaged_least_squares says more: there R D has the factor 2/sqrt(7).",
    sibling="sgd_averaged_least_squares",
)

sgd_least_squares_distance = Theorem(
    id="sgd_least_squares_distance",
    title="SGD on least squares, strongly convex, constant step, distance",
    source="derived: Needell, Srebro and Ward 2014, Theorem 2.1, with R^2 in place of L_max",
    method=sgd,
    assumptions=(strongly_convex, least_squares),
    step=alpha,
    where=(alpha < 1 / R_sq,),
    measure="distance_sq",
    bound=(1 - 2 * alpha * mu * _NET) ** k * D**2 + alpha * sigma_star_sq / (mu * _NET),
    certificate=Recursion(
        rate=1 - 2 * alpha * mu * _NET,
        noise=2 * alpha**2 * sigma_star_sq,
        by={strong_monotone: 2 * alpha * _NET, heavy_rows: alpha**2},
    ),
    defaults={alpha: 1 / (2 * R_sq)},
    note="R^2 is at most L_max, the largest ||a_i||^2, and may be far smaller.",
    sibling="sgd_nws",
)

THEOREMS = (
    sgd_averaged_least_squares,
    sgd_averaged_least_squares_quarter,
    sgd_least_squares_distance,
)
