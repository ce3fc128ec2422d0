"""The Zarr store of a sweep: one chunk per cell and variable, written whole, the status last.

Only the process that asked for the sweep writes. A chunk file is renamed into place when it is complete, and
a cell counts when its status says so; whatever moment a kill comes at, no cell is half done. A store is never
opened for another sweep or another version, and a sweep that changed gets a new store beside the old, which
takes its place when what is still valid has been copied.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ratebound.experiments.sweeps import content
from ratebound.experiments.sweeps.compute import Outcome, checkpoints
from ratebound.experiments.sweeps.declare import Sweep
from ratebound.experiments.sweeps.layout import CHECKPOINT, DONE, FAILED, layout, placed
from ratebound.theory.errors import RateboundError

if TYPE_CHECKING:
    import xarray as xr

SCHEMA = 1
"""Version of the layout of a store; a reader refuses any other."""
_MARK = "ratebound_sweep"


class Store:
    """The open store of a sweep.

    Parameters
    ----------
    sweep
        The sweep that it belongs to.
    path
        Its folder, which :func:`opened` has checked.
    """

    def __init__(self, sweep: Sweep, path: Path) -> None:
        import zarr

        self.sweep, self.path, self.layout = sweep, path, layout(sweep)
        group: Any = zarr.open_group(path, mode="r+")
        self._arrays: dict[str, Any] = {name: group[name] for name in self.layout.variables}
        self._messages = self._arrays["message"][...]

    def unfinished(self) -> list[int]:
        """Return the positions of cells that are not done: never computed, or failed."""
        return np.flatnonzero(self._arrays["status"][...].ravel() != DONE).tolist()

    def write(self, position: int, outcome: Outcome) -> None:
        """Write what became of the cell at this position.

        Raises
        ------
        RateboundError
            If the disk is full, or the folder can no longer be written; finished cells stay.
        """
        at = np.unravel_index(position, self.sweep.shape)
        own = None if self.sweep.judges else checkpoints(self.sweep.cells[position])
        try:
            for name, value in (outcome.values or {}).items():
                self._arrays[name][at] = placed(self.layout, name, value, own)
            if self._messages[at] != outcome.message:
                self._arrays["message"][at] = outcome.message
            self._arrays["status"][at] = FAILED if outcome.values is None else DONE
        except OSError as error:
            raise _unwritable(
                self.path, error, "finished cells are kept; free some room and run again"
            ) from error

    def dataset(self) -> xr.Dataset:
        """Return everything as a labelled data set, in memory."""
        return read(self.path)


def read(path: str | Path) -> xr.Dataset:
    """Return the data set of a store, in memory."""
    import xarray as xr

    with xr.open_zarr(path, consolidated=False, chunks=None) as found:
        return found.load()


@contextmanager
def opened(sweep: Sweep, path: str | Path) -> Iterator[Store]:
    """Open the store of a sweep for writing, made or brought up to date where that is needed.

    Parameters
    ----------
    sweep
        The sweep.
    path
        Its folder. Cells that an earlier store of the same sweep holds are kept if they are still declared.

    Raises
    ------
    RateboundError
        If zarr is not installed, the folder holds something else, another sweep or the store of another
        version, it cannot be written, or another process writes it. Nothing is changed then.
    """
    check_installed()
    path = Path(os.path.abspath(path))
    fresh, aside = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    try:
        if aside.exists() and not path.exists():
            aside.rename(path)
        kept = _kept(sweep, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if kept != _mark(sweep):
            with _locked(path) if kept else _nothing():
                _discard(fresh)
                _create(sweep, fresh)
                if kept:
                    _copy(path, kept, Store(sweep, fresh))
                    path.rename(aside)
                fresh.rename(path)
        _discard(aside)
    except OSError as error:
        raise _unwritable(path, error, "choose another place with -o") from error
    with _locked(path):
        for left in path.rglob("*.partial"):
            left.unlink()
        yield Store(sweep, path)


def check_installed() -> None:
    """Refuse to go on without zarr."""
    if find_spec("zarr") is None:
        raise RateboundError(
            "a sweep is kept with zarr, which is not installed: pip install 'ratebound[sweep]'"
        )


def _mark(sweep: Sweep) -> dict[str, Any]:
    """Return what a store says of itself: enough to know whether a cell in it is still the one declared."""
    return {
        "schema": SCHEMA,
        "version": version("ratebound"),
        "name": sweep.name,
        "title": sweep.title,
        "layout": layout(sweep).as_dict(),
        "cells": [content.digest(cell) for cell in sweep.cells],
    }


def _kept(sweep: Sweep, path: Path) -> dict[str, Any] | None:
    """Return what the store in a folder says of itself, None where there is none; refuse any other folder."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return None
    try:
        mark = json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"][_MARK]
    except (OSError, ValueError, KeyError, TypeError):
        raise RateboundError(
            f"{path} holds something else than a sweep; choose another place with -o"
        ) from None
    other = "it is left as it is; choose another place with -o, or remove it"
    if mark.get("schema") != SCHEMA or mark.get("version") != version("ratebound"):
        raise RateboundError(
            f"the store {path} was written by ratebound {mark.get('version')} (layout {mark.get('schema')}), "
            f"this is {version('ratebound')} (layout {SCHEMA}); {other}"
        )
    if mark.get("name") != sweep.name:
        raise RateboundError(
            f"the store {path} belongs to the sweep {mark.get('name')!r}, not to {sweep.name!r}; {other}"
        )
    return dict(mark)


def _create(sweep: Sweep, path: Path) -> None:
    import zarr

    plan = layout(sweep)
    group = zarr.create_group(path, attributes={"title": sweep.title, _MARK: _mark(sweep)})
    coordinates = {**plan.axes, **plan.inner}
    for name, labels in coordinates.items():
        _coordinate(group, name, (name,), labels)
    for name, labels in plan.labels.items():
        _coordinate(group, name, tuple(plan.axes), labels)
    for name, variable in plan.variables.items():
        inner = tuple(len(plan.inner[each]) for each in variable.inner)
        attributes: dict[str, Any] = {"description": variable.meaning}
        if plan.labels:
            attributes["coordinates"] = " ".join(plan.labels)
        group.create_array(
            name,
            shape=(*sweep.shape, *inner),
            chunks=(*(1 for _ in sweep.shape), *inner),
            dtype="string" if variable.words else "float64",
            fill_value=plan.empty(name),
            dimension_names=(*plan.axes, *variable.inner),
            attributes=attributes,
        )


def _coordinate(group: Any, name: str, dimensions: tuple[str, ...], labels: tuple[Any, ...]) -> None:
    words = isinstance(labels[0], str)
    values = np.array(labels, dtype=object if words else None)
    array = group.create_array(
        name,
        shape=values.shape,
        dtype="string" if words else values.dtype,
        fill_value="" if words else 0,
        dimension_names=dimensions,
    )
    array[:] = values


def _copy(path: Path, kept: Mapping[str, Any], store: Store) -> None:
    """Copy the finished cells that are still declared from an earlier store of the sweep."""
    import zarr

    old: Any = zarr.open_group(path, mode="r")
    shape = tuple(len(labels) for labels in kept["layout"]["axes"].values())
    places = {name: position for position, name in enumerate(kept["cells"])}
    status = old["status"][...]
    names = [name for name in store.layout.variables if name in old and name not in ("status", "message")]
    values = {name: old[name][...] for name in names}
    every = np.array(kept["layout"]["inner"].get(CHECKPOINT, ()))
    for position, cell in enumerate(store.sweep.cells):
        place = places.get(content.digest(cell))
        at = None if place is None else np.unravel_index(place, shape)
        if at is None or status[at] != DONE:
            continue
        found = {name: values[name][at] for name in names}
        if not cell.judges:
            own = np.searchsorted(every, checkpoints(cell))
            found = {
                name: each[..., own] if CHECKPOINT in store.layout.variables[name].inner else each
                for name, each in found.items()
            }
        store.write(position, Outcome(found))


def _discard(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a store for this process; the lock goes with the process, however it ends."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise RateboundError(f"another process is writing the store {path}; wait for it, or end it") from None
    try:
        yield
    finally:
        os.close(handle)


def _unwritable(path: Path, error: OSError, remedy: str) -> RateboundError:
    return RateboundError(f"cannot write the store {path}: {error.strerror or error}; {remedy}")
