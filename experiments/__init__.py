"""Runs of methods on problems, evidence about theorems, verdicts, records."""
