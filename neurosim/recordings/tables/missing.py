"""Values that a table lacks, and what stands in their place."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from neurosim.base.arrays import AnyArray
from neurosim.base.errors import Faults
from neurosim.recordings.tables.table import Table

__all__ = ["USUAL", "Gaps", "is_blank", "is_none", "missing_rows", "number_of"]

_MISSING = {"", "NA", "N/A", "#N/A", "NaN", "null", "None", "-", "--", ".", "?", "missing"}
_BLANK = "blank"


class Gaps(NamedTuple):
    """What stands where a value is missing.

    Attributes
    ----------
    tokens : frozenset of str
        Empty where rows that lack a value are refused.
    """

    tokens: frozenset[str] = frozenset()

    @classmethod
    def of(cls, missing: Any, faults: Faults) -> Gaps:
        """Of the argument `missing`: None, "drop" (the usual tokens), or tokens."""
        if missing is None:
            return cls()
        if isinstance(missing, str) and missing == "drop":
            return USUAL
        said = faults.several("missing", missing, '"drop", or what stands for missing values')
        return cls(frozenset(str(each).strip() for each in said))

    def holds(self, value: Any) -> bool:
        """Whether a value is one of them."""
        if is_none(value):
            return bool(self.tokens)
        if isinstance(value, str):
            text = value.strip()
            return text in self.tokens or ("NaN" in self.tokens and text.lower() == "nan")
        return isinstance(value, Real) and any(
            float(value) == number for number in map(number_of, self.tokens) if number is not None
        )

    def among(self, numbers: AnyArray) -> AnyArray:
        """Which numbers are."""
        tokens = [number for number in map(number_of, self.tokens) if number is not None]
        found: AnyArray = np.isin(numbers, tokens)
        return found | np.isnan(numbers) if self.tokens else found


USUAL = Gaps(frozenset(_MISSING))
"""What usually stands for a missing value."""


def missing_rows(table: Table, title: str, gaps: Gaps, blank: bool = False) -> AnyArray:
    """In which rows a column lacks its value; (row,). A blank screen has its value."""
    if not gaps.tokens:
        return np.zeros(table.rows, dtype=bool)
    plain = table.numbers(title)
    if plain is not None:
        return gaps.among(plain) & (not blank)
    texts = table.texts(title)
    values = table.values(title) if texts is None else texts.tolist()
    return np.array([gaps.holds(v) and not (blank and is_blank(v)) for v in values], dtype=bool)


def is_none(value: Any) -> bool:
    """Whether nothing is there."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real) and math.isnan(float(value))


def is_blank(value: Any) -> bool:
    """Whether it is what stands for a blank screen."""
    if isinstance(value, str):
        return not value.strip() or value.strip().lower() == _BLANK
    return is_none(value)


def number_of(value: Any) -> float | None:
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
