"""Gabor receptive fields on pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import Faults
from neurosim.models.gabor import analytic_profile, carrier_ratio, spectrum_peak
from neurosim.stimuli import VisualField

__all__ = ["kernels_on"]

Array = NDArray[np.float64]


def kernels_on(
    field: VisualField,
    *,
    orientation: Array,
    spatial_frequency: Array,
    phase: Array,
    x: Array,
    y: Array,
    nx: Array,
    ny: Array,
) -> Array:
    """Kernels whose sum of products with a frame is the drive.

    Parameters
    ----------
    field : VisualField
    orientation, spatial_frequency, phase, x, y, nx, ny : array (cell,)
        As for `GaborBank`.

    Returns
    -------
    ndarray (cell, row, column)
        Contrast units per pixel; the mean over the pixels is zero.

    Raises
    ------
    InputError
        When the pixels are too coarse for a cell's band, or the field too small for it.
    """
    carrier = spatial_frequency / carrier_ratio(nx)
    sigma_x, sigma_y = nx / carrier, ny / carrier
    _check_fits(field, spatial_frequency, x, y, sigma_x, sigma_y)
    theta = np.deg2rad(orientation)[:, None, None]
    dx = field.x - x[:, None, None]
    dy = field.y[:, None] - y[:, None, None]
    along = (dx * np.cos(theta) + dy * np.sin(theta)) / sigma_x[:, None, None]
    across = (dy * np.cos(theta) - dx * np.sin(theta)) / sigma_y[:, None, None]
    turn = np.exp(1j * np.deg2rad(phase))[:, None, None]
    envelope = np.exp(-(across**2) / 2)
    weights = (analytic_profile(along, nx[:, None, None]) * turn).real * envelope
    envelope = envelope * np.exp(-(along**2) / 2)
    for _ in range(2):  # what cropping and sampling leave of the mean goes where the envelope is
        mean = weights.sum((1, 2), keepdims=True) / envelope.sum((1, 2), keepdims=True)
        weights -= mean * envelope
    peak = spectrum_peak(sigma_x, sigma_y, nx)[:, None, None]
    return weights / (peak * field.ppd**2)


def _check_fits(
    field: VisualField, frequency: Array, x: Array, y: Array, sigma_x: Array, sigma_y: Array
) -> None:
    """Refuse a band that reaches beyond Nyquist, or an envelope that leaves the field."""
    faults = Faults("GaborBank")
    band_edge = frequency + 3 / (2 * np.pi * np.minimum(sigma_x, sigma_y))
    faults.require(
        (band_edge <= field.nyquist).all(),
        f"every band (preferred frequency + 3 SD) within {field.nyquist:g} cycles/deg",
        f"{band_edge.max():.3g}", "raise the field's ppd",
    )  # fmt: skip
    edge = np.minimum(np.abs(field.x).max() - np.abs(x), np.abs(field.y).max() - np.abs(y))
    room = edge / np.maximum(sigma_x, sigma_y)
    faults.require(
        (room >= 3).all(),
        "every cell at least 3 envelope SDs from the edge of the field",
        f"{room.min():.3g}", "make the field larger or move the cell",
    )  # fmt: skip
    faults.stop()
