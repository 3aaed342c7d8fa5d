"""Ridge regression: its equations, its limits, what it explains."""

from itertools import pairwise

import numpy as np
import pytest

from neurosim import GaborBank, Noise, VisualField
from neurosim.analysis.reverse_correlation import recording as recording_module
from neurosim.analysis.reverse_correlation.ridge import ridge_receptive_field
from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average


def test_ridge_is_the_solution_of_its_equations(monkeypatch):
    # oracle: the design matrix written out and solved, for each held-out block and for all time
    monkeypatch.setattr(recording_module, "_BLOCK", 8 * 70 * 27)
    random = np.random.default_rng(1)
    movie, counts = random.normal(2, 1, (400, 3, 3)).cumsum(2), random.poisson(0.7, (400, 2))
    lags, strength = [0, 2], 0.03
    found = ridge_receptive_field(movie, counts, lags=lags, strength=strength, held_out=4)
    t = np.arange(2, 400)
    x = np.concatenate([movie[t - lag].reshape(len(t), -1) for lag in lags], axis=1)
    y = counts[t].astype(float)

    def solve(rows):
        centred = x[rows] - x[rows].mean(0)
        products = centred.T @ centred
        penalty = strength * np.trace(products) / 18 * np.eye(18)
        w = np.linalg.solve(products + penalty, centred.T @ y[rows])
        return w, y[rows].mean(0) - x[rows].mean(0) @ w

    w, b = solve(np.ones(len(t), dtype=bool))
    assert found["receptive_field"].values.reshape(2, -1) == pytest.approx(w.T, abs=1e-9)
    assert found["baseline"].values == pytest.approx(b)
    errors, alone = np.zeros(2), np.zeros(2)
    edges = np.linspace(0, len(t), 5).astype(int)
    for start, stop in pairwise(edges):
        train = np.ones(len(t), dtype=bool)
        train[start:stop] = False
        w, b = solve(train)
        errors += ((y[~train] - x[~train] @ w - b) ** 2).sum(0)
        alone += ((y[~train] - y[train].mean(0)) ** 2).sum(0)
    assert found["explained_variance"].values == pytest.approx(1 - errors / alone)


@pytest.mark.parametrize(
    ("size", "frames"), [(2.5, 8000), pytest.param(3, 12_000, marks=pytest.mark.slow)]
)
def test_ridge_sharpens_what_pink_noise_blurs(size, frames):
    # oracle: the known filter; the average is the filter times the noise's covariance
    field = VisualField(size=size, ppd=8)
    kernel = GaborBank(30, 1.75, 40, nx=0.5, ny=0.5).kernels(field).values.ravel()
    kernel /= np.sqrt((kernel**2).sum())
    noise = Noise(frames, kind="pink", contrast=1.0, slope=3, seed=2)
    x = noise.pictures(field, 0, frames).reshape(frames, -1)
    counts = np.random.default_rng(1).poisson(np.maximum(0, 1 + 5 * (x @ kernel)))
    average = spike_triggered_average(noise, counts, field, lags=[0], shifts=19)["sta"]
    found = ridge_receptive_field(noise, counts, field, lags=[0])
    blurred = np.corrcoef(average.values.ravel(), kernel)[0, 1]
    sharp = np.corrcoef(found["receptive_field"].values.ravel(), kernel)[0, 1]
    assert blurred < 0.6
    assert sharp > 0.93
    assert not found["at_end"].item()
    expected = np.cov(x.T) @ kernel  # Bussgang
    assert np.corrcoef(average.values.ravel(), expected)[0, 1] > 0.98


def test_a_strong_penalty_gives_the_average(white):
    # oracle: w -> X'y / (k T s^2) as k grows
    movie, counts = white(2000, 4), np.random.default_rng(1).poisson(0.5, 2000)
    sta = spike_triggered_average(movie, counts, lags=range(2), shifts=19)["sta"].values.ravel()
    w = ridge_receptive_field(movie, counts, lags=range(2), strength=1e6)["receptive_field"]
    assert np.corrcoef(w.values.ravel(), sta)[0, 1] == pytest.approx(1, abs=1e-6)


def test_held_out_variance_of_a_linear_cell(white, direction):
    # oracle: signal variance over all, Poisson noise being the mean: 0.25 / (0.25 + 1)
    movie, w = white(30_000, 4, contrast=1.0), 0.5 * direction(4, 1)
    rate = np.maximum(0, 1 + movie.reshape(30_000, -1) @ w)
    found = ridge_receptive_field(movie, np.random.default_rng(1).poisson(rate), lags=[0])
    assert found["explained_variance"].item() == pytest.approx(0.2, abs=0.015)
    assert found["receptive_field"].values.ravel() == pytest.approx(w, abs=0.04)
