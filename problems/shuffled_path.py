"""How far shuffled passes carry the minimiser from itself, on the problem at hand.

A pass that takes the gradients of x* moves it by ``-alpha sum_S v_j``, v_j = grad f_j(x*), S the samples
before sample p. Where ``phi'' <= c`` the Bregman distance of f_p to there is at most ``alpha^2/2`` times

    c (a_p . sum_S v_j)^2 + l2 ||sum_S v_j||^2,

and exactly that on least squares. Given p, S is any m of the n - 1 others, whose v_j add up to -v_p: its mean
takes pairs of different samples. The bound ``L_max n sigma^2/4`` of every problem is never less.
Source: Mishchenko, Khaled and Richtárik 2020, the shuffling radius (number not checked).
"""

from __future__ import annotations

import math

import numpy as np

from ratebound.problems import curvature
from ratebound.problems.certified import EPS, Constant, NotCertified
from ratebound.problems.finite_sum import Problem


def shuffle_radius(problem: Problem) -> Constant:
    """Return the largest mean, over the samples of a shuffled pass, of that Bregman distance per alpha^2.

    Raises
    ------
    NotCertified
        If no minimiser is certified, or components are not smooth.
    """
    L_max, x_star = curvature.L_max(problem).value, problem.x_star
    if x_star is None:
        raise NotCertified(problem.minimum.note)
    n, high = problem.n, curvature.steepest_bend(problem)
    parts = problem.component_gradients(x_star)
    largest = math.sqrt(float((parts**2).sum(1).max()))
    # The gradients add up to zero; what is left of their sum is error.
    parts = parts - parts.mean(0)
    every = float(((problem.A.T @ problem.A / n) * (parts.T @ parts)).sum())
    own = float(((problem.A * parts).sum(1) ** 2).mean())
    others, squares = max(every - own, 0.0), float((parts**2).sum(1).mean())
    m = np.arange(n)
    pairs = max((n - 1) * (n - 2), 1)
    # Of m samples out of n - 1: each alone, and what two of them share.
    once = m * (n - 1 - m) / pairs if n > 2 else m
    along = once * others + m * (m - 1) / pairs * own
    found = 0.5 * float((high * along + problem.l2 * m * (n - m) / max(n - 1, 1) * squares).max())
    rounding = 8 * (n + problem.d) * EPS * (found + high * every + problem.l2 * n * squares)
    # The root of the mean is a norm of the v_j, at most sqrt(L_max n)/2 times the root of their mean square;
    # each is off by the error of x* and rounding, which taking off their mean does not add to.
    scale = float(np.linalg.norm(x_star)) + float(np.abs(problem.y).max())
    off = L_max * problem.minimum.distance_error + n * EPS * largest
    off += (problem.d + 8) * EPS * (2 * L_max * scale + largest)
    value = (math.sqrt(found + rounding) + math.sqrt(L_max * n) / 2 * off) ** 2
    error, value = value - found, float(np.nextafter(value, np.inf))
    route = f"closed form over all orders at x* by {problem.minimum.route}"
    if problem.kind == "quadratic":
        return Constant("shuffle_radius", value, route, "exact", "at x*", error)
    return Constant("shuffle_radius", value, f"{route}, sup phi''", "upper", "at x*", error)
