"""Values that strict JSON can hold."""

from __future__ import annotations

from math import isfinite
from typing import Any


def plain_values(value: Any) -> Any:
    """Return nested values with None for every number that is not finite."""
    if isinstance(value, dict):
        return {name: plain_values(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain_values(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
