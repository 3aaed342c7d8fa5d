"""Thresholds that the rate leaves upright: the highest of the many maxima between drives."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

from neurosim import RECTIFIERS
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.analysis.fitting.fit import fit_counts
from neurosim.analysis.fitting.likelihoods.poisson import Poisson
from neurosim.data.counts import Counts, reduced

X = np.linspace(-1, 1, 25)
WAYS = np.r_[
    np.geomspace(1e-12, 1e-2, 6), 0.02, np.linspace(0.1, 1, 5)
]  # of an interval, to its end


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("LIF f-I", 87),
        pytest.param("LIF f-I", 168, marks=pytest.mark.slow),
        pytest.param("LIF f-I", 397, marks=pytest.mark.slow),
        ("thresholded power law", 285),
    ],
)
def test_no_threshold_between_any_two_drives_is_better(name, cell):
    # oracle: SciPy's L-BFGS-B in every interval, on all parameters from thresholds throughout it,
    # and on all others at thresholds next to nothing below a drive, where the rate of that one
    # drive alone is still free
    made = poisson_responses(name, RECTIFIERS[name].typical, X, 10, 0.5, 500, seed=7)
    counts = reduced(made).counts.take(np.array([cell]))
    rectifier = RECTIFIERS[name]
    fitted = fit_counts(rectifier, counts)
    values = fitted.values[0]
    low, high = rectifier.parameters[rectifier.parameter_names[3]].bounds(counts.x)

    def loss(p):
        rate = p[0] + p[1] * rectifier.paths(X, p[2], p[3])[0]
        return -Poisson().log_likelihood(rate[None], counts)[0]

    best = -np.inf
    for drive in X[np.abs(X - values[2]) < 0.25]:
        for way in WAYS:
            threshold = drive - way * (X[1] - X[0])
            within = (threshold, threshold) if way < 0.01 else (drive - (X[1] - X[0]), drive)
            bounds = [(1e-3, None), (0, None), within, (low[0], high[0])]
            for times in (0.5, 1, 2):
                start = [values[0], values[1], threshold, times * values[3]]
                best = max(best, -minimize(loss, start, method="L-BFGS-B", bounds=bounds).fun)
    assert fitted.log_likelihood[0] >= best - 1e-6


@pytest.mark.parametrize("seed", [0, pytest.param(4, marks=pytest.mark.slow)])
def test_two_thousand_drives_shown_once_are_fitted_at_least_as_well_as_by_the_truth(seed):
    # oracle: the likelihood of the parameters that made the counts
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (1, 2000)) if seed == 0 else random.normal(0, 0.5, (1, 2000))
    rate = RECTIFIERS["LIF f-I"].rate(x, **RECTIFIERS["LIF f-I"].typical)
    spikes = random.poisson(rate).astype(float)
    one = np.ones(x.shape)
    counts = Counts(x, spikes, one, -gammaln(spikes + 1), {}, one)
    fitted = fit_counts(RECTIFIERS["LIF f-I"], counts)
    assert fitted.status == ["ok"]
    assert fitted.log_likelihood >= Poisson().log_likelihood(rate, counts)
