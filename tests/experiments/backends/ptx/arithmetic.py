"""What instructions compute from numbers: a function of arrays for each."""

from functools import partial

import numpy as np

from ptx.fused import add_to_zero, fma, fma_down

WIDE = {np.dtype(a): np.dtype(b) for a, b in (("u2", "u4"), ("i2", "i4"), ("u4", "u8"), ("i4", "i8"))}


def dtype_of(kind):
    """The numbers that a type of PTX names: ``u32``, ``b64``, ``f64``, ``pred``."""
    if kind == "pred":
        return np.dtype(bool)
    letter = {"u": "u", "b": "u", "s": "i", "f": "f"}[kind[0]]
    return np.dtype(f"{letter}{int(kind[1:]) // 8}")


def _high(a, b):
    """The upper half of a product."""
    if a.dtype in WIDE:
        wide = WIDE[a.dtype]
        return (a.astype(wide) * b.astype(wide) >> wide.type(8 * a.dtype.itemsize)).astype(a.dtype)
    assert a.dtype == np.uint64
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    cross = (a & low) * (b & low) >> half
    cross = cross + (a >> half) * (b & low)
    other = (cross & low) + (a & low) * (b >> half)
    return (a >> half) * (b >> half) + (cross >> half) + (other >> half)


def _wide(a, b):
    wide = WIDE[a.dtype]
    return a.astype(wide) * np.asarray(b).astype(wide)


def _quotient(a, b, rest=False):
    """Division towards zero; by zero, which PTX does not define, in threads that nobody looks at."""
    if a.dtype.kind == "f":
        return a / b
    safe = np.where(b == 0, a.dtype.type(1), b)
    if a.dtype.kind == "u":
        return a % safe if rest else a // safe
    return np.fmod(a, safe) if rest else (a - np.fmod(a, safe)) // safe


def _compared(name):
    """A comparison; those that end in u hold if one of the numbers is nan."""
    if name in ("num", "nan"):
        return lambda a, b: (np.isnan(a) | np.isnan(b)) == (name == "nan")
    plain = {"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}.get(name, name)
    ufunc = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater"}
    ufunc = getattr(np, (ufunc | {"ge": "greater_equal"})[plain[:2]])
    if len(plain) == 3:
        return lambda a, b: ufunc(a, b) | np.isnan(a) | np.isnan(b)
    if plain == "ne":
        # Of floats it is ordered, unlike NumPy's.
        return lambda a, b: (a < b) | (a > b) if np.asarray(a).dtype.kind == "f" else a != b
    return ufunc


def _setp(parts):
    compare = _compared(parts[1])
    joins = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}
    if parts[2] in joins:
        return lambda a, b, c: joins[parts[2]](compare(a, b), c)
    return compare


def _insert(a, b, start, length):
    """bfi: the lowest bits of a put into b."""
    kind = b.dtype.type
    start, length = (np.asarray(each).astype(b.dtype) for each in (start, length))
    mask = ((kind(1) << length) - kind(1)) << start
    return (b & ~mask) | ((a << start) & mask)


def _reciprocal(a):
    """rcp.approx.ftz.f64: of the upper half of a number, to its upper half."""
    upper = np.uint64(0xFFFFFFFF00000000)
    found = 1 / (a.view(np.uint64) & upper).view(np.float64)
    found = np.where(np.abs(found) < np.finfo(float).tiny, np.copysign(0.0, found), found)
    return (found.view(np.uint64) & upper).view(np.float64)


def _shifted(ufunc, a, by):
    return ufunc(a, np.asarray(by).astype(a.dtype))


def _product(parts):
    if "wide" in parts:
        return _wide
    return _high if "hi" in parts else np.multiply


_SIMPLE = {
    "add": np.add,
    "sub": np.subtract,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    # The other one, if one is nan.
    "min": np.fmin,
    "max": np.fmax,
    "shl": partial(_shifted, np.left_shift),
    "shr": partial(_shifted, np.right_shift),
    "div": _quotient,
    "rem": partial(_quotient, rest=True),
    "bfi": _insert,
    "selp": lambda a, b, p: np.where(p, a, b),
}
_PARTICULAR = {
    ("fma", "rm", "f32"): fma_down,
    ("add", "rz", "f32"): add_to_zero,
    ("ex2", "approx", "ftz", "f32"): lambda a: np.exp2(a.astype(np.float64)).astype(np.float32),
    ("rcp", "approx", "ftz", "f64"): _reciprocal,
}
"""Those that do not round to the nearest."""
_OTHERWISE = {"rz", "rm", "rp", "approx", "full", "ftz", "sat", "cc", "NaN"}


def function(parts):
    """Return what an instruction computes, or None if it is not known here.

    Parameters
    ----------
    parts
        Its name, split at the points.
    """
    name = parts[0]
    if parts in _PARTICULAR or _OTHERWISE & set(parts):
        return _PARTICULAR.get(parts)
    if name in _SIMPLE:
        return _SIMPLE[name]
    if name == "setp":
        return _setp(parts)
    if name == "mul":
        return _product(parts)
    if name == "mad":
        product = _product(parts)
        return lambda a, b, c: product(a, b) + c
    if name == "fma":
        return fma
    if name == "rcp":
        return lambda a: a.dtype.type(1) / a
    return None
