"""When each stimulus was shown, what it was, and when its spikes are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurosim.base.arrays import AnyArray, Array, Flags
from neurosim.base.errors import Faults
from neurosim.base.units import in_unit
from neurosim.base.version import __version__
from neurosim.recordings.clocks import inside, question_clocks, touched
from neurosim.recordings.conditions import RESERVED, Trials, responses_of_trials

__all__ = ["Presentations"]

_SHOWN = 5  # faults of single values that a message lists


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
