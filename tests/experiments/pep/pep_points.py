"""The points at which programs are compared with bounds."""

from ratebound.experiments.pep.worst_case import ORACLES
from ratebound.theory import symbols
from ratebound.theory.catalogue import THEOREMS

MIDDLE = 2 / 1.1
CONSTANTS = {
    **{
        "L": 1,
        "L_max": 1.5,
        "L_batch": 0.8,
        "ell": 1,
        "mu": 0.2,
        "mu_pl": 0.2,
        "gap0": 0.4,
        "grad0_sq": 0.6,
        "margin": 0.1,
    },
    **{"second_moment": 4, "variance_bound": 0.5, "sigma_star_sq": 0.5, "sigma_b_sq": 0.5, "rho": 2},
    **{
        "affine_noise": 0.5,
        "affine_growth": 1.5,
        "component_gap": 0.3,
        "n": 2,
        "b": 1,
        "L_mean": 1,
        "sigma_p_sq": 0.5,
        "mu_min": 0.1,
    },
    **{"rho_weak": 1.5, "sample_variance": 0.5, "penalty0": 0.3, "R_sq": 1.2, "shuffle_radius": 0.2},
}
POINTS = {
    "gd_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.5, 2), (0.05, 4))],
    "gd_convex_tight": [
        ({"L": 2, "alpha": step}, k) for step, k in ((0.5, 1), (0.5, 5), (0.2, 3), (0.02, 2))
    ],
    "gd_sc_distance": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 4), (MIDDLE, 3), (1.9, 2))
    ],
    "gd_sc_gap": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 4), (MIDDLE, 3), (1.9, 2))
    ],
    "gd_pl": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2), (1.8, 1))
    ],
    "gd_nonconvex_tight": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))],
    "gd_convex_exact": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 2), (1.6, 3), (1.9, 3))],
    "gd_convex_gradient": [({"L": L}, k) for L, k in ((2, 1), (1, 2), (1, 4))],
    "gd_convex_gradient_exact": [({"L": 1, "alpha": step}, k) for step, k in ((0.3, 2), (1.5, 3), (1.9, 2))],
    "gd_convex_gradient_distance": [({"L": L}, k) for L, k in ((1, 1), (1, 2), (2, 4))],
    "gd_convex_gradient_best": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (0.5, 1))],
    "gd_convex_average": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (0.5, 1))],
    "gd_convex_average_long": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.2, 3), (1.9, 2))],
    "gd_sc_from_distance": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (1.0, 1))
    ],
    "gd_sc_gradient": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (MIDDLE, 3), (1.9, 2))
    ],
    "gd_middle_gap_distance": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 3), (0.1, 1), (0.5, 2))],
    "gd_pl_refined": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.0, 2), (0.3, 1), (0.7, 2))
    ],
    "gd_pl_refined_long": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.2, 2), (1.9, 1), (1.5, 1))
    ],
    "gd_nonconvex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 2), (1.8, 2))],
    "nesterov_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 3))],
    "triple_momentum_distance": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 4), (0.5, 2))],
    "sgd_accelerated_convex": [
        ({"L": 1, "rho": rho, "tau": tau, "alpha": step}, k)
        for rho, tau, step, k in ((1, 1, 1.0, 2), (2, 2, 0.5, 1), (2, 3, 0.3, 2))
    ],
    "sgd_accelerated_strong": [
        ({"L": 1, "mu": 0.1, "gap0": 0.4, "rho": rho, "tau": tau, "alpha": step}, k)
        for rho, tau, step, k in ((1, 1, 1.0, 2), (2, 2, 0.5, 1), (2, 3, 0.3, 2))
    ],
    "silver_convex": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 5), (1, 8))],
    "silver_gradient": [({"L": L}, k) for L, k in ((1, 1), (2, 3), (1, 7))],
    "silver_gradient_gap": [({"L": L}, k) for L, k in ((1, 1), (2, 3), (1, 7))],
    "ogm_convex": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 5))],
    "heavy_ball_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))],
    "heavy_ball_linear": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((0.5, 1), (0.9, 3), (0.2, 2))
    ],
    "gd_sc_coercive": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 3), (MIDDLE, 1))
    ],
    "gd_sc_simple": [({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((0.2, 2), (1.0, 3), (0.5, 1))],
    "gd_convex_gradient_mean": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 3), (0.3, 2), (1.9, 2))],
    "gd_pl_gradient": [
        ({"L": 1, "mu_pl": 0.2, "alpha": step}, k) for step, k in ((1.0, 2), (0.3, 1), (1.8, 1))
    ],
    **{
        f"gd_quadratic_{name}": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (0.6, 2), (0.8, 2))]
        for name in ("gap", "gradient", "gradient_gap")
    },
    "heavy_ball_quadratic": [({"L": 1, "mu_pl": mu}, k) for mu, k in ((0.1, 1), (0.1, 3), (0.2, 2))],
    "steepest_linear": [({"L": 1, "mu_pl": mu}, k) for mu, k in ((0.1, 1), (0.1, 2), (0.5, 2))],
    "exact_search_sc": [({"L": 1, "alpha": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 2), (0.5, 2))],
    "exact_search_pl": [({"L": 1, "alpha": 1, "mu_pl": mu}, k) for mu, k in ((0.2, 1), (0.2, 2), (0.5, 2))],
    "exact_search_convex": [
        ({"L": 1, "alpha": 1, "level_radius": R}, k) for R, k in ((2, 1), (2, 3), (5, 2))
    ],
    "exact_search_gradient": [
        ({"L": 1, "alpha": 1, "grad0_sq": square}, k) for square, k in ((0.7, 2), (0.7, 3), (0.4, 2))
    ],
    "polyak_strong": [
        ({"L": 1, "mu": 0.1, "length": length}, k) for length, k in ((1.0, 1), (1.0, 2), (5.0, 1))
    ],
    "polyak_convex": [({"L": 1, "length": length}, k) for length, k in ((0.5, 1), (0.75, 3), (2.0, 2))],
    "polyak_convex_double": [({"L": L, "length": 1 / L}, k) for L, k in ((1, 1), (1, 3), (2, 2))],
    "polyak_subgradient": [({"second_moment": 4, "length": 0.5 / k**0.5}, k) for k in (1, 2, 4)],
    "steepest_relaxed": [
        ({"L": 1, "mu_pl": mu, "damping": damping}, k)
        for mu, damping, k in ((0.1, 1.5, 1), (0.1, 0.5, 2), (0.5, 1.0, 2))
    ],
    "steepest_convex": [({"L": 1, "gap0": gap}, k) for gap, k in ((0.4, 1), (0.1, 2), (0.4, 3))],
    **{
        f"armijo_{name}": [
            ({**known, "alpha": alpha, "c1": c1, "shrink": 0.5, "length": length}, k)
            for alpha, length, k in ((6.0, 0.75, 1), (6.0, 0.75, 2), (0.5, 0.5, 2), (2.0, 1.0, 2))
        ]
        for name, c1, known in (
            ("gradient", 0.5, {"L": 1}),
            ("pl", 0.3, {"L": 1, "mu_pl": 0.2}),
            ("convex", 0.6, {"L": 1}),
            ("convex_early", 0.3, {"L": 1, "gap0": 0.4}),
            ("quadratic", 0.4, {"L": 1}),
        )
    },
    **{
        f"wolfe_{name}": [
            ({"L": 1, "mu_pl": 0.2, "alpha": 1, "c1": 0.1, "c2": 0.5, "length": length}, k)
            for length, k in ((0.5, 1), (0.6, 2), (1.5, 1))
        ]
        for name in ("gradient", "pl")
    },
    **{
        f"sam_normalised_{name}": [
            ({"L": 1, "mu_pl": 0.2, "alpha": alpha, "gamma": 0.2, "length": length}, k)
            for alpha, length, k in ((1.0, 0.2, 1), (0.5, 0.3, 2), (1.0, 0.4, 2))
        ]
        for name in ("nonconvex", "pl")
    },
    "projected_gd_convex": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))],
    "projected_gd_strong": [
        ({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 3), (0.3, 2))
    ],
    **{
        name: [({"second_moment": 4, "alpha": step}, k) for step, k in ((0.5, 1), (0.2, 3), (1.0, 2))]
        for name in ("subgradient_constant", "projected_subgradient")
    },
    **{
        name: [({"second_moment": 4}, k) for k in (1, 2, 4)]
        for name in ("subgradient_horizon", "subgradient_linear_decay_horizon")
    },
    **{
        name: [({"second_moment": 4, "alpha0": step}, k) for step, k in ((0.5, 1), (0.2, 3), (1.0, 2))]
        for name in ("subgradient_decaying", "subgradient_linear_decay")
    },
    "subgradient_strong": [({"second_moment": 4, "mu": 0.5}, k) for k in (1, 2, 4)],
    "nesterov_convex_gradient": [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 3))],
    **{
        name: [
            ({"L": 1, "mu": 0.1, "gap0": 0.4, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.2, 3))
        ]
        for name in ("nesterov_strong", "nesterov_strong_distance")
    },
    "saga_sc": [
        ({"L_max": 1, "mu": 0.2, "alpha": step, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.4}, k)
        for step, k in ((0.05, 3), (0.15, 2), (1 / 6, 3))
    ],
    "saga_convex": [
        ({"L_max": 1, "alpha": step, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.4}, k)
        for step, k in ((0.05, 3), (0.15, 2), (1 / 4, 3))
    ],
    "saga_convex_long": [
        ({"L_max": 1, "alpha": step, "sigma_star_sq": 0.5, "n": 2, "gap0": 0.4}, k)
        for step, k in ((1 / 4, 2), (1 / 3, 3), (2 / 5, 1))
    ],
    **{
        name: [({"L": 1, "alpha": step}, k) for step, k in ((1.0, 1), (1.0, 4), (0.3, 3))]
        for name in ("ista_convex", "fista_convex")
    },
    "ista_strong": [({"L": 1, "mu": 0.1, "alpha": step}, k) for step, k in ((1.0, 1), (0.3, 3), (1.0, 3))],
    "heavy_ball_average": [
        ({"L": 1, "alpha0": step, "beta": beta, "gap0": 0.4}, k)
        for step, beta, k in ((1.0, 0.9, 3), (0.5, 0.5, 2), (1.0, 0.1, 4))
    ],
    "triple_momentum_gap": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 4), (0.5, 2))],
    **{
        name: [
            ({"L_max": 1, "mu": 0.5, "alpha": step, "epoch": epoch}, 2)
            for step, epoch in ((0.6, 1), (0.3, 1), (0.25, 2))
        ]
        for name in ("svrg_epochs_sc", "svrg_drawn_sc")
    },
    **{
        name: [
            ({"L": 1, "L_max": 1, "n": 2, "b": 1, "alpha": step, "epoch": epoch}, k)
            for step, epoch, k in ((longest[0], 1, 1), (longest[1], 2, 2), (longest[1] / 2, 2, 2))
        ]
        for name, longest in {
            "svrg_last_nonconvex": (0.4, 0.4 / 2 ** (2 / 3)),
            "sarah_last_nonconvex": (1.0, 2 / (1 + 5**0.5)),
        }.items()
    },
    "sarah_drawn_pl": [
        ({"L": 1, "L_max": 1, "mu_pl": 0.5, "alpha": step, "epoch": epoch, "b": 1}, 2)
        for step, epoch in ((0.5, 1), (0.5, 2), (1.0, 2))
    ],
    "sgd_star_inverse_sqrt": [
        ({**CONSTANTS, "alpha0": alpha0, "s0": s0}, k)
        for alpha0, s0, k in ((0.5, 10, 1), (0.5, 10, 2), (0.2, 30, 2))
    ],
    "sam_sgd_nonconvex_horizon": [
        ({"L": 1, "L_max": 1.5, "variance_bound": 0.5, "radius": 1 / (3 * k**0.25)}, k) for k in (1, 2, 3)
    ],
    "ogm_gradient_convex": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 3))],
    "ogm_convex_gradient": [({"L": L}, k) for L, k in ((1, 1), (2, 2), (1, 5))],
    **{
        "gd_error_geometric": [
            ({"L": 1, "mu_pl": 0.2, "error": 0.3, "fall": fall, "alpha": step}, k)
            for step, fall, k in ((1.0, 0.9, 1), (1.0, 0.9, 2), (0.4, 0.95, 2))
        ],
        "gd_error_summable": [
            ({"L": 1, "error": 0.3, "fall": fall, "alpha": step}, k)
            for step, fall, k in ((1.0, 0.25, 2), (1.0, 0.5, 3), (0.4, 0.1, 2))
        ],
        "prox_svrg_epochs_sc": [
            ({"L_max": 1, "mu": 0.5, "alpha": step, "epoch": epoch}, 2)
            for step, epoch in ((0.6, 1), (0.3, 1), (0.25, 2))
        ],
        "sgd_tail_sc": [
            ({"second_moment": 4, "mu": mu, "dropped": 0.5}, k) for mu, k in ((0.5, 2), (0.1, 2), (0.5, 3))
        ],
    },
    # The momentum is that of the horizon.
    "storm_horizon": [
        ({"L_max": 1, "sample_variance": 0.5, "n": 2, "beta": k ** (2 / 3) / (k ** (2 / 3) + 1)}, k)
        for k in (1, 2, 3)
    ],
    "katyusha_sc": [
        ({**CONSTANTS, "gap0": 0.4, "alpha": step, "prob": prob}, 1)
        for step, prob in ((0.7, 0.3), (0.3, 0.5), (3.0, 0.1))
    ],
    **{
        # With a coin that may fall there are too many paths of two steps.
        name: [
            (
                {
                    "L_max": 1,
                    "mu": 0.2,
                    "sigma_star_sq": 0.5,
                    "gap0": 0.4,
                    "n": 2,
                    "prob": prob,
                    "alpha": step,
                },
                k,
            )
            for step, prob, k in ((0.15, 0.5, 1), (0.15, 1, 2), (0.25, 1, 2))
        ]
        for name in ("prox_lsvrg_sc", "prox_lsvrg_convex")
    },
    **{
        # Batches of one, of two, of all three.
        name: [
            ({**CONSTANTS, "n": 3, start: 1, "alpha": step, "fall": 0.985}, k)
            for step, k in ((step, 1), (step, 2), (0.1, 2))
        ]
        for start, step, names in (
            ("D", 0.3, ("sgd_growing_sc", "sgd_growing_sc_linear", "sgd_growing_sc_finite")),
            ("D", 0.3, ("sgd_growing_sc_variance",)),
            ("gap0", 0.2, ("sgd_growing_pl", "sgd_growing_pl_finite")),
            ("gap0", 0.3, ("sgd_growing_pl_variance", "sgd_growing_pl_variance_finite")),
        )
        for name in names
    },
    **{
        f"item_{name}": [({"L": 1, "mu": mu}, k) for mu, k in ((0.1, 1), (0.1, 3), (0.5, 2))]
        for name in ("distance", "gap")
    },
}
SCALES = (2, 1, 0.5, 0.2, 1.3)


def points(name):
    """Return three points of a program: as given, or two multiples of the parameters and two lengths."""
    if name in POINTS:
        return POINTS[name]
    theorem = THEOREMS[name]
    start = ORACLES[name].start.name
    constants = {each: value for each, value in CONSTANTS.items() if each != start}
    known = {symbols.BY_NAME[each]: value for each, value in {**constants, start: 1}.items()}
    first = max(1, int(theorem.start.subs(theorem.chosen()).subs(known)))
    found = []
    for k in (first, first + 1):
        at = {symbols.D: 1, **known, symbols.k: k, symbols.K: k}
        for scale in SCALES:
            given = {each: float(scale * value.subs(at)) for each, value in theorem.chosen().items()}
            # Ranges of one parameter alone first: beyond them others may have no real ends.
            ordered = sorted(theorem.where, key=lambda each: len(each.free_symbols))
            relations = (each.subs(given).subs(at) for each in ordered)
            if len(found) < k - first + 2 and all(relations):
                found.append(({**constants, **{each.name: v for each, v in given.items()}}, k))
    return found
