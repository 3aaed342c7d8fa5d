"""Mean rates from a table, a row being one condition of one cell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.recordings.ranks import ranked
from neurosim.recordings.tables.columns import (
    RowFaults,
    find_column,
    labels,
    numbers,
    unit_size,
)
from neurosim.recordings.tables.missing import Gaps, missing_rows
from neurosim.recordings.tables.reading import read_table
from neurosim.recordings.tables.table import Dialect

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rates", "rates_from_table"]

_LARGEST = 1e12


class Rates(NamedTuple):
    """Of one cell, by condition: what `fit_rates` takes."""

    cell: Any
    x: Array
    rate: Array  # Hz
    error: Array | None  # Hz
    unit: str


def rates_from_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    x: str,
    rate: str,
    error: str | None = None,
    cell: str | None = None,
    units: Mapping[str, str] | None = None,
    missing: Any = None,
    blank: float | None = None,
    **dialect: Any,
) -> list[Rates]:
    """Mean rates, and their standard errors, of every cell; as `responses_from_table` reads them.

    Raises
    ------
    InputError
        Naming everything that cannot be, with its line or row.
    """
    said = Faults("rates_from_table")
    gaps = Gaps.of(missing, said)
    said.stop()
    read = read_table(table, Dialect(**dialect))
    faults = Faults(read.subject)
    named = {"x": x, "rate": rate, "error": error, "cell": cell}
    found = {
        role: find_column(read, name, role, faults, units)
        for role, name in named.items()
        if name is not None
    }
    faults.stop()
    columns = {role: column for role, column in found.items() if column is not None}
    read.prepare([c.title for r, c in columns.items() if r != "cell"], [])
    lacking = np.zeros(read.rows, dtype=bool)
    for role, column in columns.items():
        lacking |= missing_rows(read, column.title, gaps, role == "x" and blank is not None)
    faults.require(not lacking.all(), "rows that lack no value", "none")
    faults.stop()
    rows = RowFaults(read, np.flatnonzero(~lacking) if lacking.any() else None)
    drive = numbers(columns["x"], "a number", lambda v: abs(v) <= _LARGEST, rows, blank)
    size = unit_size(columns["rate"], "Hz", read.subject)
    hertz = size * numbers(columns["rate"], "a number", lambda v: abs(v) <= _LARGEST, rows)
    errors = None
    if "error" in columns:
        size = unit_size(columns["error"], "Hz", read.subject)
        errors = size * numbers(columns["error"], "a number > 0", lambda v: v > 0, rows)
    whose = labels(columns["cell"], rows) if "cell" in columns else np.zeros(len(drive), dtype=int)
    rows.into(faults)
    faults.stop()
    cells, which = ranked(whose)
    return [
        Rates(
            label,
            drive[which == k],
            hertz[which == k],
            None if errors is None else errors[which == k],
            columns["x"].unit or "1",
        )
        for k, label in enumerate(cells)
    ]
