"""Momentum, horizon and noise beside the step: what each row runs, and what must be true of the map."""

import numpy as np
import pytest

from ratebound.experiments.regimes.axes import Row, rows, scale_noise
from ratebound.experiments.regimes.explore import explore
from ratebound.experiments.regimes.finder import find_step
from ratebound.experiments.regimes.schedules import compare_schedules
from ratebound.experiments.run import simulate
from ratebound.problems.library import load
from ratebound.theory.errors import RateboundError
from ratebound.theory.methods import METHODS

OPTIONS = {"steps": 200, "replicas": 32, "seed": 3}


def base(name="linnerud_ridge", method="sgd"):
    return Row(0, load(name), METHODS[method], 2, True, 100)


def test_rows_of_momentum_are_the_methods_of_the_catalogue_where_there_are():
    found = rows("momentum", [0, 0.5, 0.9], base())
    assert [row.method.name for row in found] == ["sgd", "sgd_momentum_0.5", "sgd_momentum"]
    assert [row.momentum for row in found] == [0, 0.5, 0.9]
    full = rows("momentum", [0, 0.5], base(method="gd"))
    assert [row.method.sampling for row in full] == ["full", "full"] and full[1].factor == 0


def test_a_map_by_momentum():
    found = explore(load("linnerud_ridge"), axis="momentum", values=(0, 0.5, 0.9), batch=4, **OPTIONS)
    data = found.data
    assert dict(data.sizes) == {"step": 24, "momentum": 3, "k": 12}
    assert (np.diff(data["threshold"]) < 0).all()
    stable = data["step"] < data["threshold"]
    assert ((data["regime"] != "divergent") == stable).all()
    assert ((data["contraction"] < 1) == stable).all()
    far = data.where(data["step"] < data["threshold"] / 8)
    assert (abs(far["mean"] - far["error"]) <= 5 * far["stderr"]).where(far["mean"].notnull(), True).all()
    assert {line.at for line in found.theory} == {0, 0.9}


def test_a_map_by_horizon_is_one_run_looked_at_early():
    found = explore(load("linnerud_ridge"), axis="steps", values=(20, 80), **OPTIONS).data
    early = found.sel(steps=20)
    np.testing.assert_allclose(early["curve"].sel(k=20), early["error"])
    assert early["curve"].sel(k=80).isnull().all()
    np.testing.assert_allclose(found["curve"].sel(k=20, steps=80).dropna("step"), early["error"], rtol=1e-12)
    assert (found["trusted_price"] >= 1).all()
    assert (found["best_step"].diff("steps") <= 0).all()


def test_noise_sets_the_floor_and_not_the_threshold():
    found = explore(load("linnerud"), axis="noise", values=(0, 0.5, 1), **OPTIONS)
    data = found.data
    np.testing.assert_allclose(data["threshold"], data["threshold"][0], rtol=1e-9)
    stable = data.sel(step=data["step"] < 0.9 * float(data["threshold"][0]))
    assert (stable["floor"].sel(noise=0) < 1e-25).all() and (stable["floor"].sel(noise=1) > 0).all()
    np.testing.assert_allclose(
        stable["floor"].sel(noise=0.5).values, stable["floor"].sel(noise=1).values / 4, rtol=1e-9
    )
    assert "plateau" not in data["regime"].sel(noise=0).values
    told = [
        line for line in found.theory if line.at == 1 and np.isfinite([line.bound_floor, line.floor]).all()
    ]
    assert told and all(line.bound_floor >= line.floor > 0 for line in told)
    # Averaging on least squares has no floor.
    (averaged,) = (line for line in found.theory if line.at == 1 and line.id == "sgd_averaged_least_squares")
    assert averaged.bound_floor == 0


@pytest.mark.parametrize("name", ["linnerud", "linnerud_ridge", "rank_deficient"])
def test_scaled_noise_leaves_the_minimiser(name):
    problem = load(name)
    scaled = scale_noise(problem, 0.1)
    np.testing.assert_allclose(scaled.x_star, problem.x_star, atol=1e-12)
    assert scale_noise(problem, 1) is problem


def test_measured_maps_have_the_other_axes_too():
    problem = load("iris")
    found = explore(problem, axis="momentum", values=(0, 0.9), steps_grid=[1e-3, 0.1], **OPTIONS).data
    assert found["threshold"].isnull().all()
    run = simulate(problem, "sgd_momentum", [1e-3, 0.1], steps=200, replicas=64, seed=8)["gap_last"][..., -1]
    gap = abs(found["mean"].sel(momentum=0.9) - run.mean("replica").values)
    assert (gap <= 6 * found["stderr"].sel(momentum=0.9)).all()


def test_a_store_continues_any_axis(tmp_path):
    pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")
    options = {"axis": "steps", "values": (20, 50), "steps_grid": [0.01, 0.1], "replicas": 8}
    kept = explore(load("linnerud"), store=tmp_path / "s.zarr", **options)
    assert kept.data.identical(explore(load("linnerud"), **options).data)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"axis": "beta"}, "unknown axis 'beta'"),
        ({"axis": "momentum", "values": [0.9, 0.5]}, "pass increasing numbers"),
        ({"axis": "momentum", "values": [1.0]}, r"momentum = 1; it must be in \[0, 1\)"),
        ({"axis": "noise", "values": ["a"]}, "noise = 'a' is not a number"),
        ({"axis": "momentum", "batch": 21, "replacement": False}, "exceeds n = 20"),
        ({"axis": "momentum", "method": "nesterov"}, "regimes of nesterov are not known"),
    ],
)
def test_bad_axes_are_one_clear_line(options, said):
    with pytest.raises(RateboundError, match=said) as error:
        explore(load("linnerud"), **{**OPTIONS, **options})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("ask", [explore, find_step, compare_schedules])
def test_no_steps_to_try_where_f_has_a_kink(ask):
    with pytest.raises(RateboundError, match=r"no steps to try on median: .* kink.* smooth loss"):
        ask(load("median"))
