"""Orientation, direction and frequency selectivity: closed forms, and coverage by simulation."""

import numpy as np
import pytest
from scipy.special import ive

from neurosim import InputError, frequency_bandwidth, orientation_selectivity
from neurosim.analysis.fitting.ascent import ascend
from neurosim.analysis.tuning.bandwidth import log_gaussian_curve
from neurosim.analysis.tuning.curves import CurveModel, fitted_curves
from neurosim.analysis.tuning.von_mises import half_width_of_von_mises, von_mises_curve, width_on
from neurosim.data.counts import Counts
from neurosim.data.responses import responses_from_counts

ORIENTATIONS, DIRECTIONS = np.arange(0, 180, 15.0), np.arange(0, 360, 22.5)
FREQUENCIES = 2.0 ** np.arange(-1, 4.1, 0.5)


def as_counts(rate, trials=2):
    """Expected counts of one second, scaled so that rounding does not show."""
    return np.repeat(np.round(np.asarray(rate) * 1e6)[:, None], trials, axis=1).astype(int)


@pytest.mark.parametrize("k", [0.5, 2.0, 6.0])
def test_von_mises_over_orientation(k):
    # oracle: circular variance 1 - I1(k)/I0(k); OSI tanh(k); half-width arccos(1 - ln2 / k) / 2
    rate = np.exp(k * (np.cos(2 * np.deg2rad(ORIENTATIONS - 30)) - 1))
    found = orientation_selectivity(as_counts(rate), ORIENTATIONS, samples=100)
    assert found["circular variance"].value == pytest.approx(1 - ive(1, k) / ive(0, k), abs=1e-4)
    assert found["OSI"].value == pytest.approx(np.tanh(k), abs=1e-4)
    assert found["preferred orientation"].value == pytest.approx(30, abs=1e-3)
    width = half_width_of_von_mises(k)
    assert found["half-width"].value == pytest.approx(width, abs=0.05)
    assert width == pytest.approx(np.rad2deg(np.arccos(1 - np.log(2) / k)) / 2)


def test_two_peaks_over_direction():
    # oracle: ratios of the curve at its peaks; the flanks of one peak at half of it
    curve = von_mises_curve(360)
    p = np.array([[0, 30, 10, np.deg2rad(45), np.log(5.0)]])
    found = orientation_selectivity(as_counts(curve(p, DIRECTIONS)[0]), DIRECTIONS, samples=100)
    at, null, side = curve(p, np.array([45.0, 225.0, 135.0]))[0]
    assert found["DSI"].value == pytest.approx((at - null) / (at + null), abs=1e-4)
    mean = (at + null) / 2
    assert found["OSI"].value == pytest.approx((mean - side) / (mean + side), abs=1e-4)
    assert found["half-width"].value == pytest.approx(half_width_of_von_mises(5, 360), abs=0.1)
    vector = (curve(p, DIRECTIONS)[0] * np.exp(1j * np.deg2rad(DIRECTIONS))).sum()
    share = abs(vector) / curve(p, DIRECTIONS)[0].sum()
    assert found["direction circular variance"].value == pytest.approx(1 - share, abs=1e-4)


def test_an_odd_number_of_directions_is_interpolated():
    # oracle: an untuned cell has indices of 0, whatever the angles; a cosine over direction,
    # 1 + cos x, has a direction circular variance of 1/2
    angles = np.arange(9) * 40.0
    flat = orientation_selectivity(as_counts(np.ones(9)), angles, samples=100)
    assert flat["OSI"].value == pytest.approx(0)
    assert flat["DSI"].value == pytest.approx(0)
    cosine = orientation_selectivity(as_counts(1 + np.cos(np.deg2rad(angles))), angles, samples=100)
    assert cosine["direction circular variance"].value == pytest.approx(0.5, abs=1e-5)
    assert cosine["circular variance"].value == pytest.approx(1, abs=1e-5)


def test_triangle_half_width_by_interpolation():
    # oracle: a triangle of base 60 deg falls to half 30 deg from its peak
    angles = np.arange(0, 180, 10.0)
    rate = np.maximum(1 - np.abs(angles - 90) / 60, 0)
    assert width_on(rate[None], angles, 180) == pytest.approx(30)
    found = orientation_selectivity(as_counts(rate), angles, width="interpolated", samples=100)
    assert found["half-width"].value == pytest.approx(30)


def test_baseline_counts_from_the_spontaneous_rate():
    rate = np.exp(2 * (np.cos(2 * np.deg2rad(ORIENTATIONS)) - 1))
    plain = orientation_selectivity(as_counts(rate), ORIENTATIONS, samples=100)
    raised = orientation_selectivity(as_counts(rate + 1), ORIENTATIONS, baseline=1e6, samples=100)
    for name in ("OSI", "circular variance", "half-width"):
        assert raised[name].value == pytest.approx(plain[name].value, abs=1e-2)
        assert "1e+06 Hz" in raised[name].definition


def test_what_cannot_be_known_is_said():
    flat = orientation_selectivity([[50, 51]] * 6, np.arange(0, 180, 30), samples=100)
    assert flat["half-width"].status == ["never falls to half height"]
    assert flat["DSI"].status == ["orientations only: no opposite directions"]
    silent = orientation_selectivity(np.zeros((6, 2, 3), int), np.arange(0, 180, 30), samples=100)
    assert silent["OSI"].status == ["no spikes"] * 2
    once = orientation_selectivity([[1], [9], [1], [0]], [0, 45, 90, 135], samples=100)
    assert once["OSI"].value == pytest.approx(1)
    for name in ("OSI", "circular variance", "half-width"):
        assert once[name].status == ["single trials: no interval"]
        assert np.isnan([once[name].low, once[name].high]).all()


def covered(found, truth):
    return {n: np.mean((found[n].low <= t) & (found[n].high >= t)) for n, t in truth.items()}


def simulated_orientation(cells, samples):
    random = np.random.default_rng(2)
    curve = von_mises_curve(360)
    p = np.array([[3, 30, 10, 0.5, np.log(4.0)]])
    rate = curve(p, DIRECTIONS)[0]
    expected = orientation_selectivity(as_counts(rate), DIRECTIONS, samples=100)
    truth = {name: each.value[0] for name, each in expected.items()}
    counts = random.poisson(rate[:, None, None], (DIRECTIONS.size, cells, 8))
    responses = responses_from_counts(np.zeros((DIRECTIONS.size, cells)), counts, 1.0)
    responses = responses.assign_coords(orientation=("stimulus", DIRECTIONS))
    return covered(orientation_selectivity(responses, samples=samples), truth)


def test_coverage_of_orientation_intervals():
    # oracle: the indices of the rates themselves; 8 Poisson trials
    for name, share in simulated_orientation(80, 100).items():
        assert 0.86 <= share <= 1, name


@pytest.mark.slow
def test_coverage_of_orientation_intervals_in_many_cells():
    for name, share in simulated_orientation(600, 1000).items():
        assert 0.9 <= share <= 0.98, name


def test_resampled_curves_end_at_their_own_maxima():
    # oracle: the climb gone on with from there gains nothing, of counts whose baseline is 0
    random = np.random.default_rng(5)
    x, exposure = np.log2(FREQUENCIES), np.full(11, 8.0)
    rate = random.poisson(log_gaussian(0.62) * exposure, (200, 11)) / exposure
    start = np.array([[1.0, 25.0, 1.0, np.log(0.8)]])
    found = fitted_curves(log_gaussian_curve, x, rate, exposure, start)
    nothing = np.zeros(rate.shape)
    counts = Counts(nothing + x, rate * exposure, nothing + exposure, nothing)
    model = CurveModel(log_gaussian_curve, counts)
    assert (ascend(model, found).value - model.value(found) < 1e-3).all()


def log_gaussian(width, peak=2.5, baseline=0.0):
    p = np.array([[baseline, 30, np.log2(peak), np.log(width)]])
    return log_gaussian_curve(p, np.log2(FREQUENCIES))[0]


def test_log_gaussian_bandwidth():
    # oracle: 2 s sqrt(2 ln 2) octaves; s = 0.62 is De Valois' median of 1.46
    found = frequency_bandwidth(as_counts(log_gaussian(0.62)), FREQUENCIES, samples=100)
    assert found["bandwidth"].value == pytest.approx(2 * 0.62 * np.sqrt(2 * np.log(2)), abs=2e-3)
    assert found["preferred frequency"].value == pytest.approx(2.5, abs=0.02)


def test_interpolated_bandwidth_of_a_triangle():
    # oracle: a triangle over octaves is at half of its peak half way down
    octaves = np.log2(FREQUENCIES)
    rate = np.maximum(1 - np.abs(octaves - 1) / 1.5, 0)
    found = frequency_bandwidth(as_counts(rate), FREQUENCIES, curve="interpolated", samples=100)
    assert found["bandwidth"].value == pytest.approx(1.5)
    assert found["preferred frequency"].value == pytest.approx(2)


@pytest.mark.parametrize("curve", ["log-Gaussian", "interpolated"])
def test_low_and_high_pass_cells_have_no_bandwidth(curve):
    low = 30 / (1 + (FREQUENCIES / 4) ** 4)
    counts = np.stack([as_counts(r) for r in (low, low[::-1], np.full(11, 5.0))], axis=1)
    found = frequency_bandwidth(counts, FREQUENCIES, curve=curve, samples=100)
    kinds = [status.split(":")[0] for status in found["bandwidth"].status]
    assert kinds == ["low-pass", "high-pass", "all-pass"]
    assert np.isnan(found["bandwidth"].value).all()


def test_coverage_of_frequency_intervals():
    # oracle: the curve's own peak and width; 8 Poisson trials
    shares = simulated_frequency(80, 100)
    assert all(0.86 <= share <= 1 for share in shares.values()), shares


@pytest.mark.slow
def test_coverage_of_frequency_intervals_in_many_cells():
    shares = simulated_frequency(600, 1000)
    assert all(0.9 <= share <= 0.98 for share in shares.values()), shares


def simulated_frequency(cells, samples):
    counts = np.random.default_rng(3).poisson(
        log_gaussian(0.62)[:, None, None], (FREQUENCIES.size, cells, 8)
    )
    truth = {"bandwidth": 2 * 0.62 * np.sqrt(2 * np.log(2)), "preferred frequency": 2.5}
    return covered(frequency_bandwidth(counts, FREQUENCIES, samples=samples), truth)


def test_the_table_reads():
    found = orientation_selectivity([[9, 11], [31, 29], [10, 10], [1, 1]], [0, 45, 90, 135])
    assert list(found.table.columns)[:5] == ["cell", "measure", "value", "low", "high"]
    assert len(found.table) == len(found) == 6
    assert "circular variance 0.4314" in repr(found)
    assert "Ringach" in found.definitions["circular variance"]


@pytest.mark.parametrize(
    ("angles", "message"),
    [
        ([0, 45, 90, 180], "equally spaced over 180 or 360"),
        ([0, 45, 90, 90], "each value at one stimulus.*isel"),
        ([0, 60, 120], "4 values, one per stimulus"),
        ("direction", "'direction' along stimulus"),
    ],
)
def test_orientation_refuses(angles, message):
    with pytest.raises(InputError, match=message):
        orientation_selectivity(np.ones((4, 2), int), angles)


def test_frequency_refuses():
    with pytest.raises(InputError, match=r"frequencies > 0, got 0.*at least 5 frequencies, got 4"):
        frequency_bandwidth(np.ones((4, 2), int), [0, 1, 2, 4])
    with pytest.raises(InputError, match="curve among"):
        frequency_bandwidth(np.ones((5, 2), int), [1, 2, 3, 4, 5], curve="spline")
    with pytest.raises(InputError, match="no duration beside responses"):
        frequency_bandwidth(responses_from_counts([0, 1], [[1, 2], [3, 4]], 1.0), duration=1.0)


def test_an_untuned_cell_is_not_called_selective():
    # oracle: one rate at every angle: a p-value that is uniform, and an interval that reaches 1
    angle = np.arange(0, 360, 30.0)
    count = np.random.default_rng(3).poisson(4.0, (12, 60, 5))
    found = orientation_selectivity(count, angle, samples=100)
    for name, null in (("circular variance", 1.0), ("OSI", 0.0), ("DSI", 0.0)):
        p = found[name].more["permutation p"]
        assert np.mean(p <= 0.05) <= 0.15
        covers = (found[name].low <= null) & (null <= found[name].high)
        assert covers.mean() >= 0.9
    assert found["circular variance"].value.mean() < 0.95  # as high as it gets by noise alone


def test_a_tuned_cell_is_and_its_interval_stays_as_it_is():
    angle = np.arange(0, 180, 22.5)
    rate = 3 + 25 * np.exp(-0.5 * ((angle - 90) / 25) ** 2)
    count = np.random.default_rng(1).poisson(rate[:, None, None], (8, 3, 6))
    found = orientation_selectivity(count, angle, samples=200)
    assert (found["circular variance"].more["permutation p"] == 1 / 201).all()
    assert (found["circular variance"].high < 0.9).all()
    alone = orientation_selectivity(count[:, :, :1], angle, samples=100)
    assert np.isnan(alone["circular variance"].more["permutation p"]).all()
