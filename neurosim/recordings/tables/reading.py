"""Which kind of table it is, and who reads it. Nothing in it is executed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import Faults, InputError
from neurosim.base.extras import needs
from neurosim.base.files import path_of
from neurosim.recordings.tables.arrays import columns_of
from neurosim.recordings.tables.table import (
    Dialect,
    Table,
    Typed,
    file_source,
    plain_numbers,
    unique_names,
)
from neurosim.recordings.tables.text import SEPARATORS, text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_table"]


def read_table(
    table: str | os.PathLike[str] | pd.DataFrame,
    dialect: Dialect = Dialect(),  # noqa: B008
) -> Table:
    """Read a text, Parquet, Feather or Excel file, or take a DataFrame.

    Parameters
    ----------
    table : path or DataFrame
        Text (.csv, .tsv, .tab, .txt) is UTF-8; its fields are separated by what cuts its lines
        alike. Empty lines and lines of # before the table are passed over.
    dialect : Dialect

    Returns
    -------
    Table

    Raises
    ------
    InputError
        When there is no such file, or it is empty, of another kind, or not decodable.

    Examples
    --------
    >>> import pandas as pd
    >>> read_table(pd.DataFrame({"contrast": [0.1, 0.2]})).values("contrast")
    [0.1, 0.2]
    """
    if not isinstance(table, str | os.PathLike):
        if not (hasattr(table, "columns") and hasattr(table, "iloc")):
            raise InputError(f"table: expected a path or a DataFrame, got a {type(table).__name__}")
        return _of_frame(table, "table", {"table": "DataFrame"}, table.index.tolist())
    path = path_of(table, "table")
    kind = path.suffix.lower()
    if kind not in (*SEPARATORS, *_READERS):
        known = ", ".join([*SEPARATORS, *_READERS])
        raise InputError(f"{path}: expected a file that ends in {known}")
    source = file_source(path)
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    faults = Faults(str(path))
    excel = kind in (".xlsx", ".xlsm")
    faults.require(dialect.sheet is None or excel, "sheet for an Excel file", dialect.sheet)
    for name in ("sep", "comment"):
        said = getattr(dialect, name)
        faults.require(said is None or kind in SEPARATORS, f"{name} for a text file", repr(said))
    faults.stop()
    if kind in SEPARATORS:
        return text_table(path, source, dialect)
    return _READERS[kind](path, source, dialect)


def _of_frame(frame: Any, subject: str, source: dict[str, str], rows: Any) -> Table:
    """A DataFrame; its rows are called by their index."""
    names = unique_names([str(name) for name in frame.columns], subject)
    place = {name: k for k, name in enumerate(names)}

    def with_care() -> tuple[dict[str, Any], Any]:
        return {name: frame.iloc[:, k].tolist() for name, k in place.items()}, rows

    def at_once(numbers: list[str], labels: list[str]) -> Typed:
        plain = {name: plain_numbers(frame.iloc[:, place[name]]) for name in numbers}
        text = {name: frame.iloc[:, place[name]] for name in labels}
        return Typed(
            {name: column for name, column in plain.items() if column is not None},
            {name: column.to_numpy() for name, column in text.items() if column.dtype.kind in "iu"},
        )

    return Table(subject, names, with_care, "row", source, at_once)


def _arrow(path: Path, kind: str, read: Callable[[Any], Any]) -> Any:
    """A table of pyarrow's, which never unpickles what a file holds."""
    try:
        import pyarrow
    except ImportError:
        raise InputError(f"{path}: {kind} {needs('pyarrow', 'parquet')}") from None
    try:
        return read(pyarrow)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: cannot be read as {kind} ({reason})") from None


def _of_arrow(path: Path, source: dict[str, str], found: Any) -> Table:
    names = unique_names(found.column_names, str(path))
    columns = dict(zip(names, found.columns, strict=True))

    def at_once(numbers: list[str], labels: list[str]) -> Typed:
        import pyarrow.types as types

        plain, text = {}, {}
        for name in numbers:
            of, column = columns[name].type, columns[name]
            if (types.is_integer(of) or types.is_floating(of)) and column.null_count == 0:
                plain[name] = column.to_numpy().astype(float)
        for name in labels:
            if types.is_integer(columns[name].type) and columns[name].null_count == 0:
                text[name] = columns[name].to_numpy()
        return Typed(plain, text)

    rows = range(1, found.num_rows + 1)
    return Table(str(path), names, lambda: (columns, rows), "row", source, at_once)


def _parquet(path: Path, source: dict[str, str], dialect: Dialect) -> Table:
    def read(_: Any) -> Any:
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            return file.read()

    return _of_arrow(path, source, _arrow(path, "Parquet", read))


def _feather(path: Path, source: dict[str, str], dialect: Dialect) -> Table:
    def read(_: Any) -> Any:
        from pyarrow import feather

        found = feather.read_table(path, memory_map=False)
        found.validate(full=True)
        return found

    return _of_arrow(path, source, _arrow(path, "Feather", read))


def _excel(path: Path, source: dict[str, str], dialect: Dialect) -> Table:
    """A sheet of a workbook: values as they were last worked out, formulas not run."""
    try:
        import openpyxl
    except ImportError:
        raise InputError(f"{path}: Excel {needs('openpyxl', 'excel')}") from None
    import warnings

    sheet = 0 if dialect.sheet is None else dialect.sheet
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formatting that it does not know
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                sheets = book.sheetnames
                there = sheet in sheets if isinstance(sheet, str) else 0 <= sheet < len(sheets)
                if not there:
                    raise InputError(f"{path}: expected sheet among {sheets}, got {sheet!r}")
                page = book[sheet if isinstance(sheet, str) else sheets[sheet]]
                rows = [
                    (k, row)
                    for k, row in enumerate(page.iter_rows(values_only=True), start=1)
                    if any(value not in (None, "") for value in row)
                ]
            finally:
                book.close()
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  # zip, XML and openpyxl raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: cannot be read as Excel ({reason})") from None
    if not rows:
        raise InputError(f"{path}: the sheet is empty")
    (_, first), body = rows[0], rows[1:]
    width = max((k + 1 for k, name in enumerate(first) if name not in (None, "")), default=0)
    beyond = [line for line, row in body if any(v not in (None, "") for v in row[width:])]
    names = ["" if name is None else str(name) for name in first[:width]]
    faults = Faults(str(path))
    faults.require(all(names), "a name above every column", f"none in column {_gap(names)}")
    faults.require(not beyond, f"{width} columns", f"more in row {', '.join(map(str, beyond[:5]))}")
    faults.stop()
    names = unique_names(names, str(path))
    columns = {
        name: [row[k] if k < len(row) else None for _, row in body] for k, name in enumerate(names)
    }
    lines = [line for line, _ in body]
    return Table(str(path), names, lambda: (columns, lines), "row", source)


def _arrays(path: Path, source: dict[str, str], dialect: Dialect) -> Table:
    columns = columns_of(path)
    names = unique_names(list(columns), str(path))
    found = dict(zip(names, columns.values(), strict=True))
    rows = range(1, len(next(iter(found.values()))) + 1)
    return Table(str(path), names, lambda: (found, rows), "trial", source)


def _gap(names: list[str]) -> int:
    return next((k + 1 for k, name in enumerate(names) if not name), 0)


_READERS: dict[str, Callable[[Path, dict[str, str], Dialect], Table]] = {
    ".parquet": _parquet,
    ".feather": _feather,
    ".arrow": _feather,
    ".xlsx": _excel,
    ".xlsm": _excel,
    ".mat": _arrays,
    ".npz": _arrays,
}
"""Besides text: by how the file's name ends."""
