"""The posterior mean of the spontaneous rate, which no held-out spike makes impossible."""

from __future__ import annotations

import numpy as np

from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.base.arrays import Array
from neurosim.data.counts import Counts

__all__ = ["posterior_mean_r0"]

_NODES, _MOST_NODES = 33, 1025  # Poisson counts need no more than the first for 12 digits
_ROUGH = 1e-6  # relative, between half the nodes and all, for all to be good to 12 digits
_NOTHING = 35.0  # nats below the maximum, where a density has nothing left to add


def posterior_mean_r0(
    counts: Counts, driven: Array, maximum: Array, likelihood: Likelihood | None = None
) -> Array:
    """Posterior mean of the spontaneous rate under a Gamma(1/2, 0) prior, the drive's part known.

    In w = sqrt(r0) the prior is flat, and the integrals are taken by the trapezoidal rule from
    where the density rises from nothing to where it returns.

    Parameters
    ----------
    counts : Counts
    driven : array (cell, condition)
        What the rate owes to the drive, Hz.
    maximum : array (cell,)
        The maximum-likelihood r0, Hz.
    likelihood : Likelihood, optional
        How the counts scatter; default Poisson.

    Returns
    -------
    ndarray (cell,)
        Hz; NaN for a cell without data.

    Examples
    --------
    No spike in 10 s leaves (0 + 1/2)/10 Hz:

    >>> silent = Counts(np.zeros((1, 2)), np.zeros((1, 2)), np.full((1, 2), 5.0), np.zeros((1, 2)))
    >>> posterior_mean_r0(silent, np.zeros((1, 2)), np.zeros(1)).round(9)
    array([0.05])
    """
    under, time = likelihood or Poisson(), counts.exposure.sum(-1)
    shown = time > 0
    peak = np.sqrt(maximum)
    unit = 0.5 / np.sqrt(np.where(shown, time, 1.0))  # the least the posterior's SD can be

    def log_density(w: Array) -> Array:
        rate = driven + (w * w)[:, None]
        log_density: Array = under.terms(rate, counts).sum(-1)
        return log_density

    # a maximum at 0 may be a rate of 0 where a spike fell in another fold: start just above it
    top = log_density(np.maximum(peak, 1e-3 * unit))
    edges = []
    for sign in (-1.0, 1.0):
        width = unit.copy()
        for _ in range(60):  # until the density is nothing, or r0 is 0
            edge = np.maximum(peak + sign * width, 0.0)
            inside = (top - log_density(edge) < _NOTHING) & (edge > 0) & shown
            if not inside.any():
                break
            width = np.where(inside, 1.5 * width, width)
        edges.append(edge)
    mean, nodes = np.full(len(time), np.nan), _NODES
    rows = np.flatnonzero(shown)
    while rows.size:
        part = np.linspace(0, 1, nodes)[:, None]
        w = edges[0][rows] + part * (edges[1] - edges[0])[rows]  # (node, cell)
        density = _density(counts.take(rows), driven[rows], w, under.take(rows))
        mean[rows], coarse = _mean_square(density, w), _mean_square(density[::2], w[::2])
        # the rule's error falls with the square, or faster, of what it is at half the nodes
        unsure = ~(np.abs(mean[rows] - coarse) <= _ROUGH * mean[rows])
        rows, nodes = rows[unsure & (nodes < _MOST_NODES)], 2 * nodes - 1
    return mean


def _density(counts: Counts, driven: Array, w: Array, likelihood: Likelihood) -> Array:
    """The posterior of w = sqrt(r0), from any origin; (node, cell)."""
    logs = np.stack([likelihood.terms(driven + (at * at)[:, None], counts).sum(-1) for at in w])
    density: Array = np.exp(logs - logs.max(0))
    return density


def _mean_square(density: Array, w: Array) -> Array:
    """Mean of w^2 by the trapezoidal rule on even nodes; (cell,)."""
    weight = density.copy()
    weight[[0, -1]] /= 2
    mean_square: Array = (weight * w**2).sum(0) / weight.sum(0)
    return mean_square
