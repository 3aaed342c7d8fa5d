"""What every stimulus set is: pictures on a field, a label for each, and perhaps a closed form.

A picture is luminance contrast about the mean, (L - mean L) / mean L; nothing rescales it.
Pictures are made when they are asked for, one at a time, so a set may be longer than memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_number
from neurosim.stimuli.asked import asked, asked_throughout
from neurosim.stimuli.closed_forms import ClosedForm, joined
from neurosim.stimuli.field import VisualField
from neurosim.stimuli.frames import labelled_frames, warn_of_clipping

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

__all__ = ["Label", "SeenThrough", "Sequence", "Stimulus"]

_MEMORY = 2**31  # bytes that frames() may take


class Label(NamedTuple):
    """One named value per stimulus, with its unit ('' for names and counts)."""

    values: AnyArray
    unit: str = ""


class Stimulus(ABC):
    """A set of stimuli. Subclasses say what each is called and what it looks like."""

    kind: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        asked_throughout(cls)

    @abstractmethod
    def labels(self, field: VisualField) -> Mapping[str, Label]:
        """What identifies each stimulus: name -> values of shape (stimulus,) and their unit."""

    @abstractmethod
    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        """Contrast about the mean of one stimulus at a time (s); shape (rows, columns)."""

    @asked  # noqa: B027  # most fields show most sets
    def check(self, field: VisualField) -> None:
        """Refuse what the field cannot show, with the reason."""

    @asked
    def closed_form(self, highest: float) -> ClosedForm | None:
        """The set in mathematics, as far as spatial frequencies up to `highest`; None if unknown.

        Parameters
        ----------
        highest : float
            cycles/deg; components beyond may be left out.
        """
        return None

    def largest(self) -> Array:
        """A bound on each stimulus's absolute contrast, (stimulus,) or one for all."""
        return np.array([np.inf])

    @property
    def moves(self) -> bool:
        """Whether a stimulus changes in time."""
        return False

    @asked
    def length(self, field: VisualField) -> float | None:
        """How long the set lasts, s, when that is its own; None when it lasts as long as shown."""
        return None

    def left_out(self) -> Mapping[str, float]:
        """Labels that are left out because they are the same for all, and their value."""
        return {}

    def parts(self) -> tuple[Stimulus, ...]:
        """The sets that this one shows one after the other."""
        return (self,)

    def count(self, field: VisualField) -> int:
        """How many stimuli."""
        return len(next(iter(self.labels(field).values())).values)

    def pictures(
        self, field: VisualField, start: int = 0, stop: int | None = None, time: float = 0.0
    ) -> Array:
        """Stimuli start to stop at one time, as the display shows them.

        Returns
        -------
        ndarray (stimulus, row, column)
            Contrast about the mean.
        """
        shown, clipped = self.shown(field, start, stop, time)
        warn_of_clipping(type(self).__name__, clipped)
        return shown

    @asked
    def shown(
        self, field: VisualField, start: int = 0, stop: int | None = None, time: float = 0.0
    ) -> tuple[Array, Array]:
        """Pictures as shown, and the fraction of each that the display clips."""
        self.check(field)
        faults, count = Faults(type(self).__name__), self.count(field)
        start = faults.whole("start", start, 0, count)
        stop = count if stop is None else faults.whole("stop", stop, start, count)
        faults.stop()
        raw = np.empty((stop - start, *field.shape))
        for k in range(start, stop):
            raw[k - start] = self.picture(field, k, time)
        return field.on_display(raw, type(self).__name__)

    def coordinates(self, field: VisualField) -> dict[str, xr.Variable]:
        """The labels as coordinates along `stimulus`, with `kind` and each unit in attrs."""
        labels = {name: Label(*label) for name, label in self.labels(field).items()}
        count = len(next(iter(labels.values())).values)
        labels = {"kind": Label(np.full(count, self.kind)), **labels}
        return {
            name: xr.Variable("stimulus", values, {"units": unit} if unit else {})
            for name, (values, unit) in labels.items()
        }

    @asked
    def frames(self, field: VisualField, duration: float | None = None) -> xr.DataArray:
        """The stimuli on the field, in memory (`stream` takes one frame at a time).

        Parameters
        ----------
        field : VisualField
        duration : float, optional
            s. Given, or for a set that has a length of its own, there are frames over time.

        Returns
        -------
        DataArray (stimulus, y, x) or (stimulus, time, y, x)
            Contrast about the mean; y and x in deg, time in s; the labels along `stimulus`, and
            `clipped` where a display is declared.

        Raises
        ------
        InputError
            For what the field cannot show, and for more than 2 GiB.
        """
        duration = self.length(field) if duration is None else duration
        times = None if duration is None else field.frame_times(duration)
        count = self.count(field)
        size = 8.0 * count * (1 if times is None else len(times)) * np.prod(field.shape)
        faults = Faults(f"{type(self).__name__}.frames")
        faults.require(
            size <= _MEMORY,
            f"at most {_MEMORY:g} bytes",
            f"{size:g}",
            "stream(field, duration) gives one frame at a time",
        )
        faults.stop()
        if times is None:
            values, clipped = self.shown(field)
        else:
            values, clipped = np.empty((count, len(times), *field.shape)), np.zeros(count)
            for k, time in enumerate(times):
                values[:, k], now = self.shown(field, time=time)
                clipped += now / len(times)
        warn_of_clipping(type(self).__name__, clipped)
        return labelled_frames(field, self.coordinates(field), values, clipped, times)

    @asked
    def stream(self, field: VisualField, duration: float | None = None) -> Iterator[xr.DataArray]:
        """One frame of every stimulus at a time, without holding the others.

        Parameters
        ----------
        field : VisualField
        duration : float, optional
            s; needed unless the set has a length of its own.

        Yields
        ------
        DataArray (stimulus, y, x)
            With the frame's `time` (s) as a scalar coordinate.

        Examples
        --------
        >>> from neurosim.stimuli import Gratings
        >>> drifting = Gratings(temporal_frequency=4)
        >>> for frame in drifting.stream(VisualField(size=2, ppd=16), duration=0.1):
        ...     last = frame
        >>> frame.sizes["x"], round(float(frame["time"]), 4)
        (32, 0.0833)
        """
        for time in field.frame_times(duration_of(self, field, duration)):
            values, clipped = self.shown(field, time=time)
            warn_of_clipping(type(self).__name__, clipped)
            frame = labelled_frames(field, self.coordinates(field), values, clipped)
            yield frame.assign_coords(time=time)

    def through(self, window: SeenThrough) -> Stimulus:
        """The set seen through a window, which multiplies its contrast.

        Every stimulus is shown through every window, when the window is a sweep of several.

        Examples
        --------
        >>> from neurosim.stimuli import CircularWindow, Gratings
        >>> Gratings(contrast=[0.5, 1]).through(CircularWindow(diameter=[1, 2]))
        <Windowed: <Gratings: 2 stimuli; 2 contrast> through <CircularWindow: 2 diameter>>
        """
        faults = Faults(type(self).__name__)
        known = isinstance(window, SeenThrough)
        faults.require(known, "a window such as CircularWindow(2)", repr(window))
        faults.stop()
        return window.over(self)

    @asked
    def plot(self, field: VisualField | None = None, most: int = 24, time: float = 0.0) -> Figure:
        """A page of the stimuli (up to `most`, evenly chosen), on one scale of contrast."""
        from neurosim.stimuli.plots import gallery

        field = VisualField() if field is None else field
        return gallery(self._on(field), self.coordinates(field), field, most, time)

    @asked
    def animate(
        self, field: VisualField | None = None, duration: float | None = None, most: int = 6
    ) -> FuncAnimation:
        """The same page as an animation at the field's frame rate.

        ``animation.save("stimuli.gif")`` writes it.
        """
        from neurosim.stimuli.plots import animation

        field = VisualField() if field is None else field
        times = field.frame_times(duration_of(self, field, duration))
        return animation(self._on(field), self.coordinates(field), field, times, most)

    def _on(self, field: VisualField) -> Callable[[int, float], Array]:
        """Of a stimulus and a time (s), the picture (row, column) as the field shows it."""
        return lambda index, time: self.pictures(field, index, index + 1, time)[0]

    def __add__(self, other: Stimulus) -> Sequence:
        if not isinstance(other, Stimulus):
            return NotImplemented
        return Sequence(self.parts() + other.parts())


class SeenThrough(ABC):
    """What a stimulus set can be seen through, as the windows are."""

    @abstractmethod
    def over(self, stimulus: Stimulus) -> Stimulus:
        """The set as it looks through it."""


def duration_of(stimulus: Stimulus, field: VisualField, duration: float | None) -> float:
    """A duration given, or the stimulus's own, s."""
    own = stimulus.length(field) if duration is None else duration
    faults = Faults(type(stimulus).__name__)
    faults.require(is_number(own), "a duration in s", "none" if own is None else own)
    faults.stop()
    return float(own)  # type: ignore[arg-type]


def longest(sets: tuple[Stimulus, ...], field: VisualField) -> float | None:
    """The longest of the sets' own lengths, s; None when none has one."""
    own = [each.length(field) for each in sets]
    return max((length for length in own if length is not None), default=None)


@dataclass(frozen=True)
class Sequence(Stimulus):
    """Several stimulus sets shown one after the other, as ``gratings + photographs`` makes it.

    A label that one set lacks is NaN there (or an empty name).
    """

    sets: tuple[Stimulus, ...]
    kind = "sequence"

    def parts(self) -> tuple[Stimulus, ...]:
        return self.sets

    def check(self, field: VisualField) -> None:
        for each in self.sets:
            each.check(field)

    def largest(self) -> Array:
        return np.array([max(each.largest().max() for each in self.sets)])

    @property
    def moves(self) -> bool:
        return any(each.moves for each in self.sets)

    def length(self, field: VisualField) -> float | None:
        return longest(self.sets, field)

    def picture(self, field: VisualField, index: int, time: float = 0.0) -> Array:
        for each in self.sets:
            if index < each.count(field):
                return each.picture(field, index, time)
            index -= each.count(field)
        raise IndexError  # which `asked` puts into words

    def closed_form(self, highest: float) -> ClosedForm | None:
        forms = [each.closed_form(highest) for each in self.sets]
        known = [form for form in forms if form is not None]
        return joined(known) if len(known) == len(forms) else None

    def labels(self, field: VisualField) -> Mapping[str, Label]:
        return {
            name: Label(variable.values, variable.attrs.get("units", ""))
            for name, variable in self.coordinates(field).items()
        }

    def coordinates(self, field: VisualField) -> dict[str, xr.Variable]:
        tables = [each.coordinates(field) for each in self.sets]
        together: dict[str, xr.Variable] = {}
        for name in dict.fromkeys(name for table in tables for name in table):
            known = next(table[name] for table in tables if name in table)
            columns = [
                table[name].values
                if name in table
                else np.full(
                    table["kind"].size,
                    "" if known.dtype.kind in "UO" else each.left_out().get(name, np.nan),
                )
                for table, each in zip(tables, self.sets, strict=True)
            ]
            together[name] = xr.Variable("stimulus", np.concatenate(columns), known.attrs)
        return together

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.sets))
