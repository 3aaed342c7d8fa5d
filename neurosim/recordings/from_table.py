"""Responses from a table with one row per trial."""

from __future__ import annotations

import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit
from neurosim.base.version import __version__
from neurosim.data.trials import MOST_SPIKES
from neurosim.recordings.columns import (
    Column,
    RowFaults,
    find_column,
    labels,
    numbers,
    unit_size,
)
from neurosim.recordings.conditions import (
    RESERVED,
    Trials,
    refuse_single_conditions,
    responses_of_trials,
)
from neurosim.recordings.table_file import Table, read_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UnitWarning", "responses_from_table"]

_MOST_SECONDS = 1e6
_UNIT_IN_NAME = re.compile(r"(?:^|[_\s.\-])(ms|msec|us|µs)$", re.IGNORECASE)
_LARGEST = 1e12  # of the stimulus variable
_SMALLEST = 1e-12
_DRIVE = f"a number, 0 or of size {_SMALLEST:g} to {_LARGEST:g}"
_WHOLE = 0.01  # spikes by which a rate times a duration may miss a whole number


class UnitWarning(UserWarning):
    """A column's name suggests another unit than the one it is read in."""


def responses_from_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    x: str,
    count: str | None = None,
    rate: str | None = None,
    duration: Any,
    cell: str | None = None,
    trial: str | None = None,
    by: Iterable[str] = (),
    units: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Responses from a table of recorded counts, a row being one trial of one cell.

    Columns are named as the table names them, with or without the unit that stands in parentheses
    behind a name: "contrast (%)" is found as "contrast" too.

    Parameters
    ----------
    table : path or DataFrame
        A CSV or TSV file (UTF-8), a Parquet file (needs the ``parquet`` extra), or a DataFrame.
    x : str
        Column of the stimulus variable that drives: contrast, current, mean potential, ...
    count : str
        Column of the spikes of each trial.
    rate : str, instead of count
        Column of each trial's rate (Hz). Rate times duration must be a whole number of spikes, to
        0.01: a rate averaged over trials, or smoothed, is not a count.
    duration : str, float or quantity
        Column of the time that was counted (s, unless its unit says otherwise), or the time
        itself: 0.5, "500 ms".
    cell : str, optional
        Column that tells cells apart. Default: one cell. Cells may differ in their conditions and
        numbers of trials.
    trial : str, optional
        Column of trial labels, by which rows that were entered twice are found.
    by : names, optional
        Columns that make separate conditions of the same x (orientation, say); they become
        coordinates along `stimulus`.
    units : mapping, optional
        Unit of a column, by name; goes before the one in parentheses. That of x is the drive's.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`; attrs name the file, its SHA-256 and the columns. Conditions
        are sorted by `by` and x: the order of rows changes only the order of trials.

    Raises
    ------
    InputError
        Naming everything that cannot be, with its line (of a text file) or row: missing columns,
        negative or fractional counts, missing values, text among numbers, a trial that stands
        twice, a cell that was shown a single x; or a file that is missing, empty, or not decodable.

    Examples
    --------
    The rate of a neuron against injected current, counted over 0.5 s steps:

    >>> import pandas as pd
    >>> sweeps = pd.DataFrame({"current (pA)": [0, 25, 50, 75], "spikes": [0, 4, 11, 17]})
    >>> responses = responses_from_table(sweeps, x="current", count="spikes", duration="500 ms")
    >>> responses["drive"].values.ravel(), responses["drive"].units
    (array([ 0., 25., 50., 75.]), 'pA')

    All that is wrong is said at once:

    >>> sweeps["spikes"] = [0, -1, 2.5, 17]
    >>> responses_from_table(sweeps, x="current", count="spikes", duration=0.5)
    Traceback (most recent call last):
    neurosim.base.errors.InputError: table: row 1: expected spikes as a whole number >= 0, \
got -1.0; row 2: expected spikes as a whole number >= 0, got 2.5
    """
    read = read_table(table)
    faults = Faults(read.subject)
    by = faults.several("by", by, "a column or several")
    units = faults.mapping("units", units)
    got = "neither" if count is None else "both"
    faults.require((count is None) != (rate is None), "either count or rate", got)
    faults.require(x is not None, "a column for x", "none")
    faults.require(len(read.row_names), "rows below the column names", "none")
    named = {"x": x, "count": count, "rate": rate, "cell": cell, "trial": trial}
    roles = {role: name for role, name in named.items() if name is not None}
    roles |= {f"by[{k}]": name for k, name in enumerate(by)}
    found = {role: find_column(read, name, role, faults, units) for role, name in roles.items()}
    length = _length(read, duration, faults, units)
    if isinstance(length, Column):
        found["duration"] = length
    columns = {role: column for role, column in found.items() if column is not None}
    _refuse_shared(columns, units, faults)
    faults.stop()
    trials = _trials(read, columns, length)
    attrs = {
        "source": "recorded spike counts",
        **read.source,
        "columns": ", ".join(
            f"{role.split('[')[0]}={column.title}" for role, column in columns.items()
        ),
        "neurosim_version": __version__,
    }
    return responses_of_trials(trials, read.subject, attrs)


def _length(
    table: Table, duration: Any, faults: Faults, units: Mapping[str, str] | None
) -> Column | float | None:
    """The column of durations, or the one duration, s."""
    names = {c.title for c in map(Column.titled, table.columns)}
    names |= {c.name for c in map(Column.titled, table.columns)}
    if isinstance(duration, str) and duration in names:
        return find_column(table, duration, "duration", faults, units)
    try:
        seconds = in_unit(duration, "s", table.subject, "duration")
    except InputError:
        there = ", ".join(table.columns) or "none"
        faults.require(
            False,
            'a column for duration, or a time like 0.5 (s) or "500 ms"',
            f"{duration!r} and columns {there}",
        )
        return None
    one = isinstance(seconds, float) and 0 < seconds <= _MOST_SECONDS
    faults.require(one, f"duration as one time > 0 s and <= {_MOST_SECONDS:g} s", seconds)
    return float(seconds) if one else None


def _refuse_shared(
    columns: dict[str, Column], units: Mapping[str, str] | None, faults: Faults
) -> None:
    """A column serves one purpose, and names of conditions are not those of other things."""
    uses = defaultdict(list)
    for role, column in columns.items():
        uses[column.title].append(role)
        if role.startswith("by"):
            faults.require(
                column.name not in RESERVED and column.name != "stimulus",
                "names in by that responses do not use themselves",
                column.name,
                "rename the column",
            )
    for title, roles in uses.items():
        faults.require(
            len(roles) == 1, "a column for each purpose", f"{title!r} for {' and '.join(roles)}"
        )
    known = {c.title for c in columns.values()} | {c.name for c in columns.values()}
    unknown = sorted(set(units or {}) - known)
    faults.require(not unknown, "units of columns that are used", ", ".join(unknown))


def _trials(table: Table, columns: dict[str, Column], length: Column | float | None) -> Trials:
    """Every row as a trial; refused with all that is wrong in it."""
    rows = RowFaults(table)
    faults = Faults(table.subject)
    x = numbers(table, columns["x"], _DRIVE, _moderate, rows)
    seconds = np.full(len(x), length if isinstance(length, float) else np.nan)
    if "duration" in columns:
        _question_unit(columns["duration"], table.subject)
        size = unit_size(columns["duration"], "s", table.subject)
        seconds = size * numbers(
            table, columns["duration"], "a time > 0", lambda t: 0 < t * size <= _MOST_SECONDS, rows
        )
    count = _counts(table, columns, seconds, rows)
    cell = labels(table, columns["cell"], rows) if "cell" in columns else [0] * len(x)
    by: dict[str, Sequence[Any]] = {
        c.name: labels(table, c, rows, names=False)
        for role, c in columns.items()
        if role.startswith("by")
    }
    if "trial" in columns:
        trial = labels(table, columns["trial"], rows)
        _refuse_twice(cell, x, by, trial, rows, columns["trial"].title)
    units = {c.name: c.unit for role, c in columns.items() if role.startswith("by")}
    units["x"] = columns["x"].unit
    trials = Trials(x, count, seconds, cell, by, units, columns["x"].name)
    rows.into(faults)
    refuse_single_conditions(trials, faults)
    faults.stop()
    return trials


def _question_unit(column: Column, subject: str) -> None:
    """Warn where a column's name ends in another unit than the s that it is read in."""
    match = _UNIT_IN_NAME.search(column.name)
    if match and not column.unit:
        warnings.warn(
            f"{subject}: {column.name} says no unit and is read in s; if it is in {match[1]}, name "
            f'it "{column.name} ({match[1]})" or say units={{"{column.name}": "{match[1]}"}}',
            UnitWarning,
            stacklevel=4,
        )


def _moderate(x: float) -> bool:
    """Whether a drive is one that arithmetic can square and scale."""
    return x == 0 or _SMALLEST <= abs(x) <= _LARGEST


def _possible_rate(rate: float) -> bool:
    return 0 <= rate <= MOST_SPIKES


def _counts(table: Table, columns: dict[str, Column], seconds: Array, rows: RowFaults) -> Array:
    """Spikes of each trial, from its count or from its rate and duration."""
    if "count" in columns:
        return numbers(
            table,
            columns["count"],
            "a whole number >= 0",
            lambda n: 0 <= n <= MOST_SPIKES and n == int(n),
            rows,
        )
    size = unit_size(columns["rate"], "Hz", table.subject)
    rate = size * numbers(table, columns["rate"], "a number >= 0", _possible_rate, rows)
    spikes = rate * seconds
    for row in np.flatnonzero(np.isfinite(spikes)):
        off = abs(spikes[row] - np.round(spikes[row]))
        if off > _WHOLE or spikes[row] > MOST_SPIKES:
            rows.note(
                int(row),
                f"expected {columns['rate'].title} times duration to be a whole number of spikes, "
                f"got {spikes[row]:.4g} (give the counts of single trials; a mean or smoothed rate "
                "has no Poisson likelihood)",
            )
    return np.round(spikes)


def _refuse_twice(
    cell: Sequence[Any],
    x: Array,
    by: dict[str, Sequence[Any]],
    trial: Sequence[Any],
    rows: RowFaults,
    title: str,
) -> None:
    """Note rows whose cell, condition and trial label have been there before."""
    first: dict[tuple[Any, ...], int] = {}
    for row, key in enumerate(zip(cell, x.tolist(), trial, *by.values(), strict=True)):
        if first.setdefault(key, row) != row:
            before = rows.table.row(first[key])
            rows.note(
                row, f"{title} {trial[row]!r} of this cell and condition is in {before} already"
            )
