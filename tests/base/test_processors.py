"""How many processes: said once, and what a scheduler's task was given."""

import multiprocessing
import os
import subprocess
import sys
import types

import pytest

from neurosim import LIF, Experiment, InputError, simulate
from neurosim.base import processors as module
from neurosim.base.errors import Faults
from neurosim.base.processors import processors, workers_of


@pytest.fixture
def eight(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for name in (module.WORKERS, "SLURM_CPUS_PER_TASK", "NSLOTS", "NCPUS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: None)
    return monkeypatch


def test_argument_before_environment_before_processors(eight):
    assert workers_of(None, Faults("simulate")) == 8
    eight.setenv(module.WORKERS, "3")
    assert workers_of(None, Faults("simulate")) == 3
    assert workers_of(5, Faults("simulate")) == 5


@pytest.mark.parametrize("name", ["SLURM_CPUS_PER_TASK", "NSLOTS", "NCPUS"])
def test_a_schedulers_task_has_what_it_was_given(eight, name):
    eight.setenv(name, "2")
    assert processors() == 2
    eight.setenv(name, "64")  # it may not run on so many
    assert processors() == 8
    eight.setenv(name, "2(x3)")  # of several nodes
    assert processors() == 8


def test_a_task_of_dask_has_one(eight):
    eight.setitem(sys.modules, "distributed", types.SimpleNamespace(get_worker=lambda: object()))
    assert processors() == 1

    def outside():
        raise ValueError("no worker found")

    eight.setitem(sys.modules, "distributed", types.SimpleNamespace(get_worker=outside))
    assert processors() == 8


def test_processes_of_a_pool_have_one_and_those_of_joblib_their_share(eight):
    eight.setattr(multiprocessing, "parent_process", lambda: object())
    assert processors() == 1
    eight.setenv("OMP_NUM_THREADS", "2")
    assert processors() == 1
    loky = types.SimpleNamespace(name="LokyProcess-1")
    eight.setattr(multiprocessing, "current_process", lambda: loky)
    assert processors() == 2


def _asked(_):
    return processors()


LOKY = """
import joblib
from neurosim.base.processors import processors
found = joblib.Parallel(n_jobs=2)(joblib.delayed(processors)() for _ in range(4))
print(*sorted(set(found)))
"""


def test_processes_of_joblib_have_the_share_that_it_gives_them():
    # oracle: joblib's documentation: cpu_count() // n_jobs threads for each of its processes
    pytest.importorskip("joblib")
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", module.WORKERS)
    plain = {name: value for name, value in os.environ.items() if name not in names}
    plain |= {"LOKY_MAX_CPU_COUNT": "8"}
    said = subprocess.run(
        [sys.executable, "-c", LOKY], env=plain, capture_output=True, text=True, check=True
    )
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    share = min(mine, os.cpu_count(), 8) // 2 or 1
    assert int(said.stdout) == min(mine, max(share, 1))


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib_itself(monkeypatch, backend):
    joblib = pytest.importorskip("joblib")
    for name in (module.WORKERS, "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    with joblib.parallel_config(backend, n_jobs=2):
        found = joblib.Parallel()(joblib.delayed(_asked)(k) for k in range(2))
    assert max(found) <= max(1, joblib.cpu_count() // 2)


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_is_one_line(eight, wrong):
    drive = Experiment.default(quick=True, cells=4).drive()
    eight.setenv(module.WORKERS, wrong)
    said = rf"NEUROSIM_WORKERS \(environment\) as a whole number >= 1, got {wrong}"
    with pytest.raises(InputError, match=said):
        simulate(LIF(), drive, trials=1)
    with pytest.raises(InputError, match=said):
        Experiment.default(quick=True)
    with pytest.raises(InputError, match="workers as a whole number >= 1"):
        Experiment.default(quick=True, workers=0)
