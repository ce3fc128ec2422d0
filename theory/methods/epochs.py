"""Methods in epochs that start where the one before has got: at its average, at a step drawn, at its end.

The iterate of an epoch is z where x waits for its end, and the snapshot of SVRG is then x.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import S, Symbol

from ratebound.theory.draws import Draws, coin, picked
from ratebound.theory.method import Method, g, x
from ratebound.theory.methods.drawn import page
from ratebound.theory.methods.proximal import shrunk
from ratebound.theory.symbols import alpha, epoch

_v, _z, _s, _y, _there, _full = (Symbol(name, real=True) for name in ("v", "z", "s", "y", "h", "u"))
_reduced, _tracking = _z - alpha * (g - _there + _v), _z - alpha * _v
"""Where a step of SVRG leads, and one of SARAH."""
_average = x + (_s + _z - x) / epoch
"""The mean of z over an epoch that ends; s sums z - x over the steps of one."""
svrg_epochs = Method(
    "svrg_epochs",
    "SVRG, epochs that start at the average of the one before",
    {
        "x": coin * _average + (1 - coin) * x,
        "z": coin * _average + (1 - coin) * _reduced,
        "s": (1 - coin) * (_s + _z - x),
        "v": coin * _full + (1 - coin) * _v,
    },
    "batch",
    point=_z,
    from_start=("z",),
    draws=Draws(also={"h": x}, full={"u": _average}, every=epoch, from_gradient=("v",)),
)
prox_svrg_epochs = Method(
    "prox_svrg_epochs",
    "Proximal SVRG, epochs that start at the average of the one before",
    {**svrg_epochs.update, "z": coin * _average + (1 - coin) * shrunk(_reduced)},
    "batch",
    point=_z,
    from_start=("z",),
    draws=svrg_epochs.draws,
)
_drawn = picked * _z + (1 - picked) * _y
"""Of the points z of an epoch until now one drawn evenly; y was that of the points before."""
svrg_drawn = Method(
    "svrg_drawn",
    "SVRG, epochs that start at a point of the one before, drawn evenly",
    {
        "x": coin * _drawn + (1 - coin) * x,
        "z": coin * _drawn + (1 - coin) * _reduced,
        "y": _drawn,
        "v": coin * _full + (1 - coin) * _v,
    },
    "batch",
    point=_z,
    from_start=("z",),
    draws=Draws(also={"h": x}, full={"u": _drawn}, every=epoch, picks=True, from_gradient=("v",)),
)
sarah_drawn = Method(
    "sarah_drawn",
    "SARAH, outer loops that start at a point of the one before, drawn evenly",
    {
        "x": coin * _drawn + (1 - coin) * x,
        "z": coin * _drawn + (1 - coin) * _tracking,
        "y": _drawn,
        "v": coin * _full + (1 - coin) * (_v + g - _there),
    },
    "batch",
    point=_tracking,
    from_start=("z",),
    draws=Draws(also={"h": _z}, full={"u": _drawn}, every=epoch, picks=True, from_gradient=("v",)),
)
_w, _e = (Symbol(name, real=True) for name in ("w", "e"))
_ahead = x - alpha * _e
"""x_{k+1}; e is the estimate of SVRG at x_k, taken in the step before, as x_{k+1} may be a snapshot."""
svrg_last = Method(
    "svrg_last",
    "SVRG, epochs that start at the last point of the one before",
    {
        "x": _ahead,
        "w": coin * _ahead + (1 - coin) * _w,
        "v": coin * _full + (1 - coin) * _v,
        "e": coin * _full + (1 - coin) * (g - _there + _v),
    },
    "batch",
    point=_ahead,
    from_start=("w",),
    draws=Draws(also={"h": _w}, full={"u": _ahead}, every=epoch, from_gradient=("v", "e")),
)
sarah_last = Method(
    "sarah_last",
    "SARAH, outer loops that start at the last point of the one before",
    page.update,
    "batch",
    point=page.point,
    draws=replace(page.draws or Draws(), coin=S.Zero, every=epoch),
)

IN_EPOCHS = (svrg_epochs, prox_svrg_epochs, svrg_drawn, sarah_drawn, svrg_last, sarah_last)
"""The methods."""
