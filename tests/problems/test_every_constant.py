"""Every constant that a theorem may read, against many digits: a search for one on the wrong side.

Each has a line here, and a new one is refused until it has: what is certified must hold at every point, for
every batch and along every path that is tried. Nothing is allowed for rounding in double precision.
"""

import itertools
import re
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from exact_sums import DIGITS, ExactSum, dot, eigenvalues, mean, mean_square, minus
from sympy import sqrt

from ratebound.problems.build import from_arrays
from ratebound.problems.composite import penalised
from ratebound.problems.constants import CONSTANTS, NotCertified, Setting, certify
from ratebound.problems.curvature import component_smoothness
from ratebound.problems.losses import LOSSES, Loss, y, z

OWN = (
    Loss("pseudo_huber", "pseudo-Huber", sqrt(1 + (z - y) ** 2) - 1, (0, 1), 0, "real", 1),
    Loss("beside", "beside", sqrt(1 + (z - y - 1) ** 2) - 1, (0, 1), 0, "real", 1),
    Loss("double", "double", (z - y - 1) ** 2, (2, 2), 0, "real"),
    Loss("concave", "concave", 3 * sqrt(1 + z**2) - 5 * z**2 / 2, (-5, -2), float("-inf"), "real"),
)
KINDS = (*LOSSES.values(), *OWN, LOSSES["squared"], LOSSES["squared"], LOSSES["logistic"])
TINY = mp.mpf(10) ** (20 - DIGITS)
"""What is left of the digits of a minimiser."""
SEEDS = range(75)


class Known(dict):
    """Constants by name; what is not certified compares with nothing."""

    def __missing__(self, name):
        return mp.nan


def rows(rng, n, d):
    """Data of some kind: whole, badly scaled, dependent exactly or nearly, with zeros, of few digits."""
    kind = rng.integers(6)
    if kind == 0:
        return rng.integers(-3, 4, size=(n, d)) + np.eye(n, d)
    if kind == 1:
        return rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-3, 3, size=(1, d))
    if kind == 2:
        return np.outer(rng.normal(size=n), rng.normal(size=d)) + 10.0 ** rng.uniform(-17, -5) * np.eye(n, d)
    if kind == 3:
        A = rng.normal(size=(n, d)).astype(np.float32) + np.float32(0)
        A[rng.integers(n)] *= rng.integers(2)
        return A + np.eye(n, d)
    if kind == 4:
        return np.eye(max(n, d))[rng.integers(d, size=n)][:, :d]
    return np.repeat(rng.normal(size=(n, 1)), d, 1) * 10.0 ** rng.uniform(-3, 3, size=(n, 1))


def problem_of(seed):
    rng = np.random.default_rng(seed)
    loss = KINDS[seed % len(KINDS)]
    n, d = rng.integers(1, 5), rng.integers(1, 4)
    A = rows(rng, n, d)
    if loss.labels == "binary":
        labels = rng.choice([-1.0, 1.0], size=n)
    elif loss.additive_noise:
        labels = np.zeros(n)
    else:
        labels = A @ rng.integers(-2, 3, size=d) + rng.integers(2) * rng.normal(size=n)
    l2 = rng.choice([0.0, 0.0, 0.1, 1e-8]) * float((A**2).sum(1).mean())
    start = rng.normal(size=d) * rng.choice([0, 1, 100])
    problem = from_arrays(A, labels, loss, l2, x0=start)
    if loss.name in ("squared", "logistic") and rng.random() < 0.2:
        problem = penalised(problem, 0.3 * float(np.abs(problem.gradient(problem.x0)).max()) + 1e-9)
    return problem, rng


def curves(e, v):
    """Hold what bounds curvature against Hessians; a quadratic form between norms against all signs."""
    signs = [mp.matrix(s) for s in itertools.product((-1, 1), repeat=e.d)]
    for x in e.points if not e.problem.loss.kinked else ():
        H, ends = e.hessian(x), e.ends(x)
        values = eigenvalues(H)
        largest, steepest = max(values[-1], -values[0]), [max(b, -a) for a, b in ends]
        yield "L", largest <= v["L"]
        yield "L_zero", v["L_one"] > 0 or largest <= v["L_zero"]
        yield "mu", values[0] >= v["mu"]
        yield "convex", values[0] >= -TINY * largest
        yield "L_max", max(steepest) <= v["L_max"]
        yield "smooth_components", v["L_max"] >= 0
        yield "L_mean", mp.fsum(steepest) / e.n <= v["L_mean"]
        yield "mu_min", min(a for a, _ in ends) >= v["mu_min"]
        yield "components_convex", min(a for a, _ in ends) >= -TINY * max(steepest)
        yield "L_coord", max(abs(H[j, j]) for j in range(e.d)) <= v["L_coord"]
        yield "L_coord_sum", mp.fsum(abs(H[j, j]) for j in range(e.d)) <= v["L_coord_sum"]
        yield "L_inf", max(abs((s.T * H * s)[0]) for s in signs) <= v["L_inf"]
        yield "quadratic", values == eigenvalues(e.hessian([w + 1 for w in x]))
        for t in (mp.mpf(10) ** -3, mp.mpf(1)):
            other = [w + t / (1 + j) for j, w in enumerate(x)]
            away = mp.norm(mp.matrix(minus(other, x)))
            turn = eigenvalues(e.hessian(other) - H)
            yield "L_hess", max(turn[-1], -turn[0]) <= v["L_hess"] * away
            g = e.gradient(x)
            change = mp.norm(mp.matrix(minus(e.gradient(other), g)))
            allowed = (v["L_zero"] + v["L_one"] * mp.norm(mp.matrix(g))) * away
            yield "L_one", v["L_one"] * away > 1 or change <= allowed


def starts(e, v):
    yield "n", v["n"] == e.n
    yield "d", v["d"] == e.d
    yield "l1", v["l1"] == e.l1
    yield "x0_inf", max(map(abs, e.x0)) <= v["x0_inf"]
    yield "penalty0", e.l1 * mp.fsum(map(abs, e.x0)) <= v["penalty0"]
    if not e.problem.loss.kinked:
        yield "grad0_sq", dot(e.gradient(e.x0), e.gradient(e.x0)) <= v["grad0_sq"]
    yield "gap0", e.f(e.x0) - min(map(e.f, e.points)) <= v["gap0"]


def minima(e, v):
    """Hold what is about the minimiser against it."""
    x, p = e.x_star, e.problem
    parts, H = e.parts(x), e.hessian(x)
    squares = [dot(g, g) for g in parts]
    way = minus(e.x0, x)
    distance, noise = mp.sqrt(dot(way, way)), mp.fsum(squares) / e.n
    yield "gap0", e.f(e.x0) - e.f(x) <= v["gap0"]
    yield "D", distance <= v["D"]
    yield "sigma_star_sq", noise <= v["sigma_star_sq"] + TINY
    yield "interpolates", noise <= TINY
    yield "x_inf", max(map(abs, [*e.x0, *x])) <= v["x_inf"]
    yield "mu_star", eigenvalues(H)[0] >= v["mu_star"]
    yield "near_minimum", 3 * v["L_hess"] * distance < 2 * eigenvalues(H)[0]
    yield "level_radius", distance <= v["level_radius"]
    high = mp.mpf(str(p.loss.curvature[1].evalf(50)))
    if high > 0:
        steep = [high * mp.fsum(a[j] ** 2 for a in e.A) / e.n + e.l2 for j in range(e.d)]
        yield "D_scaled_sq", mp.fsum(s * w**2 for s, w in zip(steep, way, strict=True)) <= v["D_scaled_sq"]
        smooth = [high * dot(a, a) + e.l2 for a in e.A]
        shares = [s / m for s, m in zip(squares, smooth, strict=True) if m > 0]
        yield "sigma_p_sq", mp.fsum(shares) * mp.fsum(smooth) / e.n**2 <= v["sigma_p_sq"] + TINY
    lowest = mp.fsum(min(e.phi(s, w) + (e.l2 * s**2 / 2 / dot(a, a) if any(a) else 0)
                         for s in [mp.mpf(0), *([w, w * dot(a, a) / (dot(a, a) + e.l2)] if any(a) else [])])
                     for a, w in zip(e.A, e.y, strict=True)) / e.n  # fmt: skip
    yield "component_gap", e.f(x) - lowest <= v["component_gap"] + TINY
    for other in e.points:
        gap, g = e.f(other) - e.f(x), e.gradient(other)
        yield "mu_pl", dot(g, g) >= 2 * v["mu_pl"] * gap - TINY
    if p.kind == "quadratic":
        kept = e.range_of(H)
        yield "mu_pl", min(lam for lam, _ in kept) >= v["mu_pl"]
        yield "rank", len(kept) == v["rank"]
        yield "R_sq", e.against([dot(a, a) for a in e.A]) <= v["R_sq"]
        residuals = [dot(a, x) - w for a, w in zip(e.A, e.y, strict=True)]
        yield "residual_sq", e.against([r**2 for r in residuals]) <= v["residual_sq"] + TINY
        if len(kept) == e.d:
            inverse = mp.inverse(H)
            signs = [mp.matrix(s) for s in itertools.product((-1, 1), repeat=e.d)]
            yield "mu_signs", v["mu_signs"] * max(inverse[j, j] for j in range(e.d)) <= 1
            yield "mu_axis", v["mu_axis"] * max((s.T * inverse * s)[0] for s in signs) <= 1
        yield "shuffle_radius", shuffled(e, parts) <= v["shuffle_radius"] + TINY


def shuffled(e, parts):
    """Return the largest mean Bregman distance of least squares over all orders of a pass."""
    totals = [mp.mpf(0)] * e.n
    orders = list(itertools.permutations(range(e.n)))
    for order in orders:
        for q, p in enumerate(order):
            moved = [mp.fsum(parts[j][i] for j in order[:q]) for i in range(e.d)]
            totals[q] += (dot(e.A[p], moved) ** 2 + e.l2 * dot(moved, moved)) / 2
    return max(totals) / len(orders)


def drawn(e, v, setting):
    """Hold what is about batches against all of them."""
    x, every = e.x_star, e.batches(setting.batch, setting.replacement)
    at_star = e.parts(x)
    yield "b", v["b"] == setting.batch
    still = [mean(at_star[i] for i in batch) for batch in every]
    yield "sigma_b_sq", mean_square(still) <= v["sigma_b_sq"] + TINY
    yield "affine_noise", mean_square(still) <= v["affine_noise"] + TINY
    for point in e.points[:4]:
        parts, gap = e.parts(point), e.f(point) - e.f(x)
        if gap <= TINY * (1 + abs(e.f(x))):
            continue
        found = [mean(parts[i] for i in batch) for batch in every]
        whole = mean(parts)
        size, second = dot(whole, whole), mean_square(found)
        turned = mean_square(map(minus, found, still))
        single = mean_square(minus(part, whole) for part in parts)
        yield "ell", turned <= 2 * v["ell"] * gap + TINY * second
        yield "rho", second <= v["rho"] * size + TINY
        yield "rho_weak", second <= 2 * v["rho_weak"] * v["L"] * gap + TINY * second
        yield "affine_growth", second <= v["affine_noise"] + v["affine_growth"] * size + TINY
        yield "L_batch", v["L_max"] * (second - size) <= v["L_batch"] * single + TINY * second


def walked(e, v, setting):
    """Hold what is claimed along a run against all its paths."""
    every, layer = e.batches(setting.batch, setting.replacement), [e.x0]
    for alpha in setting.alphas:
        moments, spreads, singles, after = [], [], [], []
        for x in layer:
            parts = e.parts(x)
            whole = mean(parts)
            found = [mean(parts[i] for i in batch) for batch in every]
            moments += found
            spreads += [minus(g, whole) for g in found]
            singles += [minus(g, whole) for g in parts]
            after += [minus(x, [mp.mpf(alpha) * w for w in g]) for g in found]
        yield "second_moment", mean_square(moments) <= v["second_moment"] + TINY
        yield "variance_bound", mean_square(spreads) <= v["variance_bound"] + TINY
        yield "sample_variance", mean_square(singles) <= v["sample_variance"] + TINY
        roots = (mp.sqrt(mean([[w**2] for w in column])[0]) for column in zip(*singles, strict=True))
        yield "sample_noise_l1", mp.fsum(roots) <= v["sample_noise_l1"] + TINY
        yield "grad_inf", max(abs(w) for g in moments for w in g) <= v["grad_inf"]
        layer = after


def setting_of(problem, rng, seed):
    longest = 1.0 if problem.loss.kinked else float(component_smoothness(problem).max()) or 1.0
    alphas = rng.choice([0.1, 0.5, 1.0, 2.0], size=2) / longest
    return Setting(alphas, 1 + seed % min(2, problem.n), bool(seed % 3))


def certified(problem, setting):
    found = Known()
    for name in CONSTANTS:
        try:
            found[name] = mp.mpf(certify(problem, name, setting).value)
        except NotCertified:
            continue
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_no_constant_is_refuted(seed):
    problem, rng = problem_of(seed)
    setting = setting_of(problem, rng, seed)
    v = certified(problem, setting)
    with mp.workdps(DIGITS):
        e = ExactSum(problem, rng)
        tried = [starts(e, v), curves(e, v)]
        if e.x_star is not None:
            tried += [minima(e, v), drawn(e, v, setting)]
        if not (problem.loss.kinked or problem.l1):
            tried.append(walked(e, v, setting))
        for name, holds in itertools.chain(*tried):
            assert holds or name not in v, f"{name} = {mp.nstr(v[name], 17)} is refuted"


def test_every_constant_is_held_and_met():
    held = set(re.findall(r'yield "(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert held == set(CONSTANTS)
    met = set()
    for seed in SEEDS:
        problem, rng = problem_of(seed)
        met |= certified(problem, setting_of(problem, rng, seed)).keys()
    assert met == set(CONSTANTS)
