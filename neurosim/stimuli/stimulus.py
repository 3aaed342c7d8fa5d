"""What every stimulus set is: frames on a field, a label for each, and perhaps a closed form.

A frame is luminance contrast about the mean, (L - mean L) / mean L; nothing rescales it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurosim.stimuli.field import VisualField

__all__ = ["Label", "Sequence", "Sinusoids", "Stimulus"]


class Label(NamedTuple):
    """One named value per stimulus, with its unit ('' for names and counts)."""

    values: NDArray
    unit: str = ""


class Sinusoids(NamedTuple):
    """Stimuli that are sinusoids: amplitude * cos(2 pi f (x cos o + y sin o) + phase), if static.

    Every array has shape (stimulus,): amplitude (contrast), frequency f (cycles/deg), orientation
    o (deg, of the wave vector, counter-clockwise from rightwards), phase (deg), and temporal
    frequency (Hz; 0 for all: static). A drifting one moves along its wave vector; a counterphase
    one stands still and is multiplied by cos(2 pi temporal_frequency t).
    """

    amplitude: NDArray[np.float64]
    spatial_frequency: NDArray[np.float64]
    orientation: NDArray[np.float64]
    phase: NDArray[np.float64]
    temporal_frequency: NDArray[np.float64]
    counterphase: bool = False


class Stimulus(ABC):
    """A set of stimuli. Subclasses say what each is called and what it looks like."""

    kind: str

    @abstractmethod
    def labels(self, field: VisualField) -> Mapping[str, Label]:
        """What identifies each stimulus: name -> values of shape (stimulus,) and their unit."""

    @abstractmethod
    def contrast_frames(self, field: VisualField) -> NDArray[np.float64]:
        """Contrast about the mean on the field's pixels; shape (stimulus, rows, columns)."""

    def sinusoids(self) -> Sinusoids | None:
        """The closed form of the set, when each stimulus is one sinusoid; else None."""
        return None

    def parts(self) -> tuple[Stimulus, ...]:
        """The sets that this one shows one after the other."""
        return (self,)

    def count(self, field: VisualField) -> int:
        """How many stimuli."""
        return len(next(iter(self.labels(field).values())).values)

    def pictures(self, field: VisualField, start: int, stop: int) -> NDArray[np.float64]:
        """Contrast of stimuli start to stop (not included); shape (stimulus, row, column)."""
        return self.contrast_frames(field)[start:stop]

    def coordinates(self, field: VisualField) -> dict[str, xr.Variable]:
        """The labels as coordinates along `stimulus`, with `kind` and each unit in attrs."""
        labels = {name: Label(*label) for name, label in self.labels(field).items()}
        count = len(next(iter(labels.values())).values)
        labels = {"kind": Label(np.full(count, self.kind)), **labels}
        return {
            name: xr.Variable("stimulus", values, {"units": unit} if unit else {})
            for name, (values, unit) in labels.items()
        }

    def frames(self, field: VisualField) -> xr.DataArray:
        """The stimuli on the field.

        Returns
        -------
        DataArray (stimulus, y, x)
            Contrast about the mean; y and x in deg; the labels along `stimulus`.
        """
        return xr.DataArray(
            self.contrast_frames(field),
            dims=("stimulus", "y", "x"),
            coords={
                **self.coordinates(field),
                "y": ("y", field.y, {"units": "deg"}),
                "x": ("x", field.x, {"units": "deg"}),
            },
            name="frames",
            attrs={"units": "1", "long_name": "luminance contrast about the mean"},
        )

    def __add__(self, other: Stimulus) -> Sequence:
        return Sequence(self.parts() + other.parts())


@dataclass(frozen=True)
class Sequence(Stimulus):
    """Several stimulus sets shown one after the other, as ``gratings + photographs`` makes it.

    A label that one set lacks is NaN there (or an empty name).
    """

    sets: tuple[Stimulus, ...]
    kind = "sequence"

    def parts(self) -> tuple[Stimulus, ...]:
        return self.sets

    def contrast_frames(self, field: VisualField) -> NDArray[np.float64]:
        return np.concatenate([each.contrast_frames(field) for each in self.sets])

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return {
            name: Label(variable.values, variable.attrs.get("units", ""))
            for name, variable in self.coordinates(field).items()
        }

    def coordinates(self, field: VisualField) -> dict[str, xr.Variable]:
        tables = [each.coordinates(field) for each in self.sets]
        joined: dict[str, xr.Variable] = {}
        for name in dict.fromkeys(name for table in tables for name in table):
            known = next(table[name] for table in tables if name in table)
            columns = [
                table[name].values
                if name in table
                else np.full(table["kind"].size, "" if known.dtype.kind in "UO" else np.nan)
                for table in tables
            ]
            joined[name] = xr.Variable("stimulus", np.concatenate(columns), known.attrs)
        return joined
