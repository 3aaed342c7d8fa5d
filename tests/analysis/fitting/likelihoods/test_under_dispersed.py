"""Counts more regular than Poisson."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from neurosim import InputError, fit, responses_from_counts
from neurosim.analysis.fitting.likelihoods.under_dispersed import UnderDispersed
from neurosim.data.counts import reduced

X = np.linspace(-1, 1, 12)
MEAN = 1 + 12 * np.maximum(X, 0)


def _counts(mean, trials, rows=1):
    """Counts in which the mean number is expected of every trial of 1 s."""
    count = np.tile(np.rint(np.asarray(mean))[:, None, None], (1, rows, trials))
    drive = np.repeat(X[: len(mean), None], rows, axis=1)
    made = responses_from_counts(drive, count, 1.0)
    return reduced(made).counts


def _regular(regularity, trials, cells, seed, mean=MEAN):
    """Responses of that mean and variance = mean / (1 + regularity mean)."""
    counts = _counts(mean, trials, cells)
    drawn = UnderDispersed(np.full(cells, regularity)).sample(
        np.broadcast_to(mean, counts.x.shape), counts, np.random.default_rng(seed)
    )
    count = drawn.single.count.transpose(1, 0, 2)
    return responses_from_counts(np.repeat(X[:, None], cells, axis=1), count, 1.0)


@pytest.mark.parametrize("regularity", [0.02, 0.3, 1.0])
def test_samples_have_the_mean_and_the_variance(regularity):
    count = _regular(regularity, 4000, 1, seed=1)["count"].values[:, 0]
    variance = MEAN / (1 + regularity * MEAN)
    assert count.mean(1) == pytest.approx(MEAN, abs=4 * np.sqrt(variance.max() / 4000))
    assert count.var(1) == pytest.approx(variance, rel=0.15)


def test_no_regularity_is_poissons():
    counts = _counts(MEAN, 2000)
    drawn = UnderDispersed(np.zeros(1)).sample(MEAN[None], counts, np.random.default_rng(1))
    assert drawn.single.count[0].var(1) == pytest.approx(MEAN, rel=0.2)


def test_regularity_is_what_counts_were_made_with():
    found = fit("half-wave", _regular(0.1, 10, 300, seed=2), likelihood="under-dispersed")
    assert np.median(found.scatter) == pytest.approx(0.1, rel=0.15)
    assert found.free.tolist() == [3] * 300


def test_regularity_is_the_most_likely():
    # oracle: SciPy on the formula, rates as they are
    counts = _counts(MEAN, 6)
    drawn = UnderDispersed(np.array([0.3])).sample(MEAN[None], counts, np.random.default_rng(5))
    found = UnderDispersed.begin(drawn).estimated(MEAN[None], drawn)
    best = minimize_scalar(
        lambda b: -UnderDispersed(np.array([b])).log_likelihood(MEAN[None], drawn)[0],
        bounds=(0, 5),
        options={"xatol": 1e-9},
    )
    assert found.regularity == pytest.approx([best.x], rel=1e-5)


def test_trials_all_alike_have_rounding_for_a_scatter():
    counts = _counts([3, 6, 9], 5)
    rate = np.array([[3.0, 6, 9]])
    assert UnderDispersed.begin(counts).estimated(rate, counts).regularity == pytest.approx([12.0])


def test_likelihood_is_poissons_tilted_towards_the_mean():
    # oracle: the formula, a sum over single trials
    rate, count = np.array([[2.5]]), np.array([[[1, 4, 2]]])
    counts = reduced(responses_from_counts([0.0], count, 0.5)).counts
    b, mean, n = 0.4, 1.25, count[0, 0]
    each = (
        n * np.log(mean) - mean - gammaln(n + 1) + np.log(1 + b * n) / 2 - b * (n - mean) ** 2 / 2
    )
    value = UnderDispersed(np.array([b])).log_likelihood(rate, counts)
    assert value == pytest.approx([each.sum()])


@pytest.mark.parametrize("regularity", [0.05, 0.5])
def test_it_is_nearly_a_probability(regularity):
    # oracle: what the probabilities of all counts add up to
    n, mean = np.arange(60.0), np.array([0.5, 2, 8, 20])[:, None]
    logs = n * np.log(mean) - mean - gammaln(n + 1)
    logs += np.log(1 + regularity * n) / 2 - regularity * (n - mean) ** 2 / 2
    assert np.exp(logs).sum(1) == pytest.approx(np.ones(4), abs=0.12)


def test_intervals_of_regular_counts_cover():
    # 95 % of 400 cells is within 92 and 98 % by three standard errors
    found = fit("half-wave", _regular(0.1, 10, 400, seed=3), likelihood="under-dispersed").intervals
    inside = (found.low <= [1, 12]) & (found.high >= [1, 12])
    assert (np.abs(inside.mean(0) - 0.95) < 0.035).all()


def test_sums_are_refused():
    counts = _counts(MEAN, 3).with_spikes(np.ones((1, 12)))
    assert UnderDispersed.fault(counts) == "expected counts of single trials, got sums"
    with pytest.raises(InputError, match="under-dispersed"):
        fit("half-wave", _regular(0.1, 3, 1, 0), likelihood="under")
