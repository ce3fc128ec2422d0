"""Worst cases over classes of functions, by semidefinite programs: an independent oracle for bounds."""
