"""Ends of intervals against fits with the parameter held, each searched from the beginning."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2

from neurosim import RECTIFIERS, fit, poisson_responses, responses_from_counts

X = np.linspace(-1, 1, 8)
GIVEN = {"quadrature": 0.6 * np.cos(3 * X), "noise": 0.1 + 0.2 * (np.arange(X.size) % 3)}
FALL = chi2.ppf(0.95, 1)
SLOW = ("Siegert", "LIF f-I", "S-shaped linear")


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        pytest.param(name, cells, marks=pytest.mark.slow if cells > 1 or name in SLOW else ())
        for name in RECTIFIERS
        for cells in ((1,) if name in SLOW else (1, 6))
    ],
)
def test_the_likelihood_has_fallen_enough_at_every_end(name, cells):
    # oracle: a fit with the parameter held, from a grid, which knows nothing of the estimate
    rectifier = RECTIFIERS[name]
    made = poisson_responses(name, rectifier.typical, X, 5, 0.5, cells, 21, GIVEN)
    fitted = fit(name, made, "Poisson")
    found = fitted.intervals
    ends = [(found.low, found.low_at_bound), (found.high, found.high_at_bound)]
    for values, at_bound in ends:
        for row, index in zip(*np.nonzero(np.isfinite(values) & ~at_bound), strict=True):
            parameter = {rectifier.parameter_names[index]: float(values[row, index])}
            held = fit(name, made.isel(cell=[row]), "Poisson", fixed=parameter)
            fall = 2 * (fitted.log_likelihood[row] - held.log_likelihood[0])
            assert fall == pytest.approx(FALL, abs=0.01), (row, parameter)


@pytest.mark.parametrize("scatter", ["negative binomial", "under-dispersed"])
@pytest.mark.parametrize("name", ["half-wave", "half-squared"])
def test_the_scatter_is_at_its_best_at_every_end_too(name, scatter):
    # oracle: a fit with the parameter held, which estimates the scatter anew
    rectifier, random = RECTIFIERS[name], np.random.default_rng(3)
    mean = np.tile(rectifier.rate(X, **rectifier.typical)[:, None, None] * 0.5, (1, 8, 5))
    if scatter == "negative binomial":
        count = random.poisson(mean * random.gamma(2.0, 0.5, mean.shape))
    else:
        tries = np.ceil(mean + 8).astype(int)
        count = random.binomial(tries, mean / tries)
    made = responses_from_counts(np.repeat(X[:, None], 8, axis=1), count, 0.5)
    fitted = fit(name, made, scatter)
    found, falls = fitted.intervals, []
    for values, at_bound in ((found.low, found.low_at_bound), (found.high, found.high_at_bound)):
        for row, index in zip(*np.nonzero(np.isfinite(values) & ~at_bound), strict=True):
            parameter = {rectifier.parameter_names[index]: float(values[row, index])}
            held = fit(name, made.isel(cell=[row]), scatter, fixed=parameter)
            falls.append(2 * (fitted.log_likelihood[row] - held.log_likelihood[0]))
    assert len(falls) > 20
    assert falls == pytest.approx(np.full(len(falls), FALL), abs=0.2)
    assert np.median(falls) == pytest.approx(FALL, abs=0.06)


def test_an_end_does_not_begin_from_a_climb_that_went_astray():
    # oracle: the likelihood maximised over the others on a fine grid of thresholds
    x = np.linspace(-1, 1, 12)
    count = np.array([11, 12, 6, 10, 6, 8, 15, 26, 59, 83, 123, 184])
    fitted = fit("noise-smoothed threshold", responses_from_counts(x, count[:, None], 2.5))
    assert fitted.values[0, 2] == pytest.approx(0.3346, abs=1e-3)
    ends = [end[0, 2] for end in fitted.intervals[:2]]
    assert ends == pytest.approx([0.161, 0.92], abs=0.002)


def test_an_end_far_below_a_gain_is_closed_in_on():
    # oracle: SciPy's L-BFGS-B from 60 starts with the gain held: falls of 3.795 at 5 and 5.394 at 1
    name = "thresholded power law"
    made = poisson_responses(name, RECTIFIERS[name].typical, X, 5, 0.5, 4, 21).isel(cell=[0])
    assert fit(name, made, "Poisson").intervals.low[0, 1] == pytest.approx(4.82, abs=0.02)


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("tanh", {"r0": 40.0, "gain": 30.0, "width": 0.5}),
        ("tanh", {"r0": 8.0, "gain": 7.9, "width": 0.5}),
        ("leaky half-wave", {"r0": 8.0, "gain": 60.0, "leak": 0.13}),
        ("exponential-linear", {"r0": 8.0, "gain": 60.0, "depth": 0.13, "width": 0.4}),
    ],
)
def test_r0_is_held_of_a_rate_that_falls_below_it(name, truth):
    # oracle: SciPy's L-BFGS-B with the gain as a share of the largest that can be, several starts
    rectifier = RECTIFIERS[name]
    made = poisson_responses(name, truth, X, 5, 0.5, 1, 21)
    fitted = fit(name, made, "Poisson")
    count = made["count"].values[:, 0].sum(-1)
    for r0 in (fitted.intervals.low[0, 0], fitted.intervals.high[0, 0], 1.02 * fitted.values[0, 0]):
        held = fit(name, made, "Poisson", fixed={"r0": float(r0)})
        assert held.values[0, 0] == r0
        best = -_least_loss(rectifier, count, r0, held.values[0, 1:])
        constant = held.model.likelihood.constant(held.model.counts).sum()
        assert held.log_likelihood[0] - constant == pytest.approx(best, abs=1e-3)
        assert held.rates.min() >= -1e-12 * r0


def _least_loss(rectifier, count, r0, near):
    random = np.random.default_rng(0)
    ends = [parameter.bounds(X[None]) for parameter in rectifier.parameters.values()]
    bounds = np.array([(0.0, 1.0), *((float(low[0]), float(high[0])) for low, high in ends)])

    def loss(p):
        path = rectifier.paths(X, *np.maximum(p[1:], 1e-9))[0]
        driven = np.maximum(r0 * (1 - p[0] * path / path.min()), 1e-12)
        return float((driven * 2.5 - count * np.log(driven)).sum())

    least = np.inf
    for share in (0.2, 0.5, 0.9, 0.99, 1.0, 1.0):
        shapes = near[1:] * random.uniform(0.5, 1.3, near.size - 1)
        start = np.clip([share, *shapes], *bounds.T)
        least = min(least, minimize(loss, start, bounds=bounds, tol=1e-11).fun)
    return least
