"""Theorems about gradient methods: stated, proved, ordered. SymPy only."""
