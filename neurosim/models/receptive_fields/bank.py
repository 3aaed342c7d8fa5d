"""Banks of Gabor receptive fields, in exact quadrature sets.

Geometry and conventions: orientation is that of the wave vector (0 deg: vertical bars), phase
that of the carrier, so that the best grating for a cell has the cell's own orientation, spatial
frequency and phase. Envelope widths nx, ny are in carrier cycles (Ringach 2002). Drive is in
contrast units: a quadrature pair's response to its optimal full-contrast grating is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.errors import Faults
from neurosim.models.receptive_fields.convolution import Padding, correlate
from neurosim.models.receptive_fields.drive import DRIVE_ATTRS, Receiver
from neurosim.models.receptive_fields.gabor_cells import GaborCells
from neurosim.models.receptive_fields.gabor_parameters import (
    RINGACH_MEDIAN_NX,
    RINGACH_MEDIAN_NY,
    GaborParameters,
)
from neurosim.models.receptive_fields.labelled_drive import (
    MEMORY,
    labelled_drive,
    labelled_sinusoid,
)
from neurosim.models.receptive_fields.macaque_v1 import (
    Eccentricity,
    Source,
    against_published,
    sample_cells,
)
from neurosim.models.receptive_fields.pixels import pairs_on
from neurosim.models.receptive_fields.temporal import TemporalFilter
from neurosim.stimuli import Stimulus, VisualField
from neurosim.stimuli.field import field_given

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["QUADRATURE", "RINGACH_MEDIAN_NX", "RINGACH_MEDIAN_NY", "GaborBank"]

QUADRATURE = (0.0, 90.0, 180.0, 270.0)  # deg


class GaborBank(GaborParameters):
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
    temporal : TemporalFilter, optional
        Of all cells: a `BiphasicFilter` makes them separable in space and time, a `TemporalGabor`
        direction-selective (along their own orientation; add 180 deg for the other way). Default:
        the present alone.
    sigma : (float or array, float or array), optional
        Envelope SDs along and across the carrier in deg, instead of nx and ny.
    polarity : float or array (cell,)
        1, or -1 for the OFF partner, which is a phase further by 180 deg.

    Raises
    ------
    InputError
        For values that are not finite, widths and frequencies that are not positive, and a sigma
        too narrow for the spatial frequency.

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

    @classmethod
    def quadrature(
        cls,
        orientation: ArrayLike = 0.0,
        spatial_frequency: ArrayLike = 2.0,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        nx: ArrayLike = RINGACH_MEDIAN_NX,
        ny: ArrayLike = RINGACH_MEDIAN_NY,
        temporal: TemporalFilter | None = None,
    ) -> GaborBank:
        """Four cells (phases 0, 90, 180, 270 deg) for each set of the other parameters.

        Parameters
        ----------
        orientation, spatial_frequency, x, y, nx, ny : float or array (set,)
            As for `GaborBank`, broadcast against each other.
        temporal : TemporalFilter, optional
        """
        one = cls(orientation, spatial_frequency, 0.0, x, y, nx, ny).cells
        sets = [one[k] for k in (0, 1, 3, 4, 5, 6)]
        theta, f, x, y, nx, ny = (np.repeat(column, len(QUADRATURE)) for column in sets)
        return cls(theta, f, np.tile(QUADRATURE, sets[0].size), x, y, nx, ny, temporal)

    @classmethod
    def sample_v1(
        cls,
        cells: int,
        seed: int = 0,
        source: Source = "ringach",
        eccentricity: Eccentricity = "foveal",
    ) -> GaborBank:
        """Simple cells drawn from published distributions of macaque V1.

        Widths and spatial frequencies are the source's (`models.receptive_fields.macaque_v1`);
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
        return against_published(self.nx, self.ny)

    def plot_against_published(self) -> Figure:
        """Widths and spatial frequencies of this bank over the published distributions."""
        from neurosim.models.receptive_fields.figure import against_published_figure

        return against_published_figure(self.cells)

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
        faults = Faults("GaborBank.kernels")
        faults.kind("field", field, VisualField, "a VisualField")
        faults.stop()
        return xr.DataArray(
            pairs_on(field, self.cells).real,
            dims=("cell", "y", "x"),
            coords={
                **self.coordinates(),
                "y": ("y", field.y, {"units": "deg"}),
                "x": ("x", field.x, {"units": "deg"}),
            },
            name="kernel",
        )

    def plot(self, field: VisualField | None = None, most: int = 24) -> Figure:
        """A page of receptive fields (up to `most`, evenly chosen), each on its own scale.

        Without a field they are drawn on one that shows the largest whole.
        """
        from neurosim.models.receptive_fields.figure import receptive_fields_figure

        faults = Faults("GaborBank.plot")
        most = faults.whole("most", most)
        faults.stop()
        field = None if field is None else field_given(field, "GaborBank.plot")
        chosen = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).round().astype(int))
        return receptive_fields_figure(GaborCells(*(each[chosen] for each in self.cells)), field)

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
            As ConvNets name them; see `neurosim.models.receptive_fields.convolution.correlate`.

        Returns
        -------
        DataArray (cell, y, x)
            Contrast units; y and x in deg from the first position, y upwards.
        """
        field = field_given(field, "GaborBank.convolve")
        kernels = self.kernels(field).values
        response = correlate(image, kernels, stride, padding)
        step = stride / field.ppd
        places = {
            "y": ("y", -step * np.arange(response.shape[1]), {"units": "deg"}),
            "x": ("x", step * np.arange(response.shape[2]), {"units": "deg"}),
        }
        coords = {**self.coordinates(), **places}
        return xr.DataArray(response, coords, ("cell", "y", "x"), "response", dict(DRIVE_ATTRS))

    def drive(
        self,
        stimulus: Stimulus,
        field: VisualField | None = None,
        closed_form: bool = True,
        duration: float | None = None,
        memory: float = MEMORY,
    ) -> xr.DataArray:
        """Each cell's linear response to each stimulus.

        Parameters
        ----------
        stimulus : Stimulus
            One set, or several (``gratings + photographs``).
        field : VisualField, optional
            What the stimuli are shown on. Default: ``VisualField()``.
        closed_form : bool
            Use the exact formula where the stimulus has one; False takes the pixels everywhere.
        duration : float, optional
            s. Given, or for a movie, the drive is over time, at each frame. Everything has always
            been there, moving sets with their past, but a movie: before it the temporal filter sees
            the mean luminance (``Movie(photographs)`` flashes them).
        memory : float
            Most bytes that the drive may take while it is worked out. Default: 4 GiB.

        Returns
        -------
        DataArray (stimulus, cell) or (stimulus, cell, time)
            Contrast units, dimensionless: 1 is the pair's response to its best grating. Where a
            display is declared, `clipped` is the fraction of pixels that it could not show.

        Raises
        ------
        InputError
            When something moves and no duration is given, and for what the field cannot show.

        Examples
        --------
        >>> from neurosim.stimuli import Edges
        >>> passing = Edges(position=-1, speed=4)
        >>> drive = GaborBank.quadrature(0, 2).drive(passing, duration=0.5)
        >>> drive.sizes["time"], drive.sel(cell=1).argmin("time").item()
        (30, 15)
        """
        faults = Faults("GaborBank.drive")
        closed_form = faults.flag("closed_form", closed_form)
        memory = faults.number("memory", memory, "> 0 bytes", lambda size: size > 0)
        faults.kind("stimulus", stimulus, Stimulus, "a stimulus set")
        faults.stop()
        field = field_given(field, "GaborBank.drive")
        to = Receiver(self.cells, field, self.temporal, closed_form)
        return labelled_drive(stimulus, to, duration, memory)

    def sinusoidal_drive(self, stimulus: Stimulus, field: VisualField | None = None) -> xr.Dataset:
        """Each cell's linear response to moving gratings (static stimuli may be among them).

        Returns
        -------
        Dataset
            drive_mean, drive_amplitude (contrast units) and drive_phase (deg), each (stimulus,
            cell), of
            mean + amplitude cos(2 pi f t + phase), with temporal_frequency f (Hz) along stimulus.

        Raises
        ------
        InputError
            For a stimulus with more than one temporal frequency, and what moves without any.

        Examples
        --------
        >>> from neurosim.stimuli import Gratings
        >>> bank = GaborBank.quadrature(0, 2)
        >>> moving = bank.sinusoidal_drive(Gratings(0, 2, temporal_frequency=4))
        >>> moving["drive_amplitude"].values.round(9), moving["drive_phase"].values.round(9) + 0.0
        (array([[1., 1., 1., 1.]]), array([[  0.,  90., 180., -90.]]))
        """
        faults = Faults("GaborBank.sinusoidal_drive")
        faults.kind("stimulus", stimulus, Stimulus, "a stimulus set")
        faults.stop()
        field = field_given(field, "GaborBank.sinusoidal_drive")
        return labelled_sinusoid(stimulus, Receiver(self.cells, field, self.temporal))
