"""Interspike intervals."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurosim.base.arrays import divided
from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses

__all__ = ["rate_from_intervals"]


def rate_from_intervals(responses: xr.Dataset) -> xr.DataArray:
    """Firing rate as one over the mean interspike interval.

    Unlike a count over a window it is not rounded to whole spikes, which suits cells that fire
    regularly. Intervals longer than the window are never seen: for irregular cells it is too high,
    the more so the fewer spikes a window holds; count spikes for those.

    Parameters
    ----------
    responses : Dataset
        With spike times (``simulate(..., spike_times=True)``).

    Returns
    -------
    DataArray (stimulus, cell)
        Hz; NaN where no trial has two spikes.

    Raises
    ------
    InputError
        When the responses have no spike times.

    Examples
    --------
    >>> from neurosim import LIF, simulate
    >>> drive = xr.DataArray([[1.0]], dims=("stimulus", "cell"))
    >>> cell = LIF(v_rest=0, v_threshold=20, v_reset=0, noise_sd=0)
    >>> responses = simulate(cell, drive, gain=30, trials=1, dt=1e-5, spike_times=True)
    >>> rate_from_intervals(responses).round(1).item()  # 41.7149 Hz in closed form
    41.7
    """
    responses = check_responses(responses)
    faults = Faults("rate_from_intervals")
    faults.require("spike_time" in responses, "spike times", "none", "simulate(spike_times=True)")
    faults.stop()
    shape = tuple(responses.sizes[d] for d in ("stimulus", "cell", "trial"))
    index = tuple(responses[f"spike_{d}"].values for d in ("stimulus", "cell", "trial"))
    instance = np.ravel_multi_index(index, shape)
    same = np.diff(instance) == 0  # spikes come grouped by instance, in order of time
    interval = np.diff(responses["spike_time"].values)[same]
    condition = instance[:-1][same] // shape[2]
    size = shape[0] * shape[1]
    number = np.bincount(condition, minlength=size)
    total = np.bincount(condition, weights=interval, minlength=size)
    rate = divided(number, total)
    return xr.DataArray(
        rate.reshape(shape[:2]), dims=("stimulus", "cell"), name="rate", attrs={"units": "Hz"}
    ).assign_coords(responses["drive"].coords)
