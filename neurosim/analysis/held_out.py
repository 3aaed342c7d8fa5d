r"""Held-out prediction: folds by stimulus condition, never by trial.

Trials of one stimulus share one rate, so a fold by trial would be known to the fit already. Each
fold's conditions are predicted by a fit to the others. A condition with spikes where the fitted
rate is 0 Hz has likelihood zero; so that one such point does not decide everything, the score
takes for r0 not its maximum but its posterior mean under a Gamma(1/2, 0) prior (Jeffreys' prior
of a Poisson rate), the other parameters at their estimates. Both scores are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.fitting import Fit, fit_counts
from neurosim.analysis.likelihood import Counts, likelihood_terms

__all__ = ["HeldOut", "folds_by_condition", "held_out", "posterior_mean_r0"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """Scores of the held-out conditions of each cell; every array (cell,).

    Attributes
    ----------
    log_likelihood : with the posterior mean of r0, nats
    log_likelihood_at_maximum : with the maximum-likelihood r0, nats; may be -inf
    impossible : conditions in which a spike fell where the maximum-likelihood rate is 0 Hz
    spikes : spikes in the held-out conditions
    constant_rate : log-likelihood of the training conditions' mean rate, nats
    """

    log_likelihood: Array
    log_likelihood_at_maximum: Array
    impossible: NDArray[np.int64]
    spikes: Array
    constant_rate: Array

    @property
    def per_spike(self) -> Array:
        """Held-out log-likelihood per spike, nats."""
        return np.divide(
            self.log_likelihood, self.spikes, out=_nan(self.spikes), where=self.spikes > 0
        )

    @property
    def bits_per_spike(self) -> Array:
        """What the model says about each held-out spike beyond a constant rate, bits."""
        gain = self.log_likelihood - self.constant_rate
        return np.divide(gain, self.spikes * np.log(2), out=_nan(gain), where=self.spikes > 0)


def _nan(like: Array) -> Array:
    return np.full(like.shape, np.nan)


def folds_by_condition(conditions: int, folds: int, seed: int = 0) -> NDArray[np.int64]:
    """Which fold each condition belongs to: equal folds (to one), shuffled by seed.

    Examples
    --------
    >>> folds_by_condition(5, 2, seed=0)
    array([0, 0, 1, 0, 1])
    """
    return np.random.default_rng(seed).permutation(np.arange(conditions) % folds)


def held_out(fitted: Fit, counts: Counts, fold: NDArray[np.int64]) -> HeldOut:
    """Refit without each fold in turn and score what was left out.

    Parameters
    ----------
    fitted : Fit
        The fit to all conditions; its shapes are where the refits start.
    counts : Counts
        All conditions.
    fold : int array (condition,)
        See `folds_by_condition`.
    """
    rectifier, cells = fitted.rectifier, len(counts.x)
    number = int(fold.max()) + 1
    every = counts.take(np.tile(np.arange(cells), number))
    test = np.repeat(fold == np.arange(number)[:, None], cells, axis=0)  # (fold x cell, condition)
    training, left_out = every.only(~test), every.only(test)
    first = len(rectifier.parameter_names) - len(rectifier.parameters)
    start = np.tile(fitted.values[:, first:], (number, 1))
    values = fit_counts(rectifier, training, start=start).values
    paths = np.stack(
        rectifier.paths(every.x, *(values[:, [k]] for k in range(first, values.shape[1]))), 1
    )
    driven = np.einsum("cks,ck->cs", paths, values[:, 1:first])
    at_maximum = driven + values[:, :1]
    expected = driven + posterior_mean_r0(training, driven, values[:, 0])[:, None]
    total = training.exposure.sum(-1)
    mean = np.divide(training.spikes.sum(-1) + 0.5, total, out=np.ones_like(total), where=total > 0)

    def over_folds(per_condition: Array) -> Array:
        return per_condition.sum(-1).reshape(number, cells).sum(0)

    def score(rate: Array) -> Array:
        return over_folds(
            likelihood_terms(rate, left_out.spikes, left_out.exposure) + left_out.constant
        )

    return HeldOut(
        score(expected),
        score(at_maximum),
        over_folds((at_maximum <= 0) & (left_out.spikes > 0)).astype(np.int64),
        over_folds(left_out.spikes),
        score(np.broadcast_to(mean[:, None], expected.shape)),
    )


def posterior_mean_r0(counts: Counts, driven: Array, maximum: Array) -> Array:
    """Posterior mean of the spontaneous rate under a Gamma(1/2, 0) prior, the drive's part known.

    In w = sqrt(r0) the prior is flat, and the integrals are taken by the trapezoidal rule around
    the maximum.

    Parameters
    ----------
    counts : Counts
    driven : array (cell, condition)
        What the rate owes to the drive, Hz.
    maximum : array (cell,)
        The maximum-likelihood r0, Hz.

    Returns
    -------
    ndarray (cell,)
        Hz.

    Examples
    --------
    No spike in 10 s leaves (0 + 1/2)/10 Hz:

    >>> silent = Counts(np.zeros((1, 2)), np.zeros((1, 2)), np.full((1, 2), 5.0), np.zeros((1, 2)))
    >>> posterior_mean_r0(silent, np.zeros((1, 2)), np.zeros(1)).round(9)
    array([0.05])
    """
    time = np.maximum(counts.exposure.sum(-1), 1e-300)
    rate = driven + maximum[:, None]
    weight = np.divide(counts.exposure, rate, out=np.zeros_like(rate), where=rate > 0)
    width = 12 / np.sqrt(np.maximum(weight.sum(-1), 1e-300))  # of r0, wide
    reach = np.minimum(width, counts.spikes.sum(-1) / time + 40 / time) + 40 / time
    low = np.sqrt(np.maximum(maximum - reach, 0.0))
    high = np.sqrt(maximum + reach)
    nodes = low + np.linspace(0, 1, 401)[:, None] * (high - low)  # (node, cell)
    log_density = np.empty_like(nodes)
    for k, w in enumerate(nodes):
        terms = likelihood_terms(driven + w[:, None] ** 2, counts.spikes, counts.exposure)
        log_density[k] = terms.sum(-1)
    density = np.exp(log_density - log_density.max(0))
    density[[0, -1]] /= 2
    return (density * nodes**2).sum(0) / density.sum(0)
