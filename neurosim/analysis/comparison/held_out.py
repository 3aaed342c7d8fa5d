r"""Held-out prediction: folds by stimulus condition, never by trial.

Trials of one stimulus share one rate, so a fold by trial would be known to the fit already. Each
fold's conditions are predicted by a fit to the others. A condition with spikes where the fitted
rate is 0 Hz has likelihood zero; so that one such point does not decide everything, the score
takes for r0 not its maximum but its posterior mean under a Gamma(1/2, 0) prior (Jeffreys' prior
of a Poisson rate), the other parameters at their estimates. Both scores are given. Of a
rectifier with a negative side it is the rate at the lowest drive that has the prior. With the
negative binomial each fold's dispersion is that of the fit to the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.fitting.dispersion import Trials, best_dispersion, fit_with_dispersion
from neurosim.analysis.fitting.fit import Fit, fit_counts
from neurosim.analysis.fitting.likelihood import Counts
from neurosim.analysis.fitting.noise_models import NegativeBinomial, NoiseModel, Poisson
from neurosim.analysis.fitting.optimum import rate_model
from neurosim.base.errors import Faults

__all__ = ["HeldOut", "folds_by_condition", "held_out", "posterior_mean_r0"]

Array = NDArray[np.float64]

_NOTHING = 35.0  # nats below the maximum
_TAIL = 10.0  # trials over dispersion: of fewer, as of as many, or r0 would have no mean


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


def held_out(
    fitted: Fit, counts: Counts, fold: NDArray[np.int64], trials: Trials | None = None
) -> HeldOut:
    """Refit without each fold in turn and score what was left out.

    Parameters
    ----------
    fitted : Fit
        The fit to all conditions; its shapes are where the refits start, its likelihood theirs.
    counts : Counts
        All conditions.
    fold : int array (condition,)
        See `folds_by_condition`.
    trials : Trials, optional
        What the counts are the sums of, for the negative binomial.

    Raises
    ------
    InputError
        For the negative binomial without its trials.
    """
    faults = Faults("held_out")
    single = fitted.likelihood == "negative binomial"
    faults.require(single or fitted.likelihood == "Poisson", "a fit to counts", fitted.likelihood)
    faults.require(
        single == (trials is not None),
        "trials for the negative binomial alone",
        f"{fitted.likelihood} {'with' if trials else 'without'} them",
    )
    faults.stop()
    cells, number = len(counts.x), int(fold.max()) + 1
    every = np.tile(np.arange(cells), number)
    test = np.repeat(fold == np.arange(number)[:, None], cells, axis=0)  # (fold x cell, condition)
    training, left_out = counts.take(every).only(~test), counts.take(every).only(test)
    total = training.exposure.sum(-1)
    mean = np.divide(training.spikes.sum(-1) + 0.5, total, out=np.ones_like(total), where=total > 0)
    constant = np.broadcast_to(mean[:, None], test.shape)
    refit = _refit(fitted, training, test, constant, None if trials is None else trials.take(every))
    linear = 1 + len(fitted.rectifier.gains)
    plain = replace(rate_model(fitted.rectifier, counts.take(every)), shifted=False)
    paths = plain.basis(refit.values[:, linear:])[:, 1:]
    driven = np.einsum("cks,ck->cs", paths, refit.values[:, 1:linear])
    at_maximum = np.maximum(driven + refit.values[:, :1], 0.0)
    least = np.minimum(driven.min(-1), 0.0)
    driven = driven - least[:, None]
    lowest = np.maximum(refit.values[:, 0] + least, 0.0)
    r0 = posterior_mean_r0(training, driven, lowest, refit.of_r0)

    def over_folds(per_condition: Array) -> Array:
        return per_condition.sum(-1).reshape(number, cells).sum(0)

    def scores(rate: Array, noise: NoiseModel) -> Array:
        return noise.terms(rate, left_out) + noise.constant(left_out)

    expected = scores(driven + r0[:, None], refit.noise)
    return HeldOut(
        over_folds(expected),
        over_folds(scores(at_maximum, refit.noise)),
        over_folds((at_maximum <= 0) & (left_out.spikes > 0)).astype(np.int64),
        over_folds(left_out.spikes),
        over_folds(scores(constant, refit.of_constant)),
        _standard_error(expected, left_out.exposure > 0, number),
    )


class _Refit(NamedTuple):
    """Parameters (row, parameter); how what was left out scatters about their rates and about a
    constant one; how what was not does, where r0 is averaged."""

    values: Array
    noise: NoiseModel
    of_constant: NoiseModel
    of_r0: NoiseModel


def _refit(
    fitted: Fit, training: Counts, test: NDArray[np.bool_], constant: Array, trials: Trials | None
) -> _Refit:
    """The rectifier fitted to what is not left out, its dispersion too if it has one."""
    start = np.tile(fitted.values, (len(test) // len(fitted.values), 1))
    if trials is None:
        values = fit_counts(fitted.rectifier, training, start=start).values
        return _Refit(values, Poisson(), Poisson(), Poisson())
    known, unknown = trials.only(~test), trials.only(test)
    found = fit_with_dispersion(fitted.rectifier, training, known, start=start)
    assert found.scatter is not None
    of_constant = unknown.noise(best_dispersion(constant, training, known))
    most = np.maximum(known.exists.sum((1, 2)), 1) / _TAIL
    of_r0 = NegativeBinomial(np.minimum(found.scatter, most))
    return _Refit(found.values, unknown.noise(found.scatter), of_constant, of_r0)


def _standard_error(per_condition: Array, shown: NDArray[np.bool_], folds: int) -> Array:
    """Of a sum over conditions, each of which is left out once: root of n times their variance."""
    scores = np.where(shown, per_condition, 0.0).reshape(folds, -1, shown.shape[1]).sum(0)
    seen = shown.reshape(folds, -1, shown.shape[1]).any(0)
    number = np.maximum(seen.sum(-1), 2)
    mean = scores.sum(-1, keepdims=True) / number[:, None]
    squares = np.where(seen, (scores - mean) ** 2, 0.0).sum(-1)
    return np.sqrt(number * squares / (number - 1))


def posterior_mean_r0(
    counts: Counts, driven: Array, maximum: Array, noise: NoiseModel | None = None
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
    noise : NoiseModel, optional
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
    noise, time = Poisson() if noise is None else noise, counts.exposure.sum(-1)
    shown = time > 0
    peak = np.sqrt(maximum)
    unit = 0.5 / np.sqrt(np.where(shown, time, 1.0))  # the least the posterior's SD can be

    def log_density(w: Array) -> Array:
        rate = driven + (w * w)[:, None]
        return noise.terms(rate, counts).sum(-1)

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
