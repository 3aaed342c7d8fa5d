"""Likelihoods against scipy.stats, intervals against their definition, rates against NIST."""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import chi2, nbinom, norm, poisson

from neurosim import InputError, fit, responses_from_counts
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.rates import fit_rates
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.models.rectifiers.base import Parameter, Rectifier

X = np.linspace(-1, 1, 25)


def _dispersed(cells, trials, dispersion, seed):
    random = np.random.default_rng(seed)
    mean = (3 + 60 * np.maximum(X, 0))[:, None, None] * 0.5
    size = 1 / dispersion
    count = random.negative_binomial(size, size / (size + mean), (X.size, cells, trials))
    return responses_from_counts(np.repeat(X[:, None], cells, axis=1), count, 0.5)


def test_negative_binomial_is_scipys_over_every_trial():
    responses = _dispersed(3, 8, 0.4, seed=1)
    fitted = fit("half-wave", responses, likelihood="negative binomial")
    for cell in range(3):
        mean = fitted.rate(X, cell) * 0.5
        size = 1 / fitted.scatter[cell]
        count = responses["count"].values[:, cell]
        theirs = nbinom.logpmf(count, size, (size / (size + mean))[:, None]).sum()
        assert fitted.log_likelihood[cell] == pytest.approx(theirs, rel=1e-10)
    assert fitted.free.tolist() == [3, 3, 3]
    assert fitted.likelihood == "negative binomial"


def test_negative_binomial_fit_is_the_maximum_over_all_its_parameters():
    # oracle: SciPy's Nelder-Mead on r0, gain and dispersion together
    responses = _dispersed(2, 8, 0.3, seed=2)
    fitted = fit("half-wave", responses, likelihood="negative binomial")
    for cell in range(2):
        count = responses["count"].values[:, cell]

        def loss(p, count=count):
            mean = (np.exp(p[0]) + np.exp(p[1]) * np.maximum(X, 0)) * 0.5
            size = np.exp(-p[2])
            return -nbinom.logpmf(count, size, (size / (size + mean))[:, None]).sum()

        best = minimize(
            loss,
            [1.0, 4.0, -1.0],
            method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000},
        )
        assert fitted.log_likelihood[cell] >= -best.fun - 1e-6
    assert 0.15 < fitted.scatter.mean() < 0.5


def test_poisson_counts_have_no_dispersion_to_speak_of():
    responses = poisson_responses("half-wave", {"r0": 3, "gain": 60}, X, 10, 0.5, 4, seed=3)
    over = fit("half-wave", responses, likelihood="negative binomial")
    plain = fit("half-wave", responses)
    assert (over.scatter < 0.05).all()
    assert over.log_likelihood == pytest.approx(plain.log_likelihood, abs=1.5)
    with pytest.raises(InputError, match=r"likelihood .*'Poisson'.*, got cauchy"):
        fit("ReLU", responses, likelihood="cauchy")


def test_rates_have_the_likelihood_of_a_normal_distribution():
    rate = 3 + 20 * np.maximum(X, 0) + np.random.default_rng(0).normal(0, 2, X.size)
    known = fit_rates("half-wave", X, rate, error=2.0)
    theirs = norm.logpdf(rate, known.rate(X), 2.0).sum()
    assert known.log_likelihood[0] == pytest.approx(theirs, rel=1e-10)
    unknown = fit_rates("half-wave", X, rate)
    left = rate - unknown.rate(X)
    theirs = norm.logpdf(left, 0, np.sqrt((left**2).mean())).sum()
    assert unknown.log_likelihood[0] == pytest.approx(theirs, rel=1e-10)
    assert (known.free, unknown.free) == (2, 3)
    line = np.stack([np.ones(X.size), np.maximum(X, 0)])
    errors = np.sqrt(np.diag(np.linalg.inv(line @ line.T)) * (left**2).sum() / (X.size - 2))
    assert unknown.standard_errors[0] == pytest.approx(errors, rel=1e-6)


def test_bic_and_aic_by_hand():
    responses = poisson_responses("half-wave", {"r0": 3, "gain": 60}, X, 10, 0.5, 1, seed=3)
    fitted = fit("half-wave", responses)
    value = float(fitted.log_likelihood[0])
    assert fitted.bic[0] == pytest.approx(-2 * value + 2 * np.log(25))
    assert fitted.aic[0] == pytest.approx(-2 * value + 4)
    held = fit("half-wave", responses, fixed={"r0": 3.0})
    assert held.values[0, 0] == 3.0
    assert held.bic[0] == pytest.approx(-2 * held.log_likelihood[0] + np.log(25))
    with pytest.raises(InputError, match="fixed parameters among r0, gain, got slope"):
        fit("half-wave", responses, fixed={"slope": 1})


# NIST StRD nonlinear regression (public domain): certified parameters and standard deviations
MISRA1A = (
    [
        77.6,
        114.9,
        141.1,
        190.8,
        239.9,
        289.0,
        332.8,
        378.4,
        434.8,
        477.3,
        536.8,
        593.1,
        689.1,
        760.0,
    ],
    [
        10.07,
        14.73,
        17.94,
        23.93,
        29.61,
        35.18,
        40.02,
        44.82,
        50.76,
        55.05,
        61.01,
        66.40,
        75.47,
        81.78,
    ],
)
DAN_WOOD = ([1.309, 1.471, 1.490, 1.565, 1.611, 1.680], [2.138, 3.421, 3.597, 4.340, 4.882, 5.660])


class _Saturating(Rectifier, register=False):
    name, convnet, latex, source = "saturating", "", "", "NIST StRD, Misra1a"
    rise = Parameter("b", "rate of saturation", 1e-3, low=1e-6, high=1e-2)

    @staticmethod
    def shape(x, rise):
        return -np.expm1(-rise * x)

    @staticmethod
    def slope(x, rise):
        return rise * np.exp(-rise * x)


class _OverDecades(_Saturating, register=False):
    rise = Parameter("b", "rate of saturation", 1e-3, low=1e-7, high=1)


class _OverMore(_Saturating, register=False):
    rise = Parameter("b", "rate of saturation", 0.1, low=1e-12, high=1e3)


class _WithoutEnd(_Saturating, register=False):
    rise = Parameter("b", "rate of saturation", 1.0, low=1e-7)


@pytest.mark.parametrize("saturating", [_Saturating, _OverDecades, _OverMore, _WithoutEnd])
def test_certified_nonlinear_regressions(saturating):
    fitted = fit_rates(saturating(), *MISRA1A, fixed={"r0": 0.0})
    assert fitted.status == ["ok"]
    certified = [2.3894212918e02, 5.5015643181e-04]
    assert fitted.values[0, 1:] == pytest.approx(certified, rel=1e-6)
    assert fitted.standard_errors[0, 1:] == pytest.approx(
        [2.7070075241, 7.2668688436e-06], rel=1e-4
    )
    assert fitted.scatter[0] == pytest.approx(1.0187876330e-01, rel=1e-6)


def test_a_certified_power_law():
    power = fit_rates("power law", *DAN_WOOD, fixed={"r0": 0.0})
    assert power.values[0, 1:] == pytest.approx([7.6886226176e-01, 3.8604055871], rel=1e-6)
    assert power.standard_errors[0, 1:] == pytest.approx(
        [1.8281973860e-02, 5.1726610913e-02], rel=1e-4
    )
    assert power.scatter[0] == pytest.approx(3.2853114039e-02, rel=1e-6)


def test_a_profile_interval_is_where_the_likelihood_has_fallen():
    # oracle: brentq on SciPy's likelihood of a ReLU with r0 profiled out by a scalar search
    responses = poisson_responses("half-wave", {"r0": 3, "gain": 60}, X, 6, 0.5, 1, seed=5)
    fitted = fit("half-wave", responses)
    count = responses["count"].values[:, 0]

    def profile(gain):
        def loss(log_r0):
            rate = np.exp(log_r0) + gain * np.maximum(X, 0)
            return -poisson.logpmf(count, rate[:, None] * 0.5).sum()

        return -minimize(
            lambda p: loss(p[0]),
            [1.0],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-11},
        ).fun

    level = fitted.log_likelihood[0] - chi2.ppf(0.95, 1) / 2
    best = fitted.values[0, 1]
    low = brentq(lambda g: profile(g) - level, best * 0.7, best)
    high = brentq(lambda g: profile(g) - level, best, best * 1.4)
    found = fitted.intervals
    assert found.low[0, 1] == pytest.approx(low, rel=1e-3)
    assert found.high[0, 1] == pytest.approx(high, rel=1e-3)
    assert not found.low_at_bound.any()


def test_intervals_at_bounds_are_flagged_and_one_sided():
    spikes = np.where(X > 0, np.round(40 * X), 0).astype(int)
    fitted = fit("CReLU", responses_from_counts(X, spikes[:, None], 1.0))
    found = fitted.intervals
    assert found.low[0, [0, 2]].tolist() == [0, 0]
    assert found.low_at_bound[0].tolist() == [True, False, True]
    assert (found.high[0] > found.low[0]).all()
    # oracle: no spike in 13 s of nothing, so exp(-13 r0) has fallen by 1.92
    assert found.high[0, 0] == pytest.approx(chi2.ppf(0.95, 1) / 2 / 13, rel=0.1)


COVERED = [
    "half-wave",
    "thresholded half-wave",
    "half-squared",
    "two-path half-wave",
    "two-path energy",
    "noise-smoothed threshold",
    "power law",
    "thresholded half-squared",
    "softplus",
    "logistic",
]


@pytest.mark.parametrize("name", ["half-wave", "thresholded half-wave", "power law"])
def test_intervals_cover_the_truth(name):
    _check_coverage(name, 300, 0.91, 0.985)


@pytest.mark.slow
@pytest.mark.parametrize("name", COVERED)
def test_intervals_cover_the_truth_in_many(name):
    _check_coverage(name, 4000, 0.925, 0.975)


def _check_coverage(name, cells, least, most):
    # oracle: the nominal 95 %; every parameter is interior and seen in many spikes
    rectifier, truth = RECTIFIERS[name], RECTIFIERS[name].typical
    responses = poisson_responses(name, truth, X, 20, 0.5, cells, seed=11)
    found = fit_counts(rectifier, reduced(responses).counts).intervals
    values = np.array([truth[parameter] for parameter in rectifier.parameter_names])
    covered = ((found.low <= values) & (values <= found.high)).mean(0)
    for parameter, share in zip(rectifier.parameter_names, covered, strict=True):
        assert least <= share <= most, (name, parameter, share)


@pytest.mark.slow
def test_intervals_at_a_bound_cover_and_are_flagged():
    # oracle: the truth is on the bound (no spontaneous rate, no second path)
    truth = {"r0": 0, "gain_plus": 60, "gain_minus": 0}
    responses = poisson_responses("two-path half-wave", truth, X, 20, 0.5, 4000, seed=12)
    found = fit_counts(RECTIFIERS["CReLU"], reduced(responses).counts).intervals
    for which in (0, 2):
        assert (found.low[:, which] <= 0).mean() >= 0.93
        assert found.low_at_bound[found.low[:, which] <= 0, which].all()
