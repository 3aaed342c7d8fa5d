"""Criteria by which rectifiers of different sizes are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from neurosim.base.arrays import Array, divided

__all__ = ["above_best", "aicc", "akaike_weights"]


def aicc(log_likelihood: ArrayLike, parameters: int, conditions: ArrayLike) -> Array:
    """Akaike's criterion corrected for small samples (Hurvich & Tsai 1989).

    Parameters
    ----------
    log_likelihood : array
        nats.
    parameters : int
        Free parameters k.
    conditions : array
        n: the number of conditions with data (trials of one condition share one rate, so they
        count once).

    Returns
    -------
    ndarray
        Infinite where n <= k + 1.

    Examples
    --------
    >>> aicc(-10.0, 2, 10).round(6)  # 20 + 4 + 12/7
    np.float64(25.714286)
    """
    room = np.asarray(conditions, dtype=float) - parameters - 1
    correction = divided(2.0 * parameters * (parameters + 1), room, np.inf)
    return -2 * np.asarray(log_likelihood) + 2 * parameters + correction


def above_best(criterion: Array) -> Array:
    """A criterion above each row's least along the last axis.

    Parameters
    ----------
    criterion : array (..., model)

    Returns
    -------
    ndarray (..., model)
        Infinite for a model whose criterion is, NaN where every model's is.

    Examples
    --------
    >>> above_best(np.array([[3.0, 1.0, np.inf], [np.inf, np.inf, np.inf]]))
    array([[ 2.,  0., inf],
           [nan, nan, nan]])
    """
    best = criterion.min(-1, keepdims=True)
    known = np.isfinite(best)
    return np.where(known, criterion - np.where(known, best, 0.0), np.nan)


def akaike_weights(criterion: Array) -> Array:
    """Relative weight of each model along the last axis, summing to 1; NaN where none is known.

    Examples
    --------
    >>> akaike_weights(np.array([0.0, 2.0])).round(4)
    array([0.7311, 0.2689])
    """
    akaike_weights: Array = softmax(-above_best(criterion) / 2, axis=-1)
    return akaike_weights
