"""Jobs of a queue: what dask-jobqueue hands to SLURM runs here as processes, by commands of SLURM's names."""

import os

import pytest
from sweep_cases import small, tree

import ratebound as rb
from ratebound.theory.errors import RateboundError

pytest.importorskip("zarr", reason="a store needs zarr, the extra `sweep`")
pytest.importorskip("dask_jobqueue", reason="a queue needs dask-jobqueue, the extra `dask`")
dask = pytest.importorskip("dask", reason="a queue needs dask, the extra `dask`")
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="SLURM runs on Linux"),
    # Sockets of workers that ended are left to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_SBATCH = """#!/bin/sh
if [ "$1" = --test-only ]; then
    grep -q "SBATCH -p missing" "$2" || exit 0
    echo "allocation failure: Invalid partition name specified" >&2
    exit 1
fi
cp "$1" "$0.$$"
setsid sh "$0.$$" > "$0.$$.log" 2>&1 &
echo "Submitted batch job $!"
"""
_SCANCEL = """#!/bin/sh
kill -- -"$1"
"""
_JOB = {"cores": 1, "memory": "1GB", "interface": "lo"}


def described(job):
    """Return the configuration of dask-jobqueue with this job."""
    import dask_jobqueue  # noqa: F401  -- its defaults come with its import

    return dask.config.set({f"jobqueue.slurm.{key}": value for key, value in job.items()})


@pytest.fixture
def queue(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("sbatch", _SBATCH), ("scancel", _SCANCEL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_jobs_of_the_queue_do_the_cells(tmp_path, queue):
    table = small(step=[0.01, 0.02], seed=[0])
    with described(_JOB):
        found = rb.sweep(table, tmp_path / "queue.zarr", executor="slurm:1")
    assert (found["status"] == "done").all()
    assert len(list(queue.glob("*.log"))) == 1
    rb.sweep(table, tmp_path / "here.zarr")
    assert tree(tmp_path / "queue.zarr") == tree(tmp_path / "here.zarr")


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (_JOB | {"queue": "missing"}, r"SLURM takes no jobs \(allocation failure: Invalid partition name"),
        (_JOB | {"memory": None}, "no SLURM cluster: a job has no memory; describe it"),
        ({}, "no SLURM cluster: a job has no cores and no memory; describe it"),
    ],
)
def test_a_queue_that_takes_no_job_is_one_line(tmp_path, queue, job, said):
    with (
        described({"cores": None, "memory": None} | job),
        pytest.raises(RateboundError, match=said) as raised,
    ):
        rb.sweep(small(), tmp_path / "s.zarr", executor="slurm")
    assert "\n" not in str(raised.value)


def test_a_machine_without_slurm_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        described(_JOB),
        pytest.raises(RateboundError, match="no sbatch here; start where SLURM takes jobs"),
    ):
        rb.sweep(small(), tmp_path / "s.zarr", executor="slurm")
