"""Tables as text: whatever separates the fields, UTF-8, one line a row (or quoted fields).

What is read at once (by pandas' reader) is what the careful reading gives: the number of fields of
every line is checked, and a column in which anything is not plainly a number is left to it.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.base.errors import InputError
from neurosim.recordings.tables.table import Dialect, Table, Typed, plain_numbers, unique_names

__all__ = ["SEPARATORS", "text_table"]

SEPARATORS = {".csv": ",;\t|", ".tsv": "\t", ".tab": "\t", ".txt": "\t;,| "}
"""Likeliest first, by how the file's name ends."""

_SAMPLE = 20  # lines by which the separator is found
_FEW = 5  # ragged lines that are named


def text_table(path: Path, source: dict[str, str], dialect: Dialect) -> Table:
    """A text file; its rows are called by their lines.

    Raises
    ------
    InputError
        When it is not UTF-8, holds no table, or lines differ in their number of fields.
    """
    return _Text(path, dialect).table(source)


class _Text:
    """A text file in memory, its separator and where its table begins."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path, self.comment = path, dialect.comment
        try:
            self.bytes = path.read_bytes()
            text = self.bytes.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}: expected UTF-8 text, got byte 0x{error.object[error.start]:02x} at "
                f"position {error.start} (save it as UTF-8)"
            ) from None
        self.text = text
        self.plain = self.bytes.count(b"\r") == self.bytes.count(b"\r\n")  # line ends
        self.skipped, self.heading = self._beginning()
        self.sep = dialect.sep or self._separator()
        self.decimal = dialect.decimal

    def _beginning(self) -> tuple[int, str | None]:
        """Lines before the table, which begin with a #, and the last of them."""
        mark = self.comment or "#"
        skipped, heading = 0, None
        for line in self._every_line():
            if line.strip() and not line.startswith(mark):
                break
            heading = line[len(mark) :].strip() if line.startswith(mark) else heading
            skipped += 1
        return skipped, heading

    def _every_line(self) -> Iterator[str]:
        """Lines of the file with their ends, one by one."""
        if not self.plain:
            yield from io.StringIO(self.text, newline="")
            return
        start, size = 0, len(self.text)
        while start < size:
            end = self.text.find("\n", start) + 1 or size
            yield self.text[start:end]
            start = end

    def _lines(self) -> Iterator[str]:
        """Lines of the table, as a reader of CSV takes them."""
        lines = itertools.islice(self._every_line(), self.skipped, None)
        if self.comment is None:
            return lines
        mark = self.comment
        return ("\n" if line.startswith(mark) else line for line in lines)

    def _separator(self) -> str:
        """The likeliest that cuts the first lines into equally many fields, more than one."""
        likely = SEPARATORS[self.path.suffix.lower()]
        first = list(itertools.islice((line for line in self._lines() if line.strip()), _SAMPLE))
        for each in likely:
            try:
                sizes = {len(row) for row in csv.reader(first[:-1] or first, delimiter=each)}
            except csv.Error:
                continue
            if len(sizes) == 1 and sizes.pop() > 1:
                return each
        return next((each for each in likely if first and each in first[0]), likely[0])

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Line (its number) and fields of each row, heading first; empty ones passed over."""
        lines = self._lines()
        reader = csv.reader(lines, delimiter=self.sep, strict=True)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                line = reader.line_num + self.skipped
                raise InputError(f"{self.path}: line {line}: {error}") from None
            if any(field.strip() for field in row):
                yield reader.line_num + self.skipped, row

    def table(self, source: dict[str, str]) -> Table:
        first = next(self._records(), None)
        if first is None:
            raise InputError(f"{self.path}: the file is empty")
        names, self.header = first[1], True
        if self.heading and all(_is_number(field) for field in names):  # as numpy.savetxt writes it
            titles = next(csv.reader([self.heading], delimiter=self.sep), [])
            if len(titles) == len(names):
                names, self.header = titles, False
        self.names = unique_names(names, str(self.path))
        return Table(
            str(self.path),
            self.names,
            self._with_care,
            "line",
            source,
            self._at_once,
            self.decimal,
        )

    def _with_care(self) -> tuple[dict[str, Any], Sequence[Any]]:
        """Every column as text without spaces around it, and the line of each row."""
        rows = list(self._records())[int(self.header) :]
        many = len(self.names)
        ragged = [f"line {line} has {len(row)}" for line, row in rows if len(row) != many]
        if ragged:
            more = f" and {len(ragged) - _FEW} more such lines" if len(ragged) > _FEW else ""
            raise InputError(
                f"{self.path}: expected {many} fields in every line, as in the first, but "
                f"{', '.join(ragged[:_FEW])}{more}"
            )
        columns = zip(*(row for _, row in rows), strict=True) if rows else [()] * many
        found = {
            name: [field.strip() for field in column]
            for name, column in zip(self.names, columns, strict=True)
        }
        return found, [line for line, _ in rows]

    def _at_once(self, numbers: list[str], labels: list[str]) -> Typed:
        """Columns by pandas' reader; nothing where the lines are not plainly a table."""
        if not (len(self.sep) == 1 and self.sep != " " and self._even()):
            return Typed({}, {})
        import pandas as pd

        try:
            frame = pd.read_csv(
                io.BytesIO(self.bytes),
                sep=self.sep,
                header=0 if self.header else None,
                names=self.names,
                skiprows=self.skipped,
                skip_blank_lines=True,
                usecols=list(dict.fromkeys(numbers + labels)),
                dtype=dict.fromkeys(labels, object),
                na_filter=False,
                **_exactly(pd.__version__),
                decimal=self.decimal or ".",
                low_memory=False,
            )
        except (ValueError, OverflowError):  # whatever it is, the careful reading names it
            return Typed({}, {})
        return Typed(
            {name: plain for name in numbers if (plain := plain_numbers(frame[name])) is not None},
            {name: frame[name].to_numpy() for name in labels},
        )

    def _even(self) -> bool:
        """Whether every line has as many fields as the first, told without reading them."""
        if self.comment is not None or b'"' in self.bytes or b"\0" in self.bytes or not self.plain:
            return False
        raw = np.frombuffer(self.bytes, dtype=np.uint8)
        ends = np.flatnonzero(raw == ord("\n"))
        if raw.size and raw[-1] != ord("\n"):
            ends = np.r_[ends, raw.size]
        marks = np.flatnonzero(raw == ord(self.sep))
        fields = np.diff(np.searchsorted(marks, ends), prepend=0)[self.skipped :]
        length = np.diff(ends, prepend=-1)[self.skipped :]
        empty = length <= (2 if b"\r" in self.bytes else 1)
        return bool((empty | (fields == len(self.names) - 1)).all())


def _exactly(version: str) -> Any:
    """What makes pandas read a number as the nearest float, which it does of itself from 3.1 on."""
    major, minor = version.split(".")[:2]
    exact = (int(major), int(minor)) >= (3, 1)
    return {} if exact else {"float_precision": "round_trip"}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
