"""The LIF population: deterministic and Siegert rates, seeds, and Brian2 left as it was."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, InputError, rate_from_intervals, simulate

# f-I table of REFERENCES: tau 20 ms, t_ref 2 ms, threshold 20 mV, reset 0 -> Hz
F_I = {21: 15.9007, 22: 20.0169, 25: 29.2494, 30: 41.7149, 40: 63.0400, 60: 98.9188}


def _drive(values):
    return xr.DataArray(np.atleast_2d(values), dims=("stimulus", "cell"))


def test_without_noise_the_rates_are_the_deterministic_ones():
    cell = LIF(tau_m=0.02, v_rest=0, v_threshold=20, v_reset=0, t_ref=0.002, noise_sd=0)
    drive = _drive([[mv] for mv in F_I])
    responses = simulate(
        cell, drive, gain=1, duration=0.5, trials=1, dt=1e-5, spike_times=True, seed=0
    )
    measured = rate_from_intervals(responses).values.ravel()
    assert measured == pytest.approx(list(F_I.values()), rel=0.005)
    assert cell.rate(drive.values.ravel()) == pytest.approx(list(F_I.values()), abs=5e-5)
    # spikes and counts are the same spikes
    kept = np.bincount(responses["spike_stimulus"].values, minlength=len(F_I))
    assert kept.tolist() == responses["count"].values.ravel().tolist()


# (mean, Siegert's s, white-noise rate) of REFERENCES: tau 20 ms, t_ref 0, threshold 20, reset 15
SIEGERT = [(16.42, 4.0, 13.406745), (19.66, 4.0, 35.103881), (18.94, 1.5, 12.279832)]


@pytest.mark.parametrize(("mean", "s", "siegert"), SIEGERT)
def test_with_noise_the_rate_is_siegerts_within_the_bias_of_the_grid(mean, s, siegert):
    # oracle: Siegert's rate with the threshold raised by 0.5826 s sqrt(dt/tau), good to second
    # order in that shift; the raised formula and 4 standard errors of the count bracket the spikes
    cell = LIF(tau_m=0.02, v_rest=0, v_threshold=20, v_reset=15, t_ref=0, noise_sd=s / 2**0.5)
    assert cell.rate(mean) == pytest.approx(siegert, abs=1e-6)
    dt = 1e-4
    responses = simulate(
        cell, _drive([[mean]]), gain=1, duration=2, trials=1000, dt=dt, settle=0.2, seed=1
    )
    measured = responses["count"].values.mean() / 2
    error = responses["count"].values.std() / np.sqrt(1000) / 2
    raised = 20 + 0.5826 * s * np.sqrt(dt / 0.02)
    biased = LIF(
        tau_m=0.02, v_rest=0, v_threshold=raised, v_reset=15, t_ref=0, noise_sd=s / 2**0.5
    ).rate(mean)
    assert measured == pytest.approx(biased, abs=4 * error + 0.01 * siegert)
    assert measured < siegert


def test_same_seed_same_counts_other_seed_other_counts():
    drive = _drive(np.linspace(-1, 1, 12).reshape(3, 4))
    cells = LIF.sample_v1(4, seed=1)
    one, again, other = (
        simulate(cells, drive, duration=0.1, trials=3, seed=s)["count"].values for s in (7, 7, 8)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_each_cell_has_its_own_parameters_and_every_unit_is_accepted():
    from brian2 import ms, mV

    drive = _drive([[1.0, 1.0]])
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


def test_chunks_cover_every_instance(monkeypatch):
    # oracle: without noise the counts do not depend on how the instances are divided
    drive = _drive(np.linspace(0.5, 1.5, 15).reshape(5, 3))
    cells = LIF(noise_sd=0, v_rest=[-62, -60, -58])
    whole = simulate(cells, drive, duration=0.1, trials=2, spike_times=True)
    monkeypatch.setattr("neurosim.simulation._CHUNK", 7)
    parts = simulate(cells, drive, duration=0.1, trials=2, spike_times=True)
    assert np.array_equal(whole["count"], parts["count"])
    assert np.array_equal(whole["spike_time"], parts["spike_time"])
    assert whole["count"].values.sum() > 0


def test_responses_say_where_they_came_from():
    attrs = simulate(LIF(), _drive([[0.0]]), duration=0.01, trials=1, seed=5).attrs
    assert attrs["seed"] == 5
    assert {"neurosim_version", "git_revision", "brian2_version", "dt", "settle"} <= set(attrs)


@pytest.mark.parametrize(
    ("lif", "drive", "arguments", "message"),
    [
        (LIF(), [[np.nan]], {}, "finite drive, got 1 NaN"),
        (LIF(), [[0.0]], {"duration": 0}, "at least one time step, got 0"),
        (LIF(), [[0.0]], {"dt": 0.01}, r"dt at most tau_m / 10 = 0.002 s, got 0.01"),
        (LIF(), [[0.0]], {"duration": "3 mV"}, "expected duration in s or a unit like it"),
        (LIF(), [[0.0]], {"trials": 0, "seed": -1}, "trials >= 1, got 0; expected seed >= 0"),
        (LIF(noise_sd=[1, 2, 3]), [[0.0, 1.0]], {}, "lif for one or 2 cells, got 3"),
        (LIF(), [[0.0, 1.0]], {"gain": [1, 2, 3]}, "gain for one or 2 cells, got 3"),
    ],
)
def test_simulate_refuses(lif, drive, arguments, message):
    with pytest.raises(InputError, match=message):
        simulate(lif, _drive(drive), **arguments)


def test_simulate_refuses_a_bare_array():
    with pytest.raises(InputError, match="drive as a DataArray"):
        simulate(LIF(), np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noise_sd": -1}, "LIF: expected noise_sd >= 0 mV, got -1"),
        ({"v_reset": -40}, "v_reset below v_threshold, got -40 and -50 mV"),
        ({"tau_m": 0, "t_ref": -1}, "tau_m > 0 s, got 0; expected t_ref >= 0 s"),
        ({"tau_m": "20 mV"}, "expected tau_m in s or a unit like it, got 20 mV"),
        ({"v_rest": [1, 2], "noise_sd": [1, 2, 3]}, r"one value or one per cell, got sizes \[2, 3"),
        ({"v_rest": np.inf}, "v_rest finite"),
    ],
)
def test_lif_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        LIF(**arguments)


def test_sampled_population_is_within_its_stated_ranges():
    cells = LIF.sample_v1(500, seed=2)
    distance = (cells.v_threshold - cells.v_rest) / cells.noise_sd
    assert cells.noise_sd.min() > 2.7
    assert cells.noise_sd.max() < 7.2
    assert distance.min() > 1
    assert distance.max() < 4
    assert np.ptp(distance) > 2.8
    with pytest.raises(InputError, match=r"no noise_sd \(it is sampled\)"):
        LIF.sample_v1(3, noise_sd=2)


USERS_SCRIPT = """
import sys
import numpy as np
hook = sys.excepthook
import neurosim
assert "brian2" not in sys.modules and "matplotlib" not in sys.modules
import xarray as xr
drive = xr.DataArray([[0.0]], dims=("stimulus", "cell"))
np.random.seed(3)
expected = np.random.RandomState(3).rand(2)
assert np.random.rand() == expected[0]
neurosim.simulate(neurosim.LIF(), drive, duration=0.01, trials=1)
assert np.random.rand() == expected[1]  # the user's random numbers go on
assert sys.excepthook is hook
import brian2 as b2
b2.set_device("cpp_standalone", build_on_run=False)
before = b2.get_device()
target = b2.prefs["codegen.target"]
neurosim.simulate(neurosim.LIF(), drive, duration=0.01, trials=1)
assert b2.get_device() is before and b2.prefs["codegen.target"] == target
b2.device.reinit(); b2.set_device("runtime")
group = b2.NeuronGroup(1, "v : 1")
assert b2.collect() == {group}  # their magic network has only their group
b2.run(1 * b2.ms)
print("undisturbed")
"""


def test_a_users_own_brian2_script_is_not_disturbed():
    done = subprocess.run(
        [sys.executable, "-c", USERS_SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "undisturbed", done.stderr
