"""What was shown and when, as a table: an IntervalSet, an Epoch or Event, a DataFrame."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurosim.base.arrays import AnyArray, Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit

__all__ = ["Shown", "observed_of", "shown_in"]


class Shown(NamedTuple):
    """When each trial was, and what else stands in its row.

    Attributes
    ----------
    start : array (trial,)
        s.
    stop : array (trial,), or None
        s.
    columns : dict of arrays (trial,)
    """

    start: Array
    stop: Array | None
    columns: dict[str, AnyArray]

    def column(self, name: str, what: str) -> AnyArray:
        """A column; of x, one per cell where they are numbered: drive_0, drive_1, ...

        Raises
        ------
        InputError
            When there is none, with those there are.
        """
        if name in self.columns:
            return self.columns[name]
        each = [key for key in self.columns if key.rpartition("_")[0] == name]
        if what == "x" and each and all(key.rpartition("_")[2].isdigit() for key in each):
            each.sort(key=lambda key: int(key.rpartition("_")[2]))
            return np.stack([np.asarray(self.columns[key], float) for key in each], axis=1)
        there = ", ".join(self.columns) or "none"
        raise InputError(f"spike times: expected a column {name!r} for {what}, got columns {there}")


def shown_in(given: Any) -> Shown | None:
    """The table that an object is; None for times alone."""
    if hasattr(given, "time_support") and not hasattr(given, "start"):  # times of pynapple's
        faults = Faults("spike times")
        faults.require(hasattr(given, "t"), "onsets (trial,)", type(given).__name__)
        faults.stop()
        return Shown(np.asarray(given.t, float), None, {})
    if hasattr(given, "start") and hasattr(given, "end") and hasattr(given, "metadata_columns"):
        columns = {str(name): np.asarray(given[name]) for name in given.metadata_columns}
        return Shown(np.asarray(given.start, float), np.asarray(given.end, float), columns)
    if hasattr(given, "array_annotations") and hasattr(given, "times"):  # Epoch or Event
        start = np.asarray(in_unit(given.times, "s", "spike times", "onsets"), float)
        stop = None
        if hasattr(given, "durations"):
            long = in_unit(given.durations, "s", "spike times", "durations")
            stop = start + np.asarray(long, float)
        columns = {str(k): np.asarray(v) for k, v in given.array_annotations.items()}
        if len(given.labels) == len(start):
            columns.setdefault("label", np.asarray(given.labels))
        return Shown(start, stop, columns)
    if hasattr(given, "columns") and hasattr(given, "iloc"):
        columns = {str(name): given[name].to_numpy() for name in given.columns}
        faults = Faults("spike times")
        for names in (("start_time", "start", "onset"),):
            found = [name for name in names if name in columns]
            faults.require(found, f"a column {' or '.join(names)}", ", ".join(columns))
        faults.stop()
        start = np.asarray(in_unit(columns[found[0]], "s", "spike times", found[0]), float)
        ends = [name for name in ("stop_time", "end", "stop") if name in columns]
        stop = None
        if ends:
            stop = np.asarray(in_unit(columns[ends[0]], "s", "spike times", ends[0]), float)
        return Shown(start, stop, columns)
    return None


def observed_of(group: Any) -> AnyArray | None:
    """The time that pynapple says was recorded, (interval, 2); None where it only says from the
    first spike to the last, as it does where nothing was said."""
    support = getattr(group, "time_support", None)
    if support is None or not hasattr(support, "start"):
        return None
    intervals = np.stack([np.asarray(support.start, float), np.asarray(support.end, float)], axis=1)
    trains = (
        [np.asarray(group[key].t, float) for key in group]
        if hasattr(group, "keys")
        else [np.asarray(group.t, float)]
    )
    times = np.concatenate([train for train in trains if train.size] or [np.zeros(0)])
    # by itself it is the union of the cells' spans, each from a first spike to a last
    said = times.size == 0 or not np.isin(intervals, times).all()
    return intervals if said else None
