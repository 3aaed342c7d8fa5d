"""Responses from a table with one row per trial."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import Array, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit
from neurosim.base.version import __version__
from neurosim.data.trials import MOST_SPIKES
from neurosim.recordings.conditions import (
    RESERVED,
    Trials,
    refuse_single_conditions,
    responses_of_trials,
)
from neurosim.recordings.ranks import Labels
from neurosim.recordings.tables.columns import (
    Column,
    RowFaults,
    find_column,
    labels,
    numbers,
    says_percent,
    unit_size,
)
from neurosim.recordings.tables.missing import Gaps, missing_rows
from neurosim.recordings.tables.questions import (
    question_fractions,
    question_pooling,
    question_unit,
)
from neurosim.recordings.tables.reading import read_table
from neurosim.recordings.tables.repeated_rows import refuse_twice
from neurosim.recordings.tables.table import Dialect, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["responses_from_table"]

_MOST_SECONDS = 1e6
_LARGEST = 1e12  # of the stimulus variable
_SMALLEST = 1e-12
_DRIVE = f"a number, 0 or of size {_SMALLEST:g} to {_LARGEST:g}"
_WHOLE = 0.01  # spikes by which a rate times a duration may miss a whole number


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
    missing: str | Iterable[Any] | None = None,
    blank: float | None = None,
    sep: str | None = None,
    decimal: str | None = None,
    comment: str | None = None,
    sheet: str | int | None = None,
) -> xr.Dataset:
    """Responses from a table of recorded counts, a row being one trial of one cell.

    Columns are named as the table names them, with or without the unit that stands in parentheses
    behind a name: "contrast (%)" is found as "contrast" too.

    Parameters
    ----------
    table : path or DataFrame
        A text file (.csv, .tsv, .tab, .txt; UTF-8), a Parquet or Feather file (they need the
        ``parquet`` extra), an Excel workbook (``excel``), a MATLAB or NumPy file of
        vectors or of a struct of trials (.mat, .npz; columns by dotted names), or a DataFrame.
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
        Unit of a column, by name; goes before the one in parentheses. That of x is the drive's. A
        column whose values all end in % is in percent.
    missing : "drop" or values, optional
        What stands for a missing value: the usual (an empty field, NA, NaN, -, ...), or values of
        yours; rows in which a column that is used lacks its value are left out, and counted in
        attrs. Default: such rows are refused.
    blank : float, optional
        x of blank screens, whose field is empty (or says "blank"). Default: it is missing.
    sep, decimal, comment : str, optional
        Of text: what separates fields, the decimal mark ("." or ","), and what lines that are
        passed over begin with. Default: what cuts the first lines alike; a comma where all numbers
        of a column with one can have no other meaning; # before the table.
    sheet : str or int, optional
        Of an Excel workbook, by name or number from 0. Default: the first.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`; attrs name the file, its SHA-256 and the columns. Conditions
        are sorted by `by` and x: the order of rows changes only the order of trials.

    Warns
    -----
    UnitWarning, LabelWarning
        Where a name suggests another unit; where a column seems to tell cells apart and `cell` is
        not given; where labels are numbers with fractions, of which 1.10 is 1.1 already.

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
    said = Faults("responses_from_table")
    for name, value in (("sep", sep), ("comment", comment)):
        said.require(value is None or (isinstance(value, str) and value), f"{name} as text", value)
    said.require(sep is None or len(str(sep)) == 1, "sep as one character", repr(sep))
    said.require(decimal in (None, ".", ","), 'decimal "." or ","', repr(decimal))
    if blank is not None:
        blank = said.number("blank", blank, "as a number", lambda b: bool(_moderate(b)))
    gaps = Gaps.of(missing, said)
    said.stop()
    read = read_table(table, Dialect(sep, decimal, comment, sheet))
    faults = Faults(read.subject)
    by = faults.several("by", by, "a column or several")
    units = faults.mapping("units", units)
    got = "neither" if count is None else "both"
    faults.require((count is None) != (rate is None), "either count or rate", got)
    faults.require(x is not None, "a column for x", "none")
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
    labelled = [c.title for role, c in columns.items() if role.startswith(("cell", "by", "trial"))]
    counted = [c.title for c in columns.values() if c.title not in labelled]
    read.prepare(counted, labelled)
    faults.require(read.rows, "rows below the column names", "none")
    faults.stop()
    question_pooling(read, columns)
    question_fractions(read, columns)
    kept, dropped = _kept(read, columns, gaps, blank)
    if says_percent(read, columns["x"]) and columns["x"].unit in ("", "%"):
        columns["x"] = replace(columns["x"], unit="%")
    trials = _trials(read, columns, length, kept, blank)
    attrs = {
        "source": "recorded spike counts",
        **read.source,
        "columns": ", ".join(
            f"{role.split('[')[0]}={column.title}" for role, column in columns.items()
        ),
        "neurosim_version": __version__,
        **dropped,
    }
    return responses_of_trials(trials, read.subject, attrs)


def _kept(
    table: Table, columns: dict[str, Column], gaps: Gaps, blank: float | None
) -> tuple[Indices | None, dict[str, int]]:
    """The rows that lack no value (None for all), and attrs that say how many do."""
    lacking = np.zeros(table.rows, dtype=bool)
    for role, column in columns.items():
        lacking |= missing_rows(table, column.title, gaps, role == "x" and blank is not None)
    if not lacking.any():
        return None, {}
    faults = Faults(table.subject)
    faults.require(not lacking.all(), "a row without a missing value", "none")
    faults.stop()
    return np.flatnonzero(~lacking), {"rows_with_missing_values": int(lacking.sum())}


def _length(
    table: Table, duration: Any, faults: Faults, units: Mapping[str, str] | None
) -> Column | float | None:
    """The column of durations, or the one duration, s."""
    names = {c.title for c in map(Column.titled, table.names)}
    names |= {c.name for c in map(Column.titled, table.names)}
    if isinstance(duration, str) and duration in names:
        return find_column(table, duration, "duration", faults, units)
    try:
        seconds = in_unit(duration, "s", table.subject, "duration")
    except InputError:
        there = ", ".join(table.names) or "none"
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


def _trials(
    table: Table,
    columns: dict[str, Column],
    length: Column | float | None,
    kept: Indices | None,
    blank: float | None,
) -> Trials:
    """Every row as a trial; refused with all that is wrong in it."""
    rows = RowFaults(table, kept)
    faults = Faults(table.subject)
    x = numbers(columns["x"], _DRIVE, _moderate, rows, blank)
    seconds = np.full(len(x), length if isinstance(length, float) else np.nan)
    if "duration" in columns:
        question_unit(columns["duration"], table.subject)
        size = unit_size(columns["duration"], "s", table.subject)
        seconds = size * numbers(
            columns["duration"],
            "a time > 0",
            lambda t: (t * size > 0) & (t * size <= _MOST_SECONDS),
            rows,
        )
    count = _counts(table, columns, seconds, rows)
    one = np.zeros(len(x), dtype=np.int64)
    cell = labels(columns["cell"], rows) if "cell" in columns else one
    by: dict[str, Labels] = {
        c.name: labels(c, rows, names=False) for role, c in columns.items() if role.startswith("by")
    }
    if "trial" in columns:
        trial = labels(columns["trial"], rows)
        refuse_twice(cell, x, by, trial, rows, columns["trial"].title)
    units = {c.name: c.unit for role, c in columns.items() if role.startswith("by")}
    units["x"] = columns["x"].unit
    trials = Trials(x, count, seconds, cell, by, units, columns["x"].name)
    rows.into(faults)
    refuse_single_conditions(trials, faults)
    faults.stop()
    return trials


def _moderate(x: Any) -> Any:
    """Whether drives are such that arithmetic can square and scale them."""
    return (x == 0) | ((abs(x) >= _SMALLEST) & (abs(x) <= _LARGEST))


def _possible_rate(rate: Any) -> Any:
    return (rate >= 0) & (rate <= MOST_SPIKES)


def _counts(table: Table, columns: dict[str, Column], seconds: Array, rows: RowFaults) -> Array:
    """Spikes of each trial, from its count or from its rate and duration."""
    if "count" in columns:
        return numbers(
            columns["count"],
            "a whole number >= 0",
            lambda n: (n >= 0) & (n <= MOST_SPIKES) & (n == np.floor(n)),
            rows,
        )
    size = unit_size(columns["rate"], "Hz", table.subject)
    rate = size * numbers(columns["rate"], "a number >= 0", _possible_rate, rows)
    spikes = rate * seconds
    with np.errstate(invalid="ignore"):
        off = (abs(spikes - np.round(spikes)) > _WHOLE) | (spikes > MOST_SPIKES)
    for row in np.flatnonzero(off):
        rows.note(
            int(row),
            f"expected {columns['rate'].title} times duration to be a whole number of spikes, "
            f"got {spikes[row]:.4g} (give the counts of single trials; a mean or smoothed rate "
            "has no Poisson likelihood: fit_rates takes it, as does neurosim fit --rate without "
            "--duration)",
        )
    return np.round(spikes)
