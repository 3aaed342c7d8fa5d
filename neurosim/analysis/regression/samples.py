"""Samples of a regression as what a likelihood takes: conditions, trials, time observed."""

from __future__ import annotations

import numpy as np

from neurosim.base.arrays import Array, Indices
from neurosim.data.counts import Counts
from neurosim.data.repeats import Repeats

__all__ = ["conditions_of", "samples_of"]


def samples_of(y: Array, weight: Array) -> Counts:
    """Every sample a condition of one trial, seen for its weight; the drive is left 0.

    Parameters
    ----------
    y : array (sample,)
        Per unit of weight.
    weight : array (sample,)
        >= 0.

    Returns
    -------
    Counts
        (1, sample)
    """
    count, seconds = (y * weight)[None, :, None], weight[None, :, None]
    repeats = Repeats(np.where(seconds > 0, count, 0.0), seconds > 0, seconds, np.zeros(1))
    return Counts.from_repeats(np.zeros((1, y.size)), repeats)


def conditions_of(
    X: Array, y: Array, weight: Array, single_trials: bool = False
) -> tuple[Array, Counts]:
    """Samples of equal features as one condition, those without weight left out.

    A weight of 2 is the same as two samples, and their order is none.

    Parameters
    ----------
    X : array (sample, feature)
    y : array (sample,)
        Per unit of weight.
    weight : array (sample,)
        >= 0.
    single_trials : bool
        Whether each sample is kept as a trial of its condition.

    Returns
    -------
    features : array (condition, feature)
    counts : Counts
        (1, condition); the drive is the first feature.

    Examples
    --------
    >>> X = np.array([[1.0], [0.0], [1.0]])
    >>> features, counts = conditions_of(X, np.arange(3.0), np.ones(3))
    >>> features.ravel(), counts.spikes, counts.exposure
    (array([0., 1.]), array([[1., 2.]]), array([[1., 2.]]))
    """
    seen = weight > 0
    features, condition = np.unique(X[seen], axis=0, return_inverse=True)
    condition, count, seconds = condition.reshape(-1), (weight * y)[seen], weight[seen]
    drive, number = features[:, 0][None].copy(), len(features)
    if single_trials:
        return features, Counts.from_repeats(drive, _trials(condition, count, seconds, number))
    exposure, spikes = (
        np.bincount(condition, part, number)[None].astype(float) for part in (seconds, count)
    )
    return features, Counts(drive, spikes, exposure, np.zeros((1, number)))


def _trials(condition: Indices, count: Array, seconds: Array, number: int) -> Repeats:
    """The samples of each condition side by side."""
    order = np.argsort(condition, kind="stable")
    many = np.bincount(condition, minlength=number)
    first = np.cumsum(many) - many
    trial = np.arange(condition.size) - first[condition[order]]
    table = np.zeros((2, 1, number, int(many.max())))
    table[:, 0, condition[order], trial] = count[order], seconds[order]
    return Repeats(table[0], table[1] > 0, table[1], np.zeros(1))
