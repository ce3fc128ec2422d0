"""PTX of printed kernels, kept beside the other kernels of this machine."""

import hashlib
import os
from functools import cache

from ratebound.experiments.backends.cache import folder


@cache
def compiler():
    """Return the name of a compiler and what it does to a text; None where there is none."""
    # Of the scripts of benchmarks/, which are on the path while a test runs.
    from cuda_compilers import printer

    return printer(80)


@cache
def compiled(source):
    """Return the PTX of a text."""
    name, make = compiler()
    path = folder() / f"ptx_{hashlib.sha256((name + source).encode()).hexdigest()[:20]}.ptx"
    if not path.exists():
        made = path.with_suffix(f".{os.getpid()}.tmp")
        made.write_text(make(source))
        made.replace(path)
    return path.read_text()
