"""LIF cells that answer drive with spikes: the public face of the engine.

`simulate` turns labelled drive into instances (stimulus x cell x trial), has them run in blocks by
`neurosim.simulation.engine`, and gives responses. Rates do not depend on the time step (see
`neurosim.simulation.engine.cells`), and noise is a function of seed, cell, stimulus, trial and
step: the same seed gives the same spikes for any number of workers and every code-generation
target.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from neurosim.base.errors import Faults
from neurosim.base.processors import workers_of
from neurosim.base.progress import progress_bar
from neurosim.base.version import __version__
from neurosim.data.responses import check_responses
from neurosim.models.cells.brian_cell import BrianCell
from neurosim.models.cells.lif import LIF
from neurosim.simulation.begun import taken_over
from neurosim.simulation.collected import Collected
from neurosim.simulation.engine.blocks import run_blocks
from neurosim.simulation.engine.worker import Target
from neurosim.simulation.request import Request

__all__ = ["simulate"]

_GIB = 1 << 30
_GRID_ERROR = (
    "plain time grid: thresholds are tested at grid points only, which lowers the rates of noisy "
    "cells by an amount of order sqrt(dt/tau)"
)


def simulate(
    lif: LIF | BrianCell,
    drive: xr.DataArray | xr.Dataset,
    *,
    gain: Any = 25.0,
    baseline: Any = 0.0,
    duration: Any = 0.5,
    trials: int = 10,
    dt: Any = 5e-4,
    seed: int = 0,
    settle: Any = 0.1,
    start: Literal["settled", "rest"] = "settled",
    engine: Literal["spikes", "theory"] = "spikes",
    spike_times: bool = False,
    time_bin: Any = None,
    phase_bins: int | None = None,
    workers: int | None = None,
    target: Target = "auto",
    correlation: float = 0.0,
    memory: float = _GIB,
    begun: xr.Dataset | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Spikes of LIF cells that receive a drive.

    The mean free potential is v_rest + baseline + gain * drive.

    Parameters
    ----------
    lif : LIF or BrianCell
        One cell's parameters for all, or one value per cell. A `BrianCell` (adaptive_lif,
        exponential_if, or your own equations) is run on the plain time grid, its driven variable
        being baseline + gain * drive.
    drive : DataArray (stimulus, cell), DataArray (stimulus, cell, time), or Dataset
        Contrast units. Over time, each value holds from its `time` (s, from the start of counting)
        to the next, and a time step takes the mean over it. A Dataset is a sinusoid in time, taken
        at the middle of each step: drive_mean, drive_amplitude and drive_phase (deg), each
        (stimulus, cell), and temporal_frequency (Hz) along stimulus, as
        `GaborBank.sinusoidal_drive` gives.
    gain, baseline : float or array (cell,)
        mV per unit drive, and mV.
    duration : float
        How long spikes are counted on each trial, s.
    trials : int
        Independent repeats of each stimulus.
    dt : float
        Longest time step, s; it is shortened to divide the duration. Rates do not depend on it.
    seed : int
        Below 2**63. The same seed gives the same spikes.
    settle : float
        Time that is simulated before counting, s. Drive over time has its first value there, a
        sinusoid its own past.
    start : "settled" or "rest"
        Whether cells start spread over their cycle or over the free membrane's Gaussian, so that a
        settle of a few membrane time constants is enough, or at v_rest (at v_reset, if lower).
    engine : "spikes" or "theory"
        "theory" simulates nothing: counts are the expected ones (Siegert 1951), and not whole.
    spike_times : bool
        Also keep every counted spike: spike_time (s from the start of counting), and the index of
        its stimulus, cell and trial, along `spike`, each instance's spikes in order of time.
    time_bin : float, optional
        s; also count, over all trials, the spikes in each bin of the counted time.
    phase_bins : int, optional
        Also count, over all trials, the spikes in so many bins of the stimulus cycle; the duration
        must then be whole cycles of every stimulus.
    workers : int, optional
        Processes. Default: ``NEUROSIM_WORKERS``, or one per processor that this process may use
        (of a SLURM, Dask or joblib task, what it was given).
    target : "auto", "cpp", "cython" or "numpy"
        Brian2's code-generation target; "auto" is C++ where there is a compiler. Counts are equal.
    correlation : float
        Of the noise of the cells of one stimulus and trial, 0 to 1. Exact for the free membranes at
        the time steps; what happens inside a step is independent between cells.
    memory : float
        Most bytes that may be taken here at the peak, beside some 0.1 GiB for the engine; spike
        times too many for it are refused after the first trial (`benchmarks/memory.py`).
    begun : Dataset, optional
        What the same call gave with fewer trials, or when it was stopped: those trials are taken
        over, the others simulated, and the spikes are those of a call that does all.
    progress : bool
        Show a bar on a terminal. Ctrl-C stops after the running blocks and keeps whole trials.

    Returns
    -------
    Dataset
        Responses (see `neurosim.data.responses`), with every parameter and the seed in attrs or
        along `cell`.

    Raises
    ------
    InputError
        Naming everything that cannot be, a time step too long for the cells included.

    Examples
    --------
    >>> drive = xr.DataArray([[-1.0], [0.0], [1.0]], dims=("stimulus", "cell"))
    >>> responses = simulate(LIF(), drive, duration="200 ms", trials=2, seed=1)
    >>> responses["count"].sum("trial").values.ravel() > [0, 0, 5]
    array([False, False,  True])
    >>> simulate(LIF(), drive, engine="theory", trials=1)["count"].values.ravel().round(1)
    array([ 0.,  0., 23.])
    """
    request = Request(
        lif,
        drive,
        gain,
        baseline,
        duration,
        trials,
        dt,
        seed,
        settle,
        start,
        engine,
        time_bin,
        phase_bins,
        spike_times,
        memory,
        correlation,
    )
    faults = Faults("simulate")
    workers = workers_of(workers, faults)
    targets = ("auto", "cpp", "cython", "numpy")
    faults.one_of("target", target, targets)
    progress = faults.flag("progress", progress)
    expected = engine == "theory"
    faults.require(begun is None or not expected, "nothing begun of engine='theory'", "responses")
    faults.stop()
    request.check()
    responses = _without_counts(request)
    if isinstance(lif, LIF) and engine == "theory":
        rate = lif.rate(request.potential * 1e3)
        counts = np.repeat((rate * request.duration)[..., None], request.trials, axis=-1)
        responses["count"] = (("stimulus", "cell", "trial"), counts, {"expected": 1})
        return check_responses(responses)
    plan = request.plan(target)
    collected = Collected(plan, request)
    first = 0 if begun is None else collected.put(taken_over(begun, responses, request))
    with progress_bar("simulating", progress) as advance:
        done = run_blocks(plan, workers, collected.take, advance, first)
    return check_responses(collected.into(responses, done))


def _without_counts(request: Request) -> xr.Dataset:
    """Responses with everything but the counts."""
    drive = request.mean_drive
    responses = xr.Dataset(
        {
            "drive": drive.rename("drive"),
            "trials": (("stimulus", "cell"), np.full(drive.shape, request.trials)),
            "duration": ((), request.duration, {"units": "s"}),
            **request.drive.beside_the_mean,
        },
        coords={"trial": np.arange(request.trials)},
        attrs={
            **_provenance(),
            "engine": request.engine,
            "seed": request.seed,
            "dt": request.dt,
            "correlation": request.correlation,
            "settle": request.settle_steps * request.dt,
            "start": request.start,
        },
    )
    values = {"gain": (request.gain, "mV"), "baseline": (request.baseline, "mV")}
    if isinstance(request.cell, LIF):
        values = {**request.cell.parameters(), **values}
    else:
        responses.attrs |= {
            "cell": json.dumps(asdict(request.cell)),
            "time_step_error": _GRID_ERROR,
        }
    for name, (value, unit) in values.items():
        along_cells = ("cell",) * np.ndim(value)
        responses = responses.assign_coords({name: (along_cells, value, {"units": unit})})
    return responses


def _provenance() -> dict[str, str]:
    """Which software made the responses."""
    here = Path(__file__).parent
    try:
        git = ["git", "-C", str(here)]  # only if it is this package that the repository holds
        ours = [*git, "ls-files", "--error-unmatch", Path(__file__).name]
        subprocess.run(ours, capture_output=True, check=True)
        said = [*git, "describe", "--always", "--dirty", "--abbrev=12"]
        revision = subprocess.run(said, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        revision = "unknown"
    return {
        "source": "neurosim simulation",
        "neurosim_version": __version__,
        "git_revision": revision,
        "brian2_version": version("brian2"),
        "numpy_version": np.__version__,
    }
