"""Labels that no rule of :mod:`benchmarks.mutants.labels` derives: by hand, with the reason."""

from __future__ import annotations

KNOWN: dict[str, tuple[str, str]] = {}
