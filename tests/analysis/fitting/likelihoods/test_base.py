"""A likelihood is one class: what every one obeys, and one declared here that all parts know."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import bernoulli, chi2

from neurosim import (
    InputError,
    Likelihood,
    RectifierRegressor,
    bootstrap_intervals,
    compare,
    deviance,
    fit,
    rank,
    responses_from_counts,
)
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.fitting.likelihoods import LIKELIHOODS
from neurosim.base.arrays import divided
from neurosim.cli import main
from neurosim.data.counts import reduced

X = np.linspace(-1, 1, 12)
RATE = 0.5 + 6 * np.maximum(X, 0)  # Hz
TRIALS, SECONDS = 30, 0.2


@pytest.fixture
def spike_or_none():
    """A likelihood of trials in which a spike fell or none did, as a user would add it."""

    class SpikeOrNone(Likelihood):
        """Whether a Poisson process fired in a trial."""

        name = "spike or none"
        source = "McCullagh & Nelder 1989, chapter 4"
        single_trials = True

        def terms(self, rate, counts):
            length = counts.exposure / np.maximum(counts.trials, 1)
            mean = np.maximum(rate, 0) * length
            logs = np.log(-np.expm1(-mean), out=np.zeros(mean.shape), where=mean > 0)
            silent = counts.trials - counts.spikes
            never = (counts.spikes > 0) & (mean <= 0)
            return np.where(never, -np.inf, counts.spikes * logs - silent * mean)

        def slope(self, rate, counts):
            length = counts.exposure / np.maximum(counts.trials, 1)
            odds = divided(1.0, np.expm1(np.maximum(rate, 0) * length), 0.0)
            return length * (counts.spikes * odds - (counts.trials - counts.spikes))

        def expected(self, rate, counts):
            length = counts.exposure / np.maximum(counts.trials, 1)
            with np.errstate(over="ignore"):
                return counts.trials * length**2 * divided(1.0, np.expm1(rate * length), 0.0)

        def sample(self, rate, counts, random):
            mean = rate[..., None] * counts.single.seconds
            return counts.with_trials(random.binomial(1, -np.expm1(-mean)).astype(float))

        @classmethod
        def fault(cls, counts):
            most = counts.source.count.max()
            return f"expected at most 1 spike in a trial, got {most:.0f}" * bool(most > 1)

    yield SpikeOrNone
    del LIKELIHOODS["spike or none"]


def _spike_or_none(cells=2, seed=0):
    probability = -np.expm1(-RATE * SECONDS)[:, None, None]
    count = np.random.default_rng(seed).binomial(1, probability, (X.size, cells, TRIALS))
    return responses_from_counts(np.repeat(X[:, None], cells, axis=1), count, SECONDS)


def _log_likelihood(count, r0, gain):
    """Of counts (condition, trial) of a half-wave cell, by scipy.stats."""
    rate = r0 + gain * np.maximum(X, 0)
    return bernoulli.logpmf(count, -np.expm1(-rate * SECONDS)[:, None]).sum()


def test_a_declared_likelihood_is_fitted_at_its_maximum(spike_or_none):
    # oracle: scipy.stats.bernoulli, maximised by SciPy
    responses = _spike_or_none()
    fitted = fit("half-wave", responses, likelihood="Spike or None")
    for cell in range(2):
        count = responses["count"].values[:, cell]
        best = minimize(lambda p, n=count: -_log_likelihood(n, *np.exp(p)), np.log([0.5, 5]))
        assert fitted.log_likelihood[cell] == pytest.approx(-best.fun, abs=1e-6)
        assert fitted.values[cell] == pytest.approx(np.exp(best.x), rel=1e-3)
    assert fitted.likelihood == "spike or none"


def test_its_intervals_end_where_the_likelihood_has_fallen(spike_or_none):
    # oracle: the definition of a profile interval, the other parameter maximised by SciPy
    responses = _spike_or_none(cells=1)
    fitted = fit("half-wave", responses, likelihood="spike or none")
    count, found = responses["count"].values[:, 0], fitted.intervals
    for gain in (found.low[0, 1], found.high[0, 1]):
        held = minimize(
            lambda p, g=gain: -_log_likelihood(count, np.exp(p[0]), g), [np.log(0.5)], tol=1e-12
        )
        fall = 2 * (fitted.log_likelihood[0] + held.fun)
        assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=0.02)


def test_it_is_compared_held_out_ranked_and_its_deviance_known(spike_or_none):
    # oracle: held-out scores from a loop of public fits and scipy.stats; the deviance from the
    # likelihood of each condition's own share of trials with a spike
    responses = _spike_or_none()
    found = compare(responses, ["half-wave", "half-squared"], likelihood="spike or none")
    assert {each.likelihood for each in found.fits} == {"spike or none"}
    fits = found.fits[1:]  # after the constant rate
    fold, by_hand = folds_by_condition(X.size, 5), np.zeros(2)
    score = held_out(fits[0], fold)
    for k in range(5):
        trained = fit("half-wave", responses.isel(stimulus=fold != k), likelihood="spike or none")
        for cell in range(2):
            test = responses["count"].values[fold == k, cell]
            rate = trained.rate(X[fold == k], cell)
            by_hand[cell] += bernoulli.logpmf(test, -np.expm1(-rate * SECONDS)[:, None]).sum()
    assert score.log_likelihood_at_maximum == pytest.approx(by_hand, rel=1e-5)
    share = responses["count"].values.mean(-1, keepdims=True)
    saturated = bernoulli.logpmf(responses["count"].values, share).sum((0, 2))
    misfit = deviance(fits[0])
    assert misfit.value == pytest.approx(2 * (saturated - fits[0].log_likelihood), abs=1e-8)
    assert misfit.degrees_of_freedom.tolist() == [10, 10]
    assert rank(fits)["rectifier"].isin(["half-wave", "half-squared"]).all()
    assert np.isfinite(found.summary["median deviance per degree of freedom"]).all()
    found.plot()
    fits[0].plot()
    low, high = bootstrap_intervals("half-wave", responses, 50, likelihood="spike or none")
    assert (low <= fits[0].values).all()
    assert (high >= fits[0].values).all()


def test_the_regressor_and_the_command_line_know_it(spike_or_none, tmp_path, capsys):
    # oracle: the fit of the same trials; each sample is a trial of its own
    responses = _spike_or_none(cells=1)
    fitted = fit("half-wave", responses, likelihood="spike or none")
    y = responses["count"].values[:, 0].ravel() / SECONDS
    weight, drive = np.full(y.size, SECONDS), np.repeat(X, TRIALS)[:, None]
    model = RectifierRegressor("half-wave", likelihood="spike or none").fit(drive, y, weight)
    assert [model.r0_, *model.gains_] == pytest.approx(fitted.values[0], rel=1e-6)
    assert model.log_likelihood_ == pytest.approx(fitted.log_likelihood[0], abs=1e-6)
    table = tmp_path / "trials.csv"
    rows = [f"{x},{n}" for x, n in zip(drive[:, 0], (y * SECONDS).round(), strict=True)]
    table.write_text("x,n\n" + "\n".join(rows), encoding="utf-8")
    command = f"fit {table} --x x --count n --duration {SECONDS} --models ReLU".split()
    written = tmp_path / "out"
    assert main([*command, "--likelihood", "spike or none", "--out", str(written)]) == 0
    assert "0.2" not in capsys.readouterr().err
    assert (written / "fits.csv").exists()


def test_what_it_cannot_be_of_is_refused_by_name(spike_or_none):
    responses = responses_from_counts(X, np.full((X.size, 2), 3), 1.0)
    for call in (fit, lambda r, data, likelihood: compare(data, [r], likelihood=likelihood)):
        with pytest.raises(
            InputError, match=r"at most 1 spike in a trial, got 3 .the spike or none"
        ):
            call("half-wave", responses, likelihood="spike or none")


def test_a_declaration_that_cannot_be_is_refused_with_all_reasons(spike_or_none):
    methods = {name: vars(spike_or_none)[name] for name in ("terms", "slope", "expected", "sample")}
    with pytest.raises(InputError, match="Again: expected a name of its own, got 'poisson'"):
        type("Again", (Likelihood,), {**methods, "name": "poisson"})
    with pytest.raises(InputError, match=r"Bare: expected a name, .* methods terms, slope, exp"):
        type("Bare", (Likelihood,), {})
    body = {**vars(spike_or_none), "__qualname__": spike_or_none.__qualname__}  # a cell run again
    again = type(spike_or_none.__name__, (Likelihood,), body)
    assert LIKELIHOODS["spike or none"] is again


def test_a_flat_cell_has_nothing_to_explain(spike_or_none):
    # oracle: a rate that is the same at every drive; a constant rate is then as good as any
    count = np.random.default_rng(1).binomial(1, 0.85, (X.size, 8, TRIALS))
    responses = responses_from_counts(np.repeat(X[:, None], 8, axis=1), count, SECONDS)
    found = compare(responses, ["half-wave"], likelihood="spike or none")
    assert np.abs(found.drawn.explained[1]).max() < 0.6
    assert np.median(found.drawn.explained[1]) < 0.2
    assert (np.abs(found.scores[1].bits_per_spike) < 0.05).all()
    rate, error = found.drawn.measured
    share = count.transpose(1, 0, 2).mean(-1)
    some = share < 1
    assert rate[some] == pytest.approx(-np.log1p(-share[some]) / SECONDS)
    assert (np.abs(found.fits[1].rates - rate) / error)[some].max() < 5


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_slope_and_information_are_those_of_the_terms(name):
    # oracle: central differences of the terms; the mean of the squared slope over samples, which
    # is the expected information (Fisher)
    random = np.random.default_rng(5)
    count = np.minimum(random.poisson(RATE[:, None] * SECONDS, (X.size, 8)), 1)  # of any likelihood
    made = responses_from_counts(X, count, SECONDS)
    one = reduced(made).counts
    likelihood = LIKELIHOODS[name].begin(one)
    if likelihood.parameters:
        likelihood = type(likelihood)(np.array([0.6]))
    rate, step = RATE[None] + 0.3, 1e-5
    above, below = (likelihood.terms(rate + s, one) for s in (step, -step))
    assert likelihood.slope(rate, one) == pytest.approx((above - below) / (2 * step), rel=1e-4)
    many = one.take(np.zeros(20_000, dtype=int))
    wide = likelihood.take(np.zeros(20_000, dtype=int))
    drawn = wide.sample(np.broadcast_to(rate, many.x.shape), many, random)
    squares = wide.slope(np.broadcast_to(rate, many.x.shape), drawn) ** 2
    error = squares.std(0) / np.sqrt(len(squares))
    assert (np.abs(squares.mean(0) - likelihood.expected(rate, one)[0]) < 5 * error).all()
    assert (wide.deviance(rate[np.zeros(20_000, dtype=int)], drawn) >= -1e-9).all()
