"""What average pooling makes of rectified maps: cancellation, and change under a small shift."""

from __future__ import annotations

import numpy as np

from neurosim.analysis.information_kept.ensemble import BLOCKS, Ensemble, Outputs
from neurosim.analysis.information_kept.measures import NONE, Estimate, jackknife
from neurosim.base.arrays import Array

__all__ = ["average_pooled", "pooling"]


def average_pooled(maps: Array, pool: int) -> Array:
    """Means over squares that do not overlap; what is left at the end is dropped.

    Parameters
    ----------
    maps : array (..., row, column)
    pool : int
        Side of the squares, positions.

    Returns
    -------
    ndarray (..., row // pool, column // pool)

    Examples
    --------
    >>> average_pooled(np.arange(12.0).reshape(3, 4), 2)
    array([[2.5, 4.5]])
    """
    rows, columns = (n // pool for n in maps.shape[-2:])
    kept = maps[..., : rows * pool, : columns * pool]
    pooled: Array = kept.reshape(*maps.shape[:-2], rows, pool, columns, pool).mean((-3, -1))
    return pooled


def pooling(outputs: Outputs, ensemble: Ensemble, pool: int, shift: int) -> dict[str, Estimate]:
    """Both measures, over every path and unit."""
    if not ensemble.mapped:
        return {"cancellation": NONE, "shift change": NONE}
    f = outputs.f
    pooled, whole = average_pooled(f, pool), average_pooled(np.abs(f), pool)
    cancelled = np.array([_by_strips(np.abs(pooled)), _by_strips(whole)])
    before, across, along = (
        average_pooled(each, pool)
        for each in (f[..., :-shift, :-shift], f[..., :-shift, shift:], f[..., shift:, :-shift])
    )
    change = ((across - before) ** 2 + (along - before) ** 2) / 2
    shifted = np.array([_by_strips(change), _by_strips(before**2)])
    return {
        "cancellation": jackknife(cancelled, lambda s: 1 - s[0] / s[1]),
        "shift change": jackknife(shifted, lambda s: np.sqrt(s[0] / s[1])),
    }


def _by_strips(pooled: Array) -> Array:
    """Sums of (path, unit, sample, row, column) over strips of columns; (strip,)."""
    strips = pooled.sum((0, 1, 3)).ravel()
    number = min(BLOCKS, strips.size)
    which = np.arange(strips.size) * number // strips.size
    return np.bincount(which, strips, number).astype(float)
