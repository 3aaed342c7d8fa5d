"""A LIF population in Brian2 that answers drive with spikes. Brian2 is imported here alone.

All cells x stimuli x trials are instances of one `NeuronGroup` (in chunks when there are many);
there is no loop of runs. The membrane between spikes is an Ornstein-Uhlenbeck process and is
advanced by its exact transition; the threshold is tested on the time grid, which lowers the rate
of a noisy cell as a threshold raised by 0.5826 s sqrt(dt/tau) would, s = sqrt(2) noise_sd (the
known bias of a grid; Brunel & Hakim 1999).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.errors import Faults
from neurosim.models.lif import LIF
from neurosim.progress import progress_bar
from neurosim.responses import check_responses
from neurosim.units import in_unit

_hook = sys.excepthook
import brian2 as b2  # noqa: E402
from brian2.devices.device import reset_device, runtime_device  # noqa: E402

if "brian2" in str(getattr(sys.excepthook, "__module__", "")) and _hook is not sys.excepthook:
    sys.excepthook = _hook  # Brian2 would call every uncaught error of the script a bug of its own

__all__ = ["simulate"]

_CHUNK = 65_536  # instances in one NeuronGroup: enough to hide Python's share, 5 MB of state
_BRIAN_UNITS = {"s": b2.second, "mV": b2.mV}
_MEMBRANE = "dv/dt = (mu - v)/tau_m + noise_sd*sqrt(2/tau_m)*xi : volt (unless refractory)"


def simulate(
    lif: LIF,
    drive: xr.DataArray,
    *,
    gain: Any = 25.0,
    baseline: Any = 0.0,
    duration: Any = 0.5,
    trials: int = 10,
    dt: Any = 1e-4,
    seed: int = 0,
    settle: Any = 0.1,
    spike_times: bool = False,
    progress: bool = False,
) -> xr.Dataset:
    """Spikes of LIF cells that receive a constant drive.

    The mean free potential is v_rest + baseline + gain * drive.

    Parameters
    ----------
    lif : LIF
        One cell's parameters for all, or one value per cell.
    drive : DataArray (stimulus, cell)
        Contrast units.
    gain, baseline : float or array (cell,)
        mV per unit drive, and mV.
    duration : float
        How long spikes are counted on each trial, s.
    trials : int
        Independent repeats of each stimulus.
    dt : float
        Time step, s.
    seed : int
        The same seed gives the same spikes.
    settle : float
        Time after stimulus onset that is simulated but not counted, s.
    spike_times : bool
        Also keep every counted spike: spike_time (s from the start of counting), and the index of
        its stimulus, cell and trial, along `spike`, each instance's spikes in order of time.
    progress : bool
        Show a bar on a terminal.

    Returns
    -------
    Dataset
        Responses (see `neurosim.responses`), with every parameter and the seed in attrs or along
        `cell`.

    Raises
    ------
    InputError
        Naming everything that cannot be.

    Examples
    --------
    >>> drive = xr.DataArray([[-1.0], [0.0], [1.0]], dims=("stimulus", "cell"))
    >>> responses = simulate(LIF(), drive, duration="200 ms", trials=2, seed=1)
    >>> responses["count"].sum("trial").values.ravel() > [0, 0, 5]
    array([False, False,  True])
    """
    run = _Run(
        dt=in_unit(dt, "s", "simulate", "dt"),
        duration=in_unit(duration, "s", "simulate", "duration"),
        settle=in_unit(settle, "s", "simulate", "settle"),
        keep_times=spike_times,
    )
    gain, baseline = (
        in_unit(value, "mV", "simulate", name)
        for value, name in ((gain, "gain"), (baseline, "baseline"))
    )
    _check(lif, drive, gain, baseline, trials, seed, run)
    drive = drive.transpose("stimulus", "cell")
    values = lif.parameters()
    mu = np.asarray(lif.v_rest) + baseline + gain * drive.values  # mV, (stimulus, cell)
    shape = (drive.shape[0], drive.shape[1], trials)
    constants = {n: (v, unit) for n, (v, unit) in values.items() if n != "v_rest"}
    counts, times = _run_in_chunks(constants, mu, shape, seed, run, progress)
    responses = xr.Dataset(
        {
            "drive": drive.rename("drive"),
            "count": (("stimulus", "cell", "trial"), counts),
            "trials": (("stimulus", "cell"), np.full(drive.shape, trials)),
            "duration": ((), run.duration, {"units": "s"}),
            **times,
        },
        coords={"trial": np.arange(trials)},
        attrs={**_provenance(), "seed": seed, "dt": run.dt, "settle": run.settle},
    )
    for name, (value, unit) in {
        **values,
        "gain": (gain, "mV"),
        "baseline": (baseline, "mV"),
    }.items():
        along_cells = ("cell",) * np.ndim(value)
        responses = responses.assign_coords({name: (along_cells, value, {"units": unit})})
    return check_responses(responses)


@dataclass(frozen=True)
class _Run:
    """How one run goes; all times in s."""

    dt: float
    duration: float
    settle: float
    keep_times: bool


def _check(
    lif: LIF, drive: xr.DataArray, gain: Any, baseline: Any, trials: int, seed: int, run: _Run
) -> None:
    faults = Faults("simulate")
    is_array = isinstance(drive, xr.DataArray)
    faults.require(is_array, "drive as a DataArray (stimulus, cell)", type(drive).__name__)
    if is_array and faults.require(
        set(drive.dims) == {"stimulus", "cell"}, "drive with dims (stimulus, cell)", drive.dims
    ):
        finite = np.isfinite(drive.values)
        faults.require(finite.all(), "finite drive", f"{(~finite).sum()} NaN or infinite")
        cells = drive.sizes["cell"]
        for name, size in (
            ("lif", lif.cells),
            ("gain", np.size(gain) if np.ndim(gain) else None),
            ("baseline", np.size(baseline) if np.ndim(baseline) else None),
        ):
            faults.require(size in (None, cells), f"{name} for one or {cells} cells", size)
    faults.require(np.isfinite(gain).all(), "finite gain (mV)", gain)
    faults.require(np.isfinite(baseline).all(), "finite baseline (mV)", baseline)
    faults.require(trials >= 1, "trials >= 1", trials)
    faults.require(seed >= 0, "seed >= 0", seed)
    faults.require(run.dt > 0, "dt > 0 s", run.dt)
    faults.require(run.settle >= 0, "settle >= 0 s", run.settle)
    faults.require(run.duration >= run.dt, "duration of at least one time step", run.duration)
    coarse = f"dt at most tau_m / 10 = {np.min(lif.tau_m) / 10:g} s"
    faults.require(run.dt <= np.min(lif.tau_m) / 10 * (1 + 1e-9), coarse, run.dt)
    faults.stop()


def _run_in_chunks(
    constants: dict[str, tuple[Any, str]],
    mu: NDArray[np.float64],
    shape: tuple[int, int, int],
    seed: int,
    run: _Run,
    progress: bool,
) -> tuple[NDArray[np.int64], dict[str, tuple[str, NDArray]]]:
    """Counts of shape (stimulus, cell, trial), and the spike table when it is wanted."""
    instances = int(np.prod(shape))
    counts = np.zeros(instances, dtype=np.int64)
    kept: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    starts = range(0, instances, _CHUNK)
    seeds = np.random.SeedSequence(seed).generate_state(len(starts))
    with progress_bar("simulating", progress) as advance, _brian2_left_as_found():
        for start, chunk_seed in zip(starts, seeds, strict=True):
            chunk = np.arange(start, min(start + _CHUNK, instances))
            stimulus, cell, _ = np.unravel_index(chunk, shape)
            here = {
                name: (values[cell] if np.ndim(values) else values, unit)
                for name, (values, unit) in constants.items()
            }
            here["mu"] = (mu[stimulus, cell], "mV")
            share = (start / instances, len(chunk) / instances)
            counts[chunk], spikes = _run_chunk(
                here, len(chunk), int(chunk_seed), run, lambda f, s=share: advance(s[0] + f * s[1])
            )
            kept.append((spikes[0] + start, spikes[1]))
    if not run.keep_times:
        return counts.reshape(shape), {}
    instance = np.concatenate([k[0] for k in kept])
    time = np.concatenate([k[1] for k in kept])
    order = np.lexsort((time, instance))
    index = np.unravel_index(instance[order], shape)
    table = {
        f"spike_{dim}": ("spike", which)
        for dim, which in zip(("stimulus", "cell", "trial"), index, strict=True)
    }
    return counts.reshape(shape), {"spike_time": ("spike", time[order]), **table}


def _run_chunk(
    constants: dict[str, tuple[Any, str]], size: int, seed: int, run: _Run, advance: Any
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """One NeuronGroup from rest to the end; counts, and (instance, time) of each kept spike."""
    lines = [_MEMBRANE]
    for name, (values, unit) in constants.items():
        kind = "second" if unit == "s" else "volt"
        shared = "" if np.ndim(values) else "shared, "
        lines.append(f"{name} : {kind} ({shared}constant)")
    group = b2.NeuronGroup(
        size,
        "\n".join(lines),
        threshold="v > v_threshold",
        reset="v = v_reset",
        refractory="t_ref",
        method=_exact_transition,
        dt=run.dt * b2.second,
    )
    for name, (values, unit) in constants.items():
        setattr(group, name, values * _BRIAN_UNITS[unit])
    b2.seed(seed)
    below = np.minimum(constants["mu"][0], constants["v_reset"][0])
    group.v = below * b2.mV  # settling starts no closer to threshold than the reset
    monitor = b2.SpikeMonitor(group, record=run.keep_times)
    network = b2.Network(group, monitor)
    total = run.settle + run.duration

    def report(elapsed: Any, fraction: float, start: Any, length: Any) -> None:
        advance((float(start) + fraction * float(length)) / total)

    period = 0.2 * b2.second
    if run.settle > 0:
        network.run(run.settle * b2.second, report=report, report_period=period)
    before = np.array(monitor.count)
    network.run(run.duration * b2.second, report=report, report_period=period)
    counts = np.array(monitor.count) - before
    if not run.keep_times:
        return counts, (np.zeros(0, dtype=np.int64), np.zeros(0))
    time = np.asarray(monitor.t) - run.settle
    counted = time > -run.dt / 2
    return counts, (np.asarray(monitor.i)[counted], time[counted])


def _exact_transition(equations: Any, variables: Any = None, method_options: Any = None) -> str:
    """Brian2 state updater: the exact Gaussian transition of the free membrane over dt."""
    return "\n".join(
        (
            "_decay = exp(-dt/tau_m)",
            "_spread = sqrt(1 - exp(-2*dt/tau_m))",
            "v = mu + (v - mu)*_decay + noise_sd*_spread*randn()",
        )
    )


@contextmanager
def _brian2_left_as_found() -> Iterator[None]:
    """Run on Brian2's NumPy target, then restore device, preferences and random state."""
    other_device = b2.get_device() is not runtime_device
    target, random_state = b2.prefs["codegen.target"], np.random.get_state()  # noqa: NPY002
    if other_device:
        b2.set_device("runtime")
    b2.prefs["codegen.target"] = "numpy"
    try:
        yield
    finally:
        b2.prefs["codegen.target"] = target
        np.random.set_state(random_state)  # noqa: NPY002
        if other_device:
            reset_device()


def _provenance() -> dict[str, str]:
    """Which software made the responses."""
    from neurosim import __version__

    here = Path(__file__).parent
    try:
        git = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
        revision = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        revision = "unknown"
    return {
        "source": "neurosim simulation",
        "neurosim_version": __version__,
        "git_revision": revision,
        "brian2_version": b2.__version__,
        "numpy_version": np.__version__,
    }
