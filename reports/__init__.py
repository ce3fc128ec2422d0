"""Reports: read records; draw, tabulate, typeset; run nothing."""
