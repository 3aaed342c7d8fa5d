"""The engine's LIF cells: intervals, modulation over a cycle, identity over blocks and targets."""

import numpy as np
import pytest

from neurosim import LIF, GaborBank, Gratings, modulation, simulate

# (mean, s, threshold, reset, tau ms, t_ref ms): the third and fourth near threshold
INTERVALS = [(16.42, 4, 20, 15, 20, 0), (19.66, 4, 20, 15, 20, 0), (20, 2.9, 20, 0, 10, 2)]


@pytest.mark.parametrize(
    ("intervals", "most"),
    [(50_000, 0.012), pytest.param(1_000_000, 0.003, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("cell", INTERVALS, ids=lambda c: f"mean {c[0]}, s {c[1]}")
def test_intervals_follow_the_first_passage_density(
    as_drive, interval_distribution, cell, intervals, most
):
    # oracle: the Volterra equation of the first-passage density, solved to 1e-5 of mass
    mean, s, threshold, reset, tau, t_ref = cell
    sd = s / 2**0.5
    density = interval_distribution((threshold - mean) / sd, (reset - mean) / sd)
    per_cell, cells = 20, intervals // 20
    lif = LIF(
        tau_m=tau / 1e3,
        t_ref=t_ref / 1e3,
        v_rest=mean,
        v_threshold=threshold,
        v_reset=reset,
        noise_sd=sd,
    )
    longest = per_cell * (density.mean * tau + t_ref) / 1e3 * 2.5
    responses = simulate(
        lif,
        as_drive([[0.0]]),
        duration=longest,
        settle=0.1,
        trials=cells,
        dt=0.05 * tau / 1e3,
        seed=4,
        spike_times=True,
    )
    who, when = responses["spike_trial"].values, responses["spike_time"].values
    # the first intervals of every cell, as many from each: long ones are not missed at the end
    order = np.arange(who.size) - np.searchsorted(who, who)
    gap = np.diff(when)
    kept = (np.diff(who) == 0) & (order[1:] <= per_cell)
    assert np.bincount(who, minlength=cells).min() > per_cell
    measured = np.sort((gap[kept] - t_ref / 1e3) / (tau / 1e3))
    n = measured.size
    expected = density(measured)
    d = max((np.arange(1, n + 1) / n - expected).max(), (expected - np.arange(n) / n).max())
    print(f"mean {mean}: n {n}, D {d:.5f}")
    assert n >= intervals
    assert d < most


def _histogram(dt, trials, seed, distance=8.0, noise_sd=3.0, frequency=4):
    moving = GaborBank(0, 2).sinusoidal_drive(Gratings(0, 2, temporal_frequency=frequency))
    cell = LIF(v_rest=-50 - distance, noise_sd=noise_sd)
    responses = simulate(
        cell, moving, gain=15, duration=1, trials=trials, dt=dt, phase_bins=25, seed=seed
    )
    histogram = responses["count_at_phase"]
    return histogram.values[0, 0], histogram["phase_bin"].values


@pytest.mark.parametrize("trials", [2000, pytest.param(40_000, marks=pytest.mark.slow)])
def test_cycle_histogram_agrees_with_a_fine_step_bin_by_bin(trials):
    # oracle: the same cell at a tenth (and a twentieth) of the time step, other noise. Spikes of a
    # cycle are more regular than Poisson, so the Poisson error is an upper bound
    fine, _ = _histogram(1e-4, trials, seed=1)
    for dt in (1e-3, 2e-3):
        coarse, _ = _histogram(dt, trials, seed=2)
        z = (coarse - fine) / np.sqrt(np.maximum(coarse + fine, 1))
        assert np.abs(z).max() < 4
        assert (z**2).mean() < 2


def test_f1_over_f0_goes_from_a_half_wave_towards_two_as_the_threshold_rises():
    # oracle: Siegert's rate at every moment (1 Hz is slow for a 20 ms membrane), which runs from
    # 1.47, near the pi/2 of a half-wave, to 1.93 as the threshold nears the peak of the drive
    phase = np.arange(0, 360, 0.5)
    ratios = []
    for distance in (0.0, 3.0, 6.0, 9.0, 12.0, 14.0):
        histogram, bins = _histogram(
            5e-4, 2000, seed=3, distance=distance, noise_sd=0.5, frequency=1
        )
        ratios.append(float(modulation(histogram, bins)))
        mean = -50 - distance + 15 * np.cos(np.deg2rad(phase))
        slow = modulation(LIF(noise_sd=0.5).rate(mean), phase)
        assert ratios[-1] == pytest.approx(slow, abs=0.03)
    assert (np.diff(ratios) > 0).all()
    assert ratios[0] == pytest.approx(np.pi / 2, abs=0.12)
    assert ratios[-1] > 1.9


@pytest.mark.slow
def test_identical_counts_over_a_billion_neuron_steps(as_drive, monkeypatch):
    # 12,500 instances x 80,000 steps in blocks of 2,088 (as many as the C++ worker holds), of 1,777
    # and of 1,000, on one and on two processes
    drive = as_drive(np.linspace(-0.5, 1.5, 50).reshape(1, 50))
    cells = LIF.sample_v1(50, seed=1)
    options = {"duration": 40, "settle": 0, "trials": 250, "seed": 5, "dt": 5e-4}
    whole = simulate(cells, drive, workers=2, **options)["count"].values
    one = simulate(cells, drive, workers=1, **options)["count"].values
    assert np.array_equal(whole, one)
    for size in (1000, 1777):
        monkeypatch.setattr("neurosim.simulation.engine.lif._CPP_SIZE", size)
        assert np.array_equal(simulate(cells, drive, **options)["count"].values, whole)


@pytest.mark.slow
@pytest.mark.parametrize(("target", "size"), [("numpy", 1000), ("numpy", 65_536), ("cython", 8192)])
def test_identical_counts_over_ten_million_neuron_steps_per_target(
    as_drive, target, size, monkeypatch
):
    drive = as_drive(np.linspace(-0.5, 1.5, 50).reshape(1, 50))
    cells = LIF.sample_v1(50, seed=1)
    options = {"duration": 1, "settle": 0, "trials": 100, "seed": 5, "dt": 5e-4}
    expected = simulate(cells, drive, **options)["count"].values
    monkeypatch.setattr("neurosim.simulation.engine.lif._RUNTIME_SIZE", size)
    assert np.array_equal(simulate(cells, drive, target=target, **options)["count"], expected)
