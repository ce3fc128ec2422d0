"""Evidence about a bound: exact expectations, enumeration, e-processes, certified ranges, slopes."""
