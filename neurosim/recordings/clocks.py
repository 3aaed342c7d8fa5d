"""When a cell was observed, and whether spikes and trials are on one clock."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.base.arrays import Array, Flags

__all__ = ["ClockWarning", "inside", "question_clocks", "touched", "union"]

_SAME = 1e-9  # s: times that differ by less are one
_HARDLY = 0.05  # of a cell's spikes between the first trial's start and the last one's end
_ENOUGH = 20  # spikes of a cell, of fewer nothing is said
_AFTER = 0.1  # of the trials, that begin behind the last spike of all cells
_TRIALS = 10  # of fewer trials nothing is said of those behind the last spike


class ClockWarning(UserWarning):
    """Spikes and trials hardly meet: clocks or units may differ, or the recording ends early."""


def union(intervals: Array) -> Array:
    """Intervals (interval, 2), s, in order, those that overlap or adjoin put together.

    Examples
    --------
    >>> union(np.array([[3.3, 10.0], [0.0, 3.3], [12.0, 13.0]]))
    array([[ 0., 10.],
           [12., 13.]])
    """
    ordered = intervals[np.argsort(intervals[:, 0], kind="stable")]
    if len(ordered) == 0:
        return ordered
    reach = np.maximum.accumulate(ordered[:, 1])
    first = np.r_[True, ordered[1:, 0] > reach[:-1] + _SAME]
    last = np.r_[first[1:], True]
    return np.stack([ordered[first, 0], reach[last]], axis=1)


def inside(start: Array, stop: Array, intervals: Array | None) -> Flags:
    """Which trials, from start to stop (s), lie in the time observed (None: all); (trial,)."""
    if intervals is None:
        return np.ones(len(start), dtype=bool)
    whole = union(intervals)
    begun = start[:, None] >= whole[:, 0] - _SAME
    seen: Flags = np.any(begun & (stop[:, None] <= whole[:, 1] + _SAME), axis=1)
    return seen


def touched(start: Array, stop: Array, invalid: Array) -> Flags:
    """Which trials touch any invalid time (interval, 2), s; (trial,)."""
    late = start[:, None] < invalid[:, 1] - _SAME
    hit: Flags = np.any(late & (stop[:, None] > invalid[:, 0] + _SAME), axis=1)
    return hit


def question_clocks(trains: Mapping[Any, Array], start: Array, stop: Array, subject: str) -> None:
    """Warn where hardly a spike of a cell falls in the time of the trials, or trials begin behind
    the last spike of all cells.

    Parameters
    ----------
    trains : mapping of label to times, s
    start, stop : array (trial,)
        s.
    subject : str
        Who asks.
    """
    first, last = start.min(), stop.max()
    apart = [
        str(label)
        for label, times in trains.items()
        if times.size >= _ENOUGH and np.mean((times >= first) & (times <= last)) < _HARDLY
    ]
    if apart:
        shown = ", ".join(apart[:5]) + (f" and {len(apart) - 5} more" if len(apart) > 5 else "")
        times = trains[next(label for label in trains if str(label) == apart[0])]
        warnings.warn(
            f"{subject}: hardly a spike of cell {shown} falls in the time of the trials, "
            f"{first:g} to {last:g} s (those of {apart[0]} lie from {times[0]:g} to {times[-1]:g} "
            "s): are spike times and onsets in s, on one clock?",
            ClockWarning,
            stacklevel=4,
        )
        return
    ends = [times[-1] for times in trains.values() if times.size]
    if not ends or len(start) < _TRIALS:
        return
    after = int((start > max(ends)).sum())
    if after > _AFTER * len(start):
        warnings.warn(
            f"{subject}: {after} of {len(start)} trials begin behind the last spike of all cells, "
            f"at {max(ends):g} s (the last trial ends at {last:g} s): are spike times relative to "
            "their trial, or does the recording end before the trials (observed=)?",
            ClockWarning,
            stacklevel=4,
        )
