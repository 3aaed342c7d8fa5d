"""Drive given as a table over time: what holds when, and its mean over a step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.base.errors import InputError
from neurosim.base.units import in_unit

__all__ = ["Integral", "MeanOverSteps", "seconds"]

Array = NDArray[np.float64]


class MeanOverSteps:
    """Drive over time as the engine asks for it: its mean over each step, as a potential.

    Parameters
    ----------
    drive : DataArray (stimulus, cell, time)
    volts : function
        Mean potential, V, of drive (..., cell).
    dt : float
        s.
    """

    def __init__(self, drive: xr.DataArray, volts: Callable[[Array], Array], dt: float) -> None:
        self._integral, self._volts, self._dt = Integral(drive), volts, dt

    def __call__(self, stimulus: NDArray, cell: NDArray, first: int, steps: int) -> Array:
        edges = np.arange(first, first + steps + 1, dtype=np.float64) * self._dt
        mean = np.diff(self._integral.at(edges), axis=0) / self._dt  # (step, stimulus, cell)
        return self._volts(mean)[:, stimulus, cell]


class Integral:
    """The integral over time, from 0, of a drive that holds each value until the next sample."""

    def __init__(self, drive: xr.DataArray) -> None:
        given = drive.transpose("time", "stimulus", "cell")
        self._value: Array = given.to_numpy().astype(float)
        self._time = seconds(given["time"])
        steps = self._value[:-1] * np.diff(self._time)[:, None, None]
        self._sum = np.concatenate(
            [np.zeros((1, *self._value.shape[1:])), np.cumsum(steps, axis=0)]
        )

    def at(self, time: Array) -> Array:
        """At times (s) in rising order, (time, stimulus, cell); before 0 the first value holds."""
        sample = np.clip(np.searchsorted(self._time, time, side="right") - 1, 0, None)
        since = (time - self._time[sample])[:, None, None]
        return self._sum[sample] + self._value[sample] * since


def seconds(time: xr.DataArray) -> Array:
    """A time coordinate in s, whether it holds time differences or says its unit."""
    values = time.to_numpy()
    if values.dtype.kind == "m":
        return values / np.timedelta64(1, "s")
    if values.dtype.kind not in "iuf":
        raise InputError(f"simulate: expected time in s, got {values.dtype}")
    factor = in_unit(f"1 {time.attrs.get('units', 's')}", "s", "simulate", "time")
    return values.astype(float) * factor
