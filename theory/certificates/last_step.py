"""The certificate of a last step: a better point is read off the states of the optimised gradient method.

After k steps let w_k be the primary point, ``w_k = y_{k-1} - grad f(y_{k-1})/L``, and m_k its model gap.
The potential ``s_k m_k + (L/2) ||z_k - x*||^2`` is at most ``(L/2) D^2``. At ``w_k + (z_k - w_k)/theta``, x_k
here, convexity and smoothness between x_k and y_{k-1}, times ``theta^2 - theta``, and between x_k and x*,
times theta, say that ``theta^2 (f(x_k) - f*)`` is at most the potential, if ``theta^2 - theta <= s_k``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr, Symbol, expand

from ratebound.theory.algebra.prover import vanishes
from ratebound.theory.certificate import require, require_assumed, require_within, with_expressions
from ratebound.theory.certificates.potential import Potential, letter
from ratebound.theory.errors import RateboundError
from ratebound.theory.inequalities.points import GY, X, Y, cocoercive_below_minimum, cocoercive_below_model
from ratebound.theory.inequality import Inequality
from ratebound.theory.method import Method, x
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import D, L, delta, gap_at_point, gap_model, k

W, Z = letter("w"), letter("z")


@dataclass(frozen=True)
class LastStep:
    """A bound on f(x_k) - f*, read off the potential of a theorem about the primary points.

    Parameters
    ----------
    of
        That theorem, certified by a potential ``s_k gap_model + (L/2) Z^2``.
    theta
        One over the weight of z_k in x_k, an expression in k.
    """

    of: Theorem
    theta: Expr
    cited: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        with_expressions(self)
        object.__setattr__(self, "cited", self.of.proof != "certified")

    @property
    def by(self) -> Mapping[Inequality, Expr]:
        """The inequalities at x_k, which takes the place of y_k, with w_k in that of x_k."""
        return {cocoercive_below_model: self.theta**2 - self.theta, cocoercive_below_minimum: self.theta}

    @property
    def share(self) -> Expr:
        """s_k."""
        proof = self.of.certificate
        assert isinstance(proof, Potential)
        return expand(proof.potential).coeff(gap_model)

    @property
    def plus(self) -> Mapping[Expr, Expr]:
        """What is left: a square, and more of the model gap than is used."""
        return {
            (Z - self.theta * GY / L) ** 2: L / 2,
            gap_model: self.share - self.theta**2 + self.theta,
        }

    @property
    def claim(self) -> Expr:
        """The potential less ``theta^2 (f(x_k) - f*)``."""
        return self.share * gap_model + L / 2 * Z**2 - self.theta**2 * delta

    def check(self, theorem: Theorem) -> None:
        """Check the method, the claim at x_k, and the bound."""
        parent, proof = self.of, self.of.certificate
        if theorem.measure != "gap_last" or not isinstance(proof, Potential):
            raise RateboundError("a last step bounds gap_last, by the potential of another theorem")
        if (theorem.step, theorem.start) != (parent.step, parent.start):
            raise RateboundError(f"{parent.id} has another step or start")
        require_within(parent, {}, theorem)
        if proof.factor != 1:
            raise RateboundError(f"the potential of {parent.id} is multiplied by {proof.factor}, not kept")
        self._check_method(theorem.method, parent.method)
        potential = self.share * gap_model + L / 2 * Z**2
        if not vanishes(expand(proof.potential - potential)):
            raise RateboundError(f"the potential of {parent.id} is not s_k gap_model + (L/2) ||z_k - x*||^2")
        require_assumed(self.by, theorem)
        # Products of letters are inner products.
        total = sum(m * i.slack.xreplace({X: W, Y: X, gap_at_point: delta}) for i, m in self.by.items())
        total += sum(m * q for q, m in self.plus.items())
        if not vanishes(expand((self.claim - total).xreplace({X: W + (Z - W) / self.theta}))):
            raise RateboundError("the certificate does not close: the claim is not the sum of its parts")
        for what, m in [*((i.name, m) for i, m in self.by.items()), *self.plus.items()]:
            require(m, theorem, f"the multiplier of {what}")
        require(theorem.at(k) * self.theta**2 - L * D**2 / 2, theorem, "the bound against the potential")

    def _check_method(self, method: Method, primary: Method) -> None:
        w = Symbol("w", real=True)
        renamed = {name: rule.xreplace({x: w}) for name, rule in primary.update.items()}
        same = (
            set(method.update) == {"x", "w", "z"}
            and set(method.from_start) == {"w", "z"}
            and set(primary.update) == {"x", "z"}
            and (method.sampling, primary.sampling) == ("full", "full")
            and vanishes(method.update["w"] - renamed["x"])
            and vanishes(method.update["z"] - renamed["z"])
            and vanishes(method.point - primary.point.xreplace({x: w}))
        )
        if not same:
            raise RateboundError(f"w and z of {method.name} are not x and z of {primary.name}")
        ahead = method.update["w"] + (method.update["z"] - method.update["w"]) / self.theta.subs(k, k + 1)
        if not vanishes(method.update["x"] - ahead):
            raise RateboundError(f"x of {method.name} is not w + (z - w)/theta")
