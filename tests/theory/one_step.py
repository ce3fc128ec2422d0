"""What one step makes of every quantity that inequalities speak about, at random points of a problem."""

import numpy as np

from ratebound.problems.axes import axis_smoothness
from ratebound.problems.constants import Setting, certify
from ratebound.problems.curvature import component_smoothness
from ratebound.theory import symbols as s
from ratebound.theory.assumptions import ASSUMPTIONS
from ratebound.theory.letters import coordinates as c
from ratebound.theory.letters import metric as in_metric
from ratebound.theory.letters import penalty as of_penalty
from ratebound.theory.letters import stored as stored_symbols
from ratebound.theory.methods import METHODS


def constants_of(problem, required):
    setting = Setting(np.full(5, 0.1 / certify(problem, "L_max").value), batch=2)
    wanted = [name for assumption in required for name in ASSUMPTIONS[assumption].constants]
    return {name: certify(problem, name, setting).value for name in wanted}, setting


def compared(problem, rng, x, size):
    """What is stored at unrelated points, one per component, and how far gradients are from those at x*."""
    at_star, parts = problem.component_gradients(problem.x_star), problem.component_gradients(x)
    points = problem.x_star + size * rng.normal(size=(problem.n, problem.d))
    away, base = (problem.A * points).sum(1), problem.A @ problem.x_star
    stored = problem.loss.slope_at(away, problem.y)[:, None] * problem.A + problem.l2 * points
    rise = problem.loss.value_at(away, problem.y) - problem.loss.value_at(base, problem.y)
    rise += problem.l2 / 2 * ((points**2).sum(1) - problem.x_star @ problem.x_star)
    gaps = rise - (at_star * (points - problem.x_star)).sum(1)
    return {
        "estimate": ((parts - stored + stored.mean(0)) ** 2).sum(1).mean(),
        s.spread: ((parts - at_star) ** 2).sum(1).mean(),
        stored_symbols.stored_sq: ((stored - at_star) ** 2).sum(1).mean(),
        stored_symbols.stored_gap: gaps.mean(),
    }


def moments(problem, parts, made):
    """E||g||^2 of each kind of estimate: one draw with its weights, or what was made of what is stored."""
    squares, L = (parts**2).sum(1), component_smoothness(problem)
    drawn = L > 0
    weights = {"sgd_importance": L, "sgd_partial": L + L.mean()}
    found = {"made by the update": made}
    for name, weight in weights.items():
        chances = weight / weight.sum()
        found[METHODS[name].estimate] = (squares[drawn] / chances[drawn]).sum() / problem.n**2
    return found


def along_axes(problem, x, full, omega):
    """A step along an even axis, every expectation a plain average over the axes."""
    L = axis_smoothness(problem)
    moves = np.diag(-omega * full / L)
    return {
        s.delta_next: problem.gap(x + moves).mean(),
        s.move_inner: (moves @ full).mean(),
        c.move_scaled_sq: (moves**2 @ L).mean(),
    }


def penalties(problem, x, after, parts):
    """The penalty at three points, and how far gradients are from that of the finite sum at x*."""
    names = (of_penalty.penalty, of_penalty.penalty_next, of_penalty.penalty_star)
    apart = parts - problem.component_gradients(problem.x_star).mean(0)
    return {
        **{v: problem.l1 * np.abs(at).sum() for v, at in zip(names, (x, after, problem.x_star), strict=True)},
        of_penalty.descent_apart: apart.mean(0) @ (x - problem.x_star),
        of_penalty.moment_apart: (apart**2).sum(1).mean(),
    }


def states(problem, rng, alpha, estimate="batch", along_rows=False):
    """State quantities at random points, every expectation a plain average over pairs of components."""
    scale = 1 + np.linalg.norm(problem.x0)
    for size in (0.01, 0.3, 3.0):
        away = rng.normal(size=problem.d)
        if along_rows:
            away = np.linalg.lstsq(problem.A, problem.A @ away)[0]
        x = problem.x0 + size * scale * away
        parts = problem.component_gradients(x)
        full = parts.mean(0)
        mean_sq = (parts**2).sum(1).mean()
        # Batches of two with replacement: the mean of the squares is that of one draw and a product of two.
        moment = mean_sq / 2 + (full @ full) / 2
        after = x - alpha * full
        ahead = problem.gradient(after)
        state = {
            s.delta: problem.gap(x),
            s.delta_next: problem.gap(after),
            s.grad_sq: full @ full,
            s.moment: moment,
            s.move_inner: full @ (after - x),
            s.move_sq: (after - x) @ (after - x),
            s.next_move_inner: ahead @ (after - x),
            s.grad_inner: full @ ahead,
            s.grad_next_sq: ahead @ ahead,
            s.grad_l1: np.abs(full).sum(),
            s.move_inf_sq: np.abs(after - x).max() ** 2,
        }
        changes = problem.component_gradients(after) - parts
        state |= {s.drift: (changes**2).sum(1).mean(), s.drift_inner: (changes @ (after - x)).mean()}
        if not problem.loss.kinked and (problem.A**2).sum(0).all():
            state[c.grad_scaled_sq] = (full**2 / axis_smoothness(problem)).sum()
        if estimate == "along one axis":
            state |= along_axes(problem, x, full, alpha * certify(problem, "L").value)
        if problem.kind == "quadratic":
            state |= {
                s.grad_curvature: full @ problem.H @ full,
                s.move_curvature: (after - x) @ problem.H @ (after - x),
            }
        if problem.x_star is not None:
            offset, next_offset = x - problem.x_star, after - problem.x_star
            state |= {
                s.d2: offset @ offset,
                s.d2_next: next_offset @ next_offset,
                s.descent: full @ offset,
                s.next_descent: ahead @ next_offset,
                s.cross_descent: ahead @ offset,
            }
            state |= penalties(problem, x, after, parts)
            if problem.loss.third is not None:
                error = problem.hessian(x) @ offset - full
                state[in_metric.model_error_sq] = error @ error
            if c.grad_scaled_sq in state:
                state[c.d2_scaled] = (offset**2 * axis_smoothness(problem)).sum()
            other = compared(problem, np.random.default_rng(5), x, size * scale)
            state |= other
            if estimate not in ("batch", "along one axis"):
                state[s.moment] = moments(problem, parts, other["estimate"])[estimate]
        yield state


SHORTENED = {"prox_gd": False, "prox_sgd": True, "projected_gd": False, "projected_sgd": True}
"""Methods that shorten a gradient step, and whether they draw samples."""


def shortened(problem, rng, alpha, name):
    """State quantities of a proximal step, or one onto a box around x*, a mean over single samples."""
    star = problem.x_star
    if star is None:
        return
    half = 0.4 + max(np.abs(problem.x0).max(), np.abs(star).max())
    at_star = problem.component_gradients(star).mean(0)
    for size in (0.01, 0.3, 3.0):
        x = np.clip(problem.x0 + size * rng.normal(size=problem.d), -half, half)
        parts = problem.component_gradients(x)
        full = parts.mean(0)
        drawn = parts if SHORTENED[name] else full[None]
        after = x - alpha * drawn
        if name.startswith("prox"):
            after = np.sign(after) * np.maximum(np.abs(after) - alpha * problem.l1, 0)
        else:
            after = np.clip(after, -half, half)
        moves, apart = after - x, drawn - at_star
        state = {
            s.d2: (x - star) @ (x - star),
            s.d2_next: ((after - star) ** 2).sum(1).mean(),
            s.delta: problem.gap(x),
            s.delta_next: np.mean([problem.gap(each) for each in after]),
            s.descent: full @ (x - star),
            s.grad_sq: full @ full,
            s.moment: (drawn**2).sum(1).mean(),
            s.move_inner: full @ moves.mean(0),
            s.move_sq: (moves**2).sum(1).mean(),
            of_penalty.penalty: problem.l1 * np.abs(x).sum(),
            of_penalty.penalty_next: problem.l1 * np.abs(after).sum(1).mean(),
            of_penalty.penalty_star: problem.l1 * np.abs(star).sum(),
            of_penalty.descent_apart: apart.mean(0) @ (x - star),
            of_penalty.moment_apart: (apart**2).sum(1).mean(),
        }
        tilted = [problem.l1 * np.abs(each).sum() + at_star @ (each - star) for each in (*after, star)]
        state[of_penalty.penalty_gap_next] = np.mean(tilted[:-1]) - tilted[-1]
        yield state
