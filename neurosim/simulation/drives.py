"""What cells receive: a drive that is static, sampled in time, or a sinusoid.

A drive says its mean, its extremes, and what the engine gets of it; `drive_of` makes one of what
was given, and checks it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit
from neurosim.data.cells import where_not_finite
from neurosim.simulation.engine.lif import Sinusoid
from neurosim.simulation.sampled_drive import Integral, MeanOverSteps

__all__ = ["Drive", "FreePotential", "drive_of"]

_PARTS = ("drive_amplitude", "drive_mean", "drive_phase")  # of a sinusoid
_DIMS = ("stimulus", "cell", "spike", "time_bin", "phase_bin")  # of responses
_TAKEN = ("count", "trial", "trials", "duration", "drive", "count_in_bin", "count_at_phase")
_FASTEST = 0.1  # cycles of a sinusoid in a time step


@dataclass(frozen=True, eq=False)
class FreePotential:
    """Mean potential of the free membrane, V: offset + gain * drive, both in mV."""

    offset: Any  # float or array (cell,)
    gain: Any

    def __call__(self, drive: Array, cell: Indices | None = None) -> Array:
        """Of drive (..., cell), or (..., instance) with each instance's cell."""
        offset, gain = (
            each if cell is None or not np.ndim(each) else np.asarray(each)[cell]
            for each in (self.offset, self.gain)
        )
        potential: Array = (offset + gain * drive) * 1e-3
        return potential

    def swing(self, amplitude: Array) -> Array:
        """Amplitude, V, of a sinusoid whose drive has the amplitude (..., cell)."""
        swing: Array = np.asarray(self.gain, dtype=float) * 1e-3 * amplitude
        return swing


class Drive(ABC):
    """Drive of cells by stimuli, in contrast units.

    Attributes
    ----------
    varies : str
        How it varies in time; empty where it does not.
    frequency : array (stimulus,) or None
        Of a sinusoid, Hz.
    """

    varies = ""
    frequency: Array | None = None

    def __init__(self, given: xr.DataArray) -> None:
        self.given = given

    @property
    def cells(self) -> int:
        """How many cells it drives."""
        return self.given.sizes["cell"]

    @property
    def beside_the_mean(self) -> dict[str, xr.DataArray]:
        """What responses keep of it beside its mean."""
        return {}

    def check(self, faults: Faults) -> None:  # noqa: B027  # a static drive has no more to check
        """Note what is wrong with how it varies."""

    def check_step(self, dt: float, faults: Faults) -> None:  # noqa: B027
        """Note a time step (s) that it is too fast for."""

    @abstractmethod
    def mean(self, duration: float) -> xr.DataArray:
        """Over the counted time (s), (stimulus, cell)."""

    @abstractmethod
    def extremes(self) -> tuple[Array, Array]:
        """Least and most over stimuli and time, (cell,) each."""

    @abstractmethod
    def for_engine(
        self, potential: FreePotential, dt: float
    ) -> Array | Sinusoid | Callable[..., Array]:
        """The mean potential (V) as the engine takes it, for steps of dt (s)."""


class StaticDrive(Drive):
    """One value per stimulus and cell."""

    def mean(self, duration: float) -> xr.DataArray:
        return self.given.transpose("stimulus", "cell")

    def extremes(self) -> tuple[Array, Array]:
        return _over_all_but_cells(self.given)

    def for_engine(self, potential: FreePotential, dt: float) -> Array:
        return potential(self.mean(0.0).values)


class SampledDrive(Drive):
    """Values in time, each of which holds until the next."""

    varies = "time"

    def check(self, faults: Faults) -> None:
        time = np.ones(2)
        if "time" in self.given.coords:
            time = in_unit(self.given["time"], "s", "simulate", "time")
        rising = time.size > 0 and (np.diff(time) > 0).all() and abs(time[0]) < 1e-12
        faults.require(rising, "a rising time coordinate in s from 0", time[:3])

    def mean(self, duration: float) -> xr.DataArray:
        ends = Integral(self.given).at(np.array([0.0, duration]))
        first = self.given.isel(time=0, drop=True).transpose("stimulus", "cell")
        return first.copy(data=(ends[1] - ends[0]) / duration)

    def extremes(self) -> tuple[Array, Array]:
        return _over_all_but_cells(self.given)

    def for_engine(self, potential: FreePotential, dt: float) -> MeanOverSteps:
        return MeanOverSteps(self.given, potential, dt)


class SinusoidalDrive(Drive):
    """A mean and a sinusoid about it, as `GaborBank.sinusoidal_drive` gives them."""

    varies = "sinusoid"
    frequency: Array

    def __init__(self, given: xr.Dataset) -> None:
        super().__init__(given["drive_mean"])
        self._parts, self._of_frequency = given, given["temporal_frequency"]
        self.frequency = self._of_frequency.values.astype(float)

    @property
    def beside_the_mean(self) -> dict[str, xr.DataArray]:
        return {str(name): part for name, part in self._parts.drop_vars("drive_mean").items()}

    def check(self, faults: Faults) -> None:
        along = self._of_frequency.dims
        faults.require(along == ("stimulus",), "temporal_frequency along stimulus", along)
        possible = np.isfinite(self.frequency).all() and (self.frequency >= 0).all()
        faults.require(possible, "temporal_frequency >= 0 Hz", self.frequency)

    def check_step(self, dt: float, faults: Faults) -> None:
        fastest = float(self.frequency.max()) * dt
        faults.require(
            fastest <= _FASTEST,
            f"at least {1 / _FASTEST:.0f} time steps in each cycle of the drive",
            f"{1 / fastest if fastest else np.inf:.3g}",
            "a shorter dt",
        )

    def mean(self, duration: float) -> xr.DataArray:
        return self.given.transpose("stimulus", "cell")

    def extremes(self) -> tuple[Array, Array]:
        mean, amplitude = self._part("drive_mean"), np.abs(self._part("drive_amplitude"))
        return (mean - amplitude).min(0), (mean + amplitude).max(0)

    def for_engine(self, potential: FreePotential, dt: float) -> Sinusoid:
        return Sinusoid(
            potential(self._part("drive_mean")),
            potential.swing(self._part("drive_amplitude")),
            self._part("drive_phase") / 360,
            self.frequency,
        )

    def _part(self, name: str) -> Array:
        values: Array = self._parts[name].transpose("stimulus", "cell").values
        return values


def drive_of(given: Any, faults: Faults) -> Drive:
    """The drive that was given.

    Parameters
    ----------
    given : DataArray (stimulus, cell) or (stimulus, cell, time), or Dataset of a sinusoid
    faults : Faults
        What is wrong is noted here; stopped where nothing can be made of what was given.
    """
    known = isinstance(given, xr.DataArray | xr.Dataset)
    if not faults.require(known, "drive as a DataArray (stimulus, cell)", type(given).__name__):
        faults.stop()
    sinusoid = isinstance(given, xr.Dataset)
    if sinusoid:
        whole = set(_PARTS) <= set(given.data_vars) and "temporal_frequency" in given
        expected = f"a sinusoid: {', '.join(_PARTS)}, temporal_frequency"
        faults.require(whole, expected, sorted(map(str, given)))
        faults.stop()
        kind_of_frequency = given["temporal_frequency"].dtype
        real = kind_of_frequency.kind in "iuf"
        faults.require(real, "temporal_frequency as numbers", kind_of_frequency)
        faults.stop()
    for part in [given[name] for name in _PARTS] if sinusoid else [given]:
        _check_values(part, not sinusoid, faults)
    _check_labels(given, faults)
    faults.stop()
    kind = SinusoidalDrive if sinusoid else SampledDrive if "time" in given.dims else StaticDrive
    drive = kind(given)
    drive.check(faults)
    return drive


def _check_values(part: xr.DataArray, may_vary: bool, faults: Faults) -> None:
    """Note what is wrong with drive (stimulus, cell), or over time where it `may_vary`."""
    dims = set(part.dims)
    known = dims == {"stimulus", "cell"} or (may_vary and dims == {"stimulus", "cell", "time"})
    expected = "drive with dims (stimulus, cell) or (stimulus, cell, time)"
    faults.require(known, expected, part.dims)
    if not faults.require(part.dtype.kind in "iuf", "drive as numbers", part.dtype):
        faults.stop()
    small = part.dtype.itemsize <= 8
    faults.require(small, "drive as numbers of 64 bits at most", part.dtype, "drive.astype(float)")
    faults.require(part.size > 0, "at least one stimulus and cell", dict(part.sizes))
    if not np.isfinite(part.values).all():
        faults.require(False, "finite drive", where_not_finite(part))


def _check_labels(part: xr.DataArray | xr.Dataset, faults: Faults) -> None:
    """Note labels that name nothing, and coordinates in the place of what responses hold."""
    for dim in part.dims:
        if dim in part.coords and part[dim].dims == (dim,):
            labels = part[dim].to_index()
            whole = not labels.hasnans
            faults.require(whole, f"labels of {dim} without a missing one", list(labels))
    taken = sorted(
        str(name)
        for name in part.coords
        if name in _TAKEN or (name in (*part.dims, *_DIMS) and part[name].dims != (name,))
    )
    remedy = f"drive.drop_vars({taken}), or other names"
    expected = "drive without coordinates that responses hold themselves"
    faults.require(not taken, expected, ", ".join(taken), remedy)


def _over_all_but_cells(drive: xr.DataArray) -> tuple[Array, Array]:
    other = tuple(dim for dim in drive.dims if dim != "cell")
    return drive.min(other).values, drive.max(other).values
