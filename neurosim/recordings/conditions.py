"""Trials one by one put together as responses: conditions, cells and unequal repeats.

Conditions are sorted, so that the order of the rows of a table changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults
from neurosim.data.responses import check_responses
from neurosim.data.trials import duration_variable

__all__ = ["RESERVED", "Trials", "refuse_single_conditions", "responses_of_trials"]

RESERVED = ("cell", "trial", "drive", "count", "trials", "duration")
"""Names that a coordinate of conditions cannot have."""

_MOST = 2**30  # bytes that the counts may take


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
    cell: Sequence[Any]
    by: dict[str, Sequence[Any]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    name: str = "drive"
    shown: Sequence[Any] | None = None

    @property
    def conditions(self) -> list[tuple[Any, ...]]:
        """What each trial showed; (row,)."""
        return list(zip(*self.by.values(), self.shown or self.x.tolist(), strict=True))


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
    cells, cell = _sorted(list(trials.cell))
    keys, condition = _sorted(trials.conditions)
    shape = (len(keys), len(cells))
    faults = Faults(subject)
    refuse_single_conditions(trials, faults)
    most = int(np.unique(condition * shape[1] + cell, return_counts=True)[1].max())
    size = 8 * shape[0] * shape[1] * most
    faults.require(
        size <= _MOST,
        f"counts within {_MOST:.2g} bytes",
        f"{size:.2g}",
        "cells x conditions x most repeats: take fewer cells at a time",
    )
    faults.stop()
    exist = np.zeros(shape, dtype=np.int64)
    np.add.at(exist, (condition, cell), 1)
    drive = np.full(shape, np.nan)
    drive[condition, cell] = trials.x
    some = np.take_along_axis(drive, (exist > 0).argmax(1)[:, None], axis=1)
    drive = np.where(exist > 0, drive, some)  # where nothing was shown, what another cell was shown
    by_trial = ("stimulus", "cell", "trial")
    seconds = _padded(condition, cell, trials.duration, exist)
    responses = xr.Dataset(
        {
            "drive": (("stimulus", "cell"), drive, _drive_attrs(trials)),
            "count": (by_trial, _padded(condition, cell, trials.count.astype(np.int64), exist)),
            "trials": (("stimulus", "cell"), exist),
            "duration": duration_variable(seconds, exist),
        },
        coords={
            "stimulus": np.arange(shape[0]),
            "cell": cells,
            "trial": np.arange(most),
            **_coordinates(trials, keys),
        },
        attrs=attrs,
    )
    return check_responses(responses)


def refuse_single_conditions(trials: Trials, faults: Faults) -> None:
    """Note cells that were shown a single x; one that is NaN may be any."""
    seen = defaultdict(set)
    for cell, x in zip(trials.cell, trials.x.tolist(), strict=True):
        seen[cell].add(x)
    few = [str(cell) for cell in sorted(seen) if len(seen[cell]) < 2]
    more = f" and {len(few) - 5} more" if len(few) > 5 else ""
    faults.require(
        not few,
        f"at least 2 different values of {trials.name} in every cell",
        f"1 in cell {', '.join(few[:5])}{more}",
        "leave such cells out",
    )


def _sorted(values: list[Any]) -> tuple[list[Any], Indices]:
    """The different values in order, and which one each is."""
    unique = sorted(set(values))
    index = {value: k for k, value in enumerate(unique)}
    return unique, np.array([index[value] for value in values], dtype=np.int64)


def _padded(condition: Indices, cell: Indices, values: AnyArray, exist: Indices) -> AnyArray:
    """Values by condition, cell and trial, trials in the order of their rows and zeros behind."""
    order = np.lexsort((condition, cell))  # stable
    condition, cell = condition[order], cell[order]
    first = np.r_[0, np.flatnonzero((np.diff(cell) != 0) | (np.diff(condition) != 0)) + 1]
    begun = np.repeat(first, exist[condition, cell][first])
    padded: AnyArray = np.zeros((*exist.shape, exist.max()), dtype=values.dtype)
    padded[condition, cell, np.arange(order.size) - begun] = values[order]
    return padded


def _drive_attrs(trials: Trials) -> dict[str, str]:
    return {"units": trials.units.get("x") or "1", "long_name": trials.name}


def _coordinates(trials: Trials, keys: list[Any]) -> dict[str, Any]:
    """What tells conditions apart, along stimulus."""
    found = {}
    for k, name in enumerate(trials.by):
        unit = trials.units.get(name)
        values = np.array([key[k] for key in keys])
        found[name.replace("/", "_")] = ("stimulus", values, {"units": unit} if unit else {})
    return found
