"""Drive given as a table over time: what holds when, and its mean over a step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array, Indices
from neurosim.base.units import in_unit

__all__ = ["Integral", "MeanOverSteps"]


class MeanOverSteps:
    """Drive over time as the engine asks for it: its mean over each step, as a potential.

    Parameters
    ----------
    drive : DataArray (stimulus, cell, time)
    volts : function
        Mean potential, V, of drive (step, instance) and the instances' cells.
    dt : float
        s.
    """

    def __init__(
        self, drive: xr.DataArray, volts: Callable[[Array, Indices], Array], dt: float
    ) -> None:
        self._integral, self._volts, self._dt = Integral(drive), volts, dt

    def __call__(self, stimulus: Indices, cell: Indices, first: int, steps: int) -> Array:
        edges = np.arange(first, first + steps + 1, dtype=np.float64) * self._dt
        mean = np.diff(self._integral.at(edges, stimulus, cell), axis=0) / self._dt
        return self._volts(mean, cell)  # (step, instance)


class Integral:
    """The integral over time, from 0, of a drive that holds each value until the next sample."""

    def __init__(self, drive: xr.DataArray) -> None:
        given = drive.transpose("time", "stimulus", "cell")
        self._value: Array = given.to_numpy().astype(float)
        self._time: Array = in_unit(given["time"], "s", "simulate", "time")
        steps = self._value[:-1] * np.diff(self._time)[:, None, None]
        self._sum = np.concatenate(
            [np.zeros((1, *self._value.shape[1:])), np.cumsum(steps, axis=0)]
        )

    def at(self, time: Array, *some: Indices) -> Array:
        """At times (s) in rising order, (time, stimulus, cell), or (time, pair) of some pairs of
        stimulus and cell; before 0 the first value holds."""
        sample = np.clip(np.searchsorted(self._time, time, side="right") - 1, 0, None)
        at = (sample[:, None], *some) if some else (sample,)
        value, begun = self._value[at], self._sum[at]
        since = (time - self._time[sample]).reshape(-1, *(1 for _ in value.shape[1:]))
        integral: Array = begun + value * since
        return integral
