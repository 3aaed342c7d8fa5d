"""Measures of cells with what is known about each: value, interval, status and definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurosim.base.arrays import AnyArray, Array, Flags

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimate", "Measure", "Measures", "Number", "row_by_row", "statuses"]

_SHOWN = 12  # rows of a table that are printed

Number = float | tuple[float, float, float]
"""A value, alone or with the low and the high end of its interval."""


class Estimate(NamedTuple):
    """Values with the ends of their intervals, NaN where there is none; (row,) each."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True, eq=False)
class Measure:
    """One number per row (a cell, or a condition of a cell).

    Attributes
    ----------
    name : str
    value, low, high : array (row,)
        The estimate and the ends of its interval, in `unit`; NaN where there is none.
    status : list of str
        "ok", or why the value or its interval is missing or doubtful; (row,).
    definition : str
        What was computed, and whose definition it is.
    unit : str
    level : float
        Confidence level of the interval.
    more : mapping of str to array (row,)
        What belongs to the measure beside its interval (a null's quantiles, a p value).
    """

    name: str
    value: Array
    low: Array
    high: Array
    status: list[str]
    definition: str
    unit: str = "1"
    level: float = 0.95
    more: Mapping[str, AnyArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Measures(Mapping[str, Measure]):
    """Several measures of the same rows, by name.

    Attributes
    ----------
    subject : str
        What was measured.
    rows : mapping of str to array (row,)
        Labels: ``cell``, and what tells the rows of one cell apart.
    measures : dict of Measure

    Examples
    --------
    >>> one = Measure("OSI", np.array([0.5]), np.array([0.4]), np.array([0.6]), ["ok"], "...")
    >>> Measures("orientation", {"cell": np.array([7])}, {"OSI": one})
    orientation
      cell measure  value  low  high unit status
         7     OSI    0.5  0.4   0.6    1     ok
    """

    subject: str
    rows: Mapping[str, AnyArray]
    measures: dict[str, Measure]

    def __getitem__(self, name: str) -> Measure:
        return self.measures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.measures)

    def __len__(self) -> int:
        return len(self.measures)

    @property
    def definitions(self) -> dict[str, str]:
        """What each measure is, and whose definition."""
        return {name: each.definition for name, each in self.measures.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One line per row and measure: value, low, high, unit, status, and what else it has."""
        import pandas as pd

        parts = []
        for name, each in self.measures.items():
            columns: dict[str, object] = {**self.rows, "measure": name, "value": each.value}
            columns |= {"low": each.low, "high": each.high, **each.more}
            parts.append(pd.DataFrame(columns | {"unit": each.unit, "status": each.status}))
        table = pd.concat(parts, ignore_index=True)
        last = ["unit", "status"]
        table = table[[c for c in table.columns if c not in last] + last]
        order = np.argsort(np.tile(np.arange(len(parts[0])), len(parts)), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def __repr__(self) -> str:
        table = self.table
        shown = table.head(_SHOWN).to_string(index=False, float_format=lambda v: f"{v:.4g}")
        more = len(table) - _SHOWN
        tail = f"\n  ... and {more} more lines (see .table)" if more > 0 else ""
        return f"{self.subject}\n" + "\n".join(f" {line}" for line in shown.split("\n")) + tail


def row_by_row(
    rows: int, names: Iterable[str], of_row: Callable[[int], Mapping[str, Number]]
) -> dict[str, Estimate]:
    """The numbers that a function gives for one row after the other.

    Parameters
    ----------
    rows : int
    names : of all numbers there can be
    of_row : callable
        Of a row's index: its numbers by name. What it leaves out is NaN in that row.

    Examples
    --------
    >>> found = row_by_row(2, ["OSI"], lambda row: {"OSI": (0.5, 0.4, 0.6)} if row else {})
    >>> found["OSI"].value, found["OSI"].low
    (array([nan, 0.5]), array([nan, 0.4]))
    """
    numbers = {name: np.full((3, rows), np.nan) for name in names}
    for row in range(rows):
        for name, number in of_row(row).items():
            one = number if isinstance(number, tuple) else (number, np.nan, np.nan)
            numbers[name][:, row] = one
    return {name: Estimate(*three) for name, three in numbers.items()}


def statuses(*rungs: tuple[Flags | bool, str | Sequence[str]]) -> list[str]:
    """What is to be said of every row: the text of the first rung that holds there, or "ok".

    Parameters
    ----------
    *rungs : pairs of bool (or array (row,) of it) and str (or list of it, (row,))

    Examples
    --------
    >>> value = np.array([np.nan, 1.0, 2.0])
    >>> statuses((np.isnan(value), "no spikes"), (value < 2, ["", "few spikes (1)", ""]))
    ['no spikes', 'few spikes (1)', 'ok']
    """
    holds = [np.asarray(each) for each, _ in rungs]
    said = [np.asarray(text) for _, text in rungs]
    return [str(text) for text in np.atleast_1d(np.select(holds, said, "ok"))]
