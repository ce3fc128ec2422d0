"""Maps of step-size regimes: figures, words, numbers and their page."""
