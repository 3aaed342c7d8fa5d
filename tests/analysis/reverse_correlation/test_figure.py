"""Receptive fields drawn."""

import numpy as np
import pytest
import xarray as xr

from neurosim import InputError, Noise, VisualField
from neurosim.analysis.reverse_correlation.figure import plot_receptive_fields
from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average
from neurosim.analysis.reverse_correlation.triggered_covariance import spike_triggered_covariance


def test_plots_show_the_peak_lag_on_one_scale(direction):
    field = VisualField(size=1, ppd=6)
    noise, w = Noise(3000, seed=3), 4 * direction(6, 1)
    x = noise.pictures(field, 0, 3000).reshape(3000, -1)
    counts = np.random.default_rng(2).poisson(np.exp(np.roll(x, 1, 0) @ np.outer(w, [1, 0.5]) - 1))
    found = spike_triggered_average(noise, counts, field, lags=range(2), shifts=19)
    images = [ax.get_images()[0] for ax in plot_receptive_fields(found).axes if ax.get_images()]
    limit = float(np.abs(found["sta"].sel(lag=1)).max())
    for k, image in enumerate(images[:2]):
        assert np.array_equal(image.get_array(), found["sta"].values[k, 1])
        assert image.get_clim() == (-limit, limit)
        assert image.get_extent() == pytest.approx([-0.5, 0.5, -0.5, 0.5])
    spectrum = spike_triggered_covariance(noise, counts[:, 0], field, lag=1, shifts=39)
    drawn = plot_receptive_fields(spectrum).axes[0].get_lines()[0].get_ydata()
    assert np.array_equal(drawn, spectrum["eigenvalue"].values[0])
    with pytest.raises(InputError, match=r"cells from 0 to 1, got \[2\]"):
        plot_receptive_fields(found, [2])
    with pytest.raises(InputError, match="a result with sta, receptive_field or axes"):
        plot_receptive_fields(xr.Dataset())
