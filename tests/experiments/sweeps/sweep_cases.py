"""A small sweep that the tests share, and how stores are compared."""

import copy
from pathlib import Path

SMALL = {
    "name": "small",
    "defaults": {"problem": "linnerud_ridge", "method": "sgd", "steps": 20, "replicas": 8},
    "axes": {"step": ["1/(8*L_max)", "1/(2*L_max)"], "batch": [1, 4, 16]},
}


def small(**changes):
    """Return the small sweep with other defaults, or other axes where a list is given."""
    table = copy.deepcopy(SMALL)
    for key, value in changes.items():
        table["defaults"].pop(key, None)
        table["axes" if isinstance(value, list) else "defaults"][key] = value
    return table


def tree(folder) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    folder = Path(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
