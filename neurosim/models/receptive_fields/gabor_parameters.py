"""The parameters of a bank of Gabor cells: checked, one value per cell, never changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.gabor import nx_of_sigma
from neurosim.models.receptive_fields.gabor_cells import GaborCells
from neurosim.models.receptive_fields.temporal import TemporalFilter

__all__ = ["RINGACH_MEDIAN_NX", "RINGACH_MEDIAN_NY", "GaborParameters"]

RINGACH_MEDIAN_NX = 0.365  # cycles; Ringach 2002, J Neurophysiol 88:455, medians of 79 cells
RINGACH_MEDIAN_NY = 0.445


@dataclass(frozen=True, eq=False, init=False)
class GaborParameters:
    """What the cells of a bank are; `GaborBank` says what each parameter is."""

    orientation: Array
    spatial_frequency: Array
    phase: Array
    x: Array
    y: Array
    nx: Array
    ny: Array
    temporal: TemporalFilter | None

    def __init__(
        self,
        orientation: ArrayLike = 0.0,
        spatial_frequency: ArrayLike = 2.0,
        phase: ArrayLike = 0.0,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        nx: ArrayLike = RINGACH_MEDIAN_NX,
        ny: ArrayLike = RINGACH_MEDIAN_NY,
        temporal: TemporalFilter | None = None,
        sigma: tuple[ArrayLike, ArrayLike] | None = None,
        polarity: ArrayLike = 1.0,
    ) -> None:
        faults = Faults("GaborBank")
        known = temporal is None or isinstance(temporal, TemporalFilter)
        faults.require(known, "temporal as a TemporalFilter", repr(temporal))
        listed = isinstance(sigma, tuple | list) or getattr(sigma, "ndim", 0) > 0
        pair = sigma is None or (listed and len(sigma) == 2)
        faults.require(pair, "sigma as (along, across) in deg", sigma)
        faults.stop()
        if sigma is not None:
            nx, ny = nx_of_sigma(*sigma, spatial_frequency)
        faults.stop()
        given = (orientation, spatial_frequency, phase, x, y, nx, ny)
        cells = GaborCells.from_numbers(*given, polarity)
        for name, column in cells._asdict().items():
            object.__setattr__(self, name, column)
        object.__setattr__(self, "temporal", temporal)

    def __len__(self) -> int:
        return self.phase.size

    def __repr__(self) -> str:
        sets = np.unique(self.quadrature_set).size
        filtered = "" if self.temporal is None else f", {self.temporal!r}"
        cells = f"{len(self)} cell{'s' * (len(self) != 1)}"
        return f"<GaborBank: {cells} in {sets} quadrature set{'s' * (sets != 1)}{filtered}>"

    @property
    def quadrature_set(self) -> Indices:
        """Which cells share everything but phase: an index, shape (cell,)."""
        return self.cells.quadrature_set

    @property
    def cells(self) -> GaborCells:
        """The parameters, (cell,) each."""
        return GaborCells(*(getattr(self, name) for name in GaborCells._fields))

    @property
    def sigma(self) -> tuple[Array, Array]:
        """Envelope SDs along and across the carrier, deg; each of shape (cell,)."""
        return self.cells.sigma

    @property
    def polarity(self) -> Indices:
        """1 for cells whose centre answers light, -1 dark, 0 odd ones; shape (cell,)."""
        sign: Indices = np.sign(np.cos(np.deg2rad(self.phase)).round(9)).astype(int)
        return sign

    def coordinates(self) -> dict[str, xr.Variable]:
        """The cells' parameters as coordinates along `cell`, with units."""
        return self.cells.coordinates()
