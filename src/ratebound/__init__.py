"""ratebound."""
