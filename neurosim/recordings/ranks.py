"""Labels of many rows as numbers: which of the different ones, in order, each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from neurosim.base.arrays import AnyArray, Indices

__all__ = ["Labels", "combined", "order_of", "ranked"]

_FEW = 1_000_000  # combinations that a table of all may hold

Labels: TypeAlias = "Sequence[Any] | AnyArray"
"""One per row."""


def ranked(values: Labels) -> tuple[list[Any], Indices]:
    """The different values in order, and which one each is; (row,). NaN is none of them: -1.

    Examples
    --------
    >>> ranked(["b", "a", "b"])
    (['a', 'b'], array([1, 0, 1]))
    """
    import pandas as pd

    if isinstance(values, np.ndarray):
        array = values
    else:
        array = np.empty(len(values), dtype=object)
        array[:] = values
    code, unique = pd.factorize(array)
    found = unique.tolist()
    order = sorted(range(len(found)), key=found.__getitem__)
    rank = np.empty(len(found) + 1, dtype=np.int64)
    rank[order] = np.arange(len(found))
    rank[-1] = -1
    return [found[k] for k in order], rank[code]


def combined(parts: Sequence[tuple[list[Any], Indices]]) -> tuple[Indices, Indices]:
    """Combinations of ranks that occur, in order, as one row of places each (combination, part),
    and which one each row is.

    Examples
    --------
    >>> combined([(["a", "b"], np.array([0, 1, 1])), ([5, 7], np.array([1, 0, 0]))])
    (array([[0, 1],
           [1, 0]]), array([0, 1, 1]))
    """
    which = np.zeros(len(parts[0][1]), dtype=np.int64)
    for unique, rank in parts:
        which = _compressed(which * (len(unique) + 1) + rank + 1)
    many = int(which.max(initial=-1)) + 1
    first = np.empty(many, dtype=np.int64)
    first[which[::-1]] = np.arange(which.size)[::-1]
    return np.stack([rank[first] for _, rank in parts], axis=1), which


def order_of(which: Indices) -> Indices:
    """The rows in the order of their numbers, which are >= 0; equal ones in their own."""
    small = which.size > 0 and which.max() < 2**16
    order: Indices = np.argsort(which.astype(np.uint16) if small else which, kind="stable")
    return order


def _compressed(code: Indices) -> Indices:
    """Numbers >= 0 as their places among the different ones."""
    most = int(code.max(initial=0)) + 1
    if most > 4 * code.size + _FEW:
        placed: Indices = np.unique(code, return_inverse=True)[1]
        return placed
    there = np.zeros(most, dtype=np.int64)
    there[code] = 1
    place: Indices = np.cumsum(there) - 1
    return place[code]
