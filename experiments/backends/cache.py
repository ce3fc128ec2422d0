"""Printed modules on disk, named by what they say, so that Numba's own cache serves later processes."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

_SHARED = (
    "drawing", "lanes_draw", "lanes_math", "lanes_order", "lanes_sparse", "scalars", "simd", "simd_bits",
    "simd_functions",
)  # fmt: skip
"""The modules beside this one that kernels hold a part of."""


def folder() -> Path:
    """Return the folder of printed modules: ``ratebound`` in $XDG_CACHE_HOME, or in ``~/.cache``; where that
    cannot be written, a folder of this user in the temporary directory.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    fallback = os.path.join(tempfile.gettempdir(), f"ratebound-{getattr(os, 'getuid', lambda: 'user')()}")
    for place in (os.path.join(base, "ratebound"), fallback):
        path = Path(place)
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            # What lies there will be executed: a folder that somebody else made first will not do.
            if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
                continue
            with tempfile.TemporaryFile(dir=path):
                return path
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="ratebound-"))


_loading = threading.RLock()
"""Held while a module runs: it is known before it has compiled what it holds."""


@lru_cache(maxsize=1)
def _foundation() -> bytes:
    """Return what a compiled kernel depends on besides its own text: Numba checks that text only."""
    texts = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in _SHARED)
    return b"\0".join([numba.__version__.encode(), *texts])


@lru_cache(maxsize=1)
def _numba_without_scipy() -> None:
    """Load what Numba knows of arrays, but not SciPy's linear algebra: a quarter of a second, and 12 MiB.

    Numba only asks whether it is there, for the speed of ``np.convolve``; what it answers stays true.
    """
    linalg: Any = importlib.import_module("numba.np.linalg")
    ask, linalg.ensure_blas = linalg.ensure_blas, lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = ask


def load_module(source: str) -> ModuleType:
    """Import printed source.

    Parameters
    ----------
    source
        Text of a Python module.

    Returns
    -------
    types.ModuleType
        The same object for the same text.
    """
    _numba_without_scipy()
    digest = hashlib.sha256(_foundation() + source.encode()).hexdigest()[:20]
    name = f"ratebound_kernel_{digest}"
    with _loading:
        return sys.modules[name] if name in sys.modules else _loaded(name, source)


def _loaded(name: str, source: str) -> ModuleType:
    """Write a module to disk unless it lies there, and import it."""
    path = folder() / f"{name}.py"
    if not path.exists() or path.read_text() != source:
        # Written aside and moved: another process sees the whole file or none.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(source)
        os.replace(file.name, path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Known before it runs, for what it compiles is found again by the name of its module.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
