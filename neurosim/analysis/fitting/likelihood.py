r"""Poisson likelihood of spike counts, and the criteria built on it.

A condition is one stimulus shown to one cell. The counts of its trials enter through their sum n
and the time observed t:

.. math:: \log L = \sum_i [n_i \log r_i - r_i t_i] + \sum_{ij} [n_{ij}\log d_{i} - \log n_{ij}!]

with trials j of length d. The second sum does not depend on the rate and is kept, so that values
are those of the Poisson probabilities themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

__all__ = ["Counts", "aicc", "akaike_weights", "likelihood_terms", "poisson_log_likelihood"]

Array = NDArray[np.float64]


REGRESSORS = {"quadrature": "drive_quadrature", "noise": "drive_noise"}
"""Name of a regressor -> variable of responses that holds it, (stimulus, cell)."""


@dataclass(frozen=True)
class Counts:
    """Responses reduced to what a Poisson rate model needs; every array (cell, condition).

    Attributes
    ----------
    x : drive
    spikes : sum of the counts over trials
    exposure : time observed, s; 0 where there is no trial (or the condition is held out)
    constant : the part of the log-likelihood that does not depend on the rate
    regressors : what else is known of each condition, by name (see `Rectifier.regressors`)
    trials : how many, where a likelihood needs to know
    """

    x: Array
    spikes: Array
    exposure: Array
    constant: Array
    regressors: Mapping[str, Array] = field(default_factory=dict)
    trials: Array | None = None

    @classmethod
    def from_responses(cls, responses: xr.Dataset) -> Counts:
        """Sum the trials that exist."""
        drive = responses["drive"].transpose("cell", "stimulus")
        count = responses["count"].transpose("cell", "stimulus", "trial").values
        trials = responses["trials"].transpose("cell", "stimulus").values
        duration = responses["duration"].broadcast_like(drive).transpose("cell", "stimulus").values
        exists = np.arange(count.shape[-1]) < trials[..., None]
        count = np.where(exists, count, 0)
        spikes = count.sum(-1).astype(float)
        constant = spikes * np.log(duration) - gammaln(count + 1.0).sum(-1)
        regressors = {
            name: responses[variable].transpose("cell", "stimulus").values.astype(float)
            for name, variable in REGRESSORS.items()
            if variable in responses
        }
        return cls(
            drive.values.astype(float),
            spikes,
            trials * duration,
            constant,
            regressors,
            trials.astype(float),
        )

    @property
    def conditions(self) -> Array:
        """How many conditions have data, per cell."""
        return (self.exposure > 0).sum(-1)

    @property
    def shown(self) -> Array:
        """The drive, those of conditions without data replaced by one that has some."""
        seen = self.exposure > 0
        one = np.take_along_axis(self.x, seen.argmax(-1)[:, None], axis=-1)
        return np.where(seen, self.x, one)

    def only(self, keep: NDArray[np.bool_]) -> Counts:
        """The same conditions with those outside `keep` (broadcast) taken as never shown."""
        keep = np.broadcast_to(keep, self.x.shape)
        return Counts(
            self.x,
            np.where(keep, self.spikes, 0.0),
            np.where(keep, self.exposure, 0.0),
            np.where(keep, self.constant, 0.0),
            self.regressors,
            None if self.trials is None else np.where(keep, self.trials, 0.0),
        )

    def take(self, rows: NDArray) -> Counts:
        """The counts of some cells (repeats allowed)."""
        return Counts(
            self.x[rows],
            self.spikes[rows],
            self.exposure[rows],
            self.constant[rows],
            {name: values[rows] for name, values in self.regressors.items()},
            None if self.trials is None else self.trials[rows],
        )


def poisson_log_likelihood(rate: Array, counts: Counts) -> Array:
    """Log-likelihood of each cell's counts under a rate.

    A rate of 0 Hz where a spike fell gives -inf: there is no floor under the logarithm.

    Parameters
    ----------
    rate : array (cell, condition)
        Hz.
    counts : Counts

    Returns
    -------
    ndarray (cell,)
        nats.

    Examples
    --------
    >>> one = Counts(*np.array([[[0.0]], [[3.0]], [[2.0]], [[3 * np.log(2.0) - np.log(6.0)]]]))
    >>> poisson_log_likelihood(np.array([[1.0]]), one).round(6)  # scipy.stats.poisson(2).logpmf(3)
    array([-1.712318])
    """
    return (likelihood_terms(rate, counts.spikes, counts.exposure) + counts.constant).sum(-1)


def likelihood_terms(rate: Array, spikes: Array, exposure: Array) -> Array:
    """n log r - r t, with 0 log 0 = 0."""
    logs = np.log(rate, out=np.zeros(np.shape(rate)), where=rate > 0)
    terms = spikes * logs - rate * exposure
    return np.where((spikes > 0) & (rate <= 0), -np.inf, terms)


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
    n = np.asarray(conditions, dtype=float)
    room = n - parameters - 1
    correction = np.divide(
        2.0 * parameters * (parameters + 1), room, out=np.full(n.shape, np.inf), where=room > 0
    )
    return -2 * np.asarray(log_likelihood) + 2 * parameters + correction


def akaike_weights(criterion: Array) -> Array:
    """Relative weight of each model along the last axis, summing to 1.

    Examples
    --------
    >>> akaike_weights(np.array([0.0, 2.0])).round(4)
    array([0.7311, 0.2689])
    """
    best = criterion.min(-1, keepdims=True)
    known = np.isfinite(best)
    weight = np.exp(-np.where(known, criterion - np.where(known, best, 0.0), 0.0) / 2)
    return np.where(known, weight / weight.sum(-1, keepdims=True), np.nan)
