"""How samples are visited, by name; without SymPy, for every run reads these words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

INDEPENDENT = "independent"
RESHUFFLE, SHUFFLE_ONCE, CYCLIC = "reshuffle", "shuffle_once", "cyclic"
SHUFFLED = (RESHUFFLE, SHUFFLE_ONCE)
PASSES = (*SHUFFLED, CYCLIC)
ORDERS = (INDEPENDENT, *PASSES)
"""How samples are visited: independent batches, or passes over the data."""
IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        INDEPENDENT: "every batch independent of the others",
        RESHUFFLE: "k counts passes over the data, every pass in a new random order",
        SHUFFLE_ONCE: "k counts passes over the data, all in one random order",
        CYCLIC: "k counts passes over the data, all in the order in which the samples lie",
    }
)
"""What each order means."""
