"""Rows that were entered twice, by the labels of their trials."""

from __future__ import annotations

import numpy as np

from neurosim.base.arrays import Array
from neurosim.recordings.ranks import Labels, combined, ranked
from neurosim.recordings.tables.columns import RowFaults

__all__ = ["refuse_twice"]


def refuse_twice(
    cell: Labels,
    x: Array,
    by: dict[str, Labels],
    trial: Labels,
    rows: RowFaults,
    title: str,
) -> None:
    """Note rows whose cell, condition and trial label have been there before."""
    _, which = combined([ranked(part) for part in (cell, x, trial, *by.values())])
    unique, first = np.unique(which, return_index=True)
    if unique.size == which.size:
        return
    for row in np.flatnonzero(first[which] != np.arange(which.size)):
        if np.isfinite(x[row]):
            before, label = rows.name(int(first[which[row]])), trial[row]
            label = label.item() if isinstance(label, np.generic) else label
            rows.note(
                int(row), f"{title} {label!r} of this cell and condition is in {before} already"
            )
