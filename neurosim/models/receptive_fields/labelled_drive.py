"""Drive as users get it: with the labels of its stimuli and cells, and within memory."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.drive import (
    DRIVE_ATTRS,
    Receiver,
    Sinusoidal,
    by_pixels,
    over_time,
    sinusoidal,
    static,
)
from neurosim.stimuli import Stimulus

__all__ = ["MEMORY", "labelled_drive", "labelled_sinusoid"]

_VALUE, _PIXEL = 26.0, 52.0  # bytes of a value, and of a pixel of a kernel while it is made
MEMORY = 2.0**32
"""Bytes that a drive may take while it is worked out, where nothing is said."""


def labelled_drive(
    stimulus: Stimulus, to: Receiver, duration: float | None, memory: float = MEMORY
) -> xr.DataArray:
    """Drive of each cell by each stimulus; `GaborBank.drive` says the rest.

    Parameters
    ----------
    stimulus : Stimulus
    to : Receiver
    duration : float or None
        s. Given, or for a movie, the drive is over time.
    memory : float
        Most bytes that it may take while it is worked out.

    Returns
    -------
    DataArray (stimulus, cell) or (stimulus, cell, time)
    """
    field, cells = to.field, len(to.cells.phase)
    duration = stimulus.length(field) if duration is None else duration
    times = None if duration is None else field.frame_times(duration)
    faults = Faults("GaborBank.drive")
    faults.require(
        times is not None or not stimulus.moves,
        "static stimuli, or a duration",
        "moving ones",
        "give a duration, or use sinusoidal_drive for gratings",
    )
    faults.stop()
    size = _VALUE * stimulus.count(field) * cells * (1 if times is None else len(times))
    if any(by_pixels(part, to) for part in stimulus.parts()):
        size += _PIXEL * cells * field.shape[0] * field.shape[1]
    faults.require(
        size <= memory,
        f"a drive within memory={memory:g} bytes",
        f"{size:g}",
        "fewer stimuli or cells, a shorter duration, or more memory",
    )
    faults.stop()
    parts = [
        static(part, to) if times is None else over_time(part, to, times)
        for part in stimulus.parts()
    ]
    values, clipped = (np.concatenate(each) for each in zip(*parts, strict=True))
    coords = _coordinates(stimulus, to, len(values))
    if field.contrast_range is not None:
        coords["clipped"] = xr.Variable("stimulus", clipped, {"units": "1"})
    dims: tuple[str, ...] = ("stimulus", "cell")
    if times is not None:
        dims = (*dims, "time")
        coords["time"] = xr.Variable("time", times, {"units": "s"})
    return xr.DataArray(values, coords, dims, "drive", dict(DRIVE_ATTRS))


def labelled_sinusoid(stimulus: Stimulus, to: Receiver) -> xr.Dataset:
    """Drive by moving gratings; `GaborBank.sinusoidal_drive` says the rest.

    Returns
    -------
    Dataset
        drive_mean, drive_amplitude, drive_phase, each (stimulus, cell); temporal_frequency.
    """
    parts = [sinusoidal(part, to) for part in stimulus.parts()]
    driven = Sinusoidal(*map(np.concatenate, zip(*parts, strict=True)))
    coords = _coordinates(stimulus, to, len(driven.mean))
    coords["temporal_frequency"] = xr.Variable("stimulus", driven.frequency, {"units": "Hz"})
    dims = ("stimulus", "cell")
    return xr.Dataset(
        {
            "drive_mean": (dims, driven.mean, DRIVE_ATTRS),
            "drive_amplitude": (dims, driven.amplitude, DRIVE_ATTRS),
            "drive_phase": (dims, driven.phase, {"units": "deg"}),
        },
        coords,
    )


def _coordinates(stimulus: Stimulus, to: Receiver, count: int) -> dict[str, xr.Variable]:
    """The labels of the stimuli and of the cells."""
    index = xr.Variable("stimulus", np.arange(count))
    return {"stimulus": index, **stimulus.coordinates(to.field), **to.cells.coordinates()}
