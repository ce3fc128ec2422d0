"""Lower bounds: for each k there is a function on which a method's error is at least this large.

An upper bound speaks about every function of a class, a lower bound about one: it is shown by its instance, a
least-squares problem that may depend on k, on which the tests run the method. Where the instance attains the
bound of a theorem, that theorem cannot be improved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sympy import Expr
from sympy import sqrt as root

from ratebound.theory.catalogue import THEOREMS
from ratebound.theory.errors import RateboundError
from ratebound.theory.instances import (
    Instance,
    Values,
    bend,
    chain,
    curved_chain,
    ends,
    line,
    noisy_line,
    slowest,
)
from ratebound.theory.measures import MEASURES
from ratebound.theory.method import Method
from ratebound.theory.methods import gd, nesterov, nesterov_constant, ogm, sam, sgd, steepest, triple_momentum
from ratebound.theory.methods.optimal import item, ogm_last
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, alpha, gap0, k, mu, radius, theta, variance_bound


@dataclass(frozen=True)
class LowerBound:
    """The error of a method after k steps is at least the bound, on an instance of its class.

    Parameters
    ----------
    id, title, source
        As of a theorem.
    methods
        The methods that it is about.
    step
        Their step; they may have parameters.
    measure
        A name of :data:`ratebound.theory.measures.MEASURES`.
    bound
        An expression in k, the constants of the class, parameters, and D or gap0 of the instance.
    instance
        From k and the constants of the class to the problem.
    attained
        Whether the error there equals the bound.
    theorem
        The upper bound to read beside it.

    Raises
    ------
    RateboundError
        If the measure is not known.
    """

    id: str
    title: str
    source: str
    methods: tuple[Method, ...]
    step: Expr
    measure: str
    bound: Expr
    instance: Callable[[int, Values], Instance]
    attained: bool
    theorem: Theorem

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise RateboundError(f"unknown measure {self.measure!r} of the lower bound {self.id}")


_KEPT = (1 - alpha * mu) ** (2 * k)
_GONE = 1 - (1 - alpha * mu) ** k
"""What k steps take off the start."""
_SETTLING = (1 - _KEPT) / (2 - alpha * mu) - 2 * _GONE
_Q = (root(L) - root(mu)) / (root(L) + root(mu))

LOWER_BOUNDS: Mapping[str, LowerBound] = {
    each.id: each
    for each in (
        LowerBound(
            id="gd_distance_attained",
            title="Gradient descent, strongly convex: no better factor for the distance",
            source="elementary",
            methods=(gd,),
            step=alpha,
            measure="distance_sq",
            bound=THEOREMS["gd_sc_distance"].bound,
            instance=slowest,
            attained=True,
            theorem=THEOREMS["gd_sc_distance"],
        ),
        LowerBound(
            id="gd_gap_attained",
            title="Gradient descent, strongly convex: no better factor for function values",
            source="elementary",
            methods=(gd,),
            step=alpha,
            measure="gap_last",
            bound=THEOREMS["gd_sc_gap"].bound,
            instance=slowest,
            attained=True,
            theorem=THEOREMS["gd_sc_gap"],
        ),
        LowerBound(
            id="steepest_attained",
            title="Exact line search, least squares: the rate of Kantorovich's inequality is met",
            source="Akaike 1959 (number not checked)",
            methods=(steepest,),
            step=THEOREMS["steepest_linear"].step,
            measure="gap_last",
            bound=THEOREMS["steepest_linear"].bound,
            instance=ends,
            attained=True,
            theorem=THEOREMS["steepest_linear"],
        ),
        LowerBound(
            id="smooth_convex_lower",
            title="Smooth convex: no method of gradients is faster than 1/k^2",
            source="Nesterov 2004, Theorem 2.1.7 (number not checked)",
            methods=(gd, nesterov, ogm, ogm_last),
            step=1 / L,
            measure="gap_last",
            bound=3 * L * D**2 / (32 * (k + 1) ** 2),
            instance=chain,
            attained=False,
            theorem=THEOREMS["nesterov_convex"],
        ),
        LowerBound(
            id="smooth_strong_lower",
            title="Smooth, strongly convex: no method of gradients forgets the start faster",
            source="Nesterov 2004, Theorem 2.1.13 (number not checked), with finitely many links",
            methods=(gd, nesterov_constant, triple_momentum, item),
            step=1 / L,
            measure="distance_sq",
            bound=_Q ** (2 * k) * D**2 / 2,
            instance=curved_chain,
            attained=False,
            theorem=THEOREMS["triple_momentum_distance"],
        ),
        LowerBound(
            id="smooth_strong_gap_lower",
            title="Smooth, strongly convex: no method of gradients has a better factor for function values",
            source="Nesterov 2004, Theorem 2.1.13 (number not checked), with finitely many links",
            methods=(gd, nesterov_constant, triple_momentum, item),
            step=1 / L,
            measure="gap_last",
            bound=mu * _Q ** (2 * k) * D**2 / 2,
            instance=curved_chain,
            attained=False,
            theorem=THEOREMS["item_gap"],
        ),
        LowerBound(
            id="gd_convex_attained",
            title="Gradient descent, smooth convex: for each k a Huber function meets the bound",
            source="Drori and Teboulle 2014 (number not checked)",
            methods=(gd,),
            step=alpha,
            measure="gap_last",
            bound=THEOREMS["gd_convex_tight"].bound,
            instance=lambda steps, values: bend(values, 1 / (2 * values["alpha"] * values["L"] * steps + 1)),
            attained=True,
            theorem=THEOREMS["gd_convex_tight"],
        ),
        LowerBound(
            id="gd_convex_gradient_attained",
            title="Gradient descent, smooth convex: a Huber function keeps this gradient, whatever the step",
            source="Taylor, Hendrickx and Glineur 2017 (number not checked)",
            methods=(gd,),
            step=alpha,
            measure="grad_norm_sq_last",
            bound=2 * L * gap0 / (2 * alpha * L * k + 1),
            instance=lambda steps, values: bend(values, 1 / (values["alpha"] * values["L"] * steps + 1)),
            attained=True,
            theorem=THEOREMS["gd_convex_gradient_exact"],
        ),
        LowerBound(
            id="gd_convex_gradient_distance_attained",
            title="Gradient descent with the step 1/L, smooth convex: the gradient from the distance is met",
            source="Taylor, Hendrickx and Glineur 2018 (number not checked)",
            methods=(gd,),
            step=1 / L,
            measure="grad_norm_sq_last",
            bound=THEOREMS["gd_convex_gradient_distance"].bound,
            instance=lambda steps, values: bend(values, 1 / (steps + 1)),
            attained=True,
            theorem=THEOREMS["gd_convex_gradient_distance"],
        ),
        LowerBound(
            id="gd_long_steps",
            title="Gradient descent, smooth convex: long steps keep what a parabola keeps",
            source="Drori and Teboulle 2014 (number not checked); elementary",
            methods=(gd,),
            step=alpha,
            measure="gap_last",
            bound=L * D**2 / 2 * (1 - alpha * L) ** (2 * k),
            instance=lambda _, values: line(values["L"]),
            attained=True,
            theorem=THEOREMS["gd_convex_exact"],
        ),
        LowerBound(
            id="sam_threshold",
            title="Sharpness-aware minimisation: it leaves a parabola where alpha L (1 + r L) exceeds 2",
            source="elementary; the threshold 2/L of gradient descent is that of r = 0",
            methods=(sam,),
            step=alpha,
            measure="gap_last",
            bound=(1 - alpha * L * (1 + radius * L)) ** (2 * k) * gap0,
            instance=lambda _, values: line(values["L"]),
            attained=True,
            theorem=THEOREMS["sam_quadratic"],
        ),
        LowerBound(
            id="gd_quadratic_attained",
            title="Gradient descent with the step 1/L, least squares: for each k a parabola meets the bound",
            source="elementary: the parabola of curvature L/(2 k + 1)",
            methods=(gd,),
            step=1 / L,
            measure="gap_last",
            bound=THEOREMS["gd_quadratic_gap"].bound.subs(alpha, 1 / L),
            instance=lambda steps, values: line(values["L"] / (2 * steps + 1)),
            attained=True,
            theorem=THEOREMS["gd_quadratic_gap"],
        ),
        LowerBound(
            id="ogm_last_attained",
            title="Optimised gradient method with a last step: a parabola meets the bound at every k",
            source="after Kim and Fessler 2017 (number not checked)",
            methods=(ogm_last,),
            step=1 / L,
            measure="gap_last",
            bound=THEOREMS["ogm_last_convex"].bound,
            instance=lambda _, values: line(values["L"]),
            attained=True,
            theorem=THEOREMS["ogm_last_convex"],
        ),
        LowerBound(
            id="sgd_floor",
            title="SGD with a constant step: the floor of order alpha is there",
            source="exact second moments of a line with additive noise",
            methods=(sgd,),
            step=alpha,
            measure="gap_last",
            bound=_KEPT * gap0 + (1 - _KEPT) * alpha * variance_bound / (2 * (2 - alpha * mu)),
            instance=noisy_line,
            attained=True,
            theorem=THEOREMS["sgd_pl_variance"],
        ),
        LowerBound(
            id="sgd_averaged_attained",
            title="SGD with a constant step, averaged: beside the start nothing but an estimator's noise",
            source="exact second moments; its limit is that of Polyak and Juditsky 1992 (number not checked)",
            methods=(sgd,),
            step=alpha,
            measure="gap_average",
            bound=D**2 * _GONE**2 / (2 * alpha**2 * mu * k**2)
            + variance_bound / (2 * mu * k) * (1 + _SETTLING / (alpha * mu * k)),
            instance=noisy_line,
            attained=True,
            theorem=THEOREMS["sgd_averaged_least_squares"],
        ),
        LowerBound(
            id="sgd_theta_small",
            title="SGD, strongly convex, step theta/k: below 1/(2 mu) the start is kept like k^(-2 mu theta)",
            source="after Nemirovski, Juditsky, Lan and Shapiro 2009, section 2.1 (number not checked)",
            methods=(sgd,),
            step=theta / (k + 1),
            measure="distance_sq",
            bound=(1 - mu * theta) ** 2 * D**2 / k ** (2 * mu * theta),
            instance=noisy_line,
            attained=False,
            theorem=THEOREMS["sgd_sc_theta"],
        ),
        LowerBound(
            id="sgd_sc_lower",
            title="SGD, strongly convex, step 1/(mu k): the rate 1/k is met",
            source="exact second moments; no estimator does better on Gaussian noise (Cramer and Rao)",
            methods=(sgd,),
            step=1 / (mu * (k + 1)),
            measure="gap_last",
            bound=variance_bound / (2 * mu * k),
            instance=noisy_line,
            attained=True,
            theorem=THEOREMS["sgd_sc_inverse"],
        ),
    )
}
"""The lower bounds by id."""
