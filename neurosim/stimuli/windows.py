"""Windows: what multiplies the contrast of a stimulus over the field."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.stimuli.asked import asked
from neurosim.stimuli.closed_forms import ClosedForm
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.stimulus import Label, SeenThrough, Stimulus
from neurosim.stimuli.sweep import DEGREES, POSITIVE, Axis, Combine, Sweep

__all__ = [
    "AnnulusWindow",
    "CircularWindow",
    "GaussianWindow",
    "RaisedCosineWindow",
    "Window",
    "Windowed",
]

_SMALLEST = {"sd": 1.0, "diameter": 3.0, "inner": 3.0, "outer": 3.0, "edge": 1.0}  # pixels
_AT_CENTRE = DEGREES._replace(silent_at=0.0)


class Window(SeenThrough):
    """A window, or a sweep of several. Subclasses say how high it is at a distance from its centre.

    Parameters common to all: x and y of the centre (deg), and `combine`, "product" or "zip" of
    lists of parameters.
    """

    _axes: ClassVar[Mapping[str, Axis]]

    def __init__(self, combine: Combine, **given: ArrayLike) -> None:
        axes = {**self._axes, "x": _AT_CENTRE, "y": _AT_CENTRE}
        self.sweep = Sweep(type(self).__name__, axes, given, combine)

    def __len__(self) -> int:
        return len(self.sweep)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.sweep.varied or 'one'}>"

    def over(self, stimulus: Stimulus) -> Stimulus:
        faults = Faults(type(self).__name__)
        faults.kind("stimulus", stimulus, Stimulus, "a stimulus set")
        faults.stop()
        return Windowed(stimulus, self)

    @asked
    def height(self, field: VisualField, index: int) -> Array:
        """0 to 1 on the field's pixels; shape (rows, columns)."""
        faults = Faults(type(self).__name__)
        index = faults.whole("index", index, 0, len(self) - 1)
        faults.stop()
        values = {name: float(column[index]) for name, column in self.sweep.columns.items()}
        x, y = values.pop("x"), values.pop("y")
        distance = np.hypot(field.x - x, field.y[:, None] - y)
        return self._height(distance, 1 / field.ppd, **values)

    @abstractmethod
    def _height(self, distance: Array, pixel: float, **values: float) -> Array:
        """Height at a distance (deg) from the centre, for pixels of a size (deg)."""

    @asked
    def check(self, field: VisualField) -> None:
        """Refuse what is smaller than the pixels can show."""
        faults = Faults(type(self).__name__)
        for name in self._axes:
            least, values = _SMALLEST[name] / field.ppd, self.sweep[name]
            shown = (values >= least * (1 - 1e-9)) | (values == 0)
            faults.require(
                shown.all(),
                f"{name} >= {least:g} deg ({_SMALLEST[name]:g} pixels)",
                values.min(),
                "raise the field's ppd",
            )
        faults.stop()

    def standard_deviation(self) -> Array | None:
        """Of a Gaussian window, deg, (window,); None for others."""
        return None


class GaussianWindow(Window):
    """exp(-distance^2 / 2 sd^2).

    Parameters
    ----------
    sd : float or sequence
        deg.
    x, y : float or sequence
        Centre, deg.
    combine : "product" or "zip"
    """

    _axes: ClassVar[Mapping[str, Axis]] = {"sd": POSITIVE}

    def __init__(
        self, sd: ArrayLike, x: ArrayLike = 0.0, y: ArrayLike = 0.0, combine: Combine = "product"
    ) -> None:
        super().__init__(combine, sd=sd, x=x, y=y)

    def _height(self, distance: Array, pixel: float, **values: float) -> Array:
        return np.exp(-(distance**2) / (2 * values["sd"] ** 2))

    def standard_deviation(self) -> Array:
        return self.sweep["sd"]


class CircularWindow(Window):
    """1 inside a circle, 0 outside; pixels on its edge by their share inside.

    Parameters
    ----------
    diameter : float or sequence
        deg.
    x, y : float or sequence
        Centre, deg.
    combine : "product" or "zip"

    Examples
    --------
    >>> inside = CircularWindow(diameter=3).height(VisualField(size=4, ppd=16), 0)
    >>> bool(abs(inside.sum() / 16**2 / (np.pi * 1.5**2) - 1) < 1e-3)  # its area
    True
    """

    _axes: ClassVar[Mapping[str, Axis]] = {"diameter": POSITIVE}

    def __init__(
        self,
        diameter: ArrayLike,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        combine: Combine = "product",
    ) -> None:
        super().__init__(combine, diameter=diameter, x=x, y=y)

    def _height(self, distance: Array, pixel: float, **values: float) -> Array:
        return _inside(distance, values["diameter"] / 2, pixel)


class AnnulusWindow(Window):
    """1 between two circles, 0 elsewhere.

    Parameters
    ----------
    inner, outer : float or sequence
        Diameters, deg; an inner one that is not smaller than the outer shows nothing.
    x, y : float or sequence
        Centre, deg.
    combine : "product" or "zip"
    """

    _axes: ClassVar[Mapping[str, Axis]] = {
        "inner": Axis("deg", ">= 0 deg", lambda values: values >= 0),
        "outer": POSITIVE,
    }

    def __init__(
        self,
        inner: ArrayLike,
        outer: ArrayLike,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        combine: Combine = "product",
    ) -> None:
        super().__init__(combine, inner=inner, outer=outer, x=x, y=y)

    def _height(self, distance: Array, pixel: float, **values: float) -> Array:
        hole = _inside(distance, values["inner"] / 2, pixel) if values["inner"] > 0 else 0.0
        return np.maximum(_inside(distance, values["outer"] / 2, pixel) - hole, 0.0)


class RaisedCosineWindow(Window):
    """1 inside a circle, falling to 0 at a larger one as half a period of a raised cosine.

    Parameters
    ----------
    diameter : float or sequence
        Where the height is one half, deg.
    edge : float or sequence
        Width of the fall, from 1 to 0, deg.
    x, y : float or sequence
        Centre, deg.
    combine : "product" or "zip"
    """

    _axes: ClassVar[Mapping[str, Axis]] = {"diameter": POSITIVE, "edge": POSITIVE}

    def __init__(
        self,
        diameter: ArrayLike,
        edge: ArrayLike,
        x: ArrayLike = 0.0,
        y: ArrayLike = 0.0,
        combine: Combine = "product",
    ) -> None:
        super().__init__(combine, diameter=diameter, edge=edge, x=x, y=y)
        faults = Faults("RaisedCosineWindow")
        narrow = self.sweep["edge"] <= self.sweep["diameter"]
        faults.require(narrow.all(), "an edge not wider than the diameter", edge)
        faults.stop()

    def _height(self, distance: Array, pixel: float, **values: float) -> Array:
        fallen = (distance - values["diameter"] / 2) / values["edge"] + 0.5
        return 0.5 + 0.5 * np.cos(np.pi * np.clip(fallen, 0.0, 1.0))


class Windowed(Stimulus):
    """A stimulus set seen through a window, as ``stimulus.through(window)`` makes it.

    Every stimulus through every window, windows fastest.
    """

    def __init__(self, stimulus: Stimulus, window: Window) -> None:
        self.stimulus, self.window = stimulus, window
        self.kind = stimulus.kind

    def __repr__(self) -> str:
        return f"<Windowed: {self.stimulus!r} through {self.window!r}>"

    def check(self, field: VisualField) -> None:
        self.stimulus.check(field)
        self.window.check(field)

    def largest(self) -> Array:
        return np.array([self.stimulus.largest().max()])

    @property
    def moves(self) -> bool:
        return self.stimulus.moves

    def length(self, field: VisualField) -> float | None:
        return self.stimulus.length(field)

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return {
            name: Label(variable.values, variable.attrs.get("units", ""))
            for name, variable in self.coordinates(field).items()
        }

    def coordinates(self, field: VisualField) -> dict[str, xr.Variable]:
        inner, many = self.stimulus.coordinates(field), len(self.window)
        count = inner["kind"].size
        kind = np.array(type(self.window).__name__)
        # a window through a window
        own = next(n for n in ("window", "window2", "window3", "window4") if n not in inner)
        windows = {
            own: xr.Variable("stimulus", np.full(count * many, kind)),
            **{
                f"{own}_{name}": xr.Variable("stimulus", np.tile(values, count), {"units": unit})
                for name, (values, unit) in self.window.sweep.labels().items()
            },
        }
        repeated = {
            name: xr.Variable("stimulus", np.repeat(variable.values, many), variable.attrs)
            for name, variable in inner.items()
        }
        return {**repeated, **windows}

    def closed_form(self, highest: float) -> ClosedForm | None:
        inner, sd = self.stimulus.closed_form(highest), self.window.standard_deviation()
        if inner is None or sd is None:
            return None
        each = inner.taken(np.repeat(np.arange(inner.stimuli), len(self.window)))
        x, y = self.window.sweep["x"], self.window.sweep["y"]
        return each.windowed(*(np.tile(values, inner.stimuli) for values in (sd, x, y)))

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        which, window = divmod(index, len(self.window))
        return self.stimulus.picture(field, which, time) * self.window.height(field, window)


def _inside(distance: Array, radius: float, pixel: float) -> Array:
    """Share of each pixel that a circle covers, its edge taken as straight and square-on."""
    return np.clip((radius - distance) / pixel + 0.5, 0.0, 1.0)
