"""A map of regimes made by hand, in plain values, that the tests of its figure and its page share."""

import numpy as np

STEPS = np.geomspace(1e-3, 4, 5).tolist()


def line(name, largest, conservatism=2.0, bound_step=0.01, reason=""):
    """Return a theorem on the step axis."""
    return {
        "at": 1,
        "id": name,
        "best_step": 0.03,
        "bound_floor": None,
        "floor": 0.002,
        "range_text": "alpha <= 1/L",
        "price": None,
        "least": 0.0,
        "largest": largest,
        "conservatism": conservatism,
        "bound_step": bound_step,
        "reason": reason,
    }


def momenta():
    """Return the same cells by momentum, without momentum in the first row."""
    found = regimes() | {"axis": "momentum", "values": [0.0, 0.5, 0.9], "batch": 4}
    return found | {"theory": [each | {"at": 0.0} for each in found["theory"]]}


def regimes():
    """Return the map: three batches, five steps, one of each regime."""
    names = ["slow", "sublinear", "linear", "plateau", "divergent"]
    return {
        "method": "sgd",
        "problem": "five",
        "seed": 0,
        "title": "A problem worth $5",
        "n": 10,
        "d": 2,
        "kappa": 12.5,
        "L": 1.0,
        "L_max": 20.0,
        "exact": True,
        "critical_batch": 4.0,
        "rounding": 1e-16,
        "best_exponent": 0.9,
        "replicas": 8,
        "replacement": False,
        "steps": 100,
        "measure": "gap_last",
        "step": STEPS,
        "axis": "batch",
        "values": [1, 2, 8],
        "k": [0, 10, 100],
        "regime": [[name] * 3 for name in names],
        "measured_regime": [[name] * 3 for name in names],
        "error": [[0.1] * 3] * 4 + [[None] * 3],
        "floor": [[0.002] * 3] * 4 + [[None] * 3],
        "curve": [[[1.0, 0.5, 0.1]] * 3] * 4 + [[[1.0, 50.0, None]] * 3],
        "mean_curve": [[[1.0, 0.5, 0.1]] * 3] * 5,
        "low_curve": [[[1.0, 0.2, 0.05]] * 3] * 5,
        "high_curve": [[[1.0, 0.9, 0.2]] * 3] * 5,
        "threshold": [0.5, 1.0, 1.9],
        "first_divergent": [4.0, 4.0, None],
        "best_step": [0.03, 0.1, 0.2],
        "trusted_step": [0.01, None, None],
        "trusted_price": [3.0, None, None],
        "trusted_theorem": ["within", "", ""],
        "theory": [
            line("within", 0.1),
            line("unlimited", None, None),
            line("beyond", 50.0, 0.01),
            line("below", 1e-5, 300000.0, None, "no step of the grid is within"),
            line("silent", None, None, None, "not applicable"),
        ],
    }
