"""Proofs by quadratic models, or models with a cubic term, as readable mathematics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sympy import Expr

from ratebound.theory.certificates.averaged_lms import AveragedLMS
from ratebound.theory.certificates.cubic import CubicModel, reached, scale
from ratebound.theory.certificates.cubic_curvature import CubicCurvature
from ratebound.theory.certificates.cubic_descent import CubicDescent, w
from ratebound.theory.certificates.determinant import Determinant
from ratebound.theory.certificates.doubling import Doubling, middle
from ratebound.theory.certificates.doubling_gap import GapDoubling
from ratebound.theory.certificates.exact_model import ExactModel
from ratebound.theory.certificates.in_turn import InTurn
from ratebound.theory.certificates.last_gradient import LastGradient, ended, fallen
from ratebound.theory.certificates.last_step import LastStep
from ratebound.theory.certificates.look_ahead_batches import NoisyLookAhead
from ratebound.theory.certificates.look_ahead_batches import fallen as fallen_in_batches
from ratebound.theory.certificates.squaring import Squaring
from ratebound.theory.certificates.strong_model import StrongModel, half
from ratebound.theory.exposition.lines import Line, Writer, claim_lines, factored
from ratebound.theory.letters.metric import L_hess
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import gap0


def _determinant(theorem: Theorem, _: Determinant) -> Iterator[Line]:
    """Yield the lines of a proof by the determinant of B."""
    yield Line("In the metric of H the matrix B is C, between 1 and q = L/mu, and a step v leads from Cv")
    yield Line("to (C - 1) v. With c its eigenvalues, s = 1 - 1/c, and p the shares of ||Cv||^2, f - f*")
    yield Line("shrinks by the sum of p s^2. det C is divided by t, 1 - 1/t = (sum of p c^-e s)/(sum of p")
    yield Line("c^-e), e = 1 for BFGS and 2 for DFP, and s^2 <= q^(e-1) (q - 1) c^-e s. All t together are")
    yield Line("at most q^d. As log(1 - exp(-y)) grows and is concave in y = log t, equal t are worst,")
    yield Line("which gives the bound", theorem.bound)


def _squaring(theorem: Theorem, proof: Squaring) -> Iterator[Line]:
    """Yield the lines of a proof of quadratic convergence."""
    yield Line(
        "A full step solves the model: H (x_{k+1} - x*) is the error H (x_k - x*) - grad f(x_k) of it."
    )
    yield from claim_lines(proof.claim, proof.by, {})
    yield Line("So ||x_{k+1} - x*|| <= c ||x_k - x*||^2, with the factor c", proof.factor)
    yield Line("and c ||x_k - x*|| <= (c D)^(2^k) by induction, which is the bound", theorem.bound)


def _cubic_model(theorem: Theorem, proof: CubicModel) -> Iterator[Line]:
    """Yield the lines of the proof by the cubic model."""
    yield Line("f(x_{k+1}) <= f(y) + L_hess/3 ||y - x_k||^3 for every y; here y = x_k + t (x* - x_k).")
    yield Line("With u^2 c = f(x_k) - f*, and c as follows, f does not increase and", scale)
    yield Line("(f(x_{k+1}) - f*)/c is for every t in [0, 1] at most", reached)
    for case, value in proof.cases().items():
        yield Line(
            f"Where {case}: 1/u grows by at least 1/3 in a step, since, with s >= 0,", value.factor(), ">= 0"
        )
    if proof.after_first:
        yield Line("With t = 1 the first step makes u^2 at most 1/3. So 1/u is at least sqrt(3) + (k - 1)/3")
        yield Line("after k steps, which is the bound", theorem.bound)
    else:
        yield Line("Over k steps 1/u is at least 1/u_0 + k/3, which is the bound", theorem.bound)


def _cubic_descent(theorem: Theorem, proof: CubicDescent) -> Iterator[Line]:
    """Yield the lines of the proof by what a step of the cubic model lets f fall."""
    yield Line("With M = L_hess, r the length of a step, and w^2 = ||grad f(x_{k+1})||/(M r^2):")
    yield Line(
        "x_{k+1} minimises the model, and the Hessian changes by at most M r t along the step, so that"
    )
    yield Line("f falls by at least M r^3 times", proof.fallen)
    yield Line(
        "This is at least w^3 over a constant, as for every w >= 0",
        proof.factor * proof.fallen - w**3,
        ">= 0",
    )
    yield Line("and M r^3 w^3 is ||grad f(x_{k+1})||^(3/2)/sqrt(M). The constant is", proof.factor)
    yield Line("Summed over the steps to x_1 .. x_{k-1}, the least of them obeys the bound", theorem.bound)


def _cubic_curvature(theorem: Theorem, proof: CubicCurvature) -> Iterator[Line]:
    """Yield the lines of the proof for gradient and least eigenvalue together."""
    yield Line("With M = L_hess, and r the length of a step: the model leaves ||g + H s|| = M r^2/2 and no")
    yield Line("eigenvalue of H below -M r/2; along the step the Hessian changes by at most M r t, and so")
    for what, length in proof.lengths().items():
        yield Line(f"the length {what} at x_{{k+1}} is at most r times", length)
    yield Line("f falls by at least M r^3 times, w^2 = ||grad f(x_{k+1})||/(M r^2),", proof.fallen)
    yield Line("and the cubes of the lengths of all steps add up to at most", proof.factor * gap0 / L_hess)
    yield Line("The shortest of the steps to x_1 .. x_{k-1} obeys the bound", theorem.bound)


def _strong_model(theorem: Theorem, proof: StrongModel) -> Iterator[Line]:
    """Yield the lines of the proof of triple momentum."""
    yield Line("X, W, Y, B are x_k, w_k, y_k, y_{k-1} less x*, GY and GB the gradients at y_k and y_{k-1}.")
    yield Line("m(y) is f(y) - f* - ||grad f(y)||^2/(2 L) - c ||y - grad f(y)/L - x*||^2 >= 0, with c", half)
    yield Line(
        "V_k is m(y_{k-1}) + 2 c ||X||^2. The claim factor V_k - V_{k+1} >= 0, with the factor", proof.factor
    )
    yield Line("is that multiple of interpolation at y_{k-1} and y_k, and the rest of it at x* and y_k;")
    yield Line("V_1 is at most the factor times 2 c L/mu D^2, by <grad f(x_0), x_0 - x*> <= L D^2.")
    yield Line("V_k contains 2 c ||x_k - x*||^2, which gives the bound", theorem.bound)


def _exact_model(theorem: Theorem, proof: ExactModel) -> Iterator[Line]:
    """Yield the lines of the proof of the information exact method."""
    now, after = proof.weights(theorem.method)
    yield Line("m(y) is f(y) - f* - ||grad f(y)||^2/(2 L) - c ||y - grad f(y)/L - x*||^2,")
    yield Line("which is >= 0 by interpolation at y and x*, with c", half)
    yield Line("With t = sqrt((1 + q A_k)/(1 + A_k)) and q = mu/L the weight A_k is", now)
    yield Line("and A_{k+1}", after)
    yield Line("V_k is (1 - q) A_k m(y_{k-1}) + (L + mu A_k) ||x_k - x*||^2, and V_0 = L D^2, as A_0 = 0.")
    yield Line(
        "V_k - V_{k+1} is (1 - q) A_k times interpolation at y_{k-1} and y_k, and (1 - q) (A_{k+1} - A_k)"
    )
    yield Line("times interpolation at x* and y_k: nothing is left. So ||x_k - x*||^2 <= D^2/(1 + q A_k).")
    yield Line("A_1 >= 1/(1 - sqrt(q))^2, and A_{k+1} >= A_k/(1 - sqrt(q))^2: the bound", theorem.bound)


def _last_step(theorem: Theorem, proof: LastStep) -> Iterator[Line]:
    """Yield the lines of the proof of a last step."""
    yield Line(
        f"The proof of {proof.of.id} speaks of w_k here: its potential is at most L D^2/2, and contains"
    )
    yield Line("f(y_{k-1}) - f* - ||grad f(y_{k-1})||^2/(2 L), times", proof.share)
    yield Line("x_k is w_k + (z_k - w_k)/theta, with theta", proof.theta)
    yield Line("In the inequalities below x_k stands for y_k and w_k for x_k; GY is grad f(x_k).")
    yield from claim_lines(proof.claim, proof.by, proof.plus)
    yield Line("Divided by theta^2 it is the bound", theorem.bound)


def _last_gradient(theorem: Theorem, proof: LastGradient) -> Iterator[Line]:
    """Yield the lines of the proof for the last gradient."""
    yield Line("Let L = 1, and y_k an average of the gradients, of which it keeps q_k/q_{k-1}, with q_k")
    yield Line("    ", proof.weights)
    yield Line("and at first q_0/C, with C", proof.total)
    yield Line("Points are seen from x_K, values from f(x_K). x, f, g are of x_k, y is y_{k-1}, and f_next,")
    yield Line("g_next of x_{k+1}; q_before, q, q_after are q_{k-1}, q_k, q_{k+1}. In the first step")
    yield from _sums(*fallen(first=True))
    yield Line("In every later step a potential V_k, which the first step has left as V_1, falls:")
    yield from _sums(*fallen())
    yield Line("At the end f is f(x_K) - f*, q_{K-1} = 1, and what is known of V_K yields the rest:")
    yield from _sums(*ended())
    yield Line("Together C ||g_K||^2 <= f(x_0) - f*, which is the bound", theorem.bound)


def _averaged_lms(theorem: Theorem, proof: AveragedLMS) -> Iterator[Line]:
    """Yield the lines of the proof by levels of noise."""
    yield Line(
        "e_k = x_k - x* is what is left of the start plus what noise adds from zero: a linear recursion."
    )
    yield Line("Of the start each step takes <e_k, H e_k> from ||e_k||^2, times", proof.gathered)
    yield Line("so that <mean e, H mean e> is at most D^2/k over this factor, by convexity.")
    yield Line(
        "Of the noise, s with E s s^T <= c H, mean steps u_{k+1} = (I - alpha H) u_k - alpha s come first;"
    )
    yield Line("what they leave out obeys the recursion of e again, with the noise (H_k - H) u_k.")
    yield Line("For every eigenvalue h <= R^2 of H, and what is left of it by j steps, 0 <= q <= 1:")
    for what, claim in proof.claims().items():
        yield Line(f"  {what}:", factored(claim), ">= 0")
    yield Line("So a level gives the average c rank/k at most, and the next one has alpha R^2 c for c:")
    yield Line(
        "root mean squares add up, those of the levels as a geometric series, which is the bound",
        theorem.bound,
    )


def _doubling(theorem: Theorem, proof: Doubling) -> Iterator[Line]:
    """Yield the lines of the proof for silver steps."""
    yield from _holding(proof)
    yield Line("and A has grown by the factor 1 + sqrt(2). At the end, with X = x_n - x* and f* = 0,")
    yield from _sums(*proof.ended(theorem.measure))
    yield Line("where ||x_0 - x*||^2 is the square of X + V. At the last n = 2^m - 1 < k, where A is")
    yield Line("(1 + sqrt(2))^m, this is at most the bound", theorem.bound)


def _holding(proof: Doubling) -> Iterator[Line]:
    """Yield the lines about what silver steps hold."""
    yield Line("Let L = 1, h_i the steps, A one more than the sum of n of them. They are said to hold if")
    yield Line("sum of h_i (f(x_i) - f(x_n)) >= sum of h_i (h_i - 1)/2 ||g_i||^2 + A (A - 1)/2 ||g_n||^2,")
    yield Line("as no step does, A = 1. F is the sum of h_i f_i - h_i (h_i - 1)/2 ||g_i||^2, V = x_0 - x_n;")
    yield Line("products of the vectors V, X and g are inner products.")
    yield Line("Let m steps hold, from x_m on follow the step", middle)
    yield Line(
        "and m steps as before, to x_n; F_1, F_2 and V are those of the halves. Then all of them hold:"
    )
    yield from _sums(*proof.joined())


def _gap_doubling(theorem: Theorem, proof: GapDoubling) -> Iterator[Line]:
    """Yield the lines of the proof for silver steps from a gap."""
    yield from _holding(Doubling())
    yield Line("and A has grown by the factor 1 + sqrt(2). Steps come down if")
    yield Line(
        "f(x_0) - f(x_n) >= (A - 1) ||g_n||^2, as no step does. Let the first m do; then all of them do:"
    )
    yield from _sums(*proof.joined())
    yield Line("At the end f* lies below f(x_n):")
    yield from _sums(*proof.ended())
    yield Line("At the last n = 2^m - 1 < k, where A is (1 + sqrt(2))^m, this is at most", theorem.bound)


def _in_turn(theorem: Theorem, proof: InTurn) -> Iterator[Line]:
    """Yield the lines of a proof by two methods in turn."""
    first, then = proof.first, proof.then
    yield Line("The first s = ceil(K/2) steps, those with 2 k + 1 <= K, and where they take gradients, are")
    yield Line(f"those of {first.method.name}: {first.id} bounds f(x_s) - f* by, k = s,", first.bound)
    yield Line(f"The others are those of {then.method.name} from x_s on, counted anew, of which there are")
    yield Line(f"floor(K/2): {then.id} holds with that for K, and f(x_s) - f* for gap0,", then.bound)
    yield Line("Put in, the first bound gives", theorem.bound)


def _noisy_look_ahead(theorem: Theorem, _: NoisyLookAhead) -> Iterator[Line]:
    """Yield the lines of the proof for gradients ahead of those of the same batch."""
    yield Line("e is the gradient of the batch ahead less g, that at x_k. G is grad f(x_k), M the mean of e")
    yield Line("over the batch, C and W what g and e differ by from their means; a product is the mean of an")
    yield Line("inner product, and zero for one of C, W with one of G, M. In a step")
    yield from _sums(*fallen_in_batches())
    yield Line("Summed over j < k, with f(x_k) >= f*, this gives the bound", theorem.bound)


def _sums(claim: Expr, parts: Mapping[str, tuple[Expr, Expr]]) -> Iterator[Line]:
    """Yield a claim and the parts of which it is the sum."""
    yield Line("The claim", claim, ">= 0")
    yield Line("is the sum of these terms, each >= 0:")
    for what, (factor, part) in parts.items():
        yield Line(f"  {what}, times", factor)
        yield Line("    ", part, ">= 0")


LINES: Mapping[type, Writer] = MappingProxyType(
    {
        Squaring: _squaring,
        CubicModel: _cubic_model,
        CubicDescent: _cubic_descent,
        CubicCurvature: _cubic_curvature,
        StrongModel: _strong_model,
        ExactModel: _exact_model,
        LastStep: _last_step,
        LastGradient: _last_gradient,
        AveragedLMS: _averaged_lms,
        Doubling: _doubling,
        GapDoubling: _gap_doubling,
        InTurn: _in_turn,
        Determinant: _determinant,
        NoisyLookAhead: _noisy_look_ahead,
    }
)
"""Who writes the proof of each kind of certificate that is written here."""
