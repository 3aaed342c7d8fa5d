"""Receptive fields from spikes: exact expectations of linear-nonlinear cells, chance, refusals."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from neurosim import GaborBank, InputError, Noise, Photographs, VisualField
from neurosim.analysis.reverse_correlation import recording as recording_module
from neurosim.analysis.reverse_correlation.figure import plot_receptive_fields
from neurosim.analysis.reverse_correlation.ridge import ridge_receptive_field
from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average
from neurosim.analysis.reverse_correlation.triggered_covariance import spike_triggered_covariance

METHODS = (spike_triggered_average, spike_triggered_covariance, ridge_receptive_field)


def _white(frames, side, contrast=0.3, seed=0):
    return np.random.default_rng(seed).normal(0, contrast, (frames, side, side))


def _direction(side, seed):
    w = np.random.default_rng(seed).normal(size=side * side)
    return w / np.sqrt((w**2).sum())


def _later(movie, lag):
    """What was shown so many frames before each, (time, pixel); the first frames wrap round."""
    return np.roll(movie.reshape(len(movie), -1), lag, axis=0)


# the average


def test_the_average_of_an_exponential_cell_is_variance_times_filter():
    # oracle: E[x exp(w.x)] / E[exp(w.x)] = s^2 w for Gaussian x; the spread under shifts
    movie, w = _white(20_000, 6), 4 * _direction(6, 1)
    counts = np.random.default_rng(2).poisson(np.exp(_later(movie, 2) @ w - 2.5))
    found = spike_triggered_average(movie, counts, lags=range(4), shifts=99)
    sta = found["sta"].sel(cell=0, lag=2).values.ravel()
    spread = 0.3 / np.sqrt(found["spikes"].item())
    assert np.abs(sta - 0.09 * w).max() < 4.5 * spread
    assert ((sta - 0.09 * w) ** 2).sum() / spread**2 == pytest.approx(36, abs=4 * np.sqrt(72))
    assert found["peak_lag"].item() == 2
    assert found["p"].item() == 0.01
    assert found["p_at_lag"].sel(cell=0, lag=2).item() == 0.01
    assert (found["p_at_lag"].sel(cell=0, lag=[0, 1, 3]) > 0.01).all()


def test_projection_and_spikes_needed():
    # oracle: the exponential cell's triggering frames are shifted by s^2 w, so a = s |w|; with
    # rarely two spikes in a frame the rule N >= 10 D / a^2 follows
    movie, w = _white(30_000, 8), 3 * _direction(8, 1)
    counts = np.random.default_rng(2).poisson(np.exp(_later(movie, 0) @ w - 3.5))
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


def test_cells_taken_in_groups_give_the_same(monkeypatch):
    # oracle: the same cells at once
    from neurosim.analysis.reverse_correlation import spike_triggered

    movie, counts = _white(300, 3), np.random.default_rng(1).poisson(0.5, (300, 5))
    whole = spike_triggered_average(movie, counts, lags=range(2), shifts=19)
    monkeypatch.setattr(spike_triggered, "_SUMS", 2 * 20 * 2 * 9 * 8)
    assert spike_triggered_average(movie, counts, lags=range(2), shifts=19).equals(whole)


def test_chance_is_uniform_for_unrelated_cells():
    # oracle: a p-value of exchangeable data is uniform (200 cells, one movie)
    movie = _white(600, 5)
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


def test_a_pixel_that_never_varies_is_nothing():
    # oracle: its average is its mean, so there is nothing to test
    movie, counts = _white(500, 3), np.random.default_rng(1).poisson(0.5, 500)
    movie[:, 1, 1] = 0.7
    found = spike_triggered_average(movie, counts, lags=[0], shifts=19)
    assert found["z"].values[0, 0, 1, 1] == 0
    assert found["sta"].values[0, 0, 1, 1] == pytest.approx(0, abs=1e-12)


# movies that are not arrays


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


def test_counts_keep_their_labels():
    # oracle: the coordinates that were given, and 1 / the spacing of the bins
    movie = _white(400, 3)
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


def test_a_silent_cell_is_nan_and_counted():
    movie, counts = _white(400, 3), np.random.default_rng(1).poisson(0.5, (400, 3))
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


# the covariance


def test_eigenvalues_of_a_quadratic_cell():
    # oracle: rate exp(q u^2 / 2) on Gaussian x of variance s^2 leaves variance 1 / (1/s^2 - q)
    # along u; the expected error of an eigenvalue is its own sampling error
    movie = _white(40_000, 5, contrast=0.5)
    u, v = _direction(5, 1), _direction(5, 2)
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


def test_no_axes_for_an_unrelated_cell():
    # oracle: a level of 5 % for the first axis; 60 cells
    movie, counts = _white(800, 3), np.random.default_rng(3).poisson(0.4, (800, 60))
    found = spike_triggered_covariance(movie, counts, lag=0, shifts=79)
    assert (found["number"] > 0).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert (found["p"].notnull().sum("axis") == found["number"] + 1).all()


def test_the_average_can_be_projected_out():
    # oracle: behind a half-wave rectifier only the variance along the filter changes, from that of
    # a Gaussian to that of one weighted by its positive half, E[z^2] - E[z]^2 = 2 - pi / 2
    movie, w = _white(30_000, 4, contrast=1.0), _direction(4, 1)
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


def test_a_coloured_stimulus_is_warned_of():
    movie, counts = _white(500, 4).cumsum(1), np.random.default_rng(1).poisson(0.5, 500)
    with pytest.warns(RuntimeWarning, match="the stimulus is not white .* axes are mixed"):
        spike_triggered_covariance(movie, counts, lag=0, shifts=39)


# ridge regression


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


def test_ridge_sharpens_what_pink_noise_blurs():
    # oracle: the known filter; the average is the filter times the noise's covariance
    field = VisualField(size=3, ppd=8)
    kernel = GaborBank(30, 1.75, 40, nx=0.5, ny=0.5).kernels(field).values.ravel()
    kernel /= np.sqrt((kernel**2).sum())
    noise = Noise(12_000, kind="pink", contrast=1.0, slope=3, seed=2)
    x = noise.pictures(field, 0, 12_000).reshape(12_000, -1)
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


def test_a_strong_penalty_gives_the_average():
    # oracle: w -> X'y / (k T s^2) as k grows
    movie, counts = _white(2000, 4), np.random.default_rng(1).poisson(0.5, 2000)
    sta = spike_triggered_average(movie, counts, lags=range(2), shifts=19)["sta"].values.ravel()
    w = ridge_receptive_field(movie, counts, lags=range(2), strength=1e6)["receptive_field"]
    assert np.corrcoef(w.values.ravel(), sta)[0, 1] == pytest.approx(1, abs=1e-6)


def test_held_out_variance_of_a_linear_cell():
    # oracle: signal variance over all, Poisson noise being the mean: 0.25 / (0.25 + 1)
    movie, w = _white(30_000, 4, contrast=1.0), 0.5 * _direction(4, 1)
    rate = np.maximum(0, 1 + movie.reshape(30_000, -1) @ w)
    found = ridge_receptive_field(movie, np.random.default_rng(1).poisson(rate), lags=[0])
    assert found["explained_variance"].item() == pytest.approx(0.2, abs=0.015)
    assert found["receptive_field"].values.ravel() == pytest.approx(w, abs=0.04)


# pictures


def test_plots_show_the_peak_lag_on_one_scale():
    field = VisualField(size=1, ppd=6)
    noise, w = Noise(3000, seed=3), 4 * _direction(6, 1)
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


# refusals

MOVIE = _white(300, 3)
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
