"""Gratings: sinusoidal or square, static, drifting or counterphase; and Gabor patches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.stimuli.averages import averaged, square_wave
from neurosim.stimuli.closed_forms import ClosedForm, waves
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label
from neurosim.stimuli.sweep import CONTRAST, DEGREES, POSITIVE, Axis, Combine, Sweep, Swept

__all__ = ["GaborPatches", "Gratings"]

_AXES = {
    "orientation": DEGREES,
    "spatial_frequency": Axis("cycles/deg", "> 0 cycles/deg", lambda values: values > 0),
    "phase": DEGREES,
    "contrast": CONTRAST,
    "temporal_frequency": Axis(
        "Hz",
        ">= 0 Hz",
        lambda values: values >= 0,
        "drift the other way by orientation + 180",
        silent_at=0.0,
    ),
}


def check_frequencies(sweep: Sweep, field: VisualField, subject: str, harmonic: int = 1) -> None:
    """Refuse spatial and temporal frequencies that the pixels or the frames cannot carry."""
    faults = Faults(subject)
    highest = sweep["spatial_frequency"].max()
    faults.require(
        highest <= field.nyquist,
        f"spatial_frequency <= {field.nyquist:g} cycles/deg (the field's Nyquist frequency)",
        f"{highest:g}",
        "raise the field's ppd",
    )
    fastest = harmonic * sweep["temporal_frequency"].max()
    faults.require(
        fastest <= field.frame_rate / 2,
        f"temporal_frequency <= {field.frame_rate / 2 / harmonic:g} Hz (half the frame rate"
        + (")" if harmonic == 1 else " for a square wave's third harmonic)"),
        f"{fastest / harmonic:g}",
        "raise the field's frame_rate",
    )
    faults.stop()


class Gratings(Swept):
    r"""Gratings: every combination of the values given.

    .. math:: C \cos(2\pi f (x\cos\theta + y\sin\theta) + \phi - 2\pi\omega t)

    or the sign of that cosine (square), averaged over each pixel's area.

    Parameters
    ----------
    orientation : float or sequence
        Direction of the wave vector :math:`\theta` in degrees, counter-clockwise from rightwards
        (0 deg: vertical bars).
    spatial_frequency : float or sequence
        f, cycles/deg.
    phase : float or sequence
        :math:`\phi`, degrees; 0 puts a bright bar on the centre of the field.
    contrast : float or sequence
        Michelson contrast C, 0 to 1. It does not depend on where the pixels fall.
    temporal_frequency : float or sequence
        :math:`\omega`, Hz; 0 is static.
    motion : "drifting" or "counterphase"
        A counterphase grating stands still and is multiplied by :math:`\cos 2\pi\omega t`.
    waveform : "sine" or "square"
    combine : "product" or "zip"
        Every combination of the values, or the lists in step.

    Raises
    ------
    InputError
        For a contrast outside 0..1, a frequency that is not positive, or a number that is not
        finite; on showing, for a spatial frequency above the field's Nyquist frequency and a
        temporal one above half its frame rate (a sixth for a drifting square wave, whose harmonics
        are faster than itself).

    Examples
    --------
    >>> gratings = Gratings(orientation=[0, 90], spatial_frequency=2, contrast=[0.1, 1])
    >>> gratings
    <Gratings: 4 stimuli; 2 orientation, 2 contrast>
    >>> gratings.frames(VisualField(size=2, ppd=16)).shape
    (4, 32, 32)
    >>> Gratings(temporal_frequency=4).frames(VisualField(), duration=0.25).sizes["time"]
    15
    """

    kind = "grating"
    _motion_axis = "temporal_frequency"

    def __init__(
        self,
        orientation: ArrayLike = 0.0,
        spatial_frequency: ArrayLike = 2.0,
        phase: ArrayLike = 0.0,
        contrast: ArrayLike = 1.0,
        temporal_frequency: ArrayLike = 0.0,
        motion: Literal["drifting", "counterphase"] = "drifting",
        waveform: Literal["sine", "square"] = "sine",
        combine: Combine = "product",
    ) -> None:
        faults = Faults("Gratings")
        faults.one_of("motion", motion, ("drifting", "counterphase"))
        faults.one_of("waveform", waveform, ("sine", "square"))
        faults.stop()
        values = (orientation, spatial_frequency, phase, contrast, temporal_frequency)
        self._sweep = Sweep("Gratings", _AXES, dict(zip(_AXES, values, strict=True)), combine)
        self._motion, self._waveform = motion, waveform

    def __repr__(self) -> str:
        square = "square, " if self._waveform == "square" else ""
        motion = f"{self._motion}, " if self.moves else ""
        return f"<Gratings: {square}{motion}{self._sweep}>"

    def check(self, field: VisualField) -> None:
        # the harmonics of a drifting square wave are as many times faster
        drifts = self._waveform == "square" and self._motion == "drifting"
        check_frequencies(self._sweep, field, "Gratings", 3 if drifts else 1)

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        said = {
            "waveform": self._waveform != "sine" and self._waveform,
            "motion": self.moves and self._motion,
        }
        names = {
            name: Label(np.full(len(self._sweep), value)) for name, value in said.items() if value
        }
        return {**self._sweep.labels(), **names}

    def closed_form(self, highest: float) -> ClosedForm:
        sweep = self._sweep
        count = len(sweep)
        harmonic, size = np.ones(1), np.ones(1)
        if self._waveform == "square":  # 4/pi (cos a - cos 3a / 3 + cos 5a / 5 - ...)
            most = max(1, int(highest / sweep["spatial_frequency"].min()))
            harmonic = np.arange(1, most + 1, 2, dtype=float)
            size = 4 / np.pi / harmonic * np.where(harmonic % 4 == 1, 1, -1)
        speed = sweep["temporal_frequency"][:, None] * harmonic
        if self._motion == "counterphase":  # two waves of half the contrast, running apart
            speed = sweep["temporal_frequency"][:, None] * np.repeat([1, -1], harmonic.size)
            harmonic, size = np.tile(harmonic, 2), np.tile(size / 2, 2)
        components = waves(
            np.arange(count)[:, None],
            sweep["contrast"][:, None] * size,
            sweep["spatial_frequency"][:, None] * harmonic,
            sweep["orientation"][:, None],
            sweep["phase"][:, None] * harmonic,
            speed,
        )
        return ClosedForm(count, components)

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        orientation, frequency, phase, contrast, speed = self._at(index)
        turn = phase / 360
        if self._motion == "counterphase":
            contrast = contrast * np.cos(2 * np.pi * speed * time)
        else:
            turn = turn - speed * time
        if self._waveform == "sine":
            return contrast * np.cos(2 * np.pi * (frequency * field.along(orientation) + turn))

        def profile(position: Array, times: int) -> Array:
            return square_wave(position * frequency + turn, times) / frequency**times

        return contrast * averaged(field, orientation, profile, 0.0)


class GaborPatches(Swept):
    r"""Gratings under a Gaussian window that is at their own centre.

    Parameters
    ----------
    orientation, spatial_frequency, phase, contrast, temporal_frequency
        As for `Gratings`; the phase is that at the patch's centre.
    sd : float or sequence
        Standard deviation of the window, deg.
    x, y : float or sequence
        Centre, deg; the labels are patch_x and patch_y.
    combine : "product" or "zip"

    Examples
    --------
    >>> patches = GaborPatches(orientation=0, sd=[0.2, 0.4], x=[-1, 0, 1])
    >>> patches
    <GaborPatches: 6 stimuli; 2 sd, 3 patch_x>
    >>> float(patches.frames(VisualField()).max().round(2))
    0.92
    """

    kind = "Gabor patch"
    _motion_axis = "temporal_frequency"
    _AXES: ClassVar[dict[str, Axis]] = {
        **_AXES,
        "sd": POSITIVE,
        "patch_x": DEGREES._replace(silent_at=0.0),
        "patch_y": DEGREES._replace(silent_at=0.0),
    }

    def __init__(
        self,
        orientation: ArrayLike = 0.0,
        spatial_frequency: ArrayLike = 2.0,
        phase: ArrayLike = 0.0,
        contrast: ArrayLike = 1.0,
        temporal_frequency: ArrayLike = 0.0,
        sd: ArrayLike = 0.25,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        combine: Combine = "product",
    ) -> None:
        values = (orientation, spatial_frequency, phase, contrast, temporal_frequency, sd, x, y)
        given = dict(zip(self._AXES, values, strict=True))
        self._sweep = Sweep("GaborPatches", self._AXES, given, combine)

    def check(self, field: VisualField) -> None:
        check_frequencies(self._sweep, field, "GaborPatches")
        reach = self._sweep["spatial_frequency"] + 3.4 / (2 * np.pi * self._sweep["sd"])
        faults = Faults("GaborPatches")
        faults.require(
            (reach <= field.nyquist).all(),
            f"patches whose band is within {field.nyquist:g} cycles/deg (the field's Nyquist"
            " frequency)",
            f"up to {reach.max():.3g}",
            "raise the field's ppd, or the sd",
        )
        faults.stop()

    def closed_form(self, highest: float) -> ClosedForm:
        orientation, frequency, phase, contrast, speed, sd, x, y = self._sweep.columns.values()
        angle = np.deg2rad(orientation)
        there = phase - 360 * frequency * (x * np.cos(angle) + y * np.sin(angle))
        count = len(self._sweep)
        return ClosedForm(
            count, waves(np.arange(count), contrast, frequency, orientation, there, speed, sd, x, y)
        )

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        orientation, frequency, phase, contrast, speed, sd, x, y = self._at(index)
        angle = np.deg2rad(orientation)
        along = field.along(orientation) - (x * np.cos(angle) + y * np.sin(angle))
        squared = (field.x - x) ** 2 + (field.y[:, None] - y) ** 2
        carrier = np.cos(2 * np.pi * (frequency * along - speed * time) + np.deg2rad(phase))
        patch: Array = contrast * carrier * np.exp(-squared / (2 * sd**2))
        return patch
