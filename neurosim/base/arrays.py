"""Types of arrays, and the one division that expects zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnyArray", "Array", "Complexes", "Flags", "Indices", "divided", "in_parts"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
Complexes = NDArray[np.complex128]
AnyArray = NDArray[Any]


def divided(above: Any, below: Any, otherwise: float = np.nan) -> Array:
    """above / below where `below` is positive, and `otherwise` elsewhere.

    Parameters
    ----------
    above, below : array
        Broadcast against each other.
    otherwise : float
        What stands where there is nothing to divide by.

    Examples
    --------
    >>> divided(np.array([1.0, 1.0, 0.0]), np.array([2.0, 0.0, 0.0]))
    array([0.5, nan, nan])
    """
    above, below = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    out = np.full(np.broadcast_shapes(above.shape, below.shape), otherwise)
    divided: Array = np.divide(above, below, out=out, where=below > 0)
    return divided


_ITEMS = 1 << 17  # (row, item) that are worked on together; it bounds the memory and nothing else


def in_parts(rows: int, items: int) -> list[Indices]:
    """Rows cut into parts of neighbours that are worked on one after the other, each of few enough
    (row, item); one part at least.

    Examples
    --------
    >>> [part.size for part in in_parts(5, 50_000)], in_parts(0, 3)
    ([2, 2, 1], [array([], dtype=int64)])
    """
    most = max(1, _ITEMS // max(items, 1))
    return np.array_split(np.arange(rows), max(1, -(-rows // most)))
