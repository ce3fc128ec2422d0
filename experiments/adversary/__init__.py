"""A search for the instance on which a bound breaks, and the worst ratio that it ever found."""
