"""Synaptic noise, and noise that cells share."""

import numpy as np
import pytest

from neurosim import LIF, BrianCell, InputError, simulate
from neurosim.simulation.engine.cells import constants
from tests.simulation.test_simulate import SIEGERT, _drive


def _cell(row, tau_noise_ratio, t_ref=None):
    tau, rest, threshold, reset, _, s, _ = row
    ratio = tau_noise_ratio
    return LIF(
        tau_m=tau / 1e3,
        t_ref=rest / 1e3 if t_ref is None else t_ref,
        v_rest=0,
        v_threshold=threshold,
        v_reset=reset,
        noise_sd=s / 2**0.5 / (1 + ratio) ** 0.5,
        tau_noise=ratio * tau / 1e3,
    )


def _rate(cell, mean, dt, spikes, rate, seed):
    trials = 20_000
    duration = max(spikes / rate / trials, 10 * cell.tau_m)
    responses = simulate(
        cell,
        _drive([[mean]]),
        gain=1,
        duration=duration,
        trials=trials,
        dt=dt,
        settle=20 * cell.tau_m,
        seed=seed,
    )
    counts = responses["count"].values.ravel() / float(responses["duration"])
    return counts.mean(), counts.std() / trials**0.5


@pytest.mark.parametrize("ratio", [0.02, 0.5, 1.0, 3.0])
def test_the_transition_is_exact(ratio):
    # oracle: mean and covariance of the linear pair by a fine product of first-order steps
    tau, sd, dt = 0.02, 3e-3, 5e-4 * min(1.0, 50 * ratio)
    tau_noise = ratio * tau
    cell = {
        "tau_m": tau,
        "noise_sd": sd,
        "v_threshold": 0.02,
        "v_reset": 0.01,
        "t_ref": 0.002,
        "tau_noise": tau_noise,
    }
    made = constants({n: np.array([v]) for n, v in cell.items()}, dt)
    parts = 20_000
    h = dt / parts
    drift = np.array([[-1 / tau, 1 / tau], [0, -1 / tau_noise]])
    intensity = 2 * sd**2 * (1 + tau / tau_noise) / tau_noise
    one = np.eye(2) + h * drift + h * h / 2 * drift @ drift
    mean, cov = np.eye(2), np.zeros((2, 2))
    for _ in range(parts):
        half = one @ (cov + np.diag([0, intensity * h / 2])) @ one.T
        cov = half + np.diag([0, intensity * h / 2])
        mean = one @ mean
    get = {name: float(value[0]) for name, value in made.items()}
    assert [get["decay"], get["feed"], get["decay_noise"]] == pytest.approx(
        [mean[0, 0], mean[0, 1], mean[1, 1]], rel=1e-7
    )
    found = np.array(
        [
            [
                get["kick"] ** 2 + (get["follow"] * get["kick_noise"]) ** 2,
                get["follow"] * get["kick_noise"] ** 2,
            ],
            [get["follow"] * get["kick_noise"] ** 2, get["kick_noise"] ** 2],
        ]
    )
    assert found == pytest.approx(cov, rel=2e-4)


@pytest.mark.parametrize("index", [1, 3, 4])
def test_synaptic_rates_do_not_depend_on_the_time_step(index):
    # oracle: the same cell at a tenth of the (sub)step, other noise
    row = SIEGERT[index]
    cell = _cell(row, 0.1)
    coarse, error = _rate(cell, row[4], 0.02 * cell.tau_m, 1e5, row[6], seed=1)
    fine, other = _rate(cell, row[4], 0.002 * cell.tau_m, 1e5, row[6], seed=2)
    assert abs(coarse - fine) < 0.005 * fine + 3 * np.hypot(error, other)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.05, 0.1])
@pytest.mark.parametrize("row", SIEGERT, ids=lambda row: f"mean {row[4]}, s {row[5]}")
def test_synaptic_rates_at_length(row, ratio):
    cell = _cell(row, ratio)
    spikes = 1e6
    coarse, error = _rate(cell, row[4], ratio / 5 * cell.tau_m, spikes, row[6], seed=1)
    fine, other = _rate(cell, row[4], ratio / 50 * cell.tau_m, spikes, row[6], seed=2)
    spread = 3 * np.hypot(error, other)
    print(f"{100 * (coarse / fine - 1):+.3f} ± {100 * spread / 3 / fine:.3f} %")
    assert abs(coarse - fine) < 0.005 * fine + spread


def test_the_formula_is_approached_as_the_noise_becomes_white():
    # oracle: Fourcaud & Brunel to first order, whose error falls at least as sqrt(tau_noise/tau)
    row = SIEGERT[1]
    short = []
    for ratio in (0.1, 0.02):
        cell = _cell(row, ratio, t_ref=0)
        rate, error = _rate(cell, row[4], 0.02 * cell.tau_m, 3e5, row[6], seed=3)
        short.append((float(cell.rate(row[4])) / rate - 1, error / rate))
    assert short[0][0] == pytest.approx(-0.049, abs=0.005)  # the accuracy the documentation states
    assert abs(short[1][0]) < abs(short[0][0]) * 0.2**0.5 + 3 * short[1][1]


def test_synaptic_noise_is_the_same_on_every_target():
    drive = _drive(np.linspace(-1, 1, 40).reshape(5, 8))
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


def _count_correlation(cell, correlation, **options):
    """Over trials, of two cells that are the same but for their noise."""
    responses = simulate(
        cell,
        _drive([[0.0, 0.0]]),
        correlation=correlation,
        trials=2000,
        duration=0.5,
        seed=2,
        **options,
    )
    counts = responses["count"].values[0]
    return np.corrcoef(counts)[0, 1], counts.mean(), counts.std() / counts.size**0.5


@pytest.mark.parametrize("tau_noise", [0.0, 0.005])
def test_shared_noise_correlates_counts_and_leaves_rates(tau_noise):
    cell = LIF(v_rest=-54, noise_sd=4, tau_noise=tau_noise)
    none, rate, error = _count_correlation(cell, 0.0)
    some, other, _ = _count_correlation(cell, 0.4)
    most, last, _ = _count_correlation(cell, 0.9)
    assert abs(none) < 0.08
    assert none + 0.1 < some < most
    assert most > 0.6
    assert abs(other - rate) < 5 * error
    assert abs(last - rate) < 7 * error  # two cells are nearly one


def test_no_correlation_is_no_option():
    drive = _drive([[0.0, 0.5]])
    plain = simulate(LIF(), drive, trials=5, seed=3)["count"]
    assert np.array_equal(simulate(LIF(), drive, trials=5, seed=3, correlation=0.0)["count"], plain)


def test_shared_noise_of_other_cells():
    cell = BrianCell(
        """dv/dt = (mu - v)/tau + sd*sqrt(2/tau)*xi : volt
        mu : volt""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        start={"v": "-60 mV"},
        constants={"tau": "20 ms", "sd": "4 mV"},
    )
    options = {"baseline": -54, "dt": 5e-4}
    assert abs(_count_correlation(cell, 0.0, **options)[0]) < 0.08
    assert _count_correlation(cell, 0.9, **options)[0] > 0.6


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match=r"correlation in \[0, 1\], got 1.5"):
        simulate(LIF(), _drive([[0.0]]), correlation=1.5)
    with pytest.raises(InputError, match="tau_noise > 0 for every cell or for none"):
        simulate(LIF(tau_noise=[0, 0.005]), _drive([[0.0, 0.0]]))
    with pytest.raises(InputError, match="tau_noise >= 0 s"):
        LIF(tau_noise=-1)
