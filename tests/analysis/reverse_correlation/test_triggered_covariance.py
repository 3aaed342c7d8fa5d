"""Spike-triggered covariance: exact eigenvalues, and none by chance."""

import numpy as np
import pytest

from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average
from neurosim.analysis.reverse_correlation.triggered_covariance import spike_triggered_covariance


def test_eigenvalues_of_a_quadratic_cell(white, direction):
    # oracle: rate exp(q u^2 / 2) on Gaussian x of variance s^2 leaves variance 1 / (1/s^2 - q)
    # along u; the expected error of an eigenvalue is its own sampling error
    movie = white(40_000, 5, contrast=0.5)
    u, v = direction(5, 1), direction(5, 2)
    v = v - (u @ v) * u
    v /= np.sqrt((v**2).sum())
    x = movie.reshape(len(movie), -1)
    rate = np.exp((2.0 * (x @ u) ** 2 - 8.0 * (x @ v) ** 2) / 2 - 1.2)
    found = spike_triggered_covariance(movie, np.random.default_rng(3).poisson(rate), shifts=99)
    change = found["variance_change"].values[0, :2]
    assert found["number"].item() == 2
    assert found["lag"].item() == 0
    noise = np.sqrt(2 / found["spikes"].item())
    assert change.max() == pytest.approx(1 / (1 - 0.5) - 1, abs=6 * noise * 2)
    assert change.min() == pytest.approx(1 / (1 + 2.0) - 1, abs=6 * noise)
    axes = found["axes"].values[0, :2].reshape(2, -1)
    raised, lowered = axes[change.argmax()], axes[change.argmin()]
    assert abs(raised @ u) > 0.97
    assert abs(lowered @ v) > 0.97


def test_no_axes_for_an_unrelated_cell(white):
    # oracle: a level of 5 % for the first axis; 60 cells
    movie, counts = white(800, 3), np.random.default_rng(3).poisson(0.4, (800, 60))
    found = spike_triggered_covariance(movie, counts, lag=0, shifts=79)
    assert (found["number"] > 0).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert (found["p"].notnull().sum("axis") == found["number"] + 1).all()


def test_the_average_can_be_projected_out(white, direction):
    # oracle: behind a half-wave rectifier only the variance along the filter changes, from that of
    # a Gaussian to that of one weighted by its positive half, E[z^2] - E[z]^2 = 2 - pi / 2
    movie, w = white(30_000, 4, contrast=1.0), direction(4, 1)
    x = movie.reshape(len(movie), -1)
    counts = np.random.default_rng(3).poisson(0.5 * np.maximum(x @ w, 0))
    found = spike_triggered_covariance(movie, counts, lag=0, shifts=99)
    assert found["number"].item() == 1
    assert found["variance_change"].values[0, 0] == pytest.approx(1 - np.pi / 2, abs=0.06)
    assert abs(found["axes"].values[0, 0].ravel() @ w) > 0.97
    left = spike_triggered_covariance(movie, counts, lag=0, shifts=99, project_out_average=True)
    assert left["number"].item() == 0
    sta = spike_triggered_average(movie, counts, lags=[0], shifts=19)["sta"].values.ravel()
    assert left["axes"].values[0, 0].ravel() @ sta == pytest.approx(0, abs=1e-10)


def test_a_coloured_stimulus_is_warned_of(white):
    movie, counts = white(500, 4).cumsum(1), np.random.default_rng(1).poisson(0.5, 500)
    with pytest.warns(RuntimeWarning, match="the stimulus is not white .* axes are mixed"):
        spike_triggered_covariance(movie, counts, lag=0, shifts=39)
