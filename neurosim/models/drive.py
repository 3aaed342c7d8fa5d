"""What a Gabor cell makes of sinusoids, in closed form: a drive that is one in time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.models.gabor import relative_gain
from neurosim.stimuli import Sinusoids

__all__ = ["Driven", "driven_by", "static"]

Array = NDArray[np.float64]


class Driven(NamedTuple):
    """mean + amplitude cos(2 pi f t + phase): (stimulus, cell) three times, and f (stimulus,).

    Contrast units, phase in deg, f in Hz (0 where nothing moves).
    """

    mean: Array
    amplitude: Array
    phase: Array
    frequency: Array


def static(drive: Array) -> Driven:
    """A drive (stimulus, cell) that does not change."""
    nothing = np.zeros_like(drive)
    return Driven(drive, nothing, nothing, np.zeros(len(drive)))


def driven_by(
    waves: Sinusoids,
    *,
    orientation: Array,
    spatial_frequency: Array,
    phase: Array,
    x: Array,
    y: Array,
    nx: Array,
    ny: Array,
) -> Driven:
    """Exact response of Gabor cells to sinusoids.

    Parameters
    ----------
    waves : Sinusoids
    orientation, spatial_frequency, phase, x, y, nx, ny : array (cell,)
        As for `GaborBank`.
    """
    wave = np.deg2rad(waves.orientation)[:, None]
    angle = wave - np.deg2rad(orientation)
    relative = waves.spatial_frequency[:, None] / spatial_frequency
    gain = relative_gain(relative * np.cos(angle), relative * np.sin(angle), nx, ny)
    shift = x * np.cos(wave) + y * np.sin(wave)  # deg along the wave
    at_centre = 2 * np.pi * waves.spatial_frequency[:, None] * shift
    at_centre = at_centre + np.deg2rad(waves.phase)[:, None]
    # against its own direction the wave runs through the odd member the other way
    turned = at_centre - np.sign(gain) * np.deg2rad(phase)
    size = waves.amplitude[:, None] * np.abs(gain)
    standing = size * np.cos(turned)
    moves = (waves.temporal_frequency > 0)[:, None]
    drifts = moves & (not waves.counterphase)
    return Driven(
        np.where(moves, 0.0, standing),
        np.where(moves, np.where(drifts, size, standing), 0.0),
        np.where(drifts, -np.rad2deg(turned), 0.0),
        waves.temporal_frequency,
    )
