"""Bars, edges, uniform fields and blanks."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.stimuli.averages import averaged, step
from neurosim.stimuli.closed_forms import ClosedForm, Steps, waves
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.sweep import DEGREES, MOST, POSITIVE, Axis, Combine, Sweep, Swept

__all__ = ["Bars", "Blanks", "Edges", "Uniform"]

_SIGNED = Axis("1", ">= -1 (the luminance of black), light > 0 > dark", lambda values: values >= -1)
_SPEED = Axis("deg/s", silent_at=0.0)


class Bars(Swept):
    """Bars of uniform contrast on the mean, averaged over each pixel's area (corners nearly so).

    Parameters
    ----------
    orientation : float or sequence
        Direction across the bar, deg: that of its narrow side, as of a grating's wave vector
        (0 deg: a vertical bar).
    position : float or sequence
        Of the bar's middle along that direction, from the centre of the field, deg.
    width : float or sequence
        deg.
    length : float or sequence
        deg, centred on the field; default without end.
    contrast : float or sequence
        Luminance of the bar about the mean: light > 0, dark < 0, black -1.
    speed : float or sequence
        Along `orientation`, deg/s; the bar is at its position at time 0.
    combine : "product" or "zip"

    Examples
    --------
    >>> bars = Bars(position=[-0.5, 0, 0.5], width=0.25, contrast=[1, -1])
    >>> bars
    <Bars: 6 stimuli; 3 position, 2 contrast>
    >>> bars.frames(VisualField(size=2, ppd=8)).sum(("y", "x")).values[:2]
    array([ 32., -32.])
    """

    kind = "bar"
    _motion_axis = "speed"
    _AXES: ClassVar[dict[str, Axis]] = {
        "orientation": DEGREES,
        "position": DEGREES,
        "width": POSITIVE,
        "length": POSITIVE._replace(silent_at=np.inf, infinite=True),
        "contrast": _SIGNED,
        "speed": _SPEED,
    }

    def __init__(
        self,
        orientation: ArrayLike = 0.0,
        position: ArrayLike = 0.0,
        width: ArrayLike = 0.25,
        length: ArrayLike = np.inf,
        contrast: ArrayLike = 1.0,
        speed: ArrayLike = 0.0,
        combine: Combine = "product",
    ) -> None:
        values = (orientation, position, width, length, contrast, speed)
        self._sweep = Sweep("Bars", self._AXES, dict(zip(self._AXES, values, strict=True)), combine)

    def closed_form(self, highest: float) -> ClosedForm | None:
        orientation, position, width, length, contrast, speed = self._sweep.columns.values()
        if np.isfinite(length).any():
            return None
        which = np.arange(len(self._sweep))
        sides = Steps(
            np.tile(which, 2),
            np.concatenate([contrast, -contrast]),
            np.tile(orientation, 2),
            np.concatenate([position - width / 2, position + width / 2]),
            np.tile(speed, 2),
        )
        return ClosedForm(len(which), steps=sides)

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        orientation, position, width, length, contrast, speed = self._at(index)
        middle = position + speed * time
        bar = _between(field, orientation, middle - width / 2, middle + width / 2)
        if np.isfinite(length):  # the corners' pixels are products of two averages
            bar = bar * _between(field, orientation + 90, -length / 2, length / 2)
        return contrast * bar


class Edges(Swept):
    """Straight edges between a lighter and a darker half, averaged over each pixel's area.

    Parameters
    ----------
    orientation : float or sequence
        Direction across the edge, deg.
    position : float or sequence
        Of the edge along that direction, from the centre of the field, deg.
    contrast : float or sequence
        Michelson; luminance rises along `orientation` for > 0 (a light edge), falls for < 0.
    speed : float or sequence
        Along `orientation`, deg/s.
    combine : "product" or "zip"

    Examples
    --------
    >>> edges = Edges(orientation=[0, 90], contrast=[1, -1])
    >>> edges
    <Edges: 4 stimuli; 2 orientation, 2 contrast>
    >>> edges.frames(VisualField(size=0.5, ppd=4)).values[0]
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    kind = "edge"
    _motion_axis = "speed"
    _AXES: ClassVar[dict[str, Axis]] = {
        "orientation": DEGREES,
        "position": DEGREES,
        "contrast": Axis("1", "in [-1, 1] (Michelson)", lambda values: np.abs(values) <= 1),
        "speed": _SPEED,
    }

    def __init__(
        self,
        orientation: ArrayLike = 0.0,
        position: ArrayLike = 0.0,
        contrast: ArrayLike = 1.0,
        speed: ArrayLike = 0.0,
        combine: Combine = "product",
    ) -> None:
        values = (orientation, position, contrast, speed)
        given = dict(zip(self._AXES, values, strict=True))
        self._sweep = Sweep("Edges", self._AXES, given, combine)

    def closed_form(self, highest: float) -> ClosedForm:
        orientation, position, contrast, speed = self._sweep.columns.values()
        which = np.arange(len(self._sweep))
        return ClosedForm(
            len(which), steps=Steps(which, 2 * contrast, orientation, position, speed)
        )

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        orientation, position, contrast, speed = self._at(index)
        beyond = averaged(field, orientation, step, position + speed * time)
        return contrast * (2 * beyond - 1)


class Uniform(Swept):
    """Uniform fields, lighter or darker than the mean.

    Parameters
    ----------
    contrast : float or sequence
        Luminance about the mean: black -1, the mean 0.

    Examples
    --------
    >>> Uniform(contrast=[-0.5, 0, 0.5])
    <Uniform: 3 stimuli; 3 contrast>
    """

    kind = "uniform"

    def __init__(self, contrast: ArrayLike = 0.0) -> None:
        self._sweep = Sweep("Uniform", {"contrast": _SIGNED}, {"contrast": contrast})

    def closed_form(self, highest: float) -> ClosedForm:
        contrast = self._sweep["contrast"]
        return ClosedForm(contrast.size, waves(np.arange(contrast.size), contrast, 0.0, 0.0, 0.0))

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        return np.full(field.shape, self._sweep["contrast"][index])


class Blanks(Uniform):
    """The mean luminance, so many times: what spontaneous activity is measured with.

    Examples
    --------
    >>> Blanks(5)
    <Blanks: 5 of the mean luminance>
    """

    kind = "blank"

    def __init__(self, number: int = 1) -> None:
        faults = Faults("Blanks")
        number = faults.whole("number", number, 1, MOST)
        faults.stop()
        self._sweep = Sweep(
            "Blanks", {"contrast": _SIGNED}, {"contrast": np.zeros(int(number))}, "zip"
        )

    def __repr__(self) -> str:
        return f"<Blanks: {len(self._sweep)} of the mean luminance>"


def _between(field: VisualField, orientation: float, start: float, stop: float) -> Array:
    """How much of each pixel lies between two parallel lines, 0 to 1."""
    return averaged(field, orientation, step, start) - averaged(field, orientation, step, stop)
