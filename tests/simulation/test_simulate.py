"""Simulation through its public face: rates, seeds, a user left alone, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, GaborBank, Gratings, InputError, modulation, rate_from_intervals, simulate

# f-I table of REFERENCES: tau 20 ms, t_ref 2 ms, threshold 20 mV, reset 0 -> Hz
F_I = {21: 15.9007, 22: 20.0169, 25: 29.2494, 30: 41.7149, 40: 63.0400, 60: 98.9188}


def test_without_noise_the_rates_are_the_deterministic_ones(as_drive):
    cell = LIF(tau_m=0.02, t_ref=0.002, v_rest=0, v_threshold=20, v_reset=0, noise_sd=0)
    drive = as_drive([[mv] for mv in F_I])
    responses = simulate(cell, drive, gain=1, duration=0.5, trials=1, spike_times=True)
    measured = rate_from_intervals(responses).values.ravel()
    assert measured == pytest.approx(list(F_I.values()), rel=1e-5)  # the table's digits
    assert cell.rate(drive.values.ravel()) == pytest.approx(list(F_I.values()), abs=5e-5)
    # spikes and counts are the same spikes
    kept = np.bincount(responses["spike_stimulus"].values, minlength=len(F_I))
    assert kept.tolist() == responses["count"].values.ravel().tolist()


@pytest.fixture
def rate_error(as_drive):
    """Relative error of the simulated rate against Siegert's, and its standard error."""

    def simulated(row, dt_over_tau, spikes, settle_taus=100):
        tau, trials = row.tau_m / 1e3, 20_000
        responses = simulate(
            row.cell(),
            as_drive([[row.mean]]),
            gain=1,
            duration=max(spikes / row.white / trials, 10 * tau),
            trials=trials,
            dt=dt_over_tau * tau,
            settle=settle_taus * tau,
            seed=1,
        )
        count = responses["count"].values.ravel()
        expected = row.white * float(responses["duration"])
        return count.mean() / expected - 1, count.std() / np.sqrt(trials) / expected

    return simulated


@pytest.mark.parametrize(("dt_over_tau", "bound"), [(0.05, 0.003), (0.1, 0.005)])
def test_noisy_rates_are_siegerts_whatever_the_time_step(rate_error, lif_row, dt_over_tau, bound):
    # oracle: Siegert's formula (table of REFERENCES); 2e5 spikes leave a standard error of 0.2 %
    error, standard = rate_error(lif_row, dt_over_tau, 2e5, settle_taus=20)
    # row 7 is nearly periodic: after 20 tau its cells still fire in step, which 100 would cure
    assert abs(error) < bound + 3 * standard


@pytest.mark.slow
@pytest.mark.parametrize("dt_over_tau", [0.1, 0.05, 0.025, 0.01])
def test_noisy_rates_at_length(rate_error, lif_row, dt_over_tau):
    # three standard errors below 0.3 %
    error, standard = rate_error(lif_row, dt_over_tau, 3e6)
    print(f"mean {lif_row.mean}, dt/tau {dt_over_tau}: {100 * error:+.3f} ± {100 * standard:.3f} %")
    assert 3 * standard < 0.003
    assert abs(error) < (0.005 if dt_over_tau == 0.1 else 0.003) + 3 * standard


@pytest.mark.slow
@pytest.mark.parametrize("dt", [1e-4, 5e-4, 1e-3, 2e-3])
def test_population_of_ten_thousand(as_drive, dt):
    # REFERENCES: v0 from 0 to 3 thresholds, noise sd 0.2 of threshold, tau 20 ms, t_ref 2 ms
    cells = LIF(v_rest=0, v_threshold=1, v_reset=0, t_ref=0.002, tau_m=0.02, noise_sd=0.2)
    drive = as_drive(np.linspace(0, 3, 10_000))
    responses = simulate(cells, drive, gain=1, duration=10, trials=1, dt=dt, settle=0.5, seed=2)
    expected = cells.rate(drive.values).mean()
    error = responses["count"].values.mean() / 10 / expected - 1
    print(f"dt {dt}: {100 * error:+.4f} %")
    assert abs(error) < 0.002


def test_each_cell_has_its_own_parameters_and_every_unit_is_accepted(as_drive):
    from brian2 import ms, mV

    drive = as_drive([[1.0, 1.0]])
    quiet_and_loud = LIF(tau_m=20 * ms, v_rest=[-90, -60], noise_sd=0 * mV)
    assert quiet_and_loud.tau_m == pytest.approx(0.02)
    responses = simulate(
        quiet_and_loud, drive, gain="25 mV", baseline=[0, 1], duration=200 * ms, trials=2
    )
    counts = responses["count"].values[0]
    assert (counts[0] == 0).all()
    assert (counts[1] > 5).all()
    assert float(responses["duration"]) == pytest.approx(0.2)
    assert responses["v_rest"].attrs["units"] == "mV"


def test_theory_is_the_expectation_of_the_spikes(as_drive):
    drive = as_drive(np.linspace(-0.5, 1, 6).reshape(3, 2))
    cells = LIF(noise_sd=[2, 5])
    options = {"gain": 30, "duration": 0.5, "trials": 400}
    theory = simulate(cells, drive, engine="theory", **options)["count"].values
    spikes = simulate(cells, drive, seed=3, **options)["count"].values
    error = spikes.std(-1) / 20 + 1e-3
    assert (np.abs(spikes.mean(-1) - theory.mean(-1)) < 4 * error).all()


def test_a_drifting_grating_modulates_a_simple_cell():
    # F1/F0 of the cycle histogram: a rectified sinusoid's, pi/2 to 2, and all four phases agree
    bank = GaborBank.quadrature(0, 2)
    moving = bank.sinusoidal_drive(Gratings(0, 2, temporal_frequency=4))
    responses = simulate(
        LIF(v_rest=-60, noise_sd=3), moving, duration=1, trials=100, phase_bins=24, seed=2
    )
    histogram = responses["count_at_phase"]
    assert histogram.values.sum() == responses["count"].values.sum()
    ratio = modulation(histogram.values[0].T, histogram["phase_bin"].values)
    assert ((ratio > 1.57) & (ratio < 2)).all()
    # the ON cell's peak comes half a cycle after its OFF partner's
    peak = histogram["phase_bin"].values[histogram.values[0].argmax(-1)]
    assert abs((peak[0] - peak[2]) % 360 - 180) <= 45


def test_parameters_of_results_can_be_given_back(as_drive):
    drive = as_drive([[0.5, 1.0]])
    first = simulate(LIF(noise_sd=[2, 4]), drive, gain=[20, 25], trials=3, seed=2)
    again = simulate(
        LIF(noise_sd=first["noise_sd"]), first["drive"], gain=first["gain"], trials=3, seed=2
    )
    assert np.array_equal(first["count"], again["count"])


def test_responses_say_where_they_came_from(as_drive):
    responses = simulate(LIF(), as_drive([[0.0]]), duration=0.01, trials=1, seed=5)
    assert responses.attrs["seed"] == 5
    assert {"neurosim_version", "git_revision", "brian2_version", "dt"} <= set(responses.attrs)


@pytest.mark.parametrize(
    ("lif", "drive", "arguments", "message"),
    [
        (LIF(), [[np.nan]], {}, "finite drive, got nan at stimulus 0, cell 0"),
        (LIF(), [[0.0]], {"duration": 0}, "at least one time step, got 0"),
        (LIF(), [[0.0]], {"dt": 0.01}, r"dt at most tau_m / 10 = 0.002 s, got 0.01"),
        (LIF(), [[0.0]], {"duration": "3 mV"}, "expected duration in s or a unit like it"),
        (
            LIF(),
            [[0.0]],
            {"trials": 0, "seed": -1},
            "trials as a whole .* from 1 .* got 0; expected seed as",
        ),
        (LIF(noise_sd=[1, 2, 3]), [[0.0, 1.0]], {}, "lif for one or 2 cells, got 3"),
        (LIF(), [[0.0, 1.0]], {"gain": [1, 2, 3]}, "gain for one or 2 cells, got 3"),
        (LIF(t_ref=0), [[9.0]], {"dt": 1e-3}, r"second spike has a chance below .* would do"),
        (LIF(), [[0.0]], {"time_bin": 0.3}, "time_bin that divides the duration"),
        (LIF(), [[0.0]], {"phase_bins": 8}, "phase_bins with a sinusoidal drive"),
        (LIF(), [[0.0]], {"memory": 10}, "counts within memory=10 bytes"),
        (LIF(), [[0.0]], {"memory": 1e4, "time_bin": 1e-4}, "counts within memory"),
        (LIF(), [[0.0]], {"memory": "1 GB"}, "memory > 0 bytes, got 1 GB"),
        (LIF(), [[0.0]], {"workers": -1}, "workers as a whole number >= 1, got -1"),
        (LIF(), [[0.0]], {"target": "gpu"}, "target among auto, cpp, cython, numpy, got gpu"),
        (LIF(), [[0.0]], {"correlation": None}, r"correlation in .0, 1., got None"),
        (LIF(), [[0.0]], {"gain": np.ones((2, 1))}, "gain for one or 1 cells, got 2"),
        (LIF(), [[0.0]], {"gain": np.ones((1, 1))}, "gain as one number or one per cell"),
        (LIF(), [[0.0]], {"time_bin": [0.1, 0.05]}, "time_bin as one number"),
        (LIF(), [[0.0]], {"engine": "theory", "spike_times": True}, "nothing but counts of engine"),
        (LIF(tau_noise=1e-9), [[0.0]], {}, "steps of tau_noise / 5"),
        (LIF(), np.zeros((1, 0)), {}, "at least one stimulus and cell"),
        (LIF(), [["a"]], {}, "drive as numbers"),
        (LIF(), [[0.0]], {"start": "cold"}, "start among settled, rest, got cold"),
    ],
)
def test_simulate_refuses(as_drive, lif, drive, arguments, message):
    with pytest.raises(InputError, match=message):
        simulate(lif, as_drive(drive), **arguments)


def test_simulate_refuses_drives_of_the_wrong_shape():
    with pytest.raises(InputError, match="drive as a DataArray"):
        simulate(LIF(), np.zeros((1, 1)))
    with pytest.raises(InputError, match=r"dims \(stimulus, cell\) or"):
        simulate(LIF(), xr.DataArray([0.0], dims="cell"))
    over_time = xr.DataArray([[[0.0, 1.0]]], dims=("stimulus", "cell", "time"))
    with pytest.raises(InputError, match="a rising time coordinate"):
        simulate(LIF(), over_time)
    with pytest.raises(InputError, match="a sinusoid: drive_amplitude, drive_mean"):
        simulate(LIF(), xr.Dataset({"drive_mean": (("stimulus", "cell"), [[0.0]])}))
    moving = GaborBank.quadrature(0, 2).sinusoidal_drive(Gratings(temporal_frequency=[3, 4]))
    with pytest.raises(InputError, match="whole cycles of every stimulus"):
        simulate(LIF(), moving, duration=0.5, phase_bins=8)
    with pytest.raises(InputError, match="static drive for engine='theory'"):
        simulate(LIF(), moving, engine="theory")
    with pytest.raises(InputError, match="at least 10 time steps in each cycle"):
        simulate(LIF(), moving.assign_coords(temporal_frequency=("stimulus", [300.0, 4.0])))
    across = moving.drop_vars("temporal_frequency").assign(temporal_frequency=("cell", [4.0] * 4))
    with pytest.raises(InputError, match="temporal_frequency along stimulus"):
        simulate(LIF(), across)


USERS_SCRIPT = """
import sys
import numpy as np
hook = sys.excepthook
import neurosim, xarray as xr
drive = xr.DataArray([[0.0]], dims=("stimulus", "cell"))
np.random.seed(3)
expected = np.random.RandomState(3).rand(2)
assert np.random.rand() == expected[0]
for target in ("auto", "numpy"):
    neurosim.simulate(neurosim.LIF(), drive, duration=0.01, trials=1, target=target)
assert np.random.rand() == expected[1]  # the user's random numbers go on
assert sys.excepthook is hook
assert "brian2" not in sys.modules and "matplotlib" not in sys.modules
import brian2 as b2
b2.set_device("cpp_standalone", build_on_run=False)
before = b2.get_device()
neurosim.simulate(neurosim.LIF(), drive, duration=0.01, trials=1)
assert b2.get_device() is before
print("undisturbed")
"""


def test_a_users_own_brian2_script_is_not_disturbed():
    done = subprocess.run(
        [sys.executable, "-c", USERS_SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "undisturbed", done.stderr
