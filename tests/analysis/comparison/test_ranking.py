"""Comparisons of more than Poisson counts: over-dispersed ones, and rates; nothing mixed."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import nbinom, norm

from neurosim import (
    InputError,
    ScatterWarning,
    compare,
    fit,
    fit_rates,
    rank,
    responses_from_counts,
)
from neurosim.analysis.comparison.comparison import Comparison
from neurosim.analysis.comparison.held_out import folds_by_condition, held_out
from neurosim.analysis.fitting.likelihoods.negative_binomial import NegativeBinomial
from neurosim.analysis.fitting.posterior import posterior_mean_r0
from neurosim.data.counts import Counts
from neurosim.models.rectifiers import RECTIFIERS

X = np.linspace(-1, 1, 25)
OVER = "negative binomial"


def _dispersed(cells, dispersion, seed, trials=8):
    random = np.random.default_rng(seed)
    mean = (3 + 60 * np.maximum(X, 0))[:, None, None] * 0.5
    size = 1 / dispersion
    count = random.negative_binomial(size, size / (size + mean), (X.size, cells, trials))
    return responses_from_counts(np.repeat(X[:, None], cells, axis=1), count, 0.5)


def test_held_out_over_dispersed_counts_match_a_loop_of_fits():
    # oracle: each fold fitted on its own by the public fit, scored by scipy.stats.nbinom; the
    # constant rate by nbinom at its own most likely dispersion, on a fine grid
    responses = _dispersed(2, 0.4, seed=1)
    fold = folds_by_condition(25, 5, seed=3)
    score = held_out(fit("half-wave", responses, OVER), fold)
    by_hand, constant = np.zeros(2), np.zeros(2)
    for k in range(5):
        known, test = (responses.isel(stimulus=which) for which in (fold != k, fold == k))
        trained = fit("half-wave", known, OVER)
        for cell in range(2):
            count = test["count"].values[:, cell]
            mean = 0.5 * trained.rate(test["drive"].values[:, cell], cell)[:, None]
            size = 1 / trained.scatter[cell]
            by_hand[cell] += nbinom.logpmf(count, size, size / (size + mean)).sum()
            seen = known["count"].values[:, cell]
            mean = (seen.sum() + 0.5) / seen.size
            sizes = np.geomspace(0.05, 20, 4001)
            p = sizes / (sizes + mean)
            best = nbinom.logpmf(seen[..., None], sizes, p).sum((0, 1)).argmax()
            constant[cell] += nbinom.logpmf(count, sizes[best], p[best]).sum()
    assert score.log_likelihood_at_maximum == pytest.approx(by_hand, rel=1e-6)
    assert score.constant_rate == pytest.approx(constant, rel=1e-5)
    assert score.log_likelihood == pytest.approx(score.log_likelihood_at_maximum, abs=1)


@pytest.mark.parametrize("dispersion", [1e-3, 0.5, 2.0])
def test_posterior_mean_of_r0_under_over_dispersion_matches_quadrature(dispersion):
    # oracle: scipy.integrate.quad of the posterior under r0^(-1/2), the likelihood from nbinom
    mean_of = np.array([0.0, 17.0, 25.0])
    spikes, trials = np.array([4.0, 88.0, 130.0]), np.array([10.0, 5.0, 5.0])
    counts = Counts(
        np.zeros((1, 3)), spikes[None], trials[None], np.zeros((1, 3)), {}, trials[None]
    )
    # trials of 1 s: their sum has the likelihood of a negative binomial of size m / a
    size = trials / dispersion

    def log_density(r):
        return nbinom.logpmf(spikes, size, 1 / (1 + dispersion * (mean_of + r))).sum()

    top = max(log_density(r) for r in np.linspace(0.01, 3, 200))
    limits = {"limit": 500, "epsabs": 0, "epsrel": 1e-10, "points": [1e-3, 0.4]}
    one, other = (
        quad(lambda r, k=k: np.exp(log_density(r) - top) * r ** (k - 0.5), 0, 40, **limits)[0]
        for k in (0, 1)
    )
    noise = NegativeBinomial(np.array([dispersion]))
    ours = posterior_mean_r0(counts, mean_of[None], np.array([0.4]), noise)
    assert ours == pytest.approx([other / one], rel=2e-3)


def test_over_dispersed_counts_are_not_taken_for_structure():
    # oracle: half-wave cells made over-dispersed; variance 1 + 0.5 mean times Poisson's makes any
    # bend significant under Poisson, and a rectifier too large then wins
    responses = _dispersed(30, 0.5, seed=4)
    names = ["half-wave", "thresholded half-wave", "power law"]
    over = compare(responses, names, likelihood=OVER)
    with pytest.warns(ScatterWarning):
        plain = compare(responses, names, likelihood="Poisson")
    right, wrong = ((each.verdict == "half-wave").sum() for each in (over, plain))
    assert right >= 27
    assert wrong <= right - 5
    assert (
        over.table["held-out log-likelihood per spike (nats)"].mean()
        > plain.table["held-out log-likelihood per spike (nats)"].mean()
    )
    small = over.likelihood_ratios.query("within == 'power law' and rectifier == 'half-wave'")
    assert (small["p"] < 0.05).mean() <= 0.2
    assert (over.table["parameters"].max(), plain.table["parameters"].max()) == (4, 3)


def test_rates_are_ranked_by_the_criteria_of_a_normal_distribution():
    # oracle: AIC, BIC and weights written out from scipy.stats.norm
    rate = 3 + 20 * np.maximum(X, 0) + np.random.default_rng(0).normal(0, 2, X.size)
    fits = [fit_rates(name, X, rate, 2.0) for name in ("half-squared", "half-wave", "power law")]
    table = rank(fits).set_index("rectifier")
    aic, bic = {}, {}
    for each in fits:
        log_likelihood = norm.logpdf(rate, each.rate(X), 2.0).sum()
        k = len(each.values[0])
        aic[each.rectifier.name] = -2 * log_likelihood + 2 * k
        bic[each.rectifier.name] = -2 * log_likelihood + k * np.log(25)
    weight = {name: np.exp(-(value - min(aic.values())) / 2) for name, value in aic.items()}
    for name in aic:
        assert table["delta AIC"][name] == pytest.approx(aic[name] - min(aic.values()))
        assert table["delta BIC"][name] == pytest.approx(bic[name] - min(bic.values()))
        assert table["Akaike weight"][name] == pytest.approx(weight[name] / sum(weight.values()))
    assert table.index[0] == min(aic, key=aic.get) == "half-wave"


def test_what_does_not_compare_is_refused():
    responses = _dispersed(1, 0.4, seed=2)
    rate = responses["count"].values[:, 0].mean(-1) / 0.5
    over = fit("half-squared", responses, OVER)
    with pytest.warns(ScatterWarning):
        counted = fit("ReLU", responses, "Poisson")
    rates = fit_rates("half-squared", X, rate)
    mixed = "one likelihood, got Poisson and Gaussian.*fit all to counts, or all with fit_rates"
    with pytest.raises(InputError, match=f"rank: expected fits with {mixed}"):
        rank([counted, rates])
    with pytest.raises(InputError, match=r"got Poisson and negative binomial.*one likelihood"):
        rank([counted, over])
    with pytest.raises(InputError, match=f"Comparison: expected fits with {mixed}"):
        Comparison(responses, [counted, rates], [], 5)
    with pytest.raises(InputError, match="same cells and data, got different ones"):
        rank([rates, fit_rates("ReLU", X, rate + 1)])
    with pytest.raises(InputError, match="same cells and data, got different ones"):
        rank([over, fit("half-squared", _dispersed(1, 0.4, seed=3), OVER)])
    with pytest.raises(InputError, match="one unit of the drive, got 1 and mV"):
        rank([rates, fit_rates("ReLU", X, rate, drive_unit="mV")])
    with pytest.raises(InputError, match="at least one fit, got none"):
        rank([])
    with pytest.raises(InputError, match=r"got Gaussian .rates are fitted by fit_rates and comp"):
        compare(responses, ["ReLU"], likelihood="Gaussian")
    with pytest.raises(InputError, match=r"'count'.*fit_rates takes them, and rank compares"):
        compare(responses.drop_vars("count").assign(rate=responses["drive"]))


def test_held_out_scores_need_what_their_likelihood_is_of():
    rates = fit_rates("ReLU", X, np.abs(X))
    with pytest.raises(InputError, match="a fit to counts, got Gaussian"):
        held_out(rates, folds_by_condition(25, 5))


@pytest.mark.parametrize("likelihood", ["Poisson", OVER])
@pytest.mark.parametrize("name", [n for n, each in RECTIFIERS.items() if each.negative_side])
def test_a_negative_side_is_scored_at_rates_that_can_be(name, likelihood):
    # oracle: the probability of counts is between 0 and 1, whatever was left out: here the lowest
    # drives, where the line through the others is below 0
    random = np.random.default_rng(3)
    x = np.linspace(-1, 1, 12)
    count = random.poisson(np.maximum(15 + 25 * x, 0.2)[:, None], (12, 6))
    responses = responses_from_counts(x, count, 1.0)
    fold = (np.arange(12) < 3).astype(int)  # the first three, and all others
    score = held_out(fit(name, responses, likelihood), fold)
    assert np.isfinite(score.log_likelihood).all()
    assert (score.log_likelihood < 0).all()
    assert (score.log_likelihood_at_maximum < 0).all()
