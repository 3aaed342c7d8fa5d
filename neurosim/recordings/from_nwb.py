"""Responses from Neurodata Without Borders files (needs the ``nwb`` extra).

Spikes of the units table, counted in windows of an intervals table: the trials, or the
presentations of a stimulus.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import xarray as xr

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.base.extras import needs
from neurosim.base.files import path_of
from neurosim.base.numbers import is_number
from neurosim.recordings.presentations import Presentations
from neurosim.recordings.tables.table import file_source

__all__ = ["opened_nwb", "require_pynwb", "responses_from_nwb"]


def responses_from_nwb(
    path: str | os.PathLike[str],
    *,
    x: str,
    window: Any = None,
    trials: str = "trials",
    by: Iterable[str] = (),
    where: Mapping[str, Any] | None = None,
    blank: float | str | None = None,
    cells: Iterable[int] | None = None,
    cells_where: Mapping[str, Any] | None = None,
    unit: str = "1",
    overlapping: bool = False,
) -> xr.Dataset:
    """Responses from an NWB file: spikes of its units in windows of its trials.

    Parameters
    ----------
    path : path
    x : str
        Column of the stimulus variable that drives; a column with a value per unit (as
        `responses_to_nwb` writes "drive") gives each its own.
    window : (float, float), optional
        Start and end of counting after each start_time, s. Default: the whole of each trial.
    trials : str
        Which intervals table: "trials", or the presentations of a stimulus.
    by : names, optional
        Columns that make separate conditions of the same x; they become coordinates.
    where : mapping, optional
        Column -> the value that it must have: only those trials are taken.
    blank : float or "skip", optional
        The x of trials that have none (NaN or text), or that they are left out. Default: refused.
    cells : ids, optional
        Units to take. Default: all.
    cells_where : mapping, optional
        Column of the units -> the value, or values, that they must have: ``{"quality": "good"}``,
        ``{"brain_area": ["V1", "LM"]}``.
    unit : str
        Of x.
    overlapping : bool
        As for `responses_from_spike_times`.

    Returns
    -------
    Dataset
        See `neurosim.data.responses`. Cells are labelled by their unit's id. Trials outside the
        obs_intervals of a unit are not trials of it, nor are those that touch a time of
        invalid_times (of all units, or of those that its column "unit" or "units" names).

    Raises
    ------
    InputError
        Naming everything that cannot be, or that pynwb is missing.
    """
    path = path_of(path, "responses_from_nwb")
    faults = Faults("responses_from_nwb")
    names = faults.several("by", by, "a column or several")
    where = faults.mapping("where", where)
    told = (("x", x), ("trials", trials), ("unit", unit), *(("by", name) for name in names))
    for name, text in (*told, *(("where", name) for name in where)):
        faults.kind(name, text, str, "text")
    if cells is not None:
        cells = faults.several("cells", cells, "ids of units", int)
        for each in cells:
            faults.whole("cells", each, 0)
    overlapping = faults.flag("overlapping", overlapping)
    chosen = faults.mapping("cells_where", cells_where)
    faults.stop()
    source = file_source(path)
    with opened_nwb(path) as nwb:
        table = _intervals(nwb, trials, str(path))
        wanted = dict.fromkeys(["start_time", "stop_time", x, *names, *where])
        columns = _columns(table, list(wanted), str(path))
        rows = _rows(columns, x, where, blank, str(path))
        ids, trains, observed = _units(nwb, cells, chosen, str(path))
        invalid = _invalid(nwb, ids)
        drive = _drive(columns[x], blank)[rows]
        if drive.ndim == 2:
            drive = _of_units(drive, ids, nwb, str(path))
    start, stop = (columns[name][rows] for name in ("start_time", "stop_time"))
    if window is None:
        window = np.stack([np.zeros(len(start)), np.round(stop - start, 9)], axis=1)
    shown = Presentations(start, drive, window, {n: columns[n][rows] for n in names}, x, unit)
    try:
        shown.refuse(overlapping)
        attrs = {
            "source": "recorded spike times",
            **source,
            "intervals": trials,
            "trials_left_out": len(columns[x]) - len(rows),
        }
        return shown.responses(trains, observed, attrs, invalid)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


@contextmanager
def opened_nwb(path: str | os.PathLike[str]) -> Iterator[Any]:
    """The NWB file of a path, open for reading."""
    require_pynwb(path)
    from hdmf.build import ConstructError
    from pynwb import NWBHDF5IO

    damaged = (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RuntimeError,
        ConstructError,
    )
    try:
        with NWBHDF5IO(str(path), mode="r") as io:
            yield io.read()  # what is read lazily may turn out to be damaged later
    except InputError:
        raise
    except damaged as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as NWB ({reason})") from None


def require_pynwb(path: str | os.PathLike[str]) -> None:
    """Raise `InputError` naming the extra where pynwb is not installed."""
    try:
        import pynwb  # noqa: F401
    except ImportError:
        raise InputError(f"{path}: NWB {needs('pynwb', 'nwb')}") from None


def _intervals(nwb: Any, name: str, subject: str) -> Any:
    """The intervals table of that name."""
    tables = {table.name: table for table in (nwb.intervals or {}).values()}
    tables |= {t.name: t for t in (nwb.trials, nwb.epochs, nwb.invalid_times) if t is not None}
    faults = Faults(subject)
    there = ", ".join(sorted(tables)) or "none"
    faults.require(name in tables, f"an intervals table {name!r}", there, "trials=...")
    faults.stop()
    return tables[name]


def _columns(table: Any, wanted: list[str], subject: str) -> dict[str, AnyArray]:
    """Columns as arrays, all that are missing named at once."""
    faults = Faults(subject)
    there = ("start_time", "stop_time", *table.colnames)
    there_told = ", ".join(dict.fromkeys(there))
    for name in wanted:
        faults.require(name in there, f"a column {name!r} in {table.name}", there_told)
    faults.require(len(table), f"rows in {table.name}", "none")
    faults.stop()
    for name in wanted:
        if hasattr(table[name], "target"):  # an index into another column
            sizes = {np.size(table[name][row]) for row in range(len(table))}
            alike = len(sizes) == 1 and 0 not in sizes
            told = f"{min(sizes)} to {max(sizes)}"
            faults.require(alike, f"as many values in every trial of {name}", told)
    faults.stop()
    found = {name: _values(table, name) for name in wanted}
    return {
        name: np.array([_text(value) for value in values]) if values.dtype.kind in "OS" else values
        for name, values in found.items()
    }


def _values(table: Any, name: str) -> AnyArray:
    """A column's values; a list of one value each is that value."""
    if not hasattr(table[name], "target"):
        return np.asarray(table[name].data[:])
    rows = np.array([np.ravel(np.asarray(table[name][row])) for row in range(len(table))])
    return rows[:, 0] if rows.shape[1] == 1 else rows


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _rows(
    columns: dict[str, AnyArray],
    x: str,
    where: Mapping[str, Any],
    blank: float | str | None,
    subject: str,
) -> Indices:
    """Indices of the trials to take."""
    faults = Faults(subject)
    keep = np.ones(len(columns[x]), dtype=bool)
    for name, value in where.items():
        keep &= np.array([each == value for each in columns[name].tolist()])
    faults.require(keep.any(), f"trials where {dict(where)}", "none")
    number = is_number(blank) and abs(float(blank)) < np.inf
    skip = isinstance(blank, str) and blank == "skip"
    faults.require(blank is None or skip or number, "blank as a number or 'skip'", blank)
    faults.stop()
    empty = np.isnan(_drive(columns[x], None))
    empty = np.any(empty.reshape(len(empty), -1), axis=1)
    if blank is None:
        rows = np.flatnonzero(empty & keep)
        told = f"{columns[x][rows[0]]} in trial {rows[0]}" if rows.size else ""
        more = f" and {rows.size - 1} more" if rows.size > 1 else ""
        faults.require(
            not rows.size,
            f"numbers in {x}",
            told + more,
            'blank="skip" leaves such trials out, blank=0 gives them an x',
        )
        faults.stop()
    keep &= ~empty if skip else True
    faults.require(keep.any(), f"trials with numbers in {x}", "none")
    faults.stop()
    return np.flatnonzero(keep)


def _drive(values: AnyArray, blank: float | str | None) -> Array:
    """A column as numbers: what is none is NaN, or what `blank` says."""
    if values.dtype.kind in "biuf":
        numbers = values.astype(float)
    else:
        numbers = np.array([_number(value) for value in values.ravel()]).reshape(values.shape)
    if blank is not None and not isinstance(blank, str):
        numbers = np.where(np.isnan(numbers), float(blank), numbers)
    return numbers


def _number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _units(
    nwb: Any, cells: Iterable[int] | None, chosen: Mapping[str, Any], subject: str
) -> tuple[list[int], dict[int, Array], dict[int, Array]]:
    """Ids of the units taken, their spike times, and when they were observed."""
    faults = Faults(subject)
    has = nwb.units is not None and "spike_times" in nwb.units.colnames and len(nwb.units) > 0
    faults.require(has, "a units table with spike_times", "none")
    faults.stop()
    there = [int(each) for each in nwb.units.id[:]]
    ids = there if cells is None else [int(each) for each in cells]
    absent = [each for each in ids if each not in there]
    columns = nwb.units.colnames
    for name in chosen:
        faults.require(name in columns, f"a column {name!r} of units", ", ".join(columns))
    faults.stop()
    for name, wanted in chosen.items():
        values = [wanted] if isinstance(wanted, str | int | float) else list(wanted)
        kept = {there[k] for k, value in enumerate(nwb.units[name][:]) if _is_among(value, values)}
        ids = [each for each in ids if each in kept]
        faults.require(ids, f"units whose {name} is {' or '.join(map(str, values))}", "none")
    faults.stop()
    shown = ", ".join(map(str, there[:20])) + (" ..." if len(there) > 20 else "")
    faults.require(ids and not absent, f"cells among the units {shown}", absent or "none")
    faults.stop()
    trains, observed = {}, {}
    for each in ids:
        row = there.index(each)
        trains[each] = np.asarray(nwb.units.get_unit_spike_times(row), dtype=float)
        good = np.isfinite(trains[each]).all() and (np.diff(trains[each]) >= 0).all()
        faults.require(good, f"times of unit {each} in order and finite", "others")
        if "obs_intervals" in nwb.units.colnames:
            intervals = np.asarray(nwb.units.get_unit_obs_intervals(row), dtype=float)
            observed[each] = intervals.reshape(-1, 2)
    faults.stop()
    return ids, trains, observed


def _is_among(value: Any, wanted: list[Any]) -> bool:
    value = _text(value) if isinstance(value, bytes | str) else value
    return any(np.ndim(value) == 0 and value == each for each in wanted)


def _invalid(nwb: Any, ids: list[int]) -> dict[int, Array]:
    """Invalid times of every unit, s; (interval, 2) each."""
    table = nwb.invalid_times
    if table is None or len(table) == 0:
        return {}
    times = np.stack([np.asarray(table[n][:], dtype=float) for n in ("start_time", "stop_time")], 1)
    whose = next((name for name in ("units", "unit", "unit_id") if name in table.colnames), None)
    if whose is None:
        return dict.fromkeys(ids, times)
    named = [_ids_in(table[whose][row]) for row in range(len(table))]
    return {each: times[[not some or each in some for some in named]] for each in ids}


def _ids_in(value: Any) -> set[int]:
    """Ids of units that a cell of a table names: numbers, or rows of the units table."""
    value = value.index if hasattr(value, "index") and hasattr(value, "columns") else value
    return {int(each) for each in np.ravel(np.asarray(value))}


def _of_units(drive: Array, ids: list[int], nwb: Any, subject: str) -> Array:
    """The columns of a drive (trial, unit) that belong to the units taken."""
    there = [int(each) for each in nwb.units.id[:]]
    faults = Faults(subject)
    faults.require(drive.shape[1] == len(there), f"x for {len(there)} units", drive.shape[1])
    faults.stop()
    return drive[:, [there.index(each) for each in ids]]
