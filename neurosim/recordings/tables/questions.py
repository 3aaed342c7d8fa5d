"""What in a table is right as it is read, and yet may be meant otherwise: said, not guessed."""

from __future__ import annotations

import re
import warnings

from neurosim.recordings.tables.columns import Column
from neurosim.recordings.tables.table import Table

__all__ = [
    "LabelWarning",
    "UnitWarning",
    "question_fractions",
    "question_pooling",
    "question_unit",
]

_UNIT_IN_NAME = re.compile(r"(?:^|[_\s.\-])(ms|msec|us|µs)$", re.IGNORECASE)
_CELL_NAMES = re.compile(
    r"(cell|unit|neuron|cluster|electrode|channel)s?([_ ]?(id|no|number|label|index|name))?",
    re.IGNORECASE,
)


class UnitWarning(UserWarning):
    """A column's name suggests another unit than the one it is read in."""


class LabelWarning(UserWarning):
    """A column tells cells apart, perhaps, and is not used; or its labels are rounded numbers."""


def question_pooling(table: Table, columns: dict[str, Column]) -> None:
    """Warn where a column that is not used seems to tell cells apart, and all are taken as one."""
    if "cell" in columns:
        return
    used = {column.title for column in columns.values()}
    for title in table.names:
        if title in used or not _CELL_NAMES.fullmatch(Column.titled(title).name.strip()):
            continue
        if len({str(value) for value in table.values(title)}) > 1:
            warnings.warn(
                f"{table.subject}: all rows are taken as one cell's; column {title} seems to tell "
                f'cells apart (cell="{title}"; leave it out of the table if they are one)',
                LabelWarning,
                stacklevel=3,
            )
            return


def question_fractions(table: Table, columns: dict[str, Column]) -> None:
    """Warn where labels of cells or trials are numbers with fractions, not text."""
    for role in ("cell", "trial"):
        if role not in columns or table.texts(columns[role].title) is not None:
            continue
        title = columns[role].title
        fractions = [v for v in table.values(title) if isinstance(v, float) and v % 1]
        if fractions:
            warnings.warn(
                f"{table.subject}: labels in {title} are numbers, so that 1.10 is 1.1 and one cell "
                f"(read: {fractions[0]}; keep the column as text, as with dtype=str)",
                LabelWarning,
                stacklevel=3,
            )


def question_unit(column: Column, subject: str) -> None:
    """Warn where a column's name ends in another unit than the s that it is read in."""
    match = _UNIT_IN_NAME.search(column.name)
    if match and not column.unit:
        warnings.warn(
            f"{subject}: {column.name} says no unit and is read in s; if it is in {match[1]}, name "
            f'it "{column.name} ({match[1]})" or say units={{"{column.name}": "{match[1]}"}}',
            UnitWarning,
            stacklevel=4,
        )
