"""Movies and counts that every method takes, in blocks, and what is refused."""

import numpy as np
import pytest
import xarray as xr

from neurosim import InputError, Noise, Photographs, VisualField
from neurosim.analysis.reverse_correlation import recording as recording_module
from neurosim.analysis.reverse_correlation.figure import plot_receptive_fields
from neurosim.analysis.reverse_correlation.ridge import ridge_receptive_field
from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average
from neurosim.analysis.reverse_correlation.triggered_covariance import spike_triggered_covariance

METHODS = (spike_triggered_average, spike_triggered_covariance, ridge_receptive_field)


def test_a_stimulus_is_read_in_blocks(monkeypatch):
    # oracle: the same frames as one array; never more of them than a block holds
    field = VisualField(size=1, ppd=6, frame_rate=40)
    noise, counts = Noise(500, seed=3), np.random.default_rng(1).poisson(0.5, (500, 2))
    frames = noise.frames(field).rename(stimulus="time").drop_vars("frame")
    whole = spike_triggered_average(frames, counts, lags=[1, 4], shifts=19)
    most, pictures = [], Noise.pictures

    def watched(self, field, start, stop):
        most.append(stop - start)
        return pictures(self, field, start, stop)

    monkeypatch.setattr(Noise, "pictures", watched)
    monkeypatch.setattr(Noise, "contrast_frames", None, raising=False)
    monkeypatch.setattr(recording_module, "_BLOCK", 8 * 100 * (36 + 40))
    found = spike_triggered_average(noise, counts, field, lags=[1, 4], shifts=19)
    assert max(most) <= 100 * (36 + 40) / 36 + 4
    assert found["sta"].values == pytest.approx(whole["sta"].values, abs=1e-12)
    assert found["time"].values == pytest.approx([-1 / 40, -4 / 40])
    assert found["y"].values == pytest.approx(field.y)
    assert whole["x"].values == pytest.approx(field.x)


def test_any_stimulus_can_be_the_movie():
    # oracle: its frames as an array
    field = VisualField(size=1, ppd=8)
    patches, counts = Photographs(patches=200), np.random.default_rng(1).poisson(0.5, 200)
    found = ridge_receptive_field(patches, counts, field, strength=0.1)
    again = ridge_receptive_field(patches.frames(field).values, counts, strength=0.1)
    assert np.array_equal(found["receptive_field"], again["receptive_field"])


def test_counts_keep_their_labels(white):
    # oracle: the coordinates that were given, and 1 / the spacing of the bins
    movie = white(400, 3)
    values = np.random.default_rng(1).poisson(0.5, (1, 2, 400))
    counts = xr.DataArray(
        values,
        dims=("stimulus", "cell", "time_bin"),
        coords={
            "cell": ["a", "b"],
            "depth": ("cell", [1.0, 2.0]),
            "time_bin": ("time_bin", np.arange(400) / 50, {"units": "s"}),
        },
    )
    found = spike_triggered_average(movie, counts, lags=[0, 1], shifts=19)
    assert found["cell"].values.tolist() == ["a", "b"]
    assert found["depth"].values.tolist() == [1.0, 2.0]
    assert found["time"].values == pytest.approx([0, -0.02])
    with pytest.raises(InputError, match="counts per frame at 60 Hz, got 50 Hz"):
        spike_triggered_average(movie, counts, VisualField(size=1, ppd=3))


def test_a_silent_cell_is_nan_and_counted(white):
    movie, counts = white(400, 3), np.random.default_rng(1).poisson(0.5, (400, 3))
    counts[:, 1] = 0
    average = spike_triggered_average(movie, counts, lags=range(2), shifts=19)
    covariance = spike_triggered_covariance(movie, counts, lag=0, shifts=39)
    ridge = ridge_receptive_field(movie, counts)
    for found, name in ((average, "sta"), (covariance, "eigenvalue"), (ridge, "receptive_field")):
        assert found["spikes"].values[1] == 0
        other = tuple(d for d in found[name].dims if d != "cell")
        assert np.isnan(found[name]).all(other).values.tolist() == [False, True, False]
        assert plot_receptive_fields(found).axes
    assert np.isnan(average["p"].values[1])


MOVIE = np.random.default_rng(0).normal(0, 0.3, (300, 3, 3))


ONES = np.ones(300)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
@pytest.mark.parametrize(
    ("movie", "counts", "message"),
    [
        (MOVIE, np.ones(299), "one count for each of the 300 frames, got 299 .bin the spikes"),
        (MOVIE, np.zeros((300, 2)), "at least one spike in a cell, got none in 2 cells"),
        (MOVIE, -ONES, "counts >= 0, got -1"),
        (MOVIE, ONES * np.nan, "finite counts, got NaN"),
        (MOVIE, np.ones((300, 2, 2)), r"counts of shape \(time,\) or \(time, cell\)"),
        (MOVIE * np.nan, ONES, "finite frames, got NaN"),
        (MOVIE[:, 0], ONES, r"a Stimulus, or frames \(time, y, x\)"),
        (xr.DataArray(MOVIE, dims=("t", "a", "b")), ONES, r"frames with dims \(time, y, x\)"),
        (MOVIE, xr.DataArray(np.ones((300, 2)), dims=("time", "unit")), "dims .time, cell."),
        (MOVIE, xr.Dataset({"count": ("time", ONES)}), "count_in_bin, got count .simulate with"),
    ],
)
def test_movies_and_counts_refused(method, movie, counts, message):
    with pytest.raises(InputError, match=f"{method.__name__}: expected .*{message}"):
        method(movie, counts)


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        (spike_triggered_average, {"lags": [0.5]}, "lags as whole numbers of frames"),
        (spike_triggered_average, {"lags": [-1, 2]}, "lags from 0 to 298 frames"),
        (spike_triggered_average, {"lags": [0, 299]}, "lags from 0 to 298 frames"),
        (spike_triggered_average, {"lags": [1, 1]}, "each lag once"),
        (spike_triggered_average, {"lags": [np.inf]}, "lags as whole numbers"),
        (spike_triggered_covariance, {"lag": [0, 1]}, r"lags as whole .* got \[\[0, 1\]\]"),
        (spike_triggered_average, {"lags": []}, "lags as whole numbers"),
        (
            spike_triggered_average,
            {"shifts": 18, "seed": -1},
            "19, got 18; expected seed as a whole",
        ),
        (spike_triggered_average, {"shifts": 290}, "at least 329 responses for 290 shifts"),
        (spike_triggered_average, {"least_shift": 0}, "least_shift as a whole number >= 1"),
        (spike_triggered_average, {"field": VisualField(1, 4)}, "the field's .4, 4. pixels"),
        (spike_triggered_covariance, {"shifts": 38}, "shifts as a whole number >= 39, got 38"),
        (spike_triggered_covariance, {"level": 2}, r"level in \(0, 1\), got 2"),
        (spike_triggered_covariance, {"axes": 10, "lag": 0}, "axes as a whole number from 1 to 9"),
        (ridge_receptive_field, {"strength": 0, "held_out": 1}, "strength > 0.*held_out .* from 2"),
        (ridge_receptive_field, {"strength": []}, "strength > 0"),
    ],
)
def test_arguments_refused(method, arguments, message):
    with pytest.raises(InputError, match=message):
        method(MOVIE, np.random.default_rng(0).poisson(0.5, 300), **arguments)


def test_what_does_not_fit_in_memory_is_refused():
    movie, counts = np.zeros((100, 60, 60)), np.ones(100)
    with pytest.raises(InputError, match=r"covariances within .* \(fewer shifts, or fewer pixels"):
        spike_triggered_covariance(movie, counts, lag=0, shifts=39, least_shift=1)
    with pytest.raises(InputError, match=r"products of frames within .* \(fewer lags"):
        ridge_receptive_field(movie, counts)
