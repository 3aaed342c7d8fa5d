"""A movie and the spikes of cells that saw it, read in blocks, so that memory is bounded.

The response at frame t is set against frame t - lag. Only responses that every lag has a frame for
are used: those from the longest lag on. Chance is what is left when the counts are turned in a
circle against the movie by a shift: both keep their own statistics, and what links them is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults
from neurosim.base.numbers import LARGEST, as_array, is_whole
from neurosim.base.units import in_unit
from neurosim.stimuli import Stimulus, VisualField
from neurosim.stimuli.field import field_given

__all__ = ["Recording"]

_BLOCK = 1 << 25  # bytes of frames and weights held at a time
_LEAST_SHIFT = 20  # frames; the usual shortest shift is twice the longest lag, and at least this


@dataclass(frozen=True, eq=False)
class Recording:
    """Counts aligned to the frames of a movie.

    Attributes
    ----------
    subject : str
        Who asks, for messages.
    read : function
        (start, stop) -> frames, (frame, pixel).
    shape : (int, int)
        Rows and columns.
    space : dict
        The coordinates y and x (deg), where they are known.
    counts : array (cell, response)
        Spikes per frame, from the longest lag on.
    cells : dict
        The coordinates of the cells.
    lags : int array (lag,)
        Frames.
    frame_rate : float or None
        Hz.
    """

    subject: str
    read: Callable[[int, int], Array]
    shape: tuple[int, int]
    space: dict[str, Any]
    counts: Array
    cells: dict[str, Any]
    lags: Indices
    frame_rate: float | None

    @classmethod
    def of(
        cls,
        subject: str,
        stimulus: Stimulus | xr.DataArray | ArrayLike,
        counts: xr.DataArray | xr.Dataset | ArrayLike,
        field: VisualField | None,
        lags: Any,
    ) -> Recording:
        """Align counts with a movie, or refuse, naming everything that cannot be.

        Parameters
        ----------
        subject : str
        stimulus : Stimulus, DataArray or array (time, y, x)
            Contrast.
        counts : array (time,) or (time, cell), DataArray, or responses with `count_in_bin`
        field : VisualField or None
        lags : int or list of int
        """
        faults = Faults(subject)
        field = None if field is None else field_given(field, subject)
        spikes, cells, counted = _labelled_counts(counts, faults)
        frames, read, shape, space = _movie(stimulus, field, faults)
        listed = list(lags) if np.iterable(lags) else [lags]
        whole = len(listed) > 0 and all(is_whole(lag, -LARGEST) for lag in listed)
        faults.require(whole, "lags as whole numbers of frames", lags)
        faults.stop()
        order = np.unique(np.array([int(lag) for lag in listed], dtype=np.int64))
        faults.require(order.size == len(listed), "each lag once", lags)
        within = order[0] >= 0 and order[-1] < frames - 1
        faults.require(within, f"lags from 0 to {frames - 2} frames", lags)
        faults.require(
            spikes.shape[1] == frames,
            f"one count for each of the {frames} frames",
            f"{spikes.shape[1]}",
            "bin the spikes by frame",
        )
        rate = _frame_rate(field, counted, faults)
        faults.stop()
        used = spikes[:, order[-1] :]
        faults.require(used.any(), "at least one spike in a cell", f"none in {len(used)} cells")
        faults.stop()
        return cls(subject, read, shape, space, used, cells, order, rate)

    @property
    def pixels(self) -> int:
        """How many, D."""
        return self.shape[0] * self.shape[1]

    @property
    def responses(self) -> int:
        """Frames whose responses are used."""
        responses: int = self.counts.shape[1]
        return responses

    @property
    def spikes(self) -> Array:
        """Spikes that are used, (cell,)."""
        spikes: Array = self.counts.sum(1)
        return spikes

    def blocks(self, beside: int = 0) -> Iterator[tuple[slice, Callable[[int], Array]]]:
        """The movie, block by block.

        Parameters
        ----------
        beside : int
            Numbers per frame that the caller holds beside the frame itself.

        Yields
        ------
        slice
            Of the responses.
        function
            Of a lag: the frames that were shown so long before these responses, (frame, pixel).
        """
        longest, shortest = int(self.lags[-1]), int(self.lags[0])
        size = max(1, _BLOCK // (8 * (self.pixels + beside)))
        for start in range(0, self.responses, size):
            stop = min(start + size, self.responses)
            frames = self.read(start, stop + longest - shortest)
            faults = Faults(self.subject)
            faults.require(np.isfinite(frames).all(), "finite frames", "NaN or infinity")
            faults.stop()

            def at(lag: int, frames: Array = frames, size: int = stop - start) -> Array:
                return frames[longest - lag : longest - lag + size]

            yield slice(start, stop), at

    def shifts(self, number: int, seed: int, least: int | None, fewest: int) -> Indices:
        """Different circular shifts at random, 0 (none) before them; (1 + number,).

        Parameters
        ----------
        number, seed : int
        least : int or None
            Shortest shift, frames.
        fewest : int
            Shifts without which no p-value can be small enough.
        """
        faults = Faults(self.subject)
        number, seed = faults.whole("shifts", number, fewest), faults.whole("seed", seed, 0)
        usual = max(2 * int(self.lags[-1]) + 1, _LEAST_SHIFT)
        least = usual if least is None else faults.whole("least_shift", least)
        faults.stop()
        room = self.responses - 2 * least + 1
        faults.require(
            room >= number,
            f"at least {number + 2 * least - 1} responses for {number} shifts",
            self.responses,
            "fewer shifts, a smaller least_shift or a longer movie",
        )
        faults.stop()
        drawn = np.random.default_rng(seed).choice(room, size=number, replace=False)
        shifts: Indices = np.r_[0, least + np.sort(drawn)]
        return shifts

    def shifted(self, part: slice, shifts: Indices, cells: Any = slice(None)) -> Array:
        """Counts of a block of responses under each shift, (cell, shift, response); of one cell,
        given by its number, (shift, response)."""
        turned = (np.arange(part.start, part.stop) + shifts[:, None]) % self.responses
        shifted: Array = self.counts[cells][..., turned]
        return shifted

    def coordinates(self) -> dict[str, Any]:
        """Cells, lags, and space, with units."""
        lag = xr.Variable("lag", self.lags, {"units": "frame"})
        found = {**self.cells, "lag": lag, **self.space}
        if self.frame_rate is not None:
            before = -self.lags / self.frame_rate
            attrs = {"units": "s", "long_name": "time from the spike"}
            found["time"] = xr.Variable("lag", before, attrs)
        return found


def _labelled_counts(
    counts: Any, faults: Faults
) -> tuple[Array, dict[str, Any], xr.DataArray | None]:
    """Counts (cell, time), the cells' coordinates, and the coordinate of time if there is one."""
    if isinstance(counts, xr.Dataset):
        has = faults.require(
            "count_in_bin" in counts,
            "responses with count_in_bin",
            ", ".join(map(str, counts)),
            "simulate with time_bin",
        )
        if not has:
            faults.stop()
        counts = counts["count_in_bin"]
    cells: dict[str, Any] = {}
    counted = None
    if isinstance(counts, xr.DataArray):
        if "stimulus" in counts.dims and counts.sizes["stimulus"] == 1:
            counts = counts.isel(stimulus=0, drop=True)
        time = next((d for d in ("time", "time_bin", "frame") if d in counts.dims), "time")
        known = set(counts.dims) in ({time}, {time, "cell"})
        if not faults.require(known, "counts with dims (time, cell)", counts.dims):
            faults.stop()
        counted = counts[time] if time in counts.coords and time != "frame" else None
        if "cell" in counts.dims:
            cells = {n: c.variable for n, c in counts.coords.items() if c.dims == ("cell",)}
            counts = counts.transpose(time, "cell")
    values = _counted(counts, (1, 2), "counts of shape (time,) or (time, cell)", faults)
    values = values.astype(float).reshape(len(values), -1).T
    finite = faults.require(np.isfinite(values).all(), "finite counts", "NaN or infinity")
    if finite:
        faults.require((values >= 0).all(), "counts >= 0", values.min())
    return values, {"cell": np.arange(len(values)), **cells}, counted


def _counted(given: Any, axes: tuple[int, ...], expected: str, faults: Faults) -> AnyArray:
    """Numbers of so many axes; raises what is wrong where they are none."""
    values = as_array(given)
    good = values is not None and values.dtype.kind in "iufb" and values.size > 0
    if values is None or not (good and values.ndim in axes):
        got = type(given).__name__ if values is None else f"{values.dtype} {values.shape}"
        faults.require(False, expected, got)
        faults.stop()
    return np.asarray(values)


def _movie(
    stimulus: Any, field: VisualField | None, faults: Faults
) -> tuple[int, Callable[[int, int], Array], tuple[int, int], dict[str, Any]]:
    """How many frames, how to read them, their shape, and the coordinates of their pixels."""
    if isinstance(stimulus, Stimulus):
        shown = VisualField() if field is None else field
        if stimulus.moves:
            return _moving(stimulus, shown, faults)

        def pictures(start: int, stop: int) -> Array:
            pictures: Array = stimulus.pictures(shown, start, stop).reshape(stop - start, -1)
            return pictures

        return stimulus.count(shown), pictures, shown.shape, _space(shown.y, shown.x)
    space: dict[str, Any] = {}
    if isinstance(stimulus, xr.DataArray):
        order = [*(d for d in stimulus.dims if d not in ("y", "x")), "y", "x"]
        three = len(order) == 3 and {"y", "x"} <= set(stimulus.dims)
        if not faults.require(three, "frames with dims (time, y, x)", stimulus.dims):
            faults.stop()
        stimulus = stimulus.transpose(*order)
        if {"y", "x"} <= set(stimulus.coords):
            space = _space(stimulus["y"].values, stimulus["x"].values)
    frames = _counted(stimulus, (3,), "a Stimulus, or frames (time, y, x)", faults)
    if field is not None:
        fits = frames.shape[1:] == field.shape
        faults.require(fits, f"frames of the field's {field.shape} pixels", frames.shape[1:])
        space = space or _space(field.y, field.x)

    def read(start: int, stop: int) -> Array:
        return frames[start:stop].astype(float).reshape(stop - start, -1)

    return len(frames), read, frames.shape[1:], space


def _moving(
    stimulus: Stimulus, field: VisualField, faults: Faults
) -> tuple[int, Callable[[int, int], Array], tuple[int, int], dict[str, Any]]:
    """A movie over its own length."""
    length = stimulus.length(field)
    one = length is not None and stimulus.count(field) == 1
    if not faults.require(one, "one Movie, or a set of static frames", repr(stimulus)):
        faults.stop()
    times = field.frame_times(float(length or 0.0))

    def read(start: int, stop: int) -> Array:
        shown = [stimulus.pictures(field, 0, 1, time) for time in times[start:stop]]
        return np.concatenate(shown).reshape(stop - start, -1)

    return len(times), read, field.shape, _space(field.y, field.x)


def _space(y: Array, x: Array) -> dict[str, Any]:
    return {"y": ("y", y, {"units": "deg"}), "x": ("x", x, {"units": "deg"})}


def _frame_rate(
    field: VisualField | None, counted: xr.DataArray | None, faults: Faults
) -> float | None:
    """From the counts' own times, else from the field; the two must agree."""
    shown = None if field is None else float(field.frame_rate)
    if counted is None or counted.size < 2:
        return shown
    if "units" not in counted.attrs and counted.dtype.kind != "m":
        return shown  # an index, not a time
    step = np.diff(in_unit(counted, "s", faults.subject, "time"))
    even = bool(np.allclose(step, step.mean(), rtol=1e-3, atol=0)) and step.mean() > 0
    if not faults.require(even, "times of counts evenly spaced", counted.values[:3]):
        return None
    rate = 1 / float(step.mean())
    agree = shown is None or abs(rate - shown) <= 1e-3 * shown
    faults.require(
        agree,
        f"counts per frame at {shown or 0:g} Hz",
        f"{rate:g} Hz",
        "give the field its frame_rate, or bin the spikes by frame",
    )
    return rate
