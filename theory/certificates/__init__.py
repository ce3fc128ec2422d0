"""Forms of proof, each of which checks itself; :mod:`ratebound.theory.certificate` is what they share."""
