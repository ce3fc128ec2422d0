"""Inequalities (slack >= 0) that assumptions contribute to proofs, by what a step does."""
