r"""How counts scatter over trials of one condition, against Poisson: no model of rates is needed.

Given the N spikes of a condition in all, Poisson counts of its n trials are multinomial, and
:math:`X = \sum_j (n_j - N p_j)^2 / (N p_j)`, with :math:`p_j` the share of the time that trial j
has, has the mean n - 1 and, exactly, the variance
:math:`2(n-1) + [\sum_j 1/p_j - n^2 - 2n + 2]/N` (Haldane 1937, Biometrika 29:133), which is
2(n - 1)(1 - 1/N) for trials of one length. Summed over conditions X is nearly a gamma variable of
these moments.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2, gamma

from neurosim.base.arrays import Array, divided
from neurosim.data.repeats import Repeats

__all__ = ["Scatter", "scatter_of", "unseen"]


class Scatter(NamedTuple):
    """Scatter within the conditions of every cell; (cell,) each.

    Attributes
    ----------
    more, less : array
        p of a scatter as large, and as small, if counts are Poisson's; 1 where nothing is known.
    fano : array
        Variance over mean, conditions weighted by trials - 1; NaN where nothing is known.
    freedom : array
        Trials beyond the first of every condition with a spike.
    most : array
        The largest Fano factor that the trials do not exclude at the 5 % level; infinite where
        nothing is known.
    excess : array
        The largest dispersion a of variance = mean + a mean^2, likewise.
    """

    more: Array
    less: Array
    fano: Array
    freedom: Array
    most: Array
    excess: Array


def scatter_of(repeats: Repeats, tail: float = 0.05) -> Scatter:
    """Scatter of single trials about their condition's mean.

    Parameters
    ----------
    repeats : Repeats
    tail : float
        Of the upper limits.

    Examples
    --------
    >>> from neurosim.data.repeats import repeats_of
    >>> regular, _ = repeats_of(np.full((3, 12), 7), None, "example")
    >>> found = scatter_of(regular)
    >>> found.less.round(4), found.fano
    (array([0.]), array([0.]))
    """
    total = repeats.exposure[..., None]
    share = np.where(repeats.exists, divided(repeats.seconds, total, 0.0), 0.0)
    expected = share * repeats.spikes[..., None]
    statistic = divided((repeats.count - expected) ** 2, expected, 0.0).sum(-1)
    known = (repeats.trials > 1) & (repeats.spikes > 0)
    trials = np.where(known, repeats.trials, 1).astype(float)
    inverse = divided(1.0, share, 0.0).sum(-1)
    uneven = divided(inverse - trials**2 - 2 * trials + 2, repeats.spikes, 0.0)
    variance = np.where(known, 2 * (trials - 1) + uneven, 0.0).sum(-1)
    freedom = np.where(known, trials - 1, 0.0).sum(-1)
    found = np.where(known, statistic, 0.0).sum(-1)
    # with one spike in every condition X is the same whatever the scatter
    told = variance > 1e-9 * freedom
    scale = np.where(told, variance, 1.0) / np.where(told, freedom, 1.0)
    against = gamma(np.where(told, freedom, 1.0) / scale, scale=scale)
    more, less = (np.where(told, p, 1.0) for p in (against.sf(found), against.cdf(found)))
    least = np.where(told, chi2.ppf(tail, np.where(told, freedom, 1.0)), 0.0)
    most = divided(found, least, np.inf)
    mean = np.nan_to_num(repeats.mean)
    swell = np.where(known, (trials - 1) * mean, 0.0).sum(-1)
    above = freedom * (np.where(told, most, 1.0) - 1)
    excess = np.where(told, np.maximum(divided(above, swell, 0.0), 0.0), np.inf)
    return Scatter(more, less, divided(found, freedom), freedom, most, excess)


def unseen(cells: int) -> Scatter:
    """Of cells whose single trials are not known."""
    one, zero, most = np.ones(cells), np.zeros(cells), np.full(cells, np.inf)
    return Scatter(one, one, np.full(cells, np.nan), zero, most, most)
