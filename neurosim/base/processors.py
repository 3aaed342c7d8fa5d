"""How much of the machine may be used, and how many processes are asked for."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from typing import Any

from neurosim.base.errors import Faults

__all__ = ["WORKERS", "processors", "workers_of"]

WORKERS = "NEUROSIM_WORKERS"
"""The environment variable that says how many processes to use where no argument does."""

_SCHEDULED = ("SLURM_CPUS_PER_TASK", "NSLOTS", "NCPUS")  # as SLURM, Grid Engine and PBS say it


def workers_of(given: Any, faults: Faults, name: str = "workers") -> int:
    """How many processes to use: as given, else as the environment says, else `processors`.

    Parameters
    ----------
    given : int or None
    faults : Faults
        Notes what is no whole number from 1 on, of the argument or of ``NEUROSIM_WORKERS``.
    name : str
        Of the argument.

    Examples
    --------
    >>> workers_of(3, Faults("simulate"))
    3
    """
    if given is not None:
        return faults.whole(name, given)
    said = os.environ.get(WORKERS, "").strip()
    if not said:
        return processors()
    return faults.whole(f"{WORKERS} (environment)", int(said) if said.isdecimal() else said)


def processors() -> int:
    """How many processors this process may use.

    That is how many it may run on, or, where that is fewer, what a scheduler (SLURM, Grid Engine,
    PBS) gave the job's task. A task of Dask has its thread, one of joblib's processes what joblib
    gives each, another process of a pool itself.
    """
    whole = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        whole = len(os.sched_getaffinity(0))
    return min([whole, *_given()])


def _given() -> Iterator[int]:
    """What the task that this process is part of was given."""
    for name in _SCHEDULED:
        said = os.environ.get(name, "")
        if said.isdecimal() and int(said) > 0:
            yield int(said)
    if multiprocessing.current_process().name.startswith("LokyProcess"):  # of joblib
        threads = os.environ.get("OMP_NUM_THREADS", "")  # its share, as joblib sets it
        yield int(threads) if threads.isdecimal() and int(threads) > 0 else 1
    elif multiprocessing.parent_process() is not None or _in_dask() or _in_threads_of_joblib():
        yield 1


def _in_dask() -> bool:
    """Whether this is run by a task of Dask's workers."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    try:
        distributed.get_worker()
    except (AttributeError, ValueError):  # there is none here
        return False
    return True


def _in_threads_of_joblib() -> bool:
    """Whether this is run by a thread of joblib's."""
    joblib = sys.modules.get("joblib")
    try:
        backend = joblib.parallel.get_active_backend()[0] if joblib else None
    except AttributeError:  # it is being imported, or another module of that name
        return False
    return bool(getattr(backend, "nesting_level", 0))
