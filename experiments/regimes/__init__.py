"""Step-size regimes: what a constant step does on a problem, exactly where possible, beside the theory."""
