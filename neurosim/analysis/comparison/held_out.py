r"""Held-out prediction: folds by stimulus condition, never by trial.

Trials of one stimulus share one rate, so a fold by trial would be known to the fit already. Each
fold's conditions are predicted by a fit to the others. A condition with spikes where the fitted
rate is 0 Hz has likelihood zero; so that one such point does not decide everything, the score
takes for r0 not its maximum but its posterior mean under a Gamma(1/2, 0) prior (Jeffreys' prior
of a Poisson rate), the other parameters at their estimates. Both scores are given. Of a
rectifier with a negative side it is the rate at the lowest drive that has the prior. A likelihood
with parameters of its own (a dispersion) has those of the fit to the others. The lowest and the
highest drive are extrapolations where they are left out, and their part is given apart.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods import Likelihood
from neurosim.analysis.fitting.optimum import rate_model
from neurosim.analysis.fitting.posterior import posterior_mean_r0
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array, Flags, Indices, divided, in_parts
from neurosim.base.errors import Faults
from neurosim.data.counts import Counts

__all__ = ["HeldOut", "folds_by_condition", "held_out"]

_SETTLED = 1e-3  # nats that a turn gains in the last one: next to nothing beside a score's error


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
    ends : conditions below or above all that the others were fitted to, an extrapolation each
    ends_log_likelihood : the part of log_likelihood that they have, nats
    ends_spikes : spikes in them
    """

    log_likelihood: Array
    log_likelihood_at_maximum: Array
    impossible: Indices
    spikes: Array
    constant_rate: Array
    standard_error: Array
    ends: Indices
    ends_log_likelihood: Array
    ends_spikes: Array

    @property
    def per_spike_error(self) -> Array:
        """Standard error of `per_spike`, nats."""
        return divided(self.standard_error, self.spikes)

    @property
    def ends_per_spike(self) -> Array:
        """Held-out log-likelihood per spike of the ends, nats; NaN without a spike there."""
        return divided(self.ends_log_likelihood, self.ends_spikes)

    @property
    def per_spike(self) -> Array:
        """Held-out log-likelihood per spike, nats."""
        return divided(self.log_likelihood, self.spikes)

    @property
    def bits_per_spike(self) -> Array:
        """What the model says about each held-out spike beyond a constant rate, bits."""
        return divided(self.log_likelihood - self.constant_rate, self.spikes * np.log(2))


def folds_by_condition(conditions: int, folds: int, seed: int = 0) -> Indices:
    """Which fold each condition belongs to: equal folds (to one), shuffled by seed.

    Examples
    --------
    >>> folds_by_condition(5, 2, seed=0)
    array([0, 0, 1, 0, 1])
    """
    return np.random.default_rng(seed).permutation(np.arange(conditions) % folds)


def held_out(fitted: Fit, fold: Indices) -> HeldOut:
    """Refit without each fold in turn and score what was left out.

    Parameters
    ----------
    fitted : Fit
        The fit to all conditions; its shapes are where the refits start, its likelihood theirs.
    fold : int array (condition,)
        See `folds_by_condition`.

    Raises
    ------
    InputError
        For a fit to rates, whose likelihood has no spikes to be counted by.
    """
    faults = Faults("held_out")
    likelihood, counts = fitted.model.likelihood, fitted.model.counts
    faults.require(likelihood.of == "counts", "a fit to counts", fitted.likelihood)
    faults.stop()
    number = int(fold.max()) + 1
    parts = in_parts(len(counts.x), number * counts.width)
    each = [_held_out(fitted.take(rows) if len(parts) > 1 else fitted, fold) for rows in parts]
    every = {
        f.name: np.concatenate([getattr(one, f.name) for one in each]) for f in fields(HeldOut)
    }
    return HeldOut(**every)


def _held_out(fitted: Fit, fold: Indices) -> HeldOut:
    likelihood, counts = fitted.model.likelihood, fitted.model.counts
    cells, number = len(counts.x), int(fold.max()) + 1
    every = np.tile(np.arange(cells), number)
    test = np.repeat(fold == np.arange(number)[:, None], cells, axis=0)  # (fold x cell, condition)
    all_folds = counts.take(every)
    training, left_out = all_folds.only(~test), all_folds.only(test)
    start, begun = np.tile(fitted.values, (number, 1)), likelihood.take(every)
    fixed = fitted.fixed
    refit = fit_counts(
        fitted.rectifier, training, start=start, likelihood=begun, fixed=fixed, settled=_SETTLED
    )
    found = refit.model.likelihood
    linear = 1 + len(fitted.rectifier.gains)
    plain = rate_model(fitted.rectifier, all_folds).plain
    paths = plain.basis(refit.values[:, linear:])[:, 1:]
    driven = np.einsum("cks,ck->cs", paths, refit.values[:, 1:linear])
    at_maximum = np.maximum(driven + refit.values[:, :1], 0.0)
    below = np.minimum(driven.min(-1), 0.0)
    driven = driven - below[:, None]
    lowest = np.maximum(refit.values[:, 0] + below, 0.0)
    r0 = posterior_mean_r0(training, driven, lowest, found.with_mean(training))
    if "r0" in fixed:  # it is known
        r0 = np.full_like(r0, fixed["r0"]) + below
    constant = np.broadcast_to(_mean_rate(begun, training)[:, None], test.shape)

    def over_folds(per_condition: Array) -> Array:
        over_folds: Array = per_condition.sum(-1).reshape(number, cells).sum(0)
        return over_folds

    def scores(rate: Array, under: Likelihood) -> Array:
        return under.terms(rate, left_out) + under.constant(left_out)

    expected = scores(driven + r0[:, None], found)
    x, seen = training.x, training.exposure > 0
    least = np.where(seen, x, np.inf).min(1, keepdims=True)
    most = np.where(seen, x, -np.inf).max(1, keepdims=True)
    beyond = (left_out.exposure > 0) & ((x < least) | (x > most))
    return HeldOut(
        over_folds(expected),
        over_folds(scores(at_maximum, found)),
        over_folds((at_maximum <= 0) & (left_out.spikes > 0)).astype(np.int64),
        over_folds(left_out.spikes),
        over_folds(scores(constant, begun.estimated(constant, training))),
        _standard_error(expected, left_out.exposure > 0, number),
        over_folds(beyond).astype(np.int64),
        over_folds(np.where(beyond, expected, 0.0)),
        over_folds(np.where(beyond, left_out.spikes, 0.0)),
    )


def _mean_rate(likelihood: Likelihood, counts: Counts) -> Array:
    """The most likely constant rate with half a spike added, as none is ever impossible; (row,)."""
    spikes, time = counts.spikes.sum(-1), counts.exposure.sum(-1)
    more = divided(spikes + 0.5, spikes, 0.0) * likelihood.constant_rate(counts)
    return np.where(time > 0, np.where(spikes > 0, more, divided(0.5, time)), 1.0)


def _standard_error(per_condition: Array, shown: Flags, folds: int) -> Array:
    """Of a sum over conditions, each of which is left out once: root of n times their variance."""
    scores = np.where(shown, per_condition, 0.0).reshape(folds, -1, shown.shape[1]).sum(0)
    seen = shown.reshape(folds, -1, shown.shape[1]).any(0)
    number = np.maximum(seen.sum(-1), 2)
    mean = scores.sum(-1, keepdims=True) / number[:, None]
    squares = np.where(seen, (scores - mean) ** 2, 0.0).sum(-1)
    standard_error: Array = np.sqrt(number * squares / (number - 1))
    return standard_error
