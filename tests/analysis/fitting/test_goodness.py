"""Deviance, bootstrap and the figure of one fit."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import kstest, nbinom, poisson

from neurosim import (
    InputError,
    ScatterWarning,
    bootstrap_intervals,
    deviance,
    fit,
    fit_rates,
    responses_from_counts,
)
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.goodness import goodness

X = np.linspace(-1, 1, 25)
MADE = ("half-wave", {"r0": 6, "gain": 60}, X, 10, 1.0)


def test_deviance_is_twice_the_gain_of_a_rate_for_every_condition():
    # oracle: the likelihoods of both by scipy.stats
    responses = poisson_responses(*MADE, cells=2, seed=1)
    fitted = fit("half-squared", responses, likelihood="Poisson")
    found = deviance(fitted)
    for cell in range(2):
        count = responses["count"].values[:, cell]
        best = poisson.logpmf(count, count.mean(1, keepdims=True)).sum()
        ours = poisson.logpmf(count, fitted.rate(X, cell)[:, None]).sum()
        assert found.value[cell] == pytest.approx(2 * (best - ours))
    assert found.degrees_of_freedom.tolist() == [23, 23]
    assert (found.p < 1e-3).all()  # half-wave cells are not half-squared


def test_p_values_of_the_right_rectifier_are_uniform():
    responses = poisson_responses(*MADE, cells=400, seed=2)
    fitted = fit("half-wave", responses, likelihood="Poisson")
    assert kstest(deviance(fitted).p, "uniform").pvalue > 1e-3


def _dispersed(dispersion, cells, seed):
    """Half-wave counts of a negative binomial; (stimulus, cell, trial)."""
    size, mean = 1 / dispersion, (6 + 60 * np.maximum(X, 0))[:, None, None]
    random = np.random.default_rng(seed)
    count = random.negative_binomial(size, size / (size + mean), (X.size, cells, 20))
    return responses_from_counts(np.repeat(X[:, None], cells, axis=1), count, 1.0)


def test_deviance_of_dispersed_counts_is_their_own_likelihoods():
    # oracle: scipy.stats.nbinom, each condition's mean at the dispersion that is best for them all
    responses = _dispersed(0.3, cells=2, seed=1)
    fitted = fit("half-wave", responses, likelihood="negative binomial")
    found = deviance(fitted)
    for cell in range(2):
        count = responses["count"].values[:, cell]

        def lacking(log_size, mean, count=count):
            size = np.exp(log_size)
            return -nbinom.logpmf(count, size, size / (size + mean)).sum()

        best = minimize_scalar(lacking, (0, 1), args=(count.mean(1, keepdims=True),)).fun
        ours = lacking(-np.log(fitted.scatter[cell]), fitted.rate(X, cell)[:, None])
        assert found.value[cell] == pytest.approx(2 * (ours - best), rel=1e-6)
    assert found.degrees_of_freedom.tolist() == [23, 23]  # the dispersion is not of the rates


@pytest.mark.parametrize("dispersion", [0.05, 0.5])
def test_p_values_of_dispersed_counts_are_uniform(dispersion):
    fitted = fit("half-wave", _dispersed(dispersion, 400, seed=3), likelihood="negative binomial")
    assert kstest(deviance(fitted).p, "uniform").pvalue > 1e-3


def test_bootstrap_intervals_agree_with_profile_intervals_on_poisson_counts():
    responses = poisson_responses(*MADE, cells=30, seed=3)
    low, high = bootstrap_intervals("half-wave", responses, resamples=400, seed=1)
    profile = fit("half-wave", responses, likelihood="Poisson").intervals
    widths = (high - low) / (profile.high - profile.low)
    assert np.median(widths, 0) == pytest.approx([1, 1], abs=0.15)
    again = bootstrap_intervals("half-wave", responses, resamples=400, seed=1)
    assert np.array_equal(again[0], low)


def test_bootstrap_sees_what_is_more_variable_than_poisson():
    # oracle: a variance of mean + 0.5 mean^2 is several times Poisson's at these rates
    random = np.random.default_rng(4)
    mean = (6 + 60 * np.maximum(X, 0))[:, None, None]
    count = random.negative_binomial(2, 2 / (2 + mean), (25, 10, 20))
    responses = responses_from_counts(np.repeat(X[:, None], 10, axis=1), count, 1.0)
    low, high = bootstrap_intervals("half-wave", responses, resamples=200)
    with pytest.warns(ScatterWarning):
        profile = fit("half-wave", responses, likelihood="Poisson").intervals
    assert np.median((high - low)[:, 1] / (profile.high - profile.low)[:, 1]) > 2
    over = fit("half-wave", responses, likelihood="negative binomial").intervals
    assert np.median((high - low)[:, 1] / (over.high - over.low)[:, 1]) == pytest.approx(1, abs=0.5)


def test_the_figure_has_the_data_the_curve_and_its_band():
    responses = poisson_responses(*MADE, cells=2, seed=1)
    fitted = fit("half-wave", responses)
    upper, lower = fitted.plot(cell=1).axes
    curve = next(line for line in upper.get_lines() if len(line.get_xdata()) == 201)
    assert curve.get_ydata() == pytest.approx(fitted.rate(np.linspace(-1, 1, 201), 1))
    rate = responses["count"].values[:, 1].mean(1)
    expected = fitted.rate(X, 1) * 10
    assert lower.get_lines()[0].get_ydata() == pytest.approx((rate * 10 - expected) / expected**0.5)
    assert "half-wave" in fitted._repr_html_()


def test_goodness_refuses_what_cannot_be():
    responses = poisson_responses(*MADE, cells=2, seed=1)
    with pytest.raises(InputError, match="resamples as a whole number >= 20, got 3"):
        bootstrap_intervals("half-wave", responses, resamples=3)
    with pytest.raises(InputError, match="at least 2 trials"):
        bootstrap_intervals(
            "half-wave", responses.isel(trial=[0]).assign(trials=responses["trials"] * 0 + 1)
        )
    with pytest.raises(InputError, match=r"cell as a label, got 7 .cells: 0; 1.$"):
        fit("half-wave", responses).plot(cell=7)


def _drawn(scatter, mean, cells, trials, seed):
    """Counts (condition, cell, trial) of a mean, Poisson or more variable or more regular."""
    random, kind, size = np.random.default_rng(seed), *scatter
    mean = np.broadcast_to(mean[:, None, None], (mean.size, cells, trials))
    if kind == "over":
        return random.poisson(mean * random.gamma(1 / size, size, mean.shape))
    if kind == "under":  # binomial counts: variance mean - mean^2 / draws
        draws = int(np.ceil(mean.max() / size))
        return random.binomial(draws, mean / draws)
    return random.poisson(mean)


SCATTERS = [("Poisson", 0), ("over", 0.1), ("over", 0.3), ("over", 1.0), ("under", 0.5)]


@pytest.mark.parametrize("scatter", SCATTERS, ids=[f"{kind}-{size}" for kind, size in SCATTERS])
@pytest.mark.parametrize(
    ("spikes", "cells"),
    [(3, 60), *(pytest.param(n, 1000, marks=pytest.mark.slow) for n in (1, 3, 20))],
)
def test_the_right_rectifier_is_refused_as_often_as_is_said(spikes, cells, scatter):
    # oracle: a p-value is below any level in no more than that share; 7 and 2 % are promised, and
    # two standard errors of as many cells are allowed
    x = np.linspace(-1, 1, 12)
    mean = 1 + 10 * np.maximum(x, 0)
    count = _drawn(scatter, mean / mean.mean() * spikes / 10, cells, 10, seed=7)
    p = goodness(
        fit("half-wave", responses_from_counts(np.repeat(x[:, None], cells, 1), count, 1.0))
    )
    assert (p < 0.05).mean() <= 0.07 + 2 * np.sqrt(0.05 * 0.95 / cells)
    assert (p < 0.01).mean() <= 0.02 + 2 * np.sqrt(0.01 * 0.99 / cells)


def test_a_wrong_rectifier_is_refused_where_few_spikes_are_expected():
    # oracle: a curve that rises and falls is no half-wave rectification
    x = np.linspace(-1, 1, 12)
    mean = 0.1 + 2 * np.exp(-((x / 0.2) ** 2))
    count = _drawn(("Poisson", 0), mean / 3, 4, 10, seed=1)
    fitted = fit("half-wave", responses_from_counts(np.repeat(x[:, None], 4, 1), count, 1.0))
    assert np.median(goodness(fitted)) < 0.05
    assert np.array_equal(goodness(fitted, seed=3), goodness(fitted, seed=3))


def test_goodness_of_a_cell_is_the_same_in_any_company():
    x = np.linspace(-1, 1, 8)
    count = _drawn(("over", 0.3), 0.2 + 0.5 * np.maximum(x, 0), 30, 6, seed=2)
    responses = responses_from_counts(np.repeat(x[:, None], 30, 1), count, 1.0)
    every, some = goodness(fit("half-wave", responses)), np.array([28, 3, 11, 20, 7])
    assert ((deviance(fit("half-wave", responses)).p != every)[some]).any()  # some by simulation
    few = goodness(fit("half-wave", responses.isel(cell=some)))
    assert few == pytest.approx(every[some], abs=1e-9)


def test_goodness_of_what_is_no_fit_to_counts_is_refused():
    with pytest.raises(InputError, match="goodness: expected a fit to counts, got one to rates"):
        goodness(fit_rates("half-wave", [-1, 0, 1, 2], [1, 1, 11, 21], 1.0))
    with pytest.raises(InputError, match="goodness: expected fitted as a Fit, got int 3"):
        goodness(3)
