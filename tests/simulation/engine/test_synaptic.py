"""Synaptic noise, and noise that cells share."""

import numpy as np
import pytest

from neurosim import LIF, BrianCell, InputError, simulate


@pytest.fixture
def simulated_rate(as_drive):
    """Mean rate of a row's cell, and its standard error."""

    def simulated(row, cell, dt, spikes, seed):
        trials = 20_000
        responses = simulate(
            cell,
            as_drive([[row.mean]]),
            gain=1,
            duration=max(spikes / row.white / trials, 10 * cell.tau_m),
            trials=trials,
            dt=dt,
            settle=20 * cell.tau_m,
            seed=seed,
        )
        counts = responses["count"].values.ravel() / float(responses["duration"])
        return counts.mean(), counts.std() / trials**0.5

    return simulated


@pytest.mark.parametrize(
    "lif_row", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, 4))], indirect=True
)
def test_synaptic_rates_do_not_depend_on_the_time_step(simulated_rate, lif_row):
    # oracle: the same cell at a tenth of the (sub)step, other noise
    cell = lif_row.cell(ratio=0.1)
    coarse, error = simulated_rate(lif_row, cell, 0.02 * cell.tau_m, 1e5, seed=1)
    fine, other = simulated_rate(lif_row, cell, 0.002 * cell.tau_m, 1e5, seed=2)
    assert abs(coarse - fine) < 0.005 * fine + 3 * np.hypot(error, other)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.05, 0.1])
def test_synaptic_rates_at_length(simulated_rate, lif_row, ratio):
    cell = lif_row.cell(ratio)
    coarse, error = simulated_rate(lif_row, cell, ratio / 5 * cell.tau_m, 1e6, seed=1)
    fine, other = simulated_rate(lif_row, cell, ratio / 50 * cell.tau_m, 1e6, seed=2)
    spread = 3 * np.hypot(error, other)
    print(f"{100 * (coarse / fine - 1):+.3f} ± {100 * spread / 3 / fine:.3f} %")
    assert abs(coarse - fine) < 0.005 * fine + spread


@pytest.mark.parametrize("lif_row", [1], indirect=True)
def test_the_formula_is_approached_as_the_noise_becomes_white(simulated_rate, lif_row):
    # oracle: Fourcaud & Brunel to first order, whose error falls at least as sqrt(tau_noise/tau)
    short = []
    for ratio in (0.1, 0.02):
        cell = lif_row.cell(ratio, t_ref=0)
        rate, error = simulated_rate(lif_row, cell, 0.02 * cell.tau_m, 3e5, seed=3)
        short.append((float(cell.rate(lif_row.mean)) / rate - 1, error / rate))
    assert short[0][0] == pytest.approx(-0.049, abs=0.005)  # the accuracy the documentation states
    assert abs(short[1][0]) < abs(short[0][0]) * 0.2**0.5 + 3 * short[1][1]


def test_synaptic_noise_is_the_same_on_every_target(as_drive):
    drive = as_drive(np.linspace(-1, 1, 40).reshape(5, 8))
    cells = LIF(
        noise_sd=[3, 0, 5, 1, 2, 8, 3, 0.5],
        v_rest=[-60, -45, -58, -52, -55, -60, -70, -51],
        tau_noise=[0.005, 0.002, 0.02, 0.01, 0.004, 0.05, 0.003, 0.005],
    )
    options = {"duration": 0.1, "trials": 3, "seed": 7, "spike_times": True, "correlation": 0.4}
    whole = simulate(cells, drive, **options)
    other = simulate(cells, drive, target="numpy", workers=1, **options)
    assert whole["count"].values.sum() > 200
    assert np.array_equal(whole["count"], other["count"])
    assert np.array_equal(whole["spike_time"], other["spike_time"])


@pytest.fixture
def count_correlation(as_drive):
    """Over trials, of two cells that are the same but for their noise; a count's mean and error."""

    def simulated(cell, correlation, **options):
        drive = as_drive([[0.0, 0.0]])
        options = {"trials": 2000, "duration": 0.5, "seed": 2, **options}
        counts = simulate(cell, drive, correlation=correlation, **options)["count"].values[0]
        return np.corrcoef(counts)[0, 1], counts.mean(), counts.std() / counts.size**0.5

    return simulated


# white noise is a worker of its own, built for some seconds
@pytest.mark.parametrize("tau_noise", [pytest.param(0.0, marks=pytest.mark.slow), 0.005])
def test_shared_noise_correlates_counts_and_leaves_rates(count_correlation, tau_noise):
    cell = LIF(v_rest=-54, noise_sd=4, tau_noise=tau_noise)
    none, rate, error = count_correlation(cell, 0.0)
    some, other, _ = count_correlation(cell, 0.4)
    most, last, _ = count_correlation(cell, 0.9)
    assert abs(none) < 0.08
    assert none + 0.1 < some < most
    assert most > 0.6
    assert abs(other - rate) < 5 * error
    assert abs(last - rate) < 7 * error  # two cells are nearly one


def test_no_correlation_is_no_option(as_drive):
    drive = as_drive([[0.0, 0.5]])
    plain = simulate(LIF(), drive, trials=5, seed=3)["count"]
    assert np.array_equal(simulate(LIF(), drive, trials=5, seed=3, correlation=0.0)["count"], plain)


def test_shared_noise_of_other_cells(count_correlation):
    cell = BrianCell(
        """dv/dt = (mu - v)/tau + sd*sqrt(2/tau)*xi : volt
        mu : volt""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        start={"v": "-60 mV"},
        constants={"tau": "20 ms", "sd": "4 mV"},
    )
    options = {"baseline": -54, "dt": 5e-4}
    assert abs(count_correlation(cell, 0.0, **options)[0]) < 0.08
    assert count_correlation(cell, 0.9, **options)[0] > 0.6


def test_what_cannot_be_is_refused(as_drive):
    with pytest.raises(InputError, match=r"correlation in \[0, 1\], got 1.5"):
        simulate(LIF(), as_drive([[0.0]]), correlation=1.5)
    with pytest.raises(InputError, match="tau_noise > 0 for every cell or for none"):
        simulate(LIF(tau_noise=[0, 0.005]), as_drive([[0.0, 0.0]]))
    with pytest.raises(InputError, match="tau_noise >= 0 s"):
        LIF(tau_noise=-1)
