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

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults, InputError
from neurosim.base.units import in_unit
from neurosim.recordings.table_file import Table

__all__ = ["Column", "RowFaults", "find_column", "labels", "numbers", "unit_size"]

_SHOWN = 8  # faults of single values that a message lists
_TITLE = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]")
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
    columns = [Column.titled(title) for title in table.columns]
    found = [c for c in columns if c.title == name] or [c for c in columns if c.name == name]
    there = ", ".join(table.columns) or "none"
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
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: list[tuple[int, str]] = []

    def note(self, row: int, message: str) -> None:
        """Note what is wrong in a row (an index)."""
        self.found.append((row, message))

    def into(self, faults: Faults) -> None:
        """Hand them over, the first ones and how many more there are."""
        ordered = sorted(self.found, key=lambda each: each[0])  # stable: columns keep their order
        for row, message in ordered[:_SHOWN]:
            faults.add(f"{self.table.row(row)}: {message}")
        if len(ordered) > _SHOWN:
            faults.add(f"and {len(ordered) - _SHOWN} more faults of single values")


def numbers(
    table: Table, column: Column, expected: str, good: Callable[[float], bool], faults: RowFaults
) -> Array:
    """A column's numbers; whatever is no finite number, or not `good`, is noted.

    Parameters
    ----------
    table : Table
    column : Column
    expected : str
        What `good` asks for, in words.
    good : callable
        Whether a finite number will do.
    faults : RowFaults

    Returns
    -------
    ndarray (row,)
        NaN only where a fault was noted.
    """
    values = table.values(column.title)
    found = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        number = _number(value)
        if number is not None and math.isfinite(number) and good(number):
            found[row] = number
        else:
            faults.note(row, f"expected {column.title} as {expected}, got {_told(value)}")
    return found


def _writable(label: str) -> bool:
    """Whether a file and one line of a message can hold it: no control characters or halves."""
    return not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in label)


def _number(value: Any) -> float | None:
    """What a value is as a number; None for what is none, NaN and infinity as they are."""
    if isinstance(value, str):
        if "_" in value:  # Python reads 1_000; a table means something else
            return None
        try:
            return float(value)
        except ValueError:
            return None
    if isinstance(value, bool | np.bool_) or not (isinstance(value, Real) or _decimal(value)):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def _decimal(value: Any) -> bool:
    """Whether it is one of Python's decimals, which are no `Real`."""
    return type(value).__name__ == "Decimal"


def _told(value: Any) -> str:
    """A value as a message shows it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value == "":
        return "nothing"
    if isinstance(value, str):
        return value if _number(value) is not None else f"text {value[:40]!r}"
    if isinstance(value, Real):
        return f"{value}"
    return f"{type(value).__name__} {str(value)[:40]!r}"


def labels(
    table: Table, column: Column, faults: RowFaults, names: bool = True
) -> list[int] | list[float] | list[str]:
    """A column's labels: whole numbers or numbers if all of them are, text otherwise.

    What is written differently stays different: no two texts become one number. Names ("1.10", of a
    probe and a unit) become numbers only where these are written so; values of a condition ("0.50")
    wherever each is another number.
    """
    values = table.values(column.title)
    for row, value in enumerate(values):
        missing = value is None or type(value).__name__ in ("NAType", "NaTType")
        nan = isinstance(value, Real) and not math.isfinite(float(value))
        if missing or nan or not str(value).strip() or not _writable(str(value)):
            faults.note(row, f"expected a label in {column.title}, got {_told(value)}")
    texts = [str(value) for value in values]
    read = {text: _as_written(text, names) for text in set(texts)}
    known = [number for number in read.values() if number is not None]
    if len(known) < len(read) or len(set(known)) < len(read):
        return texts
    if all(isinstance(number, int) for number in known):
        return [int(read[text] or 0) for text in texts]
    return [float(read[text] or 0.0) for text in texts]


def _as_written(text: str, name: bool) -> int | float | None:
    """The number that a text is; None for another text, and for a name that is not written as the
    number is."""
    if not text.isascii() or "_" in text or _number(text) is None:
        return None
    number = float(text)
    if text.lstrip("-").isdigit() and text == str(int(text)) and abs(int(text)) < 2**63:
        return int(text)
    padded = text.lstrip("+-")[:1] == "0" and text.lstrip("+-")[1:2].isdigit()
    if not math.isfinite(number) or padded or (name and repr(number) != text):
        return None
    return number
