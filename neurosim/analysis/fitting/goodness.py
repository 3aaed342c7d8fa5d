"""How well a fit describes the responses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2, f

from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.result import Fit
from neurosim.base.arrays import Array, Flags, divided, in_parts
from neurosim.base.errors import Faults
from neurosim.data.counts import Counts

__all__ = ["Deviance", "deviance", "deviance_explained", "goodness"]


_BELOW = 5.0  # expected spikes of a condition, that are few
_SHARE = 0.2  # of the conditions, in which spikes may be few and the p-value still good (Cochran)
_UNSURE = 0.2  # p-value below which it is worked out by simulation where spikes are few
_CLEAR = 1e-4  # below it simulations would not change what is concluded
_FIRST, _MORE = 99, 400  # simulations of every cell, and more of those that are not clear by then
_ENOUGH = 0.1  # p-value after the first simulations above which there are no more
_LIGHT = 8  # a simulation takes so much less memory than a climb


class Deviance(NamedTuple):
    """Deviance of every cell's fit.

    Attributes
    ----------
    value : array (cell,)
        Twice the nats that a rate of its own for every condition would gain.
    degrees_of_freedom : array (cell,)
        Conditions more than parameters of the rate.
    p : array (cell,)
        Of a deviance as large, if the rectifier is right; NaN without degrees of freedom.
    """

    value: Array
    degrees_of_freedom: Array
    p: Array


def deviance(fitted: Fit) -> Deviance:
    """Deviance of a fit against a rate of its own for every condition, and its p-value.

    Under the Poisson likelihood

    .. math:: D = 2\\sum_i [n_i \\ln(n_i / \\mu_i) - (n_i - \\mu_i)]

    with n spikes where mu are expected, against a chi-squared distribution of as many degrees of
    freedom d as conditions more than parameters of the rate. Under a likelihood with a scatter of
    its own both rates have theirs, and d and the N - d' trials beyond the d' conditions are those
    of an F distribution of :math:`(e^{D/N} - 1)(N - d')/d`, which is exact for normal counts.

    Where trials were to decide how counts scatter and did not tell it from Poisson's, D is over the
    Fano factor F that they have, if that is above 1, in an F distribution likewise.

    The comparison is rough where few spikes are expected (`goodness` simulates there), and counts
    more variable than the likelihood has them make the deviance large whatever the rectifier.

    Parameters
    ----------
    fitted : Fit

    Returns
    -------
    Deviance

    References
    ----------
    McCullagh & Nelder 1989, section 2.3.

    Examples
    --------
    >>> from neurosim import fit, poisson_responses
    >>> made = poisson_responses("ReLU", {"r0": 5, "gain": 50}, np.linspace(-1, 1, 20), 10, 1.0, 1)
    >>> bool(deviance(fit("ReLU", made)).p[0] > 0.01)
    True
    """
    faults = Faults("deviance")
    faults.kind("fitted", fitted, Fit, "a Fit")
    faults.stop()
    model = fitted.model
    counts, likelihood = model.counts, model.likelihood
    value = likelihood.deviance(fitted.rates, counts).sum(-1)
    freedom = np.asarray(fitted.conditions - fitted.free_of_rate, dtype=float)
    known = np.where(freedom > 0, freedom, 1.0)
    p = chi2.sf(value, known)
    factor, sure = likelihood.missed(len(value))
    swollen = f.sf(value / factor / known, known, np.where(factor > 1, sure, 1.0))
    p = np.where(factor > 1, np.maximum(p, swollen), p)
    if likelihood.parameters and fitted.scatter is not None:
        own = ~np.isnan(fitted.scatter)
        most = likelihood.best_log_likelihood(likelihood.measured(counts), counts)
        value = np.where(own, np.maximum(2 * (most - fitted.log_likelihood), 0.0), value)
        trials = counts.each[0].sum(-1)
        left = trials - counts.conditions
        with np.errstate(over="ignore", invalid="ignore"):
            ratio = np.expm1(value / np.maximum(trials, 1)) * left / known
        p = np.where(own, np.where(left > 0, f.sf(ratio, known, np.maximum(left, 1)), np.nan), p)
    return Deviance(value, freedom, np.where(freedom > 0, p, np.nan))


def goodness(fitted: Fit, seed: int = 0) -> Array:
    """p of every cell's deviance if the rectifier is right, by simulation where that is needed.

    Where fewer than 5 spikes (or what is worth as many, of counts that scatter more) are expected
    in more than a fifth of the conditions, and the p-value of `deviance` is between 0.0001 and 0.2,
    it is the share of simulated cells, drawn from the fit
    with its scatter and fitted again, that have a deviance as large: of 99 cells, and of 400 more
    where it is below 0.1 by then (parametric bootstrap).

    Parameters
    ----------
    fitted : Fit
        To counts.
    seed : int

    Returns
    -------
    ndarray (cell,)

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 16.

    Examples
    --------
    >>> from neurosim import fit, poisson_responses
    >>> made = poisson_responses("ReLU", {"r0": 1, "gain": 3}, np.linspace(-1, 1, 8), 2, 1.0, 1)
    >>> bool(goodness(fit("ReLU", made))[0] > 0.01)
    True
    """
    faults = Faults("goodness")
    if faults.kind("fitted", fitted, Fit, "a Fit"):
        of = fitted.model.likelihood.of
        faults.require(of == "counts", "a fit to counts", f"one to {of}")
    seed = faults.whole("seed", seed, 0)
    faults.stop()
    found = deviance(fitted)
    few = _few(fitted)
    p = found.p.copy()
    unsure = np.flatnonzero(few & (p < _UNSURE) & (p > _CLEAR))
    # a cell's own noise, by what it fired: its p is the same in whatever company
    spikes = fitted.model.counts.spikes.astype(np.int64).tolist()
    randoms = {cell: np.random.default_rng([seed, *spikes[cell]]) for cell in unsure.tolist()}
    above, drawn = np.zeros(len(p)), np.zeros(len(p))
    # a scatter that is known from the trials alone: the chi-squared value that is as unlikely
    missed = fitted.model.likelihood.missed(len(p))[0] > 1
    freedom = np.where(found.degrees_of_freedom > 0, found.degrees_of_freedom, 1.0)
    value = np.where(missed, chi2.isf(found.p, freedom), found.value)
    for simulations in (_FIRST, _MORE):
        for part in in_parts(unsure.size, simulations * fitted.model.counts.width // _LIGHT):
            some = unsure[part]
            if some.size:
                noise = [randoms[cell] for cell in some.tolist()]
                values = _simulated(fitted.take(some), simulations, noise)
                above[some] += (values >= value[some, None]).sum(-1)
                drawn[some] += simulations
        p[unsure] = (above[unsure] + 1) / (drawn[unsure] + 1)
        unsure = unsure[p[unsure] < _ENOUGH]
    return p


def _few(fitted: Fit) -> Flags:
    """Cells that are expected to fire few spikes in many conditions, or spikes that scatter so much
    that they say no more than few do; (cell,)."""
    model, rate = fitted.model, np.maximum(fitted.rates, 0.0)
    expected = rate * model.counts.exposure
    worth = rate**2 * model.likelihood.expected(np.where(rate > 0, rate, 1.0), model.counts)
    fewer = np.minimum(expected, worth)
    few: Flags = ((expected > 0) & (fewer < _BELOW)).sum(-1) > _SHARE * fitted.conditions
    return few


def _simulated(fitted: Fit, simulations: int, randoms: list[np.random.Generator]) -> Array:
    """Deviances of cells drawn from a fit and fitted again; (cell, simulation)."""
    model, cells = fitted.model, len(fitted.cells)
    drawn = _drawn(model, np.maximum(fitted.rates, 0.0), simulations, randoms)
    rows = np.repeat(np.arange(cells), simulations)
    likelihood = model.likelihood.take(rows)
    start, begun = fitted.values[rows], likelihood.begun(drawn)
    again = fit_counts(model.rectifier, drawn, start=start, likelihood=begun, fixed=fitted.fixed)
    return deviance(again).value.reshape(cells, simulations)


def _drawn(
    model: RateModel, rate: Array, simulations: int, randoms: list[np.random.Generator]
) -> Counts:
    """Counts of every cell, so many times, each with its own noise; (cell x simulation, ...)."""
    each = []
    for cell, random in enumerate(randoms):
        rows = np.full(simulations, cell)
        counts = model.counts.take(rows)
        each.append(model.likelihood.take(rows).sample(rate[rows], counts, random))
    many = model.counts.take(np.repeat(np.arange(len(randoms)), simulations))
    if any(one.source is None for one in each):  # of sums no more is drawn
        return many.with_spikes(np.concatenate([one.spikes for one in each]))
    return many.with_trials(np.concatenate([one.single.count for one in each]))


def deviance_explained(fitted: Fit) -> Array:
    """1 less the deviance of a fit over that of each cell's mean rate; (cell,).

    0 where the mean rate leaves nothing to explain.
    """
    model = fitted.model
    counts, likelihood = model.counts, model.likelihood
    flat = np.broadcast_to(likelihood.constant_rate(counts)[:, None], counts.x.shape)
    left, all_of_it = (likelihood.deviance(rate, counts).sum(-1) for rate in (fitted.rates, flat))
    return np.where(all_of_it > 0, 1 - divided(left, all_of_it, 1.0), 0.0)
