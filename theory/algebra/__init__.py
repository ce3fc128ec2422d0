"""Nonnegativity and growth of expressions, decided exactly: what the proofs of certificates rest on."""
