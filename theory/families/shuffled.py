"""Passes over the data with convex components: random reshuffling, shuffle once, incremental gradient."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Rational

from ratebound.theory.assumptions import convex, smooth_components, strongly_convex
from ratebound.theory.certificate import Corollary
from ratebound.theory.certificates.recursion import Recursion
from ratebound.theory.certificates.telescope import Telescope
from ratebound.theory.certificates.within import Within
from ratebound.theory.inequalities.passes import (
    aside_any,
    aside_radius,
    aside_shuffled,
    aside_strong,
    growth_after,
    out_any,
    out_shuffled,
    shuffled_path,
    three_points,
)
from ratebound.theory.inequalities.stored import strongly_convex_components
from ratebound.theory.letters.passes import aside_spread, pass_spread, shuffle_radius
from ratebound.theory.methods import sgd
from ratebound.theory.statement import Theorem
from ratebound.theory.symbols import (
    D,
    K,
    L_max,
    alpha,
    d2,
    delta,
    gap0,
    k,
    move_sq,
    mu,
    mu_min,
    n,
    sigma_star_sq,
)
from ratebound.theory.visits import CYCLIC, RESHUFFLE, SHUFFLE_ONCE

_PAPER = "Mishchenko, Khaled and Richtárik 2020"
# n + 1/2 is at least sqrt(n (n + 1)).
_LONGEST = 2 / (L_max * (2 * n + 1))
_KEPT = 1 - alpha * mu_min
_SHRINKS = 1 / (1 + alpha * mu * n)
_ROOM = alpha / L_max - alpha**3 * L_max * n * (n + 1)
_SHUFFLED_NOISE = alpha**3 * L_max * n * (n + 1) * sigma_star_sq / 3
_ANY_NOISE = alpha**3 * L_max * n**3 * sigma_star_sq / 2

rr_components = Theorem(
    id="rr_components",
    title="Random reshuffling, strongly convex components, distance",
    source=f"{_PAPER}, Theorem 1 with Proposition 1 (numbers not checked)",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth_components, strongly_convex_components),
    step=alpha,
    where=(alpha <= 1 / L_max,),
    measure="distance_sq",
    bound=_KEPT ** (n * k) * D**2 + alpha**2 * L_max * n * sigma_star_sq / (2 * mu_min),
    certificate=Within(
        rate=_KEPT,
        noise=alpha**3 * L_max * n * sigma_star_sq / 2,
        by={aside_strong: 2 * alpha, aside_shuffled: 2 * alpha},
        plus={aside_spread: alpha * (1 / L_max - alpha)},
    ),
    defaults={alpha: 1 / (2 * L_max * n)},
    note="The floor is of the order alpha^2 n, that of independent samples of the order alpha.",
    sibling="sgd_nws",
)

rr_radius = Theorem(
    id="rr_radius",
    title="Random reshuffling, strongly convex components, shuffling radius, distance",
    source=f"{_PAPER}, Theorem 1 (number not checked), the radius in closed form over all orders",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(smooth_components, strongly_convex_components, shuffled_path),
    step=alpha,
    where=(alpha <= 1 / L_max,),
    measure="distance_sq",
    bound=_KEPT ** (n * k) * D**2 + 2 * alpha**2 * shuffle_radius / mu_min,
    certificate=Within(
        rate=_KEPT,
        noise=2 * alpha**3 * shuffle_radius,
        by={aside_strong: 2 * alpha, aside_radius: 2 * alpha},
        plus={aside_spread: alpha * (1 / L_max - alpha)},
    ),
    defaults={alpha: 1 / (2 * L_max * n)},
    note="The radius is that of the data: at most L_max n sigma^2/4, which rr_components has for it.",
    sibling="rr_components",
)

rr_sc = Theorem(
    id="rr_sc",
    title="Random reshuffling, strongly convex, distance",
    source=f"{_PAPER}, Theorem 2 (number not checked), with constants derived",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(strongly_convex, smooth_components),
    step=alpha,
    where=(alpha <= _LONGEST,),
    measure="distance_sq",
    bound=_SHRINKS**k * D**2 + alpha**2 * L_max * (n + 1) * sigma_star_sq / (3 * mu),
    certificate=Recursion(
        rate=_SHRINKS,
        noise=_SHRINKS * _SHUFFLED_NOISE,
        by={
            three_points: 2 * alpha * _SHRINKS,
            growth_after: 2 * alpha * n * _SHRINKS,
            out_shuffled: alpha * L_max * _SHRINKS,
        },
        plus={pass_spread: _SHRINKS * _ROOM, move_sq: _SHRINKS},
    ),
    defaults={alpha: 1 / (2 * L_max * n)},
    note=(
        "Only f must be strongly convex. The published bound, with the factor 1 - alpha mu n/2, the floor "
        "alpha^2 L n sigma^2/mu and a shorter range, is larger."
    ),
    sibling="rr_components",
)

rr_convex = Theorem(
    id="rr_convex",
    title="Random reshuffling, convex, mean of the starts of passes",
    source=f"{_PAPER}, Theorem 3 (number not checked), with constants derived",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(convex, smooth_components),
    step=alpha,
    where=(alpha <= _LONGEST,),
    measure="gap_average",
    bound=D**2 / (2 * alpha * n * k) + gap0 / k + alpha**2 * L_max * (n + 1) * sigma_star_sq / 6,
    start=Integer(1),
    certificate=Telescope(
        potential=d2 + 2 * alpha * n * delta,
        weight=2 * alpha * n,
        noise=_SHUFFLED_NOISE,
        by={three_points: 2 * alpha, out_shuffled: alpha * L_max},
        plus={pass_spread: _ROOM, move_sq: Integer(1)},
    ),
    defaults={alpha: 1 / (2 * L_max * n)},
    note=(
        "The published bound is about x_1 .. x_k, has no gap0/k, and the larger floor alpha^2 L n sigma^2/4; "
        "here the mean is that of x_0 .. x_{k-1}, as everywhere else."
    ),
    sibling="sgd_star_convex",
)

_TUNED = 1 / (L_max * (n + 1) * K ** Rational(1, 3))

rr_convex_horizon = Theorem(
    id="rr_convex_horizon",
    title="Random reshuffling, convex, step of order K^(-1/3), mean of the starts of passes",
    source=f"{_PAPER}, Corollary 3 (number not checked), for a step that knows neither D nor the noise",
    method=sgd,
    visits=RESHUFFLE,
    assumptions=(convex, smooth_components),
    step=_TUNED,
    measure="gap_average",
    bound=(D**2 * L_max * (n + 1) / (2 * n) + sigma_star_sq / (6 * L_max * (n + 1))) / K ** Rational(2, 3)
    + gap0 / K,
    start=Integer(1),
    certificate=Corollary(rr_convex, {alpha: _TUNED}),
    note="K passes give K^(-2/3); of independent samples the rate is K^(-1/2).",
    sibling="sgd_star_convex_horizon",
)

so_components = replace(
    rr_components,
    id="so_components",
    title="Shuffle once, strongly convex components, distance",
    visits=SHUFFLE_ONCE,
    note="One random order for all passes: the same bound, in expectation over that order.",
    sibling="rr_components",
)
so_radius = replace(
    rr_radius,
    id="so_radius",
    title="Shuffle once, strongly convex components, shuffling radius, distance",
    visits=SHUFFLE_ONCE,
    sibling="so_components",
)
so_sc = replace(
    rr_sc,
    id="so_sc",
    title="Shuffle once, strongly convex, distance",
    visits=SHUFFLE_ONCE,
    note="The bound of random reshuffling: its noise depends on the order of a pass only, not on x_k.",
    sibling="rr_sc",
)
so_convex = replace(
    rr_convex,
    id="so_convex",
    title="Shuffle once, convex, mean of the starts of passes",
    visits=SHUFFLE_ONCE,
    note="The bound of random reshuffling: its noise depends on the order of a pass only, not on x_k.",
    sibling="rr_convex",
)

_ANY_ORDER = "The samples as they lie, in the worst of orders: the floor is of the order n larger."
ig_components = replace(
    rr_components,
    id="ig_components",
    title="Incremental gradient, strongly convex components, distance",
    source=f"{_PAPER} (number not checked), with half its constant, derived",
    visits=CYCLIC,
    bound=_KEPT ** (n * k) * D**2 + alpha**2 * L_max * n**2 * sigma_star_sq / (2 * mu_min),
    certificate=Within(
        rate=_KEPT,
        noise=alpha**3 * L_max * n**2 * sigma_star_sq / 2,
        by={aside_strong: 2 * alpha, aside_any: 2 * alpha},
        plus={aside_spread: alpha * (1 / L_max - alpha)},
    ),
    note=_ANY_ORDER,
    sibling="rr_components",
)
ig_sc = replace(
    rr_sc,
    id="ig_sc",
    title="Incremental gradient, strongly convex, distance",
    source=f"derived as for random reshuffling by {_PAPER}",
    visits=CYCLIC,
    bound=_SHRINKS**k * D**2 + alpha**2 * L_max * n**2 * sigma_star_sq / (2 * mu),
    certificate=Recursion(
        rate=_SHRINKS,
        noise=_SHRINKS * _ANY_NOISE,
        by={
            three_points: 2 * alpha * _SHRINKS,
            growth_after: 2 * alpha * n * _SHRINKS,
            out_any: alpha * L_max * _SHRINKS,
        },
        plus={pass_spread: _SHRINKS * _ROOM, move_sq: _SHRINKS},
    ),
    note=_ANY_ORDER,
    sibling="rr_sc",
)
ig_convex = replace(
    rr_convex,
    id="ig_convex",
    title="Incremental gradient, convex, mean of the starts of passes",
    source=f"derived as for random reshuffling by {_PAPER}",
    visits=CYCLIC,
    bound=D**2 / (2 * alpha * n * k) + gap0 / k + alpha**2 * L_max * n**2 * sigma_star_sq * Rational(1, 4),
    certificate=Telescope(
        potential=d2 + 2 * alpha * n * delta,
        weight=2 * alpha * n,
        noise=_ANY_NOISE,
        by={three_points: 2 * alpha, out_any: alpha * L_max},
        plus={pass_spread: _ROOM, move_sq: Integer(1)},
    ),
    note=_ANY_ORDER,
    sibling="rr_convex",
)

THEOREMS = (
    rr_components,
    rr_radius,
    rr_sc,
    rr_convex,
    rr_convex_horizon,
    so_components,
    so_radius,
    so_sc,
    so_convex,
    ig_components,
    ig_sc,
    ig_convex,
)
