"""Counts more regular than Poisson."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from neurosim import LIF, InputError, fit, responses_from_counts, simulate
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
    """Responses of that mean and variance = mean / (1 + (regularity mean)^1.5)."""
    counts = _counts(mean, trials, cells)
    drawn = UnderDispersed(np.full(cells, regularity)).sample(
        np.broadcast_to(mean, counts.x.shape), counts, np.random.default_rng(seed)
    )
    count = drawn.single.count.transpose(1, 0, 2)
    return responses_from_counts(np.repeat(X[:, None], cells, axis=1), count, 1.0)


@pytest.mark.parametrize("regularity", [0.02, 0.1, 0.3])
def test_samples_have_the_mean_and_the_variance(regularity):
    count = _regular(regularity, 4000, 1, seed=1)["count"].values[:, 0]
    variance = MEAN / (1 + (regularity * MEAN) ** 1.5)
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
    b = UnderDispersed.begin(counts).estimated(rate, counts).regularity
    assert 9 / (1 + (9 * b) ** 1.5) == pytest.approx([1 / 12])


def test_likelihood_is_poissons_tilted_towards_the_mean():
    # oracle: the formula, a sum over single trials
    rate, count = np.array([[2.5]]), np.array([[[1, 4, 2]]])
    counts = reduced(responses_from_counts([0.0], count, 0.5)).counts
    b, mean, n = 0.4, 1.25, count[0, 0]
    each = [_log_of(b, mean, number) for number in n]
    value = UnderDispersed(np.array([b])).log_likelihood(rate, counts)
    assert value == pytest.approx([sum(each)])


def _log_of(b, mean, n):
    """Log-likelihood of one trial: the slope (n - m) / V(m) integrated from m = n."""
    variance = lambda m: m / (1 + (b * m) ** 1.5)  # noqa: E731
    deviance = 2 * quad(lambda m: (n - m) / variance(m), mean, n)[0]
    poisson = n * np.log(n) - n - gammaln(n + 1)  # where it is highest
    return poisson + np.log(n / variance(n)) / 2 - deviance / 2


def test_slope_and_information_are_the_likelihoods():
    # oracle: differences of the likelihood
    counts = _counts([1, 4, 12, 9], 6)
    likelihood, rate, step = UnderDispersed(np.array([0.2])), np.array([[1.3, 5, 9, 11]]), 1e-4
    above, below = (likelihood.terms(rate + d, counts) for d in (step, -step))
    assert likelihood.slope(rate, counts) == pytest.approx((above - below) / (2 * step), rel=1e-5)
    above, below = (likelihood.slope(rate + d, counts) for d in (step, -step))
    bend = (below - above) / (2 * step)
    assert likelihood.information(rate, counts) == pytest.approx(bend, rel=1e-5)


@pytest.mark.parametrize("noise", [4.0, 5.0])
def test_the_fano_factor_of_integrate_and_fire_cells_falls_so(noise):
    # root mean square over all means; an exponent of 1 in place of 1.5 is further off
    drive = xr.DataArray(np.linspace(0.1, 1.2, 14)[:, None], dims=("stimulus", "cell"))
    made = simulate(LIF(noise_sd=noise), drive, gain=25.0, trials=3000, duration=0.5, seed=1)
    count = made["count"].values[:, 0]
    mean, fano = count.mean(1), count.var(1) / count.mean(1)
    assert mean.min() < 2
    assert mean.max() > 25

    def off(regularity, power):
        return np.log(fano * (1 + (regularity * mean) ** power))

    worst = {}
    for power in (1.0, 1.5):
        tried = np.geomspace(1e-3, 1, 400)
        best = min(tried, key=lambda b, power=power: (off(b, power) ** 2).sum())
        worst[power] = np.sqrt((off(best, power) ** 2).mean())
    assert worst[1.5] < 0.06
    assert worst[1.0] > 0.09


@pytest.mark.parametrize("regularity", [0.05, 0.5])
def test_it_is_nearly_a_probability(regularity):
    # oracle: what the probabilities of all counts add up to
    n, mean = np.arange(80.0), np.array([0.5, 2, 8, 20])[:, None]
    count = np.broadcast_to(n[:, None, None], (80, 1, 1))
    likelihood = UnderDispersed(np.array([regularity]))
    total = []
    for each in mean[:, 0]:
        logs = [
            likelihood.log_likelihood(
                np.array([[each]]),
                reduced(responses_from_counts([0.0], one[None].astype(int), 1.0)).counts,
            )[0]
            for one in count
        ]
        total.append(np.exp(logs).sum())
    assert total == pytest.approx(np.ones(4), abs=0.15)


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
