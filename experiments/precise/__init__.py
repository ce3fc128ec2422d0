"""Runs and moments in many digits: nothing is called violated on the strength of rounding."""
