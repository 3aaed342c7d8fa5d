r"""Held-out prediction: folds by stimulus condition, never by trial.

Trials of one stimulus share one rate, so a fold by trial would be known to the fit already. Each
fold's conditions are predicted by a fit to the others. A condition with spikes where the fitted
rate is 0 Hz has likelihood zero; so that one such point does not decide everything, the score
takes for r0 not its maximum but its posterior mean under a Gamma(1/2, 0) prior (Jeffreys' prior
of a Poisson rate), the other parameters at their estimates. Both scores are given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.fitting import Fit, fit_counts
from neurosim.analysis.likelihood import Counts, likelihood_terms
from neurosim.analysis.search import rate_model

__all__ = ["HeldOut", "folds_by_condition", "held_out", "posterior_mean_r0"]

Array = NDArray[np.float64]

_NOTHING = 35.0  # nats below the maximum


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
    standard_error : of log_likelihood, from its scatter over conditions, nats
    """

    log_likelihood: Array
    log_likelihood_at_maximum: Array
    impossible: NDArray[np.int64]
    spikes: Array
    constant_rate: Array
    standard_error: Array

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
    start = np.tile(fitted.values, (number, 1))
    values = fit_counts(rectifier, training, start=start).values
    plain = replace(rate_model(rectifier, every), shifted=False)
    paths = plain.basis(values[:, first:])[:, 1:]
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
        _standard_error(
            likelihood_terms(expected, left_out.spikes, left_out.exposure) + left_out.constant,
            left_out.exposure > 0,
            number,
        ),
    )


def _standard_error(per_condition: Array, shown: NDArray[np.bool_], folds: int) -> Array:
    """Of a sum over conditions, each of which is left out once: root of n times their variance."""
    scores = np.where(shown, per_condition, 0.0).reshape(folds, -1, shown.shape[1]).sum(0)
    seen = shown.reshape(folds, -1, shown.shape[1]).any(0)
    number = np.maximum(seen.sum(-1), 2)
    mean = scores.sum(-1, keepdims=True) / number[:, None]
    squares = np.where(seen, (scores - mean) ** 2, 0.0).sum(-1)
    return np.sqrt(number * squares / (number - 1))


def posterior_mean_r0(counts: Counts, driven: Array, maximum: Array) -> Array:
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
    time = counts.exposure.sum(-1)
    shown = time > 0
    peak = np.sqrt(maximum)
    unit = 0.5 / np.sqrt(np.where(shown, time, 1.0))  # the least the posterior's SD can be

    def log_density(w: Array) -> Array:
        rate = driven + (w * w)[:, None]
        return likelihood_terms(rate, counts.spikes, counts.exposure).sum(-1)

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
    nodes = edges[0] + np.linspace(0, 1, 801)[:, None] * (edges[1] - edges[0])  # (node, cell)
    log_densities = np.stack([log_density(w) for w in nodes])
    density = np.exp(log_densities - log_densities.max(0))
    density[[0, -1]] /= 2
    return np.where(shown, (density * nodes**2).sum(0) / density.sum(0), np.nan)
