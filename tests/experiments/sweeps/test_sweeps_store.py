"""The store: labelled, resumed, brought up to date, and never overwritten by mistake."""

import errno
import json
import os

import numpy as np
import pytest
from sweep_cases import small, tree

import ratebound as rb
from ratebound.experiments.sweeps import run as runs
from ratebound.experiments.sweeps import store as stores
from ratebound.experiments.sweeps.declare import declare
from ratebound.theory.errors import RateboundError

pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")


@pytest.fixture
def counted(monkeypatch):
    """Count the cells that are computed, in this process."""
    seen = []

    def compute(cells, alone=False):
        seen.extend(cells)
        return original(cells, alone)

    original = runs.compute
    monkeypatch.setattr(runs, "compute", compute)
    return seen


def test_the_data_set_is_labelled(tmp_path):
    said = []
    found = rb.sweep(small(), tmp_path / "s.zarr", progress=lambda *each: said.append(each))
    assert dict(found.sizes) == {"step": 2, "batch": 3, "checkpoint": 14}
    assert (found["status"] == "done").all() and (found["message"] == "").all()
    cell = found.sel(step="1/(2*L_max)", batch=4)
    assert cell["mean"].sel(checkpoint=20) < cell["mean"].sel(checkpoint=0)
    assert said[0] == (0, 6, "started") and said[-1] == (6, 6, "step 1/(2*L_max), batch 16")
    assert "10 % quantile" in found["low"].attrs["description"]


def test_runs_of_several_lengths_share_a_grid(tmp_path):
    found = rb.sweep(small(steps=[19, 20]), tmp_path / "s.zarr")
    seen = np.isfinite(found["mean"].isel(step=0, batch=0))
    assert seen.sel(steps=19, checkpoint=[5, 19, 20]).values.tolist() == [True, True, False]
    assert seen.sel(steps=20, checkpoint=[5, 19, 20]).values.tolist() == [True, False, True]


def test_listed_verdicts_have_their_labels(tmp_path):
    table = {
        "defaults": {"problem": "linnerud_ridge", "steps": 20, "replicas": 4},
        "cells": [{"theorem": "gd_pl"}, {"theorem": "gd_sc_gap", "step_factor": 100}],
    }
    found = rb.sweep(table, tmp_path / "s.zarr")
    assert found["theorem"].dims == ("cell",) and "theorem" in found.coords
    assert found["outcome"].values.tolist() == ["holds", "not applicable"]


def test_a_second_run_computes_nothing(tmp_path, counted):
    first = rb.sweep(small(), tmp_path / "s.zarr")
    before = tree(tmp_path)
    second = rb.sweep(small(), tmp_path / "s.zarr")
    assert len(counted) == 6 and tree(tmp_path) == before
    assert first.identical(second)


def test_only_what_changed_is_computed(tmp_path, counted):
    rb.sweep(small(), tmp_path / "s.zarr")
    counted.clear()
    table = small(steps=[20, 30], batch=[16, 1])
    rb.sweep(table, tmp_path / "s.zarr")
    assert len(counted) == 4 and {cell.settings["steps"] for cell in counted} == {30}
    rb.sweep(table, tmp_path / "fresh" / "s.zarr")
    assert tree(tmp_path / "s.zarr") == tree(tmp_path / "fresh" / "s.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "s.zarr"]


def test_a_failed_cell_says_why_and_is_tried_again(tmp_path, counted):
    table = small(batch=[1, 30], replacement=False)
    for computed in (4, 2):
        counted.clear()
        found = rb.sweep(table, tmp_path / "s.zarr")
        assert len(counted) == computed
        assert found["status"].sel(batch=30).values.tolist() == ["failed", "failed"]
        assert "batch = 30 exceeds n = 20" in str(found["message"].values[0, 1])
        assert np.isnan(found["mean"].sel(batch=30)).all()


def spoiled(change):
    def spoil(folder):
        path = folder / "zarr.json"
        table = json.loads(path.read_text())
        change(table["attributes"]["ratebound_sweep"])
        path.write_text(json.dumps(table))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoiled(lambda mark: mark.update(version="0.0.1")), "was written by ratebound 0.0.1"),
        (spoiled(lambda mark: mark.update(schema=99)), r"layout 99\), this is"),
        (spoiled(lambda mark: mark.update(name="other")), "belongs to the sweep 'other', not to 'small'"),
        (spoiled(lambda mark: mark.clear()), "was written by ratebound None"),
        (lambda folder: (folder / "zarr.json").unlink(), "holds something else than a sweep"),
        (lambda folder: (folder / "zarr.json").write_text("[]"), "holds something else than a sweep"),
    ],
)
def test_another_store_is_left_alone(spoil, said, tmp_path):
    folder = tmp_path / "s.zarr"
    rb.sweep(small(), folder)
    spoil(folder)
    before = tree(tmp_path)
    with pytest.raises(RateboundError, match=said) as raised:
        rb.sweep(small(seed=5), folder)
    assert "\n" not in str(raised.value)
    assert tree(tmp_path) == before


def test_a_file_in_its_place_is_left_alone(tmp_path):
    (tmp_path / "s.zarr").write_text("mine", encoding="utf-8")
    with pytest.raises(RateboundError, match="holds something else than a sweep"):
        rb.sweep(small(), tmp_path / "s.zarr")
    with pytest.raises(RateboundError, match=r"cannot write the store .*: File exists"):
        rb.sweep(small(), tmp_path / "s.zarr" / "below")
    assert tree(tmp_path) == {"s.zarr": b"mine"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RateboundError, match=r"cannot write the store .*: Permission denied; choose another"):
        rb.sweep(small(), tmp_path / "s.zarr")


@pytest.mark.parametrize("allowed", [0, 2, 9, 30])
def test_a_full_disk_is_one_line_and_keeps_what_is_finished(allowed, tmp_path, monkeypatch):
    import zarr.storage._local as local

    original, left = local._put, [allowed]

    def put(path, value, exclusive=False):
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        left[0] -= 1
        return original(path, value, exclusive)

    rb.sweep(small(batch=[1]), tmp_path / "s.zarr")
    with monkeypatch.context() as patch:
        patch.setattr(local, "_put", put)
        with pytest.raises(
            RateboundError, match=r"cannot write the store .*: No space left on device"
        ) as raised:
            rb.sweep(small(), tmp_path / "s.zarr")
    assert "\n" not in str(raised.value)
    kept = stores.read(tmp_path / "s.zarr")
    assert (kept["status"].sel(batch=1) == "done").all()
    rb.sweep(small(), tmp_path / "s.zarr")
    rb.sweep(small(), tmp_path / "whole" / "s.zarr")
    assert tree(tmp_path / "s.zarr") == tree(tmp_path / "whole" / "s.zarr")


def test_one_writer_at_a_time(tmp_path):
    plan = declare(small())
    with stores.opened(plan, tmp_path / "s.zarr"):
        for table in (small(), small(seed=3)):
            with pytest.raises(RateboundError, match="another process is writing the store"):
                rb.sweep(table, tmp_path / "s.zarr")
    rb.sweep(small(), tmp_path / "s.zarr")


def test_without_zarr_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "find_spec", lambda name: None)
    with pytest.raises(
        RateboundError, match=r"zarr, which is not installed: pip install 'ratebound\[sweep\]'"
    ):
        rb.sweep(small(), tmp_path / "s.zarr")
    assert list(tmp_path.iterdir()) == []
