"""Banks of Gabor receptive fields, in exact quadrature sets.

Geometry and conventions: orientation is that of the wave vector (0 deg: vertical bars), phase
that of the carrier, so that the best grating for a cell has the cell's own orientation, spatial
frequency and phase. Envelope widths nx, ny are in carrier cycles (Ringach 2002). Drive is in
contrast units: a quadrature pair's response to its optimal full-contrast grating is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import Faults
from neurosim.models.convolution import Padding, correlate
from neurosim.models.drive import Driven, driven_by, static
from neurosim.models.gabor import carrier_ratio
from neurosim.models.kernels import kernels_on
from neurosim.models.populations import Eccentricity, Source, against_published, sample_cells
from neurosim.stimuli import Stimulus, VisualField

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QUADRATURE", "RINGACH_MEDIAN_NX", "RINGACH_MEDIAN_NY", "GaborBank"]

QUADRATURE = (0.0, 90.0, 180.0, 270.0)  # deg
RINGACH_MEDIAN_NX = 0.365  # cycles; Ringach 2002, J Neurophysiol 88:455, medians of 79 cells
RINGACH_MEDIAN_NY = 0.445

_DRIVE_ATTRS = {"units": "1", "long_name": "drive (contrast units)"}
_UNITS = {
    "orientation": "deg",
    "spatial_frequency": "cycles/deg",
    "phase": "deg",
    "x": "deg",
    "y": "deg",
    "nx": "cycles",
    "ny": "cycles",
}


@dataclass(frozen=True, eq=False)
class GaborBank:
    """Gabor receptive fields, one per cell.

    Parameters
    ----------
    orientation : array (cell,)
        Of the wave vector, deg.
    spatial_frequency : array (cell,)
        Preferred spatial frequency (the peak of the response, a little above the carrier),
        cycles/deg.
    phase : array (cell,)
        deg; 0 is an even ON-centre field, 180 its OFF partner, 90 its Hilbert transform.
    x, y : array (cell,)
        Centre, deg.
    nx, ny : array (cell,)
        Envelope SDs along and across the carrier, in carrier cycles. Default: Ringach's medians.

    Raises
    ------
    InputError
        For values that are not finite or widths and frequencies that are not positive.

    Examples
    --------
    >>> from neurosim.stimuli import Gratings
    >>> bank = GaborBank.quadrature(orientation=[0, 45], spatial_frequency=2)
    >>> bank
    <GaborBank: 8 cells in 2 quadrature sets>
    >>> drive = bank.drive(Gratings(orientation=0, spatial_frequency=2, phase=[0, 90]))
    >>> drive.sel(cell=[0, 1, 2, 3]).round(12).values + 0.0
    array([[ 1.,  0., -1.,  0.],
           [ 0.,  1.,  0., -1.]])
    """

    orientation: ArrayLike = 0.0
    spatial_frequency: ArrayLike = 2.0
    phase: ArrayLike = 0.0
    x: ArrayLike = 0.0
    y: ArrayLike = 0.0
    nx: ArrayLike = RINGACH_MEDIAN_NX
    ny: ArrayLike = RINGACH_MEDIAN_NY

    def __post_init__(self) -> None:
        faults = Faults("GaborBank")
        try:
            columns = np.broadcast_arrays(
                *(np.atleast_1d(np.asarray(getattr(self, n), dtype=float)) for n in _UNITS)
            )
        except ValueError as error:
            faults.add(f"expected numbers, one per cell or one for all; {error}")
            faults.stop()
        for (name, unit), column in zip(_UNITS.items(), columns, strict=True):
            faults.require(np.isfinite(column).all(), f"{name} finite ({unit})", column)
            if name in ("spatial_frequency", "nx", "ny"):
                faults.require((column > 0).all(), f"{name} > 0 {unit}", column.min())
            object.__setattr__(self, name, column.copy())
        faults.stop()

    @classmethod
    def quadrature(
        cls,
        orientation: ArrayLike = 0.0,
        spatial_frequency: ArrayLike = 2.0,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        nx: ArrayLike = RINGACH_MEDIAN_NX,
        ny: ArrayLike = RINGACH_MEDIAN_NY,
    ) -> GaborBank:
        """Four cells (phases 0, 90, 180, 270 deg) for each set of the other parameters.

        Parameters
        ----------
        orientation, spatial_frequency, x, y, nx, ny : float or array (set,)
            As for `GaborBank`, broadcast against each other.
        """
        given = (orientation, spatial_frequency, x, y, nx, ny)
        sets = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=float)) for v in given))
        theta, f, x, y, nx, ny = (np.repeat(column, len(QUADRATURE)) for column in sets)
        return cls(theta, f, np.tile(QUADRATURE, sets[0].size), x, y, nx, ny)

    @classmethod
    def sample_v1(
        cls,
        cells: int,
        seed: int = 0,
        source: Source = "ringach",
        eccentricity: Eccentricity = "foveal",
    ) -> GaborBank:
        """Simple cells drawn from published distributions of macaque V1.

        Widths and spatial frequencies are the source's (see `neurosim.models.populations`);
        orientations and phases are uniform, centres are at 0. The two sources disagree:
        `widths_against_published` says by how much.

        Parameters
        ----------
        cells : int
        seed : int
        source : "ringach" or "devalois"
        eccentricity : "foveal" or "parafoveal"

        Examples
        --------
        >>> bank = GaborBank.sample_v1(200, seed=1)
        >>> bank.widths_against_published().round(2).loc["nx"].tolist()
        [0.37, 0.36, nan, nan]
        """
        return cls(**sample_cells(cells, seed, source, eccentricity))

    def widths_against_published(self) -> pd.DataFrame:
        """Medians of this bank's widths beside the published ones of simple cells.

        Returns
        -------
        DataFrame
            Rows nx, ny (cycles), bandwidth (octaves), orientation_width (deg); columns the bank and
            each source.
        """
        return against_published(self._column("nx"), self._column("ny"))

    def _column(self, name: str) -> NDArray[np.float64]:
        return np.asarray(getattr(self, name), dtype=float)

    def __len__(self) -> int:
        return self._column("phase").size

    def __repr__(self) -> str:
        sets = np.unique(self.quadrature_set).size
        return f"<GaborBank: {len(self)} cells in {sets} quadrature set{'s' * (sets != 1)}>"

    @property
    def quadrature_set(self) -> NDArray[np.int64]:
        """Which cells share everything but phase: an index, shape (cell,)."""
        rest = np.stack([self._column(n) for n in _UNITS if n != "phase"], axis=1)
        _, first, which = np.unique(rest, axis=0, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[which.ravel()]  # numbered as they come

    @property
    def sigma(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Envelope SDs along and across the carrier, deg; each of shape (cell,)."""
        nx, ny = self._column("nx"), self._column("ny")
        carrier = self._column("spatial_frequency") / carrier_ratio(nx)
        return nx / carrier, ny / carrier

    def coordinates(self) -> dict[str, xr.Variable]:
        """The cells' parameters as coordinates along `cell`, with units."""
        named = {
            f"preferred_{name}" if name in ("orientation", "spatial_frequency", "phase")
            else f"centre_{name}" if name in ("x", "y")
            else f"envelope_{name}": xr.Variable("cell", self._column(name), {"units": unit})
            for name, unit in _UNITS.items()
        }  # fmt: skip
        return {
            "cell": xr.Variable("cell", np.arange(len(self))),
            "quadrature_set": xr.Variable("cell", self.quadrature_set),
            **named,
        }

    def kernels(self, field: VisualField) -> xr.DataArray:
        """Receptive fields on the field's pixels.

        The mean over the pixels is exactly zero, and the sum of kernel times frame is the drive.

        Returns
        -------
        DataArray (cell, y, x)
            Contrast units per pixel.

        Raises
        ------
        InputError
            When the pixels are too coarse for a cell's band, or the field too small for it.
        """
        weights = kernels_on(field, **{name: self._column(name) for name in _UNITS})
        return xr.DataArray(
            weights,
            dims=("cell", "y", "x"),
            coords={
                **self.coordinates(),
                "y": ("y", field.y, {"units": "deg"}),
                "x": ("x", field.x, {"units": "deg"}),
            },
            name="kernel",
        )

    def convolve(
        self,
        image: ArrayLike,
        field: VisualField | None = None,
        stride: int = 1,
        padding: Padding = "valid",
    ) -> xr.DataArray:
        """Response at every position of an image: the bank as a ConvNet's layer.

        Parameters
        ----------
        image : array (row, column)
            Contrast about the mean.
        field : VisualField, optional
            The kernels' size and pixels per degree. Default: ``VisualField()``.
        stride, padding
            As ConvNets name them; see `neurosim.models.convolution.correlate`.

        Returns
        -------
        DataArray (cell, y, x)
            Contrast units; y and x in deg from the first position, y upwards.
        """
        field = VisualField() if field is None else field
        kernels = self.kernels(field).values
        response = correlate(np.asarray(image, dtype=float), kernels, stride, padding)
        step = stride / field.ppd
        places = {
            "y": ("y", -step * np.arange(response.shape[1]), {"units": "deg"}),
            "x": ("x", step * np.arange(response.shape[2]), {"units": "deg"}),
        }
        coords = {**self.coordinates(), **places}
        return xr.DataArray(response, coords, ("cell", "y", "x"), "response", dict(_DRIVE_ATTRS))

    def drive(
        self, stimulus: Stimulus, field: VisualField | None = None, closed_form: bool = True
    ) -> xr.DataArray:
        """Each cell's linear response to each static stimulus.

        Parameters
        ----------
        stimulus : Stimulus
            One set, or several (``gratings + photographs``).
        field : VisualField, optional
            What the stimuli are shown on. Default: ``VisualField()``.
        closed_form : bool
            Use the exact formula where the stimulus has one; False takes the pixels everywhere.

        Returns
        -------
        DataArray (stimulus, cell)
            Contrast units, dimensionless: 1 is the pair's response to its best grating.

        Raises
        ------
        InputError
            When something moves.
        """
        driven, coords = self._driven(stimulus, field, closed_form)
        faults = Faults("GaborBank.drive")
        faults.require(
            not driven.frequency.any(), "static stimuli", "moving gratings", "use sinusoidal_drive"
        )
        faults.stop()
        return xr.DataArray(driven.mean, coords, ("stimulus", "cell"), "drive", dict(_DRIVE_ATTRS))

    def sinusoidal_drive(self, stimulus: Stimulus, field: VisualField | None = None) -> xr.Dataset:
        """Each cell's linear response to moving gratings (static stimuli may be among them).

        Returns
        -------
        Dataset
            drive_mean, drive_amplitude (contrast units) and drive_phase (deg), each (stimulus,
            cell), of
            mean + amplitude cos(2 pi f t + phase), with temporal_frequency f (Hz) along stimulus.

        Examples
        --------
        >>> from neurosim.stimuli import Gratings
        >>> bank = GaborBank.quadrature(0, 2)
        >>> moving = bank.sinusoidal_drive(Gratings(0, 2, temporal_frequency=4))
        >>> moving["drive_amplitude"].values.round(9), moving["drive_phase"].values + 0.0
        (array([[1., 1., 1., 1.]]), array([[  0.,  90., 180., 270.]]))
        """
        driven, coords = self._driven(stimulus, field, closed_form=True)
        coords["temporal_frequency"] = xr.Variable("stimulus", driven.frequency, {"units": "Hz"})
        dims = ("stimulus", "cell")
        return xr.Dataset(
            {
                "drive_mean": (dims, driven.mean, _DRIVE_ATTRS),
                "drive_amplitude": (dims, driven.amplitude, _DRIVE_ATTRS),
                "drive_phase": (dims, driven.phase, {"units": "deg"}),
            },
            coords,
        )

    def _driven(
        self, stimulus: Stimulus, field: VisualField | None, closed_form: bool
    ) -> tuple[Driven, dict[str, Any]]:
        """The response to every part, and the coordinates of stimuli and cells."""
        field = VisualField() if field is None else field
        parts = [self._response(part, field, closed_form) for part in stimulus.parts()]
        driven = Driven(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        index = {"stimulus": np.arange(len(driven.mean))}
        return driven, {**index, **stimulus.coordinates(field), **self.coordinates()}

    def _response(self, stimulus: Stimulus, field: VisualField, closed_form: bool) -> Driven:
        """Response to one set of stimuli."""
        waves = stimulus.sinusoids()
        if waves is not None and closed_form:
            return driven_by(waves, **{name: self._column(name) for name in _UNITS})
        faults = Faults("GaborBank.drive")
        moving = waves is not None and waves.temporal_frequency.any()
        faults.require(not moving, "closed_form=True for moving gratings", closed_form)
        faults.stop()
        frames = stimulus.contrast_frames(field)
        kernels = self.kernels(field).values.reshape(len(self), -1)
        return static(frames.reshape(len(frames), -1) @ kernels.T)
