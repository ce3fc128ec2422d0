"""Sweeps: many runs or verdicts, declared once, computed anywhere, kept in a store that survives."""
