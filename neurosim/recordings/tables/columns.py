"""Columns of a table by name and unit, their values checked one by one."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Indices
from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit
from neurosim.recordings.tables.missing import USUAL, is_blank, is_none, number_of
from neurosim.recordings.tables.table import Table

__all__ = [
    "Column",
    "RowFaults",
    "find_column",
    "labels",
    "numbers",
    "says_percent",
    "unit_size",
]

_SHOWN = 8  # faults of single values that a message lists
_TITLE = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]")
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # may be a thousand
_SAME_UNIT = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "msec": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "spikes/s": "Hz",
    "sp/s": "Hz",
    "ips": "Hz",
}


@dataclass(frozen=True)
class Column:
    """One column: as the table names it, without its unit, and the unit ("" where none is said).

    Examples
    --------
    >>> Column.titled("potential (mV)")
    Column(title='potential (mV)', name='potential', unit='mV')
    """

    title: str
    name: str
    unit: str

    @classmethod
    def titled(cls, title: str) -> Column:
        """A column whose title may end in its unit, in parentheses or brackets."""
        match = _TITLE.fullmatch(title)
        return cls(title, match[1], match[2].strip()) if match else cls(title, title, "")


def find_column(
    table: Table, name: str, role: str, faults: Faults, units: Mapping[str, str] | None = None
) -> Column | None:
    """The column of that title, or of that title without its unit; noted as a fault if absent."""
    name = " ".join(str(name).split())  # as the table's; a DataFrame's may be a number
    columns = [Column.titled(title) for title in table.names]
    found = [c for c in columns if c.title == name] or [c for c in columns if c.name == name]
    there = ", ".join(table.names) or "none"
    if not faults.require(len(found) == 1, f"a column {name!r} for {role}", f"columns {there}"):
        return None
    column = found[0]
    said = units or {}
    unit = said.get(column.title, said.get(column.name, column.unit))
    return Column(column.title, column.name, str(unit))


def unit_size(column: Column, unit: str, subject: str) -> float:
    """How many `unit` ("s" or "Hz") one of the column's own unit is; 1 where it says none."""
    if not column.unit:
        return 1.0
    said = _SAME_UNIT.get(column.unit, column.unit)
    try:
        return float(in_unit(f"1 {said}", unit, subject, column.name))
    except InputError:
        raise InputError(
            f"{subject}: expected {column.name} in {unit} or a unit like it, got {column.unit}"
        ) from None


class RowFaults:
    """What is wrong with single values, told in the order of the rows; a long list is cut.

    Parameters
    ----------
    table : Table
        Whose rows they are.
    kept : int array, optional
        The rows that are read; default: all.
    """

    def __init__(self, table: Table, kept: Indices | None = None) -> None:
        self.table = table
        self.kept = kept
        self.found: list[tuple[int, str]] = []
        self.lacking = False

    def note(self, row: int, message: str) -> None:
        """Note what is wrong in a row (an index among those kept)."""
        self.found.append((row, message))

    def name(self, row: int) -> str:
        """How a row (an index among those kept) is called."""
        return self.table.row(row if self.kept is None else int(self.kept[row]))

    def values(self, title: str) -> list[Any]:
        """A column's values in the rows that are kept."""
        values = self.table.values(title)
        return values if self.kept is None else [values[k] for k in self.kept]

    def some(self, column: AnyArray | None) -> AnyArray | None:
        """Of a column read at once, the rows that are kept."""
        return column if column is None or self.kept is None else column[self.kept]

    def into(self, faults: Faults) -> None:
        """Hand them over, the first ones and how many more there are."""
        ordered = sorted(self.found, key=lambda each: each[0])  # stable: columns keep their order
        for row, message in ordered[:_SHOWN]:
            faults.add(f"{self.name(row)}: {message}")
        if len(ordered) > _SHOWN:
            faults.add(f"and {len(ordered) - _SHOWN} more faults of single values")
        if self.lacking:
            faults.add('missing="drop" leaves out the rows that lack a value')


def says_percent(table: Table, column: Column) -> bool:
    """Whether any of a column's values is written with a percent sign."""
    if table.numbers(column.title) is not None:
        return False
    return any(isinstance(v, str) and v.endswith("%") for v in table.values(column.title))


def numbers(
    column: Column,
    expected: str,
    good: Callable[[Any], Any],
    faults: RowFaults,
    blank: float | None = None,
) -> Array:
    """A column's numbers; whatever is no finite number, or not `good`, is noted.

    Parameters
    ----------
    column : Column
    expected : str
        What `good` asks for, in words.
    good : callable
        Whether finite numbers will do: of an array, or of one.
    faults : RowFaults
    blank : float, optional
        What an empty value stands for.

    Returns
    -------
    ndarray (row,)
        NaN only where a fault was noted.
    """
    plain = faults.some(faults.table.numbers(column.title))
    if plain is not None and np.isfinite(plain).all() and np.all(good(plain)):
        return plain
    values = faults.values(column.title)
    percent = any(isinstance(value, str) and value.endswith("%") for value in values)
    comma = _decimal_comma(values, faults.table.decimal)
    found = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if blank is not None and is_blank(value):
            found[row] = blank
            continue
        number = number_of(_dotted(value, percent, comma is True))
        if number is not None and math.isfinite(number) and good(number):
            found[row] = number
        else:
            faults.note(row, f"expected {column.title} as {expected}, got {_told(value)}")
            faults.lacking |= USUAL.holds(value)
    if comma is None and np.isnan(found).any():
        row = int(np.flatnonzero(np.isnan(found))[0])
        faults.note(
            row, f'{column.title}: is the comma of {values[row]} decimal? (say decimal="," or ".")'
        )
    return found


def _decimal_comma(values: list[Any], said: str | None) -> bool | None:
    """Whether commas in numbers are decimal marks; None where that cannot be told."""
    if said is not None:
        return said == ","
    commas = [v.rstrip("% ") for v in values if isinstance(v, str) and "," in v]
    if not commas:
        return False
    if any(isinstance(v, str) and "." in v and number_of(v) is not None for v in values):
        return False
    if not all(_COMMA.fullmatch(each) for each in commas):
        return False
    return None if all(_GROUPED.fullmatch(each) for each in commas) else True


def _dotted(value: Any, percent: bool, comma: bool) -> Any:
    """A value of text with a decimal point, and without the percent sign that all of them have."""
    if not isinstance(value, str):
        return value
    if percent:
        if not value.endswith("%"):
            return None
        value = value[:-1].strip()
    if comma and value:
        return None if "." in value else value.replace(",", ".", 1)
    return value


def _writable(label: str) -> bool:
    """Whether a file and one line of a message can hold it: no control characters or halves."""
    return not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in label)


def _told(value: Any) -> str:
    """A value as a message shows it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value == "":
        return "nothing"
    if isinstance(value, str):
        return value if number_of(value) is not None else f"text {value[:40]!r}"
    if isinstance(value, Real):
        return f"{value}"
    return f"{type(value).__name__} {str(value)[:40]!r}"


def labels(column: Column, faults: RowFaults, names: bool = True) -> AnyArray:
    """A column's labels: whole numbers or numbers if all of them are, text otherwise; (row,).

    What is written differently stays different: no two texts become one number. Names ("1.10", of a
    probe and a unit) become numbers only where these are written so; values of a condition ("0.50")
    wherever each is another number.
    """
    import pandas as pd

    plain = faults.some(faults.table.texts(column.title))
    if plain is not None and plain.dtype.kind in "iu":
        return plain
    known = np.empty(0, dtype=object) if plain is None else plain
    code, unique = pd.factorize(known)
    texts = [str(value).strip() for value in unique]
    if plain is None or any(not text or not _writable(text) for text in texts):
        values = faults.values(column.title)
        for row, value in enumerate(values):
            nan = isinstance(value, Real) and not math.isfinite(float(value))
            if is_none(value) or nan or not str(value).strip() or not _writable(str(value)):
                faults.note(row, f"expected a label in {column.title}, got {_told(value)}")
                faults.lacking |= USUAL.holds(value)
        array = np.empty(len(values), dtype=object)
        array[:] = [str(value) for value in values]
        code, unique = pd.factorize(array)
        texts = list(unique)
    read = {text: _as_written(text, names) for text in texts}
    numbered = [number for number in read.values() if number is not None]
    mixed = names and 0 < sum(isinstance(each, int) for each in numbered) < len(numbered)
    if len(numbered) < len(read) or len(set(numbered)) < len(read) or mixed:  # 3 is not 3.0
        labelled = np.empty(len(texts), dtype=object)
        labelled[:] = texts
        found: AnyArray = labelled[code]
        return found
    if all(isinstance(number, int) for number in numbered):
        return np.array([int(read[text] or 0) for text in texts], dtype=np.int64)[code]
    return np.array([float(read[text] or 0.0) for text in texts])[code]


def _as_written(text: str, name: bool) -> int | float | None:
    """The number that a text is; None for another text, and for a name that is not written as the
    number is."""
    if not text.isascii() or "_" in text or number_of(text) is None:
        return None
    number = float(text)
    if text.lstrip("-").isdigit() and text == str(int(text)) and abs(int(text)) < 2**63:
        return int(text)
    padded = text.lstrip("+-")[:1] == "0" and text.lstrip("+-")[1:2].isdigit()
    if not math.isfinite(number) or padded or (name and repr(number) != text):
        return None
    return number
