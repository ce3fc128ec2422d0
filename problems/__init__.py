"""Finite-sum problems and their certified constants."""
