"""Which batch reaches a given accuracy with the fewest gradients, by the bound for strongly convex f.

With the step that is best for it, SGD has ``E||x_k - x*||^2 <= eps`` after about ``max(ell, noise)/mu`` steps
times a logarithm, where a batch of b samples has

    ell = (1 - c) L + c L_max,    noise = c s,    s = 2 sigma_star_sq/(mu eps),

c the batch factor, what a batch leaves of the variance of one sample. Gradients taken are b times as many:
one argument of the maximum grows with b, the other does not, and where they meet the maximum is least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr

from ratebound.theory.algebra.chart import free
from ratebound.theory.algebra.prover import nonnegative, vanishes
from ratebound.theory.errors import RateboundError
from ratebound.theory.order import eps
from ratebound.theory.symbols import L, L_max, b, mu, n, sigma_star_sq

_s = 2 * sigma_star_sq / (mu * eps)


@dataclass(frozen=True)
class OptimalBatch:
    """The batch with the fewest gradients.

    Parameters
    ----------
    id, title, source
        As of a theorem.
    factor
        The batch factor, an expression in b and n.
    size
        The batch; where it is below 1 a single sample is best, and above n all of them are.

    Raises
    ------
    RateboundError
        If the arguments of the maximum do not meet there, or do not grow and fall.
    """

    id: str
    title: str
    source: str
    factor: Expr
    size: Expr

    def __post_init__(self) -> None:
        smooth, noise = self.costs
        # n is at least 2, and no component is more than n times as steep as their mean.
        admissible = {L: L_max / n * (1 + free("r"))}
        two = {n: 2 + free("m")}
        for what, slope in (("smoothness", smooth.diff(b)), ("noise", -noise.diff(b))):
            if not nonnegative(slope.subs(admissible).subs(two).simplify()):
                raise RateboundError(f"optimal batch {self.id}: the part of the {what} has no known slope")
        if not vanishes((smooth - noise).subs(b, self.size)):
            raise RateboundError(f"optimal batch {self.id}: at {self.size} the two parts differ")

    @property
    def costs(self) -> tuple[Expr, Expr]:
        """The arguments of the maximum that the number of gradients is a multiple of."""
        return b * ((1 - self.factor) * L + self.factor * L_max), b * self.factor * _s


OPTIMAL_BATCHES: Mapping[str, OptimalBatch] = {
    each.id: each
    for each in (
        OptimalBatch(
            id="optimal_batch_without",
            title="The batch with the fewest gradients to a distance, drawn without replacement",
            source="Gower et al. 2019, section 4 (number not checked)",
            factor=(n - b) / (b * (n - 1)),
            size=n * (_s + L - L_max) / (_s + n * L - L_max),
        ),
        OptimalBatch(
            id="optimal_batch_with",
            title="The largest batch with the fewest gradients to a distance, drawn with replacement",
            source="derived here, after Gower et al. 2019",
            factor=1 / b,
            size=1 + (_s - L_max) / L,
        ),
    )
}
"""The sizes by id."""
