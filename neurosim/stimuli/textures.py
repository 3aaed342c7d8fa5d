"""Random-phase textures: many sinusoids about one orientation and spatial frequency.

Their appearance is set by the spectrum alone (Leon et al. 2012, J Neurophysiol 107:3217, call the
moving ones motion clouds). Being sums of sinusoids they have a closed form, and the same texture
can be shown on any pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from neurosim.base.arrays import Array, Flags
from neurosim.base.errors import Faults
from neurosim.stimuli.closed_forms import ClosedForm, waves
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label
from neurosim.stimuli.sweep import DEGREES, MOST, Axis, Combine, Sweep, Swept

__all__ = ["Textures"]

_REACH = 2.5  # standard deviations of log frequency, beyond which none are drawn
_SD_PER_WIDTH = 1 / (2 * np.sqrt(2 * np.log(2)))  # of a Gaussian's full width at half height


def _at_least_0(values: Array) -> Flags:
    return values >= 0


class Textures(Swept):
    """Textures of random phase, each drawn from the seed and its index alone.

    Parameters
    ----------
    samples : int
        Textures of every combination of the other parameters.
    orientation : float or sequence
        Mean direction of the wave vectors, deg.
    orientation_sd : float or sequence
        Their standard deviation, deg; infinity for no preferred orientation.
    spatial_frequency : float or sequence
        Median, cycles/deg.
    bandwidth : float or sequence
        Full width at half height of the distribution of log frequency, octaves.
    contrast : float or sequence
        RMS, in expectation.
    temporal_frequency : float or sequence
        Every component drifts at it, Hz.
    components : int
        Sinusoids of each texture.
    seed : int
    combine : "product" or "zip"

    Raises
    ------
    InputError
        Naming everything that cannot be; on showing, for a spectrum that reaches beyond the field's
        Nyquist frequency.

    Examples
    --------
    >>> textures = Textures(samples=2, orientation=[0, 45, 90], seed=1)
    >>> textures
    <Textures: 6 stimuli; 2 sample, 3 orientation>
    >>> textures.frames(VisualField()).std(("y", "x")).round(1).values
    array([0.3, 0.3, 0.3, 0.3, 0.3, 0.3])
    """

    kind = "texture"
    _motion_axis = "temporal_frequency"
    _AXES: ClassVar[dict[str, Axis]] = {
        "sample": Axis(""),
        "orientation": DEGREES,
        "orientation_sd": Axis("deg", ">= 0 deg", _at_least_0, infinite=True),
        "spatial_frequency": Axis("cycles/deg", "> 0 cycles/deg", lambda values: values > 0),
        "bandwidth": Axis("octaves", ">= 0 octaves", _at_least_0),
        "contrast": Axis("1", ">= 0 (RMS)", _at_least_0),
        "temporal_frequency": Axis("Hz", ">= 0 Hz", _at_least_0, silent_at=0.0),
    }

    def __init__(
        self,
        samples: int = 1,
        orientation: ArrayLike = 0.0,
        orientation_sd: ArrayLike = 15.0,
        spatial_frequency: ArrayLike = 2.0,
        bandwidth: ArrayLike = 1.0,
        contrast: ArrayLike = 0.3,
        temporal_frequency: ArrayLike = 0.0,
        components: int = 256,
        seed: int = 0,
        combine: Combine = "product",
    ) -> None:
        faults = Faults("Textures")
        samples = faults.whole("samples", samples, 1, MOST)
        components = faults.whole("components", components)
        seed = faults.whole("seed", seed, 0, 2**64 - 1)
        faults.stop()
        values = (
            np.arange(samples),
            orientation,
            orientation_sd,
            spatial_frequency,
            bandwidth,
            contrast,
            temporal_frequency,
        )
        given = dict(zip(self._AXES, values, strict=True))
        self._sweep = Sweep("Textures", self._AXES, given, combine)
        self.components, self.seed = int(components), seed

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return {**self._sweep.labels(), "seed": Label(np.full(len(self._sweep), self.seed))}

    def check(self, field: VisualField) -> None:
        sweep, faults = self._sweep, Faults("Textures")
        octaves = _REACH * _SD_PER_WIDTH * sweep["bandwidth"]
        highest = (sweep["spatial_frequency"] * 2**octaves).max()
        faults.require(
            highest <= field.nyquist,
            f"spatial frequencies up to {field.nyquist:g} cycles/deg (the field's Nyquist"
            " frequency)",
            f"up to {highest:.3g}",
            "raise the field's ppd or lower the bandwidth",
        )
        fastest = sweep["temporal_frequency"].max()
        faults.require(
            fastest <= field.frame_rate / 2,
            f"temporal_frequency <= {field.frame_rate / 2:g} Hz (half the frame rate)",
            f"{fastest:g}",
            "raise the field's frame_rate",
        )
        faults.stop()

    def largest(self) -> Array:
        bound: Array = self._sweep["contrast"] * np.sqrt(2 * self.components)
        return bound

    def _drawn(self, index: int) -> tuple[Array, Array, Array]:
        """Spatial frequency, orientation and phase of the components of one texture."""
        _, orientation, sd, frequency, bandwidth, _, _ = self._at(index)
        random = np.random.Generator(np.random.Philox(key=self.seed, counter=[0, 0, 1, index]))
        place, tilt, phase = random.random((3, self.components))
        tail = ndtr(-_REACH)
        octaves = ndtri(tail + place * (1 - 2 * tail)) * _SD_PER_WIDTH * bandwidth
        away = sd * ndtri(tilt) if np.isfinite(sd) else 360 * tilt
        return frequency * 2**octaves, orientation + away, 360 * phase

    def closed_form(self, highest: float) -> ClosedForm:
        count = len(self._sweep)
        drawn = np.array([self._drawn(k) for k in range(count)])  # (stimulus, 3, component)
        amplitude = self._sweep["contrast"] * np.sqrt(2 / self.components)
        speed = self._sweep["temporal_frequency"]
        frequency, orientation, phase = drawn.swapaxes(0, 1)
        components = waves(
            np.arange(count)[:, None],
            amplitude[:, None],
            frequency,
            orientation,
            phase,
            speed[:, None],
        )
        return ClosedForm(count, components)

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        frequency, orientation, phase = self._drawn(index)
        contrast, speed = self._at(index)[-2:]
        angle = np.deg2rad(orientation)
        kx, ky = 2 * np.pi * frequency * [np.cos(angle), np.sin(angle)]
        turn = np.exp(1j * (np.deg2rad(phase) - 2 * np.pi * speed * time))
        down = np.exp(1j * field.y[:, None] * ky) * turn
        across = np.exp(1j * kx[:, None] * field.x)
        picture: Array = contrast * np.sqrt(2 / self.components) * (down @ across).real
        return picture
