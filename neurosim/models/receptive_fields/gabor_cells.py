"""The parameters of Gabor cells, as the functions that compute with them take them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.gabor import carrier_ratio

__all__ = ["GaborCells"]

_UNITS = {
    "orientation": "deg",
    "spatial_frequency": "cycles/deg",
    "phase": "deg",
    "x": "deg",
    "y": "deg",
    "nx": "cycles",
    "ny": "cycles",
}
_ROLE = {"x": "centre", "y": "centre", "nx": "envelope", "ny": "envelope"}  # else preferred


class GaborCells(NamedTuple):
    """One value per cell, (cell,) each."""

    orientation: Array  # of the wave vector, deg
    spatial_frequency: Array  # preferred, cycles/deg
    phase: Array  # deg
    x: Array  # centre, deg
    y: Array
    nx: Array  # envelope SD along the carrier, carrier cycles
    ny: Array  # and across it

    @classmethod
    def from_numbers(
        cls,
        orientation: ArrayLike,
        spatial_frequency: ArrayLike,
        phase: ArrayLike,
        x: ArrayLike,
        y: ArrayLike,
        nx: ArrayLike,
        ny: ArrayLike,
        polarity: ArrayLike = 1.0,
    ) -> GaborCells:
        """Checked: numbers, one per cell or one for all; a polarity of -1 adds 180 deg of phase."""
        faults = Faults("GaborBank")
        given = (orientation, spatial_frequency, phase, x, y, nx, ny, polarity)
        names = (*_UNITS, "polarity")
        numbers = [
            np.atleast_1d(faults.numbers(name, each))
            for name, each in zip(names, given, strict=True)
        ]
        faults.stop()
        try:
            columns = np.broadcast_arrays(*numbers)
        except ValueError as error:
            faults.add(f"expected numbers, one per cell or one for all; {error}")
            faults.stop()
        flat = columns[0].ndim == 1 and columns[0].size > 0
        faults.require(flat, "at least one cell, in lists", f"shape {columns[0].shape}")
        faults.stop()
        for (name, unit), column in zip(_UNITS.items(), columns, strict=False):
            faults.require(np.isfinite(column).all(), f"{name} finite ({unit})", column)
            if name in ("spatial_frequency", "nx", "ny"):
                faults.require((column > 0).all(), f"{name} > 0 {unit}", column.min())
        *own, sign = columns
        faults.require(np.isin(sign, (-1, 1)).all(), "polarity 1 or -1", polarity)
        faults.stop()
        cells = cls(*(column.copy() for column in own))
        return cells._replace(phase=cells.phase + np.where(sign < 0, 180.0, 0.0))

    @property
    def quadrature_set(self) -> Indices:
        """Which cells share everything but phase: an index, (cell,)."""
        rest = np.stack([self[k] for k, name in enumerate(_UNITS) if name != "phase"], axis=1)
        _, first, which = np.unique(rest, axis=0, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[which.ravel()]  # numbered as they come

    def coordinates(self) -> dict[str, xr.Variable]:
        """The parameters as coordinates along `cell`, with units."""
        named = {
            f"{_ROLE.get(name, 'preferred')}_{name}": xr.Variable("cell", column, {"units": unit})
            for (name, unit), column in zip(_UNITS.items(), self, strict=True)
        }
        return {
            "cell": xr.Variable("cell", np.arange(len(self.phase))),
            "quadrature_set": xr.Variable("cell", self.quadrature_set),
            **named,
        }

    @property
    def carrier(self) -> Array:
        """Spatial frequency of the carrier, a little below the preferred one, cycles/deg."""
        return self.spatial_frequency / carrier_ratio(self.nx)

    @property
    def sigma(self) -> tuple[Array, Array]:
        """Envelope SDs along and across the carrier, deg."""
        return self.nx / self.carrier, self.ny / self.carrier

    @property
    def highest(self) -> float:
        """Spatial frequency beyond which no cell answers (to 1e-17 of its best), cycles/deg."""
        return float((self.carrier + 9 / (2 * np.pi * np.minimum(*self.sigma))).max())
