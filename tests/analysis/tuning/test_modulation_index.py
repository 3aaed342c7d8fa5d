"""F1/F0 of spikes: closed forms of REFERENCES, unbiasedness and coverage by simulation."""

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, InputError, modulation_index, modulation_of_spikes, simulate
from neurosim.analysis.measures.trains import Trains
from neurosim.analysis.tuning.modulation_index import random_modulation
from neurosim.analysis.tuning.phase_vectors import vectors_by_cycle
from neurosim.data.responses import responses_from_counts


def histogram(expected, trials=1, duration=1.0):
    """Responses of one stimulus whose cycle histograms (cell, phase_bin) are given."""
    expected = np.asarray(expected)
    cells = len(expected)
    count = np.zeros((1, cells, trials), dtype=int)
    responses = responses_from_counts(np.ones((1, cells)), count, duration)
    responses["count_at_phase"] = (("stimulus", "cell", "phase_bin"), expected[None])
    return responses


def integral_over_bins(power, bins=32, fine=500):
    """Of [cos]+^power, each bin's share."""
    phase = (np.arange(bins * fine) + 0.5) / (bins * fine) * 2 * np.pi
    return (np.maximum(np.cos(phase), 0) ** power).reshape(bins, fine).mean(-1)


def thinned(random, rate, duration, frequency, trials):
    """Poisson spikes at `rate`(phase), Hz, at most rate(0)."""
    out = []
    for _ in range(trials):
        time = np.sort(random.random(random.poisson(rate(0) * duration)) * duration)
        keep = random.random(time.size) * rate(0) < rate(2 * np.pi * frequency * time)
        out.append(time[keep])
    return out


SINE = (lambda phase: 5 * (1 + 0.5 * np.cos(phase)), 0.5)
HALF_WAVE = (lambda phase: 16 * np.maximum(np.cos(phase), 0), np.pi / 2)


@pytest.mark.parametrize(
    ("power", "harmonic", "expected"),
    [(1, 1, np.pi / 2), (2, 1, 16 / (3 * np.pi)), (1, 2, 2 / 3), (2, 2, 1.0), (3, 2, 6 / 5)],
)
def test_rectified_powers_in_bins(power, harmonic, expected):
    # oracle: Gamma functions (REFERENCES); the bins' width is corrected for
    found = modulation_index(histogram([integral_over_bins(power) * 1e6]), harmonic)
    assert found[f"F{harmonic}/F0"].value == pytest.approx(expected, abs=2e-3)
    assert found[f"F{harmonic}/F0 debiased"].value == pytest.approx(expected, abs=2e-3)


def test_baseline_is_taken_off_the_mean_only():
    wave = integral_over_bins(1) * 1000
    found = modulation_index(histogram([wave + 50.0], duration=10), baseline=50 * 32 / 10)
    assert found["F1/F0"].value == pytest.approx(np.pi / 2, abs=2e-3)
    assert "160 Hz" in found["F1/F0"].definition


def test_an_unmodulated_cell_of_20_spikes():
    # oracle: REFERENCES, 10 s of an unmodulated 2 Hz cell gives 0.39 in the median (there with a
    # Poisson number of spikes; Rayleigh's median for 20 is 2 sqrt(ln 2 / 20) = 0.372)
    random = np.random.default_rng(0)
    spikes = [np.sort(random.random(20) * 10) for _ in range(300)]
    found = [modulation_of_spikes([each], 2.0, 10.0, samples=100) for each in spikes]
    raw = np.concatenate([each["F1/F0"].value for each in found])
    assert np.median(raw) == pytest.approx(0.38, abs=0.04)
    assert random_modulation([0.5, 0.95], 20) == pytest.approx(
        np.quantile(raw, [0.5, 0.95]), abs=0.06
    )
    debiased = np.concatenate([each["F1/F0 debiased"].value for each in found])
    assert np.mean(debiased == 0) > 0.5  # its median is 0
    p = np.concatenate([each["F1/F0"].more["null p"] for each in found])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 300))


@pytest.mark.parametrize(("rate", "truth"), [SINE, HALF_WAVE])
def test_debiased_value_and_coverage(rate, truth):
    # oracle: the rate's own F1/F0; 20 to 100 spikes
    value, covers = simulated_modulation(rate, truth, sets=150, samples=200)
    square = value**2
    assert abs(square.mean() - truth**2) < 3 * square.std() / np.sqrt(square.size)
    assert 0.9 <= covers <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "truth"), [SINE, HALF_WAVE])
def test_coverage_in_many_sets(rate, truth):
    # oracle: nominal 95 %, and that the square is unbiased, within 3 standard errors
    value, covers = simulated_modulation(rate, truth, sets=3000, samples=400, seed=7)
    assert 0.93 <= covers <= 0.975
    assert abs(np.mean(value**2) - truth**2) < 3 * np.std(value**2) / np.sqrt(value.size)


def simulated_modulation(rate, truth, sets, samples, seed=1):
    random = np.random.default_rng(seed)
    found = [
        modulation_of_spikes(thinned(random, rate, 4, 2, 5), 2.0, 4.0, samples=samples, seed=k)
        for k in range(sets)
    ]
    one = [each["F1/F0 debiased"] for each in found]
    value = np.array([each.value[0] for each in one])
    return value, np.mean([each.low[0] <= truth <= each.high[0] for each in one])


def test_incomplete_cycles_are_left_out():
    # oracle: the spikes of the whole cycles alone
    trial = np.array([0.1, 0.2, 1.15, 2.05, 2.3])
    whole = modulation_of_spikes([trial], 1.0, 3.0)
    more = modulation_of_spikes([np.r_[trial, 3.1, 3.2]], 1.0, 3.4)
    assert more["F1/F0"].value == whole["F1/F0"].value
    assert more["F1/F0"].more["spikes"] == 5


def test_trials_of_different_lengths_each_give_their_whole_cycles():
    # oracle: the same spikes, those after a trial's last whole cycle taken out by hand
    times, trial = np.array([0.1, 1.2, 2.3, 0.6, 1.7, 2.8]), np.repeat([0, 1], 3)
    found = vectors_by_cycle(Trains(times, trial, np.array([3.2, 1.9])), 1.0, 1, 2.0)
    assert list(found.number) == [1, 1, 1, 1]
    assert found.vector == pytest.approx(np.exp(-2j * np.pi * times[:4]))
    assert found.baseline == 2.0 * 4


@pytest.fixture(scope="session")
def grating():
    both = ("stimulus", "cell")
    drive = xr.Dataset(
        {
            "drive_mean": (both, [[0, 0.9], [-1, 0.1]]),
            "drive_amplitude": (both, [[1, 0.1], [0.1, 0.1]]),
            "drive_phase": (both, np.zeros((2, 2))),
        },
        coords={"temporal_frequency": ("stimulus", [4.0, 2.0])},
    )
    return simulate(
        LIF(), drive, duration=1, trials=8, phase_bins=16, spike_times=True, seed=3, workers=1
    )


def test_simulated_cells_by_both_ways(grating):
    # oracle: one way against the other; a cell driven through zero is simple, one that is held
    # above threshold complex
    times = modulation_index(grating)
    bins = modulation_index(grating.drop_vars("spike_time"))
    assert times["F1/F0"].value == pytest.approx(bins["F1/F0"].value, abs=0.05)
    assert list(times["F1/F0 debiased"].more["kind"]) == ["simple", "complex"]
    assert list(times.rows["stimulus"]) == [0, 0]
    assert len(modulation_index(grating, stimulus="each").rows["cell"]) == 4


def test_few_spikes_and_none_are_said():
    found = modulation_index(histogram([[1, 1, 1, 0.0], [0, 0, 0, 0]]))
    assert found["F1/F0"].status == ["few spikes (3)", "no response above baseline"]
    assert np.isnan(found["F1/F0"].value[1])


def test_same_seed_same_interval():
    one, two = (modulation_index(histogram([[9, 5, 1, 2]]), seed=4) for _ in range(2))
    assert one["F1/F0 debiased"].low == two["F1/F0 debiased"].low


def test_modulation_refuses(grating):
    with pytest.raises(InputError, match=r"count_at_phase, or spike_time.*simulate\(phase_bins"):
        modulation_index(grating.drop_vars(["spike_time", "count_at_phase"]))
    with pytest.raises(InputError, match=r"samples.*harmonic as a whole number >= 1, got 0"):
        modulation_index(grating, harmonic=0, samples=5)
    with pytest.raises(InputError, match="more than 16 phase bins"):
        modulation_index(grating.drop_vars("spike_time"), harmonic=8)
    with pytest.raises(InputError, match="baseline >= 0"):
        modulation_index(grating, baseline=-1)
    with pytest.raises(InputError, match="at least one cycle"):
        modulation_of_spikes([[0.1]], 1.0, 0.5)
    with pytest.raises(InputError, match="spike times from 0 to 2 s"):
        modulation_of_spikes([[2.5]], 1.0, 2.0)
