"""Sinusoidal gratings: static, drifting, counterphase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.errors import Faults
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label, Sinusoids, Stimulus

__all__ = ["Gratings"]

_UNITS = {
    "orientation": "deg",
    "spatial_frequency": "cycles/deg",
    "phase": "deg",
    "contrast": "1",
    "temporal_frequency": "Hz",
}


class Gratings(Stimulus):
    r"""Sinusoidal gratings: every combination of the values given.

    .. math:: C \cos(2\pi f (x\cos\theta + y\sin\theta) + \phi - 2\pi\omega t)

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
        :math:`\omega`, Hz; 0 is static. Frames show the grating at t = 0.
    motion : "drifting" or "counterphase"
        A counterphase grating stands still and is multiplied by :math:`\cos 2\pi\omega t`.

    Raises
    ------
    InputError
        For a contrast outside 0..1, a frequency that is not positive, or a number that is not
        finite; on showing, for a frequency above the field's Nyquist frequency.

    Examples
    --------
    >>> gratings = Gratings(orientation=[0, 90], spatial_frequency=2, contrast=[0.1, 1])
    >>> gratings
    <Gratings: 4 stimuli; 2 orientation, 1 spatial_frequency, 1 phase, 2 contrast>
    >>> gratings.frames(VisualField(size=2, ppd=16)).shape
    (4, 32, 32)
    """

    kind = "grating"

    def __init__(
        self,
        orientation: ArrayLike = 0.0,
        spatial_frequency: ArrayLike = 2.0,
        phase: ArrayLike = 0.0,
        contrast: ArrayLike = 1.0,
        temporal_frequency: ArrayLike = 0.0,
        motion: Literal["drifting", "counterphase"] = "drifting",
    ) -> None:
        given: dict[str, Any] = {
            "orientation": orientation,
            "spatial_frequency": spatial_frequency,
            "phase": phase,
            "contrast": contrast,
            "temporal_frequency": temporal_frequency,
        }
        faults = Faults("Gratings")
        known = motion in ("drifting", "counterphase")
        faults.require(known, "motion 'drifting' or 'counterphase'", motion)
        axes: dict[str, NDArray[np.float64]] = {}
        for name, value in given.items():
            try:
                axes[name] = np.atleast_1d(np.asarray(value, dtype=float))
            except (TypeError, ValueError):
                faults.require(False, f"{name} in {_UNITS[name]} as a number or numbers", value)
                continue
            one_list = axes[name].ndim == 1 and axes[name].size > 0
            faults.require(one_list, f"{name} as a number or a non-empty list", value)
            faults.require(np.isfinite(axes[name]).all(), f"{name} finite", value)
        faults.stop()
        faults.require((axes["spatial_frequency"] > 0).all(), "spatial_frequency > 0 cycles/deg",
                       spatial_frequency)  # fmt: skip
        within = (axes["contrast"] >= 0) & (axes["contrast"] <= 1)
        faults.require(within.all(), "contrast in [0, 1] (Michelson)", contrast)
        faults.require((axes["temporal_frequency"] >= 0).all(), "temporal_frequency >= 0 Hz",
                       temporal_frequency, "drift the other way by orientation + 180")  # fmt: skip
        faults.stop()
        if not axes["temporal_frequency"].any():
            del axes["temporal_frequency"]  # static: not a thing that tells stimuli apart
        self._axes, self._motion = axes, motion
        grid = np.meshgrid(*axes.values(), indexing="ij")
        self._columns = dict(zip(axes, (column.ravel() for column in grid), strict=True))

    def __repr__(self) -> str:
        counts = ", ".join(f"{values.size} {name}" for name, values in self._axes.items())
        return f"<Gratings: {self._columns['phase'].size} stimuli; {counts}>"

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        highest = self._columns["spatial_frequency"].max()
        faults = Faults("Gratings")
        faults.require(
            highest <= field.nyquist,
            f"spatial_frequency <= {field.nyquist:g} cycles/deg (the field's Nyquist frequency)",
            f"{highest:g}", "raise the field's ppd",
        )  # fmt: skip
        faults.stop()
        return {name: Label(values, _UNITS[name]) for name, values in self._columns.items()}

    def sinusoids(self) -> Sinusoids:
        columns = self._columns
        return Sinusoids(
            columns["contrast"],
            columns["spatial_frequency"],
            columns["orientation"],
            columns["phase"],
            columns.get("temporal_frequency", np.zeros(columns["phase"].size)),
            self._motion == "counterphase",
        )

    def contrast_frames(self, field: VisualField) -> NDArray[np.float64]:
        self.labels(field)  # refuses what the field cannot show
        amplitude, frequency, orientation, phase = (
            column[:, None, None] for column in self.sinusoids()[:4]
        )
        angle = np.deg2rad(orientation)
        along = field.x * np.cos(angle) + field.y[:, None] * np.sin(angle)  # deg
        return amplitude * np.cos(2 * np.pi * frequency * along + np.deg2rad(phase))
