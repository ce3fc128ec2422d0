"""Letters of some methods and proofs; :mod:`ratebound.theory.symbols` has those that everybody reads."""
