"""Responses from spike times and the times at which stimuli came on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import AnyArray, Array, Flags
from neurosim.base.errors import Faults, InputError
from neurosim.base.numbers import is_number
from neurosim.base.units import in_unit
from neurosim.base.version import __version__
from neurosim.recordings.clocks import inside, question_clocks, touched
from neurosim.recordings.conditions import RESERVED, Trials, responses_of_trials

__all__ = ["Presentations", "responses_from_spike_times"]

_SHOWN = 5  # faults of single values that a message lists


def responses_from_spike_times(
    spike_times: Any,
    onsets: Any,
    x: ArrayLike,
    *,
    window: Any = (0.05, 0.55),
    by: Mapping[str, ArrayLike] | None = None,
    observed: Mapping[Any, ArrayLike] | None = None,
    overlapping: bool = False,
    units: str = "1",
    name: str = "drive",
) -> xr.Dataset:
    """Responses from spike times: spikes counted in a window behind each stimulus onset.

    Parameters
    ----------
    spike_times : mapping of arrays (spike,), or Neo objects
        Cell -> times in order, s (or Brian2 quantities). A Neo SpikeTrain, a list of them, or a
        Segment brings its own names and units.
    onsets : array (trial,)
        When each stimulus came on, s, on the same clock.
    x : array (trial,)
        The stimulus variable that drives, of each trial.
    window : (float, float)
        Start and end of counting after the onset, s: the start is the latency. A spike at the
        start is counted, one at the end is not.
    by : mapping of arrays (trial,), optional
        What else tells conditions apart: name -> numbers or text.
    observed : mapping of arrays (interval, 2), optional
        Cell -> start and end of the time in which the cell was recorded, s. Trials whose window is
        not inside are not trials of that cell; attrs say how many. Neo's t_start and t_stop are
        such an interval. Default: always.
    overlapping : bool
        Allow windows that share time with the next trial's: their spikes count twice, and trials
        are then not independent.
    units, name : str
        Unit of x, and what it is.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`.

    Raises
    ------
    InputError
        Naming everything that cannot be.

    Examples
    --------
    >>> spikes = {"unit 3": [0.11, 1.12, 1.2, 1.31, 2.4], "unit 5": [1.2]}
    >>> responses = responses_from_spike_times(spikes, onsets=[0, 1, 2], x=[0.0, 0.5, 0.1])
    >>> responses["count"].sel(cell="unit 3").values.ravel()  # in order of x
    array([1, 1, 3])
    """
    trains, recorded = _trains(spike_times)
    shown = Presentations(onsets, x, window, by, name, units)
    shown.refuse(overlapping)
    faults = Faults("spike times")
    given = faults.mapping("observed", observed)
    told = {
        label: np.asarray(
            in_unit(each, "s", "spike times", f"observed intervals of cell {label}"), dtype=float
        )
        for label, each in given.items()
    }
    faults.stop()
    intervals = {**recorded, **told}
    unknown = [str(label) for label in intervals if label not in trains]
    faults.require(not unknown, "observed intervals of cells with spike times", ", ".join(unknown))
    for label, times in trains.items():
        _check_times(label, times, faults)
    for label, interval in intervals.items():
        good = interval.ndim == 2 and interval.shape[1:] == (2,) and np.isfinite(interval).all()
        faults.require(good, f"observed intervals (interval, 2) of cell {label}", interval.shape)
    faults.stop()
    return shown.responses(trains, intervals, {"source": "recorded spike times"})


class Presentations:
    """When each stimulus was shown, what it was, and when its spikes are counted.

    Parameters
    ----------
    onsets, x, window, by, name, units
        As for `responses_from_spike_times`; the window may be (trial, 2), and x may be
        (trial, cell) where cells differ in what drives them.
    """

    def __init__(
        self,
        onsets: Any,
        x: ArrayLike,
        window: Any,
        by: Mapping[str, ArrayLike] | None,
        name: str,
        units: str,
    ) -> None:
        self.onsets = np.atleast_1d(in_unit(onsets, "s", "spike times", "onsets"))
        self.window = np.asarray(in_unit(window, "s", "spike times", "window"))
        faults = Faults("spike times")
        faults.kind("name", name, str, "text")
        faults.kind("units", units, str, "text")
        given = faults.mapping("by", by)
        self.name, self.units = name, units
        self.by = {str(key): _told_apart(key, values, faults) for key, values in given.items()}
        self.x = np.atleast_1d(faults.numbers("x", x))
        faults.stop()

    def refuse(self, overlapping: bool) -> None:
        """Raise `InputError` with all that cannot be."""
        faults, trials = Faults("spike times"), len(self.onsets)
        overlapping = faults.flag("overlapping", overlapping)
        shaped = faults.require(
            self.onsets.ndim == 1 and trials, "onsets (trial,)", self.onsets.shape
        )
        faults.require(
            self.x.shape[:1] == (trials,) and self.x.ndim <= 2,
            f"x for {trials} trials",
            self.x.shape,
        )
        shaped &= faults.require(
            self.window.shape in ((2,), (trials, 2)), "window (start, end)", self.window
        )
        _refuse_where(~np.isfinite(self.onsets), self.onsets, "finite onsets", faults)
        _refuse_where(~np.isfinite(self.x), self.x, "finite x (leave blank trials out)", faults)
        for key, values in self.by.items():
            faults.require(values.shape == (trials,), f"{key} for {trials} trials", values.shape)
            faults.require(key not in RESERVED, "names in by that responses do not use", key)
            missing = values.dtype.kind == "f" and not np.isfinite(values).all()
            faults.require(not missing, f"finite {key}", "NaN or infinity")
        if shaped and np.isfinite(self.onsets).all():
            self._refuse_window(overlapping, faults)
        faults.stop()

    def _refuse_window(self, overlapping: bool, faults: Faults) -> None:
        long = np.isfinite(self.window).all() and (self.length > 0).all()
        if not faults.require(long, "a window whose end is behind its start", self.window):
            return
        order = np.argsort(self.start, kind="stable")
        shared = self.start[order][:-1] + self.length[order][:-1] - self.start[order][1:]
        if not overlapping and (shared > 1e-9).any():
            first = int((shared > 1e-9).argmax())
            faults.add(
                f"the windows of {(shared > 1e-9).sum()} trials reach into the next one's (trials "
                f"{order[first]} and {order[first + 1]} share {shared[first]:.3g} s): give a "
                "shorter window, or overlapping=True"
            )

    @property
    def start(self) -> Array:
        """When counting starts, s; (trial,)."""
        start: Array = self.onsets + self.window[..., 0]
        return start

    @property
    def stop(self) -> Array:
        """When it ends, s; (trial,)."""
        stop: Array = self.onsets + self.window[..., 1]
        return stop

    @property
    def length(self) -> Array:
        """s; (trial,)."""
        each = self.window[..., 1] - self.window[..., 0]
        return np.broadcast_to(each, self.onsets.shape)

    def responses(
        self,
        trains: Mapping[Any, Array],
        observed: Mapping[Any, Array],
        attrs: dict[str, Any],
        invalid: Mapping[Any, Array] | None = None,
    ) -> xr.Dataset:
        """Every cell's spikes in every window that lies in the time it was observed, and touches
        none that is invalid."""
        edges = self.start, self.stop
        seen = np.array([inside(*edges, observed.get(label)) for label in trains])  # (cell, trial)
        bad = [touched(*edges, (invalid or {}).get(label, np.empty((0, 2)))) for label in trains]
        in_invalid = seen & np.array(bad)
        seen &= ~in_invalid
        _refuse_unseen([str(label) for label in trains], seen)
        taken = np.any(seen, axis=0)
        question_clocks(trains, self.start[taken], self.stop[taken], "spike times")
        count = np.array(
            [
                np.diff([np.searchsorted(times, edge) for edge in edges], axis=0)[0]
                for times in trains.values()
            ]
        )
        which, trial = np.nonzero(seen)
        plain = all(isinstance(label, int | np.integer) for label in trains)
        labels = [int(label) if plain else str(label) for label in trains]
        rows = Trials(
            self.x[trial] if self.x.ndim == 1 else self.x[trial, which],
            count[which, trial],
            self.length[trial],
            [labels[k] for k in which],
            {key: values[trial].tolist() for key, values in self.by.items()},
            {"x": self.units},
            self.name,
            None if self.x.ndim == 1 else [tuple(each) for each in self.x[trial].tolist()],
        )
        attrs |= {
            "window": str(self.window.tolist()) if self.window.ndim == 1 else "whole trials",
            "neurosim_version": __version__,
        }
        if not seen.all():
            attrs["trials_not_observed"] = int((~seen & ~in_invalid).sum())
        if in_invalid.any():
            attrs["trials_in_invalid_time"] = int(in_invalid.sum())
        return responses_of_trials(rows, "spike times", attrs)


def _refuse_unseen(labels: list[str], seen: Flags) -> None:
    faults = Faults("spike times")
    none = [
        label
        for label, any_of_it in zip(labels, np.any(seen, axis=1), strict=True)
        if not any_of_it
    ]
    faults.require(
        not none,
        "trials inside the time in which each cell was observed",
        f"none of cell {', '.join(none[:_SHOWN])}",
        "are the clocks of spikes and onsets the same?",
    )
    faults.stop()


def _refuse_where(bad: Flags, values: Array, expected: str, faults: Faults) -> None:
    """Note values by their trial; a long list is cut."""
    rows = np.argwhere(bad)
    told = ", ".join(f"{values[tuple(k)]:g} in trial {k[0]}" for k in rows[:_SHOWN])
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    faults.require(not len(rows), expected, told + more)


def _trains(spike_times: Any) -> tuple[dict[Any, Array], dict[Any, Array]]:
    """Spike times (s) by cell, and the intervals in which Neo says they were recorded."""
    trains = getattr(spike_times, "spiketrains", spike_times)  # of a Neo Segment
    trains = [trains] if hasattr(trains, "rescale") else trains
    if isinstance(trains, Mapping):
        named = dict(trains)
    else:
        faults = Faults("spike times")
        said = "a mapping from cells to times, or Neo spike trains"
        trains = faults.several("spike_times", trains, said, str | bytes)
        faults.stop()
        names = [getattr(train, "name", None) or f"{k}" for k, train in enumerate(trains)]
        if len(set(names)) < len(names):
            names = [f"{k}" for k in range(len(names))]
        named = dict(zip(names, trains, strict=True))
    if not named:
        raise InputError("spike times: expected at least one cell, got none")
    if not isinstance(trains, Mapping) and any(map(is_number, trains)):
        raise InputError(
            "spike times: expected the times of each cell, got a list of single times (of one cell "
            'they are {"name": times})'
        )
    found = {
        label: np.atleast_1d(in_unit(times, "s", "spike times", f"the times of cell {label}"))
        for label, times in named.items()
    }
    recorded = {
        label: np.array(
            [
                [
                    float(in_unit(getattr(train, edge), "s", "spike times", edge))
                    for edge in ("t_start", "t_stop")
                ]
            ]
        )
        for label, train in named.items()
        if hasattr(train, "t_start") and hasattr(train, "t_stop")
    }
    return found, recorded


def _told_apart(name: Any, values: Any, faults: Faults) -> AnyArray:
    """What tells conditions apart, (trial,): numbers, dates or text; a fault for anything else."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # lists of unequal length; what makes no array
        array = np.array(None)
    if array.dtype.kind == "O" and all(isinstance(each, str) for each in array.ravel()):
        array = array.astype(str)
    faults.require(array.dtype.kind in "iufbUmM", f"{name} as numbers or text", values)
    return array


def _check_times(label: Any, times: Array, faults: Faults) -> None:
    """Note what cannot be in the times of one cell."""
    if not faults.require(times.ndim == 1, f"times (spike,) of cell {label}", times.shape):
        return
    if not faults.require(
        np.isfinite(times).all(),
        f"finite times of cell {label}",
        f"{(~np.isfinite(times)).sum()} NaN or infinite",
    ):
        return
    back = np.flatnonzero(np.diff(times) < 0)
    faults.require(
        back.size == 0,
        f"times of cell {label} in order",
        f"{times[back[0] + 1]:g} after {times[back[0]]:g} s" if back.size else "",
        "sort them",
    )
