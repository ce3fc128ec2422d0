"""Constants of curvature: smoothness, strong convexity, the PL constant, convexity, expected smoothness.

All components share the form phi(a_i.x, y_i) + (l2/2)||x||^2, so the Hessian of f lies between the range of
phi'' times the eigenvalues of A^T A / n, plus l2.
"""

from __future__ import annotations

import numpy as np

from ratebound.problems import signed
from ratebound.problems.certified import EPS, Constant, Direction, NotCertified, Setting, batch_factor
from ratebound.problems.finite_sum import Problem
from ratebound.problems.losses import z
from ratebound.problems.minimiser import balanced
from ratebound.problems.pl import prove_pl
from ratebound.problems.sparse import row_norms_sq

MOST_SIGNS = 12
"""Features up to which all signs are walked."""
_SIGNED = "eigenvalue of (1/n) sum y_i a_i a_i^T + l2"


def _range(problem: Problem) -> tuple[float, float]:
    """Return the least second derivative of the loss, and the largest one, zero if that is negative."""
    low, high = (float(c) for c in problem.loss.curvature)
    # Curvatures such as -2 exp(-3/2) are rounded when they become floats.
    return low - 2 * EPS * abs(low) if low < 0 else low, max(high, 0.0) * (1 + 2 * EPS)


def steepest_bend(problem: Problem) -> float:
    """Return the largest absolute value of a second derivative of the loss."""
    low, high = _range(problem)
    return max(high, -low)


def _check_smooth(problem: Problem) -> None:
    if problem.loss.kinked:
        raise NotCertified(f"the {problem.loss.title} has a kink: f is not smooth")


def _attained(problem: Problem) -> bool:
    """Tell whether every component attains the largest curvature at x = 0."""
    low, high = problem.loss.curvature
    at_zero = problem.loss.second_at(np.zeros(problem.n), problem.y)
    return bool(high >= -low and (at_zero == float(high)).all())


def direction_of(problem: Problem) -> Direction:
    """Return whether the largest curvature of the loss is that of every component somewhere."""
    return "exact" if _attained(problem) else "upper"


def _component_L(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return smoothness constants of the components and their rounding allowances, shape (n,)."""
    _check_smooth(problem)
    low, high = _range(problem)
    norms = row_norms_sq(problem.A)
    values = np.maximum(high * norms + problem.l2, -(low * norms + problem.l2))
    return values, (problem.d + 4) * EPS * (high - min(low, 0.0)) * norms + 4 * EPS * problem.l2


def component_smoothness(problem: Problem) -> np.ndarray:
    """Return the smoothness constants of the components, shape (n,)."""
    return _component_L(problem)[0]


def L(problem: Problem) -> Constant:
    """Return a smoothness constant of f."""
    _check_smooth(problem)
    if problem.loss.name == "signed":
        least, most, error = signed.eigenvalues(problem.A, problem.y, problem.l2)
        value = max(most, -least) + error
        return Constant("L", _up(value), f"{_SIGNED}, in absolute value", "exact", error=error)
    low, high = _range(problem)
    spec = problem.spectrum
    top, error = spec.largest, float(spec.errors[-1])
    value = max(high * (top + error) + problem.l2, -(min(low, 0.0) * (top + error) + problem.l2))
    route = "eigenvalue: sup phi'' * lambda_max(A^T A / n) + l2"
    if problem.loss.curvature[1] == 1:
        route = "eigenvalue: lambda_max(A^T A / n) + l2"
    direction: Direction = "upper" if spec.bounds_only else direction_of(problem)
    if spec.bounds_only:
        route = "norm of |A|^T |A| / n (Collatz-Wielandt) or trace, times sup phi'', + l2"
    return Constant("L", _up(value), route, direction, error=high * error + 4 * EPS * value)


def L_max(problem: Problem) -> Constant:
    """Return the largest smoothness constant of a component."""
    values, errors = _component_L(problem)
    value, error = float((values + errors).max()), float(errors.max())
    route = "closed form: max_i sup phi'' ||a_i||^2 + l2"
    return Constant("L_max", _up(value), route, direction_of(problem), error=error)


def L_mean(problem: Problem) -> Constant:
    """Return the mean of the smoothness constants of the components."""
    values, errors = _component_L(problem)
    error = float(errors.mean()) + problem.n * EPS * float(values.mean())
    route = "closed form: mean_i sup phi'' ||a_i||^2 + l2"
    return Constant("L_mean", _up(float(values.mean()) + error), route, direction_of(problem), error=error)


def L_inf(problem: Problem) -> Constant:
    """Return a smoothness constant of f in the maximum norm: the largest s^T H s over all signs s.

    Signs are walked for few features; else the entries of the Gram matrix are added in absolute value.
    """
    _check_smooth(problem)
    high = steepest_bend(problem)
    gram = problem.A.T @ problem.A / problem.n
    total, d = float(np.abs(gram).sum()), problem.d
    walked = d <= MOST_SIGNS
    top = total
    if walked:
        signs = all_signs(d)
        top = float(((signs @ gram) * signs).sum(1).max())
    error = (problem.n + d + 8) * EPS * float((np.abs(problem.A).sum(1) ** 2).mean())
    value = high * (top + error) + problem.l2 * d * (1 + 4 * EPS)
    how = "the largest s^T (A^T A / n) s over signs s" if walked else "the entries of |A^T A| / n, added"
    direction: Direction = direction_of(problem) if walked else "upper"
    return Constant(
        "L_inf", _up(value), f"closed form: sup phi'' * {how}, + l2 d", direction, error=high * error
    )


def all_signs(d: int) -> np.ndarray:
    """Return all vectors of d signs up to their negatives, shape (2^(d-1), d)."""
    return 1.0 - 2.0 * ((np.arange(2 ** (d - 1))[:, None] >> np.arange(d)) & 1)


def mu(problem: Problem) -> Constant:
    """Return a strong convexity constant of f, a lower bound."""
    if problem.loss.name == "signed":
        least, _, error = signed.eigenvalues(problem.A, problem.y, problem.l2)
        if least <= error:
            raise NotCertified(problem.minimum.note)
        return Constant("mu", _down(least - error), f"{_SIGNED}, the least", "exact", error=error)
    low, _ = _range(problem)
    spec = problem.spectrum
    if low >= 0:
        error = float(spec.errors[0])
        value = problem.l2 + low * max(float(spec.values[0]) - error, 0.0)
        known = low > 0 and not spec.bounds_only
        route = "eigenvalue: lambda_min(A^T A / n) + l2" if known else "closed form: l2"
    else:
        error = float(spec.errors[-1])
        value = problem.l2 + low * (spec.largest + error)
        route = "eigenvalue: l2 + inf phi'' * lambda_max(A^T A / n)"
    error = abs(low) * error + 4 * EPS * problem.l2
    if value - 4 * EPS * problem.l2 <= 0:
        raise NotCertified(_no_mu(problem, low))
    exact = problem.kind == "quadratic" and not spec.bounds_only
    direction: Direction = "exact" if exact else "lower"
    return Constant("mu", _down(value - 4 * EPS * problem.l2), route, direction, error=error)


def _no_mu(problem: Problem, low: float) -> str:
    if low < 0:
        return f"the {problem.loss.title} is not convex; l2 = {problem.l2:g} does not make f strongly convex"
    if low == 0:
        return f"the curvature of the {problem.loss.title} can vanish and l2 = 0: f is not strongly convex"
    spec = problem.spectrum
    if spec.bounds_only:
        return f"the smallest eigenvalue of {problem.d} sparse features is not computed; take l2 > 0"
    return (
        f"the smallest eigenvalue {spec.values[0]:.2g} of the Hessian is zero to rounding "
        f"(rank {spec.rank} of {problem.d}): f is not strongly convex"
    )


def mu_min(problem: Problem) -> Constant:
    """Return a strong convexity constant of every component, a lower bound.

    Raises
    ------
    NotCertified
        If it is not positive: a component of several features is flat but for l2.
    """
    low, _ = _range(problem)
    norms = row_norms_sq(problem.A)
    # phi'' a a^T has rank one: its smallest eigenvalue is zero unless there is one feature only.
    curved = float(norms.min()) if low > 0 and problem.d == 1 else 0.0
    curved = low * float(norms.max()) if low < 0 else low * curved
    error = (problem.d + 8) * EPS * (abs(curved) + problem.l2)
    if problem.l2 + curved - error <= 0:
        raise NotCertified(f"the components are not strongly convex with l2 = {problem.l2:g}")
    value = _down(problem.l2 + curved - error)
    return Constant("mu_min", value, "closed form: l2 + the least inf phi'' ||a_i||^2", "lower", error=error)


def mu_pl(problem: Problem) -> Constant:
    """Return a constant of the Polyak-Lojasiewicz inequality, a lower bound."""
    try:
        strong = mu(problem)
        note = "strong convexity implies the PL inequality with the same constant"
        return Constant("mu_pl", strong.value, strong.route, strong.direction, error=strong.error, note=note)
    except NotCertified as failure:
        reason = str(failure)
    if problem.kind == "quadratic":
        return _mu_pl_deficient(problem)
    if problem.loss.additive_noise:
        return _mu_pl_separable(problem)
    raise NotCertified(f"no PL constant: {reason}")


def _mu_pl_deficient(problem: Problem) -> Constant:
    spec = problem.spectrum
    if not spec.clear:
        raise NotCertified(
            "the numerical rank of A is in doubt: a singular value is near rounding, or not computed"
        )
    error = float(spec.errors[-spec.rank])
    route = "eigenvalue: smallest nonzero eigenvalue of A^T A / n"
    note = f"rank {spec.rank} of {problem.d}"
    return Constant("mu_pl", _down(spec.smallest_nonzero - error), route, "exact", error=error, note=note)


def _mu_pl_separable(problem: Problem) -> Constant:
    A = problem.A
    unit = ((A == 0) | (A == 1)).all() and (A.sum(1) == 1).all()
    counts = A.sum(0)
    if not unit or problem.l2 or not balanced(A, problem.y):
        raise NotCertified(
            "the PL constant is proved for unit rows e_j with noise that sums to zero and l2 = 0 only"
        )
    if not counts.all():
        raise NotCertified(f"feature {int(np.argmin(counts))} occurs in no sample: f is constant along it")
    proof = prove_pl(problem.loss.noiseless, z)
    share = float(counts.min()) / problem.n
    route = (
        f"interval proof: strong convexity on [0, {proof.near:g}], bisection, algebra beyond {proof.tail:g}"
    )
    note = f"h has the constant {proof.mu:.8g}; times the smallest share {share:g} of a coordinate"
    value = _down(proof.mu * share)
    return Constant("mu_pl", value, route, "lower", error=2 * EPS * proof.mu, note=note)


def quadratic(problem: Problem) -> Constant:
    """Certify that f is quadratic (value 1)."""
    if problem.kind != "quadratic":
        raise NotCertified(f"the {problem.loss.title} is not quadratic")
    return Constant("quadratic", 1.0, "kind of the loss", "exact")


def convex(problem: Problem) -> Constant:
    """Certify that f is convex (value 1)."""
    if problem.loss.name == "signed":
        mu(problem)
        return Constant("convex", 1.0, "sign of the least eigenvalue of the Hessian", "exact")
    low, _ = _range(problem)
    spec = problem.spectrum
    if low < 0 and problem.l2 + low * (spec.largest + float(spec.errors[-1])) < 0:
        raise NotCertified(f"the {problem.loss.title} is not convex")
    return Constant("convex", 1.0, "sign of the second derivative", "exact")


def components_convex(problem: Problem) -> Constant:
    """Certify that every component is convex (value 1)."""
    low, _ = _range(problem)
    if low < 0 and problem.l2 + low * float(row_norms_sq(problem.A).max()) * (1 + problem.d * EPS) < 0:
        raise NotCertified(f"the {problem.loss.title} is not convex, so the components are not")
    return Constant("components_convex", 1.0, "sign of the second derivative", "exact")


def smooth_components(problem: Problem) -> Constant:
    """Certify that every component is smooth (value 1)."""
    _check_smooth(problem)
    return Constant("smooth_components", 1.0, "bounded second derivative", "exact", note="constants: L_max")


def ell(problem: Problem, setting: Setting) -> Constant:
    """Return the expected smoothness constant of uniform mini-batches of convex components.

    Source: Gower et al. 2019, Proposition 3.8 (number not checked); with replacement by the same argument.
    """
    components_convex(problem)
    # E||g_B - g*_B||^2 <= (1 - c) ||grad f||^2 + c mean ||grad f_i - grad f_i(x*)||^2, c the batch factor.
    c = batch_factor(problem.n, setting.batch, setting.replacement)
    value = (1 - c) * L(problem).value + c * L_max(problem).value
    how = "with" if setting.replacement else "without"
    route = f"closed form: (1 - c) L + c L_max, c = {c:.6g} for a batch of {setting.batch} {how} replacement"
    return Constant("ell", _up(value * (1 + 4 * EPS)), route, "upper", error=4 * EPS * value)


def _up(value: float) -> float:
    return float(np.nextafter(value, np.inf))


def _down(value: float) -> float:
    return float(np.nextafter(value, -np.inf))
