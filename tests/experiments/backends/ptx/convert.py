"""cvt: a number of one type as one of another."""

import numpy as np

_WHOLE = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}
_DIRECTED = {"rz", "rm", "rp"}


def _to_integer(values, kind):
    """Integers of whole numbers; those out of range become the nearest, nan zero."""
    limits = np.iinfo(kind)
    # The largest of 64 bits is none that a float has.
    top = 2.0 ** (limits.bits - (kind.kind == "i"))
    within = (values > limits.min) & (values < top)
    found = np.where(within, values, 0).astype(kind)
    return np.where(within | np.isnan(values), found, np.where(values < 0, limits.min, limits.max)).astype(
        kind
    )


def conversion(parts, source, target):
    """Return the function that converts arrays of type `source` into those of type `target`.

    Raises
    ------
    NotImplementedError
        If it rounds as no instruction of the kernels does.
    """
    if set(parts) & _DIRECTED:
        raise NotImplementedError(".".join(parts))
    whole = next((_WHOLE[part] for part in parts if part in _WHOLE), None)
    if source.kind == "f" and target.kind != "f":
        return lambda a: _to_integer(whole(a).astype(np.float64), target)
    if whole is not None:
        return lambda a: whole(a).astype(target)
    if "sat" in parts:
        if target.kind != "f":
            raise NotImplementedError(".".join(parts))
        return lambda a: np.fmin(np.fmax(a, source.type(0)), source.type(1)).astype(target)
    return lambda a: a.astype(target)
