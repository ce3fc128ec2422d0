"""Semidefinite programs in a process of their own: tasks as JSON on stdin, worst cases as JSON on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from ratebound.experiments.pep.chosen import pose_chosen
from ratebound.experiments.pep.tree import pose


def solve(task: Mapping[str, Any]) -> float:
    """Return the worst case of a method over a class, by PEPit."""
    from PEPit import PEP

    program = PEP()
    (pose_chosen if task["chooses"] else pose)(program, task)
    # The default solver may return values below the true worst case.
    value = program.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0)
    if value is None:
        raise SystemExit("no run of the class is as asked")
    return float(value)


def main() -> None:
    """Read the tasks, print their values."""
    print(json.dumps([solve(task) for task in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
