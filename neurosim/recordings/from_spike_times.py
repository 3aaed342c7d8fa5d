"""Responses from spike times and the times at which stimuli came on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.numbers import is_number
from neurosim.base.units import in_unit
from neurosim.recordings.conditions import RESERVED
from neurosim.recordings.presentations import Presentations
from neurosim.recordings.shown import observed_of, shown_in

__all__ = ["responses_from_spike_times"]


def responses_from_spike_times(
    spike_times: Any,
    onsets: Any,
    x: Any,
    *,
    window: Any = None,
    by: Any = None,
    observed: Mapping[Any, Any] | None = None,
    overlapping: bool = False,
    units: str = "1",
    name: str = "drive",
) -> xr.Dataset:
    """Responses from spike times: spikes counted in a window behind each stimulus onset.

    Parameters
    ----------
    spike_times : mapping of arrays (spike,), or objects of Neo or pynapple
        Cell -> times in order, s (or Brian2 quantities). A Neo SpikeTrain, a list of them, or a
        Segment brings its own names and units; so do a Ts or TsGroup of pynapple, whose metadata
        become coordinates of the cells.
    onsets : array (trial,), or a table of trials
        When each stimulus came on, s, on the same clock. A table is a pynapple IntervalSet, a Neo
        Epoch or Event, or a DataFrame with start_time and perhaps stop_time.
    x : array (trial,), or the name of a column of that table
        The stimulus variable that drives, of each trial; (trial, cell) where cells differ in it.
    window : (float, float), optional
        Start and end of counting after the onset, s: the start is the latency. A spike at the
        start is counted, one at the end is not. Default: the whole of each trial where a table says
        when it ends, else (0.05, 0.55).
    by : mapping of arrays (trial,), or names of columns, optional
        What else tells conditions apart: name -> numbers or text.
    observed : mapping of arrays (interval, 2), optional
        Cell -> start and end of the time in which the cell was recorded, s. Trials whose window is
        not inside are not trials of that cell; attrs say how many. Neo's t_start and t_stop are
        such an interval, and pynapple's time_support where it is more than the spikes' own span.
        Default: always.
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
    described = described_by(spike_times)
    trains, recorded = _trains(spike_times)
    onsets, x, window, by, name = _asked(onsets, x, window, by, name)
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
    made = shown.responses(trains, intervals, {"source": "recorded spike times"})
    return made.assign_coords(described) if described else made


def _asked(
    onsets: Any, x: Any, window: Any, by: Any, name: str
) -> tuple[Any, Any, Any, Mapping[str, Any] | None, str]:
    """Onsets, x, window, conditions and the name of x, of a table where there is one."""
    table = shown_in(onsets)
    if table is None:
        faults = Faults("spike times")
        held = not isinstance(x, str)
        faults.require(held, "x as numbers", x, "a name is of a column of a table of trials")
        faults.stop()
        return onsets, x, (0.05, 0.55) if window is None else window, by, name
    if isinstance(x, str):
        x, name = table.column(x, "x"), x if name == "drive" else name
    if by is not None and not isinstance(by, Mapping):
        faults = Faults("spike times")
        names = faults.several("by", by, "a column or several")
        faults.stop()
        by = {str(each): table.column(str(each), "by") for each in names}
    if window is None:
        whole = None if table.stop is None else table.stop - table.start
        window = (0.05, 0.55) if whole is None else np.stack([0 * whole, np.round(whole, 9)], 1)
    return table.start, x, window, by, name


def _trains(spike_times: Any) -> tuple[dict[Any, Array], dict[Any, Array]]:
    """Spike times (s) by cell, and the intervals in which Neo says they were recorded."""
    trains = getattr(spike_times, "spiketrains", spike_times)  # of a Neo Segment
    if hasattr(trains, "time_support"):
        return _of_pynapple(trains)
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


def _of_pynapple(group: Any) -> tuple[dict[Any, Array], dict[Any, Array]]:
    """Spike times of a Ts or TsGroup, and the time in which they were recorded."""
    keys = list(group.keys()) if hasattr(group, "keys") else [0]
    trains = {key: np.asarray((group[key] if hasattr(group, "keys") else group).t) for key in keys}
    if not trains:
        raise InputError("spike times: expected at least one cell, got an empty TsGroup")
    observed = observed_of(group)
    return trains, {} if observed is None else dict.fromkeys(trains, observed)


def described_by(group: Any) -> dict[str, tuple[str, AnyArray]]:
    """Coordinates of the cells, by the metadata of a TsGroup."""
    if not (hasattr(group, "metadata_columns") and hasattr(group, "keys")):
        return {}
    order = np.argsort(np.asarray(list(group.keys())), kind="stable")
    names = [str(name) for name in group.metadata_columns if name not in ("rate", *RESERVED)]
    return {name: ("cell", np.asarray(group[name])[order]) for name in names}


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
