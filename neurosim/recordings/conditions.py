"""Trials one by one put together as responses: conditions, cells and unequal repeats.

Conditions are sorted, so that the order of the rows of a table changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses
from neurosim.data.trials import duration_variable
from neurosim.recordings.ranks import Labels, combined, order_of, ranked

__all__ = ["RESERVED", "Trials", "refuse_single_conditions", "responses_of_trials"]

RESERVED = ("cell", "trial", "drive", "count", "trials", "duration")
"""Names that a coordinate of conditions cannot have."""

_MOST = 2**30  # bytes that putting responses together may take
_COPIES = 5  # of the counts, at the most, while they are checked


@dataclass(frozen=True, eq=False)
class Trials:
    """Every trial of every cell; arrays (row,), a row being one trial of one cell.

    Attributes
    ----------
    x : array (row,)
        The stimulus variable that drives.
    count : array (row,)
        Spikes.
    duration : array (row,)
        s.
    cell : sequence (row,)
        Labels, all of one type.
    by : dict of sequences (row,)
        What else tells conditions apart: name -> labels, all of one type.
    units : dict
        Of the columns of `by`, and of x as "x".
    name : str
        What x is.
    shown : sequence (row,), optional
        What tells the stimuli of a trial apart where x differs between cells. Default: x.
    """

    x: Array
    count: Array
    duration: Array
    cell: Labels
    by: dict[str, Labels] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    name: str = "drive"
    shown: Sequence[Any] | None = None

    @cached_property
    def cells(self) -> tuple[list[Any], Indices]:
        """The cells in order, and whose each trial is."""
        return ranked(self.cell)

    @cached_property
    def drives(self) -> tuple[list[Any], Indices]:
        """The different x in order, and which one each trial showed."""
        return ranked(self.x)

    @property
    def conditions(self) -> tuple[dict[str, list[Any]], Indices]:
        """What tells the conditions apart beside x, in order, and which one each trial showed."""
        shown = self.drives if self.shown is None else ranked(self.shown)
        parts = [*(ranked(part) for part in self.by.values()), shown]
        place, which = combined(parts)
        found = {
            name: [labels[k] for k in place[:, column]]
            for column, (name, (labels, _)) in enumerate(zip(self.by, parts, strict=False))
        }
        return found, which


def responses_of_trials(trials: Trials, subject: str, attrs: dict[str, Any]) -> xr.Dataset:
    """Responses with a condition for each combination of x and `by` that was shown to any cell.

    A condition that a cell was not shown has no trials there. Where trials of a condition differ in
    length each has its own duration.

    Parameters
    ----------
    trials : Trials
    subject : str
        What faults are said of.
    attrs : dict
        Where the trials came from.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`.

    Raises
    ------
    InputError
        When a cell was shown a single x, or the padded counts would not fit in memory.

    Examples
    --------
    >>> x, count = np.array([0.1, 0.5, 0.5]), np.array([1, 4, 6])
    >>> rows = Trials(x, count, duration=np.full(3, 0.5), cell=["a"] * 3)
    >>> responses_of_trials(rows, "trials", {})["trials"].values.ravel()
    array([1, 2])
    """
    cells, cell = trials.cells
    told, condition = trials.conditions
    shape = (int(condition.max()) + 1, len(cells))
    faults = Faults(subject)
    refuse_single_conditions(trials, faults)
    where = condition * shape[1] + cell
    exist = np.bincount(where, minlength=shape[0] * shape[1]).reshape(shape)
    most = int(exist.max())
    even = bool((trials.duration == trials.duration[0]).all())
    size = 8 * shape[0] * shape[1] * most * (_COPIES if even else 2 * _COPIES)
    faults.require(
        size <= _MOST,
        f"responses that take up to {_MOST / 2**30:.0f} GiB to put together",
        f"{size / 2**30:.2g} GiB",
        "cells x conditions x most repeats: take fewer cells at a time",
    )
    faults.stop()
    order = order_of(where)
    drive = np.full(shape, np.nan)
    drive[condition, cell] = trials.x
    some = np.take_along_axis(drive, (exist > 0).argmax(1)[:, None], axis=1)
    drive = np.where(exist > 0, drive, some)  # where nothing was shown, what another cell was shown
    by_trial = ("stimulus", "cell", "trial")
    seconds = trials.duration[0] if even else _padded(where, order, trials.duration, exist)
    responses = xr.Dataset(
        {
            "drive": (("stimulus", "cell"), drive, _drive_attrs(trials)),
            "count": (by_trial, _padded(where, order, trials.count.astype(np.int64), exist)),
            "trials": (("stimulus", "cell"), exist),
            "duration": duration_variable(np.asarray(seconds), exist),
        },
        coords={
            "stimulus": np.arange(shape[0]),
            "cell": cells,
            "trial": np.arange(most),
            **_coordinates(trials, told),
        },
        attrs=attrs,
    )
    return check_responses(responses)


def refuse_single_conditions(trials: Trials, faults: Faults) -> None:
    """Note cells that were shown a single x; one that is NaN may be any."""
    cells, cell = trials.cells
    place, _ = combined([(cells, cell), trials.drives])
    many = np.bincount(place[place[:, 1] >= 0, 0], minlength=len(cells))
    unknown = np.bincount(cell[np.isnan(trials.x)], minlength=len(cells))
    few = [str(cells[k]) for k in np.flatnonzero(many + unknown < 2)]
    more = f" and {len(few) - 5} more" if len(few) > 5 else ""
    faults.require(
        not few,
        f"at least 2 different values of {trials.name} in every cell",
        f"1 in cell {', '.join(few[:5])}{more}",
        "leave such cells out",
    )


def _padded(where: Indices, order: Indices, values: AnyArray, exist: Indices) -> AnyArray:
    """Values by condition, cell and trial, trials in the order of their rows and zeros behind."""
    first = np.cumsum(exist.ravel()) - exist.ravel()
    place = where[order]
    padded: AnyArray = np.zeros((exist.size, exist.max()), dtype=values.dtype)
    padded[place, np.arange(order.size) - first[place]] = values[order]
    return padded.reshape(*exist.shape, -1)


def _drive_attrs(trials: Trials) -> dict[str, str]:
    return {"units": trials.units.get("x") or "1", "long_name": trials.name}


def _coordinates(trials: Trials, told: dict[str, list[Any]]) -> dict[str, Any]:
    """What tells conditions apart, along stimulus."""
    found = {}
    for name, labels in told.items():
        unit, values = trials.units.get(name), np.array(labels)
        found[name.replace("/", "_")] = ("stimulus", values, {"units": unit} if unit else {})
    return found
