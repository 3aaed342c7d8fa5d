"""A table's columns as they were read, and what its rows are called.

Text stays text until somebody asks for numbers: then a column is read at once where that is safe,
and value by value where something is to be named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import Faults, InputError
from neurosim.base.files import regular_file

__all__ = ["Dialect", "Table", "Typed", "file_source", "plain_numbers", "unique_names"]


class Dialect(NamedTuple):
    """How a table is written, where that is not to be found out."""

    sep: str | None = None
    decimal: str | None = None
    comment: str | None = None
    sheet: str | int | None = None


class Typed(NamedTuple):
    """Columns read at once: of numbers as floats, of labels as text."""

    numbers: dict[str, AnyArray]
    labels: dict[str, AnyArray]


@dataclass(eq=False)
class Table:
    """Columns of values as they were read.

    Attributes
    ----------
    subject : str
        What faults are said of: the file's name, or "table".
    names : list of str
        Of the columns.
    read : callable
        Gives the columns (name -> values, one per row) and what each row is called, read with care.
    row_word : str
        "line" of a text file, "row" otherwise.
    source : dict
        Where it came from, for attrs.
    at_once : callable, optional
        Reads some columns quickly: names of those of numbers and those of labels -> `Typed`, in
        which what is not plainly so is missing.
    decimal : str, optional
        The decimal mark of numbers in text; None where it is to be found out.
    """

    subject: str
    names: list[str]
    read: Callable[[], tuple[dict[str, Any], Sequence[Any]]]
    row_word: str
    source: dict[str, str]
    at_once: Callable[[list[str], list[str]], Typed] | None = None
    decimal: str | None = None
    _read: tuple[dict[str, Any], Sequence[Any]] | None = field(default=None, repr=False)
    _typed: Typed = field(default_factory=lambda: Typed({}, {}), repr=False)

    def prepare(self, numbers: list[str], labels: list[str]) -> None:
        """Read these columns at once, where that can be done."""
        if self.at_once is not None:
            self._typed = self.at_once(numbers, labels)

    def numbers(self, name: str) -> AnyArray | None:
        """A column as floats, where all of it plainly is."""
        return self._typed.numbers.get(name)

    def texts(self, name: str) -> AnyArray | None:
        """A column as text, where it was read at once."""
        return self._typed.labels.get(name)

    def values(self, name: str) -> list[Any]:
        """A column as Python objects; (row,)."""
        column = self._all()[0][name]
        try:
            return column.to_pylist() if hasattr(column, "to_pylist") else list(column)
        except (ValueError, OverflowError) as error:  # a date that Python cannot hold, say
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{self.subject}: column {name} cannot be read ({reason})") from None

    @property
    def rows(self) -> int:
        """How many there are."""
        for columns in self._typed:
            for column in columns.values():
                return len(column)
        return len(self._all()[1])

    def row(self, index: int) -> str:
        """How a row is called: "line 7"."""
        return f"{self.row_word} {self._all()[1][index]}"

    def _all(self) -> tuple[dict[str, Any], Sequence[Any]]:
        if self._read is None:
            self._read = self.read()
        return self._read


def file_source(path: Path) -> dict[str, str]:
    """A file's name and SHA-256, for attrs.

    Raises
    ------
    InputError
        When it is missing, a folder, a device, or cannot be read.
    """
    regular_file(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    return {"file": path.name, "sha256": digest}


def unique_names(names: list[str], subject: str) -> list[str]:
    """Names on one line each, none twice."""
    names = [" ".join(name.split()) for name in names]
    there: set[str] = set()
    twice = sorted({name for name in names if name in there or there.add(name)})  # type: ignore[func-returns-value]
    faults = Faults(subject)
    faults.require(not twice, "a name once", f"columns {twice} more than once")
    faults.stop()
    return names


def plain_numbers(column: Any) -> AnyArray | None:
    """A pandas column's numbers as floats; None for dates, truth values, text and what may lack
    a value."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iuf":
        return None
    found: AnyArray = column.to_numpy().astype(float)
    return found
