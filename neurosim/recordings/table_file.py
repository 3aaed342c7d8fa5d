"""Tables as they come: CSV and TSV text, Parquet, or a DataFrame; nothing in them is executed.

A `Table` keeps every value as it was read (text stays text), and what each row is called in the
file, so that a fault can be named where it is found.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import InputError
from neurosim.base.extras import needs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "file_source", "read_table"]

_SEPARATORS = {".csv": ",;\t", ".tsv": "\t", ".tab": "\t", ".txt": "\t;,"}  # likeliest first


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of values as they were read.

    Attributes
    ----------
    subject : str
        What faults are said of: the file's name, or "table".
    columns : dict
        Name -> values, one per row.
    row_names : sequence
        What each row is called.
    row_word : str
        "line" of a text file, "row" otherwise.
    source : dict
        Where it came from, for attrs.
    """

    subject: str
    columns: dict[str, Any]
    row_names: Sequence[Any]
    row_word: str
    source: dict[str, str]

    def values(self, name: str) -> list[Any]:
        """A column as Python objects; (row,)."""
        column = self.columns[name]
        try:
            return column.to_pylist() if hasattr(column, "to_pylist") else list(column)
        except (ValueError, OverflowError) as error:  # a date that Python cannot hold, say
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{self.subject}: column {name} cannot be read ({reason})") from None

    def row(self, index: int) -> str:
        """How a row is called: "line 7"."""
        return f"{self.row_word} {self.row_names[index]}"


def read_table(table: str | os.PathLike[str] | pd.DataFrame) -> Table:
    """Read a CSV, TSV or Parquet file, or take a DataFrame.

    Text is UTF-8; the separator of a .csv file is the comma, the semicolon or the tab, whichever
    stands in its first line. Empty lines are passed over.

    Parameters
    ----------
    table : path or DataFrame

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
        return _from_frame(table)
    path = Path(table)
    kinds = [*_SEPARATORS, ".parquet"]
    if path.suffix.lower() not in kinds:
        raise InputError(f"{path}: expected a file that ends in {', '.join(kinds)}")
    source = file_source(path)
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    return (
        _from_parquet(path, source)
        if path.suffix.lower() == ".parquet"
        else _from_text(path, source)
    )


def file_source(path: Path) -> dict[str, str]:
    """A file's name and SHA-256, for attrs.

    Raises
    ------
    InputError
        When it is missing, a folder, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason})") from None
    return {"file": path.name, "sha256": digest}


def _from_text(path: Path, source: dict[str, str]) -> Table:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: expected UTF-8 text, got byte 0x{error.object[error.start]:02x} at position "
            f"{error.start} (save it as UTF-8)"
        ) from None
    first = text.lstrip("\r\n").split("\n", 1)[0]
    likely = _SEPARATORS[path.suffix.lower()]
    separator = next((each for each in likely if each in first), likely[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(field.strip() for field in row)]
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}") from None
    if not rows:
        raise InputError(f"{path}: the file is empty")
    names = _unique(rows[0][1], str(path))
    ragged = [f"line {line} has {len(row)}" for line, row in rows[1:] if len(row) != len(names)]
    if ragged:
        more = f" and {len(ragged) - 5} more such lines" if len(ragged) > 5 else ""
        raise InputError(
            f"{path}: expected {len(names)} fields in every line, as in the first, but "
            f"{', '.join(ragged[:5])}{more}"
        )
    columns = {name: [row[k].strip() for _, row in rows[1:]] for k, name in enumerate(names)}
    return Table(str(path), columns, [line for line, _ in rows[1:]], "line", source)


def _from_parquet(path: Path, source: dict[str, str]) -> Table:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise InputError(f"{path}: Parquet {needs('pyarrow', 'parquet')}") from None
    try:
        with ParquetFile(path) as file:
            table = file.read()
    except (pyarrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as Parquet ({reason})") from None
    names = _unique(table.column_names, str(path))
    columns = dict(zip(names, table.columns, strict=True))
    return Table(str(path), columns, range(1, table.num_rows + 1), "row", source)


def _from_frame(frame: pd.DataFrame) -> Table:
    """A DataFrame; its rows are called by its index."""
    names = _unique([str(name) for name in frame.columns], "table")
    columns = {name: frame.iloc[:, k].tolist() for k, name in enumerate(names)}
    return Table("table", columns, frame.index.tolist(), "row", {"table": "DataFrame"})


def _unique(names: list[str], subject: str) -> list[str]:
    """Names on one line each, none twice."""
    names = [" ".join(name.split()) for name in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{subject}: expected a name once, got columns {twice} more than once")
    return names
