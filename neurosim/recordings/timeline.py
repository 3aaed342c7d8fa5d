"""Trials of responses laid one behind another on one clock, as a recording has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses

__all__ = ["Timeline", "describing", "timeline_of"]

_PAUSE = 0.1  # s between trials, in which nothing was simulated
_INSIDE = 1e-9  # s by which a spike at the very end of a trial is put before it


class Timeline(NamedTuple):
    """When each trial was, and when each cell fired.

    Attributes
    ----------
    stimulus, repeat : int array (trial,)
        Which stimulus was shown, and for which time.
    start, stop : array (trial,)
        s.
    trains : list of array (spike,)
        Of each cell, in order, s.
    """

    stimulus: Indices
    repeat: Indices
    start: Array
    stop: Array
    trains: list[Array]


def timeline_of(responses: xr.Dataset, subject: str) -> tuple[xr.Dataset, Timeline]:
    """The responses, checked, and their trials 0.1 s apart: all stimuli once, then again.

    Raises
    ------
    InputError
        When there are no spike times, or cells differ in their trials.
    """
    faults = Faults(subject)
    faults.require(
        isinstance(responses, xr.Dataset) and "spike_time" in responses,
        "spike times",
        "none",
        "simulate(..., spike_times=True) keeps them",
    )
    faults.stop()
    responses = check_responses(responses)
    trials = responses["trials"].values  # (stimulus, cell)
    each = responses["duration"].broadcast_like(responses["count"])
    long: Array = each.transpose("stimulus", "cell", "trial").values
    exists = np.arange(long.shape[2]) < trials[:, :1]  # (stimulus, trial)
    one = (trials == trials[:, :1]).all()
    alike = one and (long == long[:, :1])[np.broadcast_to(exists[:, None], long.shape)].all()
    faults.require(alike, "the same trials, as long, of every cell", "cells that differ in them")
    faults.stop()
    repeat, stimulus = np.nonzero(exists.T)
    length: Array = long[stimulus, 0, repeat].astype(float)
    even = bool((length == length[0]).all())
    one_by_one: Array = np.cumsum(length + _PAUSE) - length - _PAUSE
    start = np.arange(float(length.size)) * (length[0] + _PAUSE) if even else one_by_one
    place = np.zeros(exists.shape, dtype=np.int64)
    place[stimulus, repeat] = np.arange(length.size)
    fired = responses["spike_stimulus"].values, responses["spike_trial"].values
    real = exists[fired]  # a selection of trials may have left spikes behind
    of = place[fired][real]
    time = start[of] + np.minimum(responses["spike_time"].values[real], length[of] - _INSIDE)
    cell = responses["spike_cell"].values[real]
    trains = [np.sort(time[cell == k]) for k in range(responses.sizes["cell"])]
    return responses, Timeline(stimulus, repeat, start, start + length, trains)


def describing(
    responses: xr.Dataset, dim: str, taken: set[str]
) -> Iterator[tuple[str, xr.DataArray]]:
    """Coordinates along a dimension whose names are not taken."""
    for name, values in responses.coords.items():
        if values.dims == (dim,) and str(name) not in taken:
            yield str(name), values
