"""Executors by name: threads and processes of this machine, a Dask cluster, a SLURM queue."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import connection
from multiprocessing.sharedctypes import Synchronized
from types import MappingProxyType
from typing import Any

from ratebound.experiments.sweeps import gpus
from ratebound.theory.errors import RateboundError, nearest

FORMS = "threads[:N], processes[:N], dask:ADDRESS, slurm[:JOBS]"
_TIMEOUT = 10
"""Seconds after which a scheduler counts as unreachable."""


@contextmanager
def opened_executor(text: str) -> Iterator[Executor]:
    """Open the executor that a text names, and close it.

    Parameters
    ----------
    text
        ``"threads:2"`` or ``"processes:2"``, without a number for one per core; ``"dask:tcp://host:8786"``,
        ``"dask:scheduler.json"``; ``"slurm:8"`` for 8 jobs as dask-jobqueue is configured.

    Raises
    ------
    RateboundError
        If there is no such executor, a package is missing, or the scheduler cannot be reached.
    """
    check_executor(text)
    kind, _, rest = text.partition(":")
    with _KINDS[kind](rest) as executor:
        yield executor


def check_executor(text: str) -> None:
    """Refuse the name of an executor that there is not.

    Raises
    ------
    RateboundError
        If it is none of :data:`FORMS`.
    """
    kind = text.partition(":")[0]
    if kind not in _KINDS:
        raise RateboundError(f"unknown executor {text!r}{nearest(kind, _KINDS)} (known: {FORMS})")


def _count(kind: str, text: str) -> int:
    if not text:
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise RateboundError(f"executor {kind}:{text}: {text!r} is no positive number; write {kind}:2")
    return int(text)


@contextmanager
def _threads(text: str) -> Iterator[Executor]:
    with ThreadPoolExecutor(_count("threads", text), thread_name_prefix="sweep") as pool:
        yield pool


@contextmanager
def _processes(text: str) -> Iterator[Executor]:
    # Spawned: a fork of a process with threads may wait for ever.
    context = multiprocessing.get_context("spawn")
    arguments = context.Value("L", 0), gpus.visible()
    with ProcessPoolExecutor(
        _count("processes", text), mp_context=context, initializer=start_worker, initargs=arguments
    ) as pool:
        yield pool


@contextmanager
def unreached() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, from their first instruction on; here it waits so long."""
    # Until :func:`start_worker` runs in it, a process loads modules for seconds. What is blocked stays so in
    # a new program.
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_worker(taken: Synchronized[int], visible: tuple[str, ...]) -> None:
    """Make a worker process end with the process that started it, and give it a GPU of its own."""
    # Ctrl-C reaches all processes of a terminal; the one that started the others stops them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gpus.take(taken, visible)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # After a kill of the parent nobody closes the queue that a worker waits at.
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    if not address:
        raise RateboundError("executor dask needs an address: dask:tcp://HOST:8786, or dask:SCHEDULER.json")
    distributed = _distributed()
    if address.endswith(".json") and not os.path.isfile(address):
        raise RateboundError(f"no Dask scheduler at {address} (no such file); correct the path")
    where = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    try:
        client = distributed.Client(**where, timeout=_TIMEOUT)
    except (OSError, ValueError, TimeoutError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RateboundError(
            f"no Dask scheduler at {address} ({said}); start one with `dask scheduler`, or correct "
            "the address"
        ) from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise RateboundError(
                f"the Dask scheduler at {address} has no workers; start some with `dask worker`"
            )
        yield client.get_executor(pure=False)


@contextmanager
def _slurm(text: str) -> Iterator[Executor]:
    distributed = _distributed()
    import dask

    interrupted = signal.getsignal(signal.SIGINT)
    from dask_jobqueue import SLURMCluster

    # When it is loaded it has a Ctrl-C end the program without a word.
    if signal.getsignal(signal.SIGINT) != interrupted:
        signal.signal(signal.SIGINT, interrupted)

    jobs = _count("slurm", text or "1")
    lacking = [key for key in ("cores", "memory") if not dask.config.get(f"jobqueue.slurm.{key}", None)]
    if lacking:
        raise RateboundError(
            f"no SLURM cluster: a job has no {' and no '.join(lacking)}; describe it in the configuration of "
            f"dask-jobqueue, such as DASK_JOBQUEUE__SLURM__CORES=4 and DASK_JOBQUEUE__SLURM__MEMORY=8GB"
        )
    try:
        cluster = SLURMCluster()
    except (ValueError, OSError, RuntimeError) as error:
        raise RateboundError(
            f"no SLURM cluster ({str(error).splitlines()[0]}); correct the configuration of dask-jobqueue"
        ) from None
    with cluster:
        _check_job(cluster.job_script())
        with distributed.Client(cluster, timeout=_TIMEOUT) as client:
            cluster.scale(jobs=jobs)
            yield client.get_executor(pure=False)


def _check_job(script: str) -> None:
    """Ask SLURM whether it would take a job; one that it refuses would be waited for without end."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        try:
            asked = subprocess.run(
                ["sbatch", "--test-only", file.name], capture_output=True, text=True, check=False
            )
        except OSError:
            raise RateboundError("no sbatch here; start where SLURM takes jobs") from None
    if asked.returncode:
        said = (asked.stderr.strip() or f"exit code {asked.returncode}").splitlines()[-1]
        raise RateboundError(f"SLURM takes no jobs ({said}); correct the configuration of dask-jobqueue")


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise RateboundError(
            "Dask is not installed; pip install 'ratebound[dask]', or take --executor processes"
        ) from None
    return distributed


_KINDS: Mapping[str, Callable[[str], AbstractContextManager[Executor]]] = MappingProxyType(
    {"threads": _threads, "processes": _processes, "dask": _dask, "slurm": _slurm}
)
