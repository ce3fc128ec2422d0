"""Statements and proofs in words and in LaTeX."""
