"""Criteria by which rectifiers of different sizes are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from neurosim.base.arrays import Array, divided

__all__ = ["above_best", "aic", "akaike_weights"]


def aic(log_likelihood: ArrayLike, parameters: ArrayLike, conditions: ArrayLike = np.inf) -> Array:
    """Akaike's criterion, -2 lnL + 2k (Akaike 1974).

    Of counts that is its size at any number of conditions: the optimism of -2 lnL was measured at 6
    to 8 for 3 or 4 parameters and 6 to 25 conditions. The small-sample term of Hurvich & Tsai
    (1989) belongs to rates with a Gaussian error of which the variance is estimated.

    Parameters
    ----------
    log_likelihood : array
        nats.
    parameters : int array
        Free parameters k.
    conditions : array, optional
        n, for the small-sample term of estimated variances; without it there is none.

    Returns
    -------
    ndarray
        Without the term where there is no room for it, n <= k + 1: there nothing is to be ranked.

    Examples
    --------
    >>> aic(-10.0, 2)
    np.float64(24.0)
    >>> aic(-10.0, 2, 10).round(6)  # 20 + 4 + 12/7
    np.float64(25.714286)
    """
    k = np.asarray(parameters, dtype=float)
    room = np.asarray(conditions, dtype=float) - k - 1
    correction = np.where(room > 0, divided(2.0 * k * (k + 1), room, 0.0), 0.0)
    return np.asarray(-2 * np.asarray(log_likelihood) + 2 * k + correction)[()]


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
