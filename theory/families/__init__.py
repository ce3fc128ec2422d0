"""The theorems, a file per family, by method and assumption; each in a tuple ``THEOREMS``."""
