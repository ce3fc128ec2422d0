"""The small data that come with scikit-learn, from its files: to import it takes longer than most runs."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

LABELLED = {
    "breast_cancer": ("breast_cancer.csv", 1),
    "digits": ("digits.csv.gz", 0),
    "iris": ("iris.csv", 1),
    "wine": ("wine_data.csv", 1),
}
"""Files whose last column is the label, and how many lines tell what follows."""
SPLIT = {
    "diabetes": ("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz", 0),
    "linnerud": ("linnerud_exercise.csv", "linnerud_physiological.csv", 1),
}
"""Files of data and targets, separated by blanks."""


def folder() -> Path:
    """Return where scikit-learn keeps its data."""
    spec = find_spec("sklearn")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "datasets", "data")


@cache
def bundled(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return data (n, features) and targets of a data set, as they were measured: nothing is scaled."""
    try:
        if name in LABELLED:
            file, skipped = LABELLED[name]
            table = np.loadtxt(folder() / file, delimiter=",", skiprows=skipped)
            return table[:, :-1], table[:, -1].astype(int)
        data, target, skipped = SPLIT[name]
        return np.loadtxt(folder() / data, skiprows=skipped), np.loadtxt(folder() / target, skiprows=skipped)
    except FileNotFoundError:
        # Another version may keep them elsewhere; it knows where.
        from sklearn import datasets

        options = {"scaled": False} if name == "diabetes" else {}
        found: tuple[np.ndarray, np.ndarray] = getattr(datasets, f"load_{name}")(return_X_y=True, **options)
        return found
