"""Spike-triggered averages: exact expectations of linear-nonlinear cells, and chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from neurosim.analysis.reverse_correlation import recording as recording_module
from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average


def test_the_average_of_an_exponential_cell_is_variance_times_filter(white, direction, later):
    # oracle: E[x exp(w.x)] / E[exp(w.x)] = s^2 w for Gaussian x; the spread under shifts
    movie, w = white(20_000, 6), 4 * direction(6, 1)
    counts = np.random.default_rng(2).poisson(np.exp(later(movie, 2) @ w - 2.5))
    found = spike_triggered_average(movie, counts, lags=range(4), shifts=99)
    sta = found["sta"].sel(cell=0, lag=2).values.ravel()
    spread = 0.3 / np.sqrt(found["spikes"].item())
    assert np.abs(sta - 0.09 * w).max() < 4.5 * spread
    assert ((sta - 0.09 * w) ** 2).sum() / spread**2 == pytest.approx(36, abs=4 * np.sqrt(72))
    assert found["peak_lag"].item() == 2
    assert found["p"].item() == 0.01
    assert found["p_at_lag"].sel(cell=0, lag=2).item() == 0.01
    assert (found["p_at_lag"].sel(cell=0, lag=[0, 1, 3]) > 0.01).all()


def test_projection_and_spikes_needed(white, direction, later):
    # oracle: the exponential cell's triggering frames are shifted by s^2 w, so a = s |w|; with
    # rarely two spikes in a frame the rule N >= 10 D / a^2 follows
    movie, w = white(30_000, 8), 3 * direction(8, 1)
    counts = np.random.default_rng(2).poisson(np.exp(later(movie, 0) @ w - 3.5))
    found = spike_triggered_average(movie, counts, lags=range(2), shifts=99)
    a = found["mean_projection"].item()
    assert a == pytest.approx(0.9, abs=0.06)
    assert found["spikes_needed"].item() == pytest.approx(640 / a**2, rel=0.15)
    sta = found["sta"].sel(cell=0, lag=0).values.ravel()
    ratio = found["spikes"].item() / (640 / a**2)  # r^2 = 1 / (1 + D / (a^2 N))
    assert np.corrcoef(sta, w)[0, 1] == pytest.approx((1 + 0.1 / ratio) ** -0.5, abs=0.03)


@settings(max_examples=20)
@given(
    st.integers(0, 2**31),
    st.lists(st.integers(0, 7), min_size=1, max_size=4, unique=True),
    st.integers(1, 400),
)
def test_the_average_is_its_definition_in_blocks_of_any_size(seed, lags, block):
    # oracle: the sums written out, over responses that every lag has a frame for
    random = np.random.default_rng(seed)
    movie, counts = random.normal(1, 1, (90, 3, 4)), random.poisson(0.7, (90, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording_module, "_BLOCK", 8 * block * 100)
        found = spike_triggered_average(movie, counts, lags=lags, shifts=19, seed=seed)
    t = np.arange(max(lags), 90)
    for cell in range(2):
        for lag in lags:
            n, x = counts[t, cell], movie[t - lag]
            expected = np.tensordot(n, x, 1) / n.sum() - x.mean(0)
            assert found["sta"].sel(cell=cell, lag=lag).values == pytest.approx(expected, abs=1e-12)
    assert (found["spikes"] == counts[t].sum(0)).all()


def test_cells_taken_in_groups_give_the_same(white, monkeypatch):
    # oracle: the same cells at once
    from neurosim.analysis.reverse_correlation import spike_triggered

    movie, counts = white(300, 3), np.random.default_rng(1).poisson(0.5, (300, 5))
    whole = spike_triggered_average(movie, counts, lags=range(2), shifts=19)
    monkeypatch.setattr(spike_triggered, "_SUMS", 2 * 20 * 2 * 9 * 8)
    assert spike_triggered_average(movie, counts, lags=range(2), shifts=19).equals(whole)


def test_chance_is_uniform_for_unrelated_cells(white):
    # oracle: a p-value of exchangeable data is uniform (200 cells, one movie)
    movie = white(600, 5)
    counts = np.random.default_rng(3).poisson(0.4, (600, 200))
    found = spike_triggered_average(movie, counts, lags=range(3), shifts=99)
    assert kstest(found["p"].values, "uniform").pvalue > 0.01
    assert (found["p"] <= 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert found["z"].std() == pytest.approx(1, abs=0.03)
    assert (found["mean_projection"] ** 2).mean() < 0.2


def test_chance_holds_for_slow_movies_and_slow_cells():
    # oracle: as before; frames and rates are correlated over 5 frames, much below the shifts
    random = np.random.default_rng(4)

    def slow(shape):
        noise = random.normal(size=shape)
        for k in range(1, len(noise)):
            noise[k] += 0.8 * noise[k - 1]
        return noise

    movie, counts = slow((3000, 4, 4)), random.poisson(np.exp(0.4 * slow((3000, 100)) - 1))
    found = spike_triggered_average(movie, counts, lags=range(2), shifts=99)
    assert (found["p"] <= 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_a_pixel_that_never_varies_is_nothing(white):
    # oracle: its average is its mean, so there is nothing to test
    movie, counts = white(500, 3), np.random.default_rng(1).poisson(0.5, 500)
    movie[:, 1, 1] = 0.7
    found = spike_triggered_average(movie, counts, lags=[0], shifts=19)
    assert found["z"].values[0, 0, 1, 1] == 0
    assert found["sta"].values[0, 0, 1, 1] == pytest.approx(0, abs=1e-12)
