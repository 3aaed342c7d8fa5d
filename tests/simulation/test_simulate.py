"""Simulation through its public face: rates, seeds, drives over time, and a user left alone."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, GaborBank, Gratings, InputError, modulation, rate_from_intervals, simulate

# f-I table of REFERENCES: tau 20 ms, t_ref 2 ms, threshold 20 mV, reset 0 -> Hz
F_I = {21: 15.9007, 22: 20.0169, 25: 29.2494, 30: 41.7149, 40: 63.0400, 60: 98.9188}

# LIF table of REFERENCES, white noise: tau ms, t_ref ms, threshold, reset, mean, Siegert's s -> Hz
SIEGERT = [
    (20, 0, 20, 15, 16.42, 4, 13.406745),
    (20, 0, 20, 15, 19.66, 4, 35.103881),
    (20, 0, 20, 15, 18.94, 1.5, 12.279832),
    (20, 0, 20, 15, 20.96, 1.5, 32.500740),
    (10, 2, 20, 0, 2, 30, 51.874824),
    (10, 2, 20, 0, 15, 2.9, 3.758481),
    (10, 2, 20, 0, 22, 0.5, 38.713687),
    (10, 2, 20, 0, 40, 50, 165.175359),
]


def _drive(values):
    return xr.DataArray(np.atleast_2d(values), dims=("stimulus", "cell"))


def _cell(tau, t_ref, threshold, reset, s):
    return LIF(
        tau_m=tau / 1e3,
        t_ref=t_ref / 1e3,
        v_rest=0,
        v_threshold=threshold,
        v_reset=reset,
        noise_sd=s / 2**0.5,
    )


def test_without_noise_the_rates_are_the_deterministic_ones():
    cell = _cell(20, 2, 20, 0, 0)
    drive = _drive([[mv] for mv in F_I])
    responses = simulate(cell, drive, gain=1, duration=0.5, trials=1, spike_times=True)
    measured = rate_from_intervals(responses).values.ravel()
    assert measured == pytest.approx(list(F_I.values()), rel=1e-5)  # the table's digits
    assert cell.rate(drive.values.ravel()) == pytest.approx(list(F_I.values()), abs=5e-5)
    # spikes and counts are the same spikes
    kept = np.bincount(responses["spike_stimulus"].values, minlength=len(F_I))
    assert kept.tolist() == responses["count"].values.ravel().tolist()


# the table's coloured column: tau_noise ms -> Hz, rows as above
COLOURED = [
    (0.5, 10.209423),
    (0.5, 30.107146),
    (0.5, 10.097686),
    (0.5, 29.979602),
    (1.0, 32.309861),
    (1.0, 1.423971),
    (1.0, 37.620365),
    (1.0, 135.254402),
]


@pytest.mark.parametrize(("row", "coloured"), list(zip(SIEGERT, COLOURED, strict=True)))
def test_lif_rate_is_the_table(row, coloured):
    # oracle: REFERENCES. Its coloured column was made with alpha rounded to 2.0652532, which moves
    # two of the eight by one unit of the last digit; alpha here is sqrt(2) |zeta(1/2)| in full
    tau, t_ref, threshold, reset, mean, s, white = row
    assert float(_cell(tau, t_ref, threshold, reset, s).rate(mean)) == pytest.approx(
        white, abs=6e-7
    )
    tau_noise, expected = coloured
    sd = s / 2**0.5 / (1 + tau_noise / tau) ** 0.5
    cell = LIF(
        tau_m=tau / 1e3,
        t_ref=t_ref / 1e3,
        v_rest=0,
        v_threshold=threshold,
        v_reset=reset,
        noise_sd=sd,
        tau_noise=tau_noise / 1e3,
    )
    assert float(cell.rate(mean)) == pytest.approx(expected, abs=1.1e-6)
    slope = (float(cell.rate(mean + 1e-4)) - float(cell.rate(mean - 1e-4))) / 2e-4
    assert float(cell.rate_slope(mean)) == pytest.approx(slope, rel=1e-6)


def test_presets_say_where_they_are_from():
    from neurosim.models.cells.published import PRESETS

    for name, preset in PRESETS.items():
        assert preset.source
        assert LIF.preset(name).tau_m == preset.parameters["tau_m"]
    assert LIF.preset("brette-2007-cuba", noise_sd=2).noise_sd == 2
    with pytest.raises(InputError, match="one of brunel-hakim-1999"):
        LIF.preset("hodgkin-huxley")


def _rate_error(row, dt_over_tau, spikes, settle_taus=100, seed=1):
    """Relative error of the simulated rate against Siegert's, and its standard error."""
    tau, t_ref, threshold, reset, mean, s, siegert = row
    trials = 20_000
    duration = spikes / siegert / trials
    duration = max(duration, 10 * tau / 1e3)
    responses = simulate(
        _cell(tau, t_ref, threshold, reset, s),
        _drive([[mean]]),
        gain=1,
        duration=duration,
        trials=trials,
        dt=dt_over_tau * tau / 1e3,
        settle=settle_taus * tau / 1e3,
        seed=seed,
    )
    count = responses["count"].values.ravel()
    expected = siegert * float(responses["duration"])
    return count.mean() / expected - 1, count.std() / np.sqrt(trials) / expected


@pytest.mark.parametrize("row", SIEGERT, ids=lambda row: f"mean {row[4]}, s {row[5]}")
@pytest.mark.parametrize(("dt_over_tau", "bound"), [(0.05, 0.003), (0.1, 0.005)])
def test_noisy_rates_are_siegerts_whatever_the_time_step(row, dt_over_tau, bound):
    # oracle: Siegert's formula (table of REFERENCES); 2e5 spikes leave a standard error of 0.2 %
    error, standard = _rate_error(row, dt_over_tau, 2e5, settle_taus=20)
    # row 7 is nearly periodic: after 20 tau its cells still fire in step, which 100 would cure
    assert abs(error) < bound + 3 * standard


@pytest.mark.slow
@pytest.mark.parametrize("row", SIEGERT, ids=lambda row: f"mean {row[4]}, s {row[5]}")
@pytest.mark.parametrize("dt_over_tau", [0.1, 0.05, 0.025, 0.01])
def test_noisy_rates_at_length(row, dt_over_tau):
    # three standard errors below 0.3 %
    error, standard = _rate_error(row, dt_over_tau, 3e6)
    print(f"mean {row[4]}, dt/tau {dt_over_tau}: {100 * error:+.3f} ± {100 * standard:.3f} %")
    assert 3 * standard < 0.003
    assert abs(error) < (0.005 if dt_over_tau == 0.1 else 0.003) + 3 * standard


@pytest.mark.slow
@pytest.mark.parametrize("dt", [1e-4, 5e-4, 1e-3, 2e-3])
def test_population_of_ten_thousand(dt):
    # REFERENCES: v0 from 0 to 3 thresholds, noise sd 0.2 of threshold, tau 20 ms, t_ref 2 ms
    cells = LIF(v_rest=0, v_threshold=1, v_reset=0, t_ref=0.002, tau_m=0.02, noise_sd=0.2)
    drive = _drive(np.linspace(0, 3, 10_000))
    responses = simulate(cells, drive, gain=1, duration=10, trials=1, dt=dt, settle=0.5, seed=2)
    expected = cells.rate(drive.values).mean()
    error = responses["count"].values.mean() / 10 / expected - 1
    print(f"dt {dt}: {100 * error:+.4f} %")
    assert abs(error) < 0.002


def _mixed_responses(**options):
    """Cells of every kind, a few of them noiseless, some that spike within a step of release."""
    drive = _drive(np.linspace(-1, 1, 40).reshape(5, 8))
    cells = LIF(
        tau_m=[0.02, 0.01, 0.03, 0.02, 0.015, 0.02, 0.02, 0.02],
        noise_sd=[3, 0, 5, 1, 2, 8, 3, 0.5],
        t_ref=[0.002, 0, 0.001, 0.0103, 0.0005, 0.002, 0.002, 0.002],
        v_rest=[-60, -45, -58, -52, -55, -60, -70, -51],
    )
    return simulate(cells, drive, duration=0.1, trials=6, seed=7, spike_times=True, **options)


def test_same_seed_same_spikes_on_any_blocks_and_workers(monkeypatch):
    whole = _mixed_responses()
    assert whole["count"].values.sum() > 500
    for options in ({"workers": 1}, {"workers": 3}, {"target": "numpy"}):
        other = _mixed_responses(**options)
        assert np.array_equal(other["count"], whole["count"])
        assert np.array_equal(other["spike_time"], whole["spike_time"])
    monkeypatch.setattr("neurosim.simulation.engine.lif._RUNTIME_SIZE", 7)
    blocks = _mixed_responses(target="numpy", workers=2)
    assert np.array_equal(blocks["count"], whole["count"])
    assert not np.array_equal(
        whole["count"],
        simulate(LIF(), whole["drive"], duration=0.1, trials=6, seed=8)["count"],
    )


@pytest.mark.slow
def test_same_counts_on_the_cython_target():
    assert np.array_equal(_mixed_responses(target="cython")["count"], _mixed_responses()["count"])


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


def test_theory_is_the_expectation_of_the_spikes():
    drive = _drive(np.linspace(-0.5, 1, 6).reshape(3, 2))
    cells = LIF(noise_sd=[2, 5])
    options = {"gain": 30, "duration": 0.5, "trials": 400}
    theory = simulate(cells, drive, engine="theory", **options)["count"].values
    spikes = simulate(cells, drive, seed=3, **options)["count"].values
    error = spikes.std(-1) / 20 + 1e-3
    assert (np.abs(spikes.mean(-1) - theory.mean(-1)) < 4 * error).all()


def test_a_table_of_drive_over_time_is_what_the_sinusoid_is():
    # oracle: the closed form, sampled at the middle of every step
    dt, duration, frequency = 5e-4, 0.5, 4.0
    time = np.arange(round(duration / dt)) * dt
    wave = 0.2 + 0.8 * np.cos(2 * np.pi * frequency * (time + dt / 2) + np.deg2rad(30))
    table = xr.DataArray(wave[None, None], dims=("stimulus", "cell", "time"), coords={"time": time})
    closed = xr.Dataset(
        {
            f"drive_{n}": (("stimulus", "cell"), [[v]])
            for n, v in (("mean", 0.2), ("amplitude", 0.8), ("phase", 30.0))
        },
        coords={"temporal_frequency": ("stimulus", [frequency])},
    )
    options = {"duration": duration, "trials": 40, "settle": 0, "start": "rest", "dt": dt}
    one = simulate(LIF(v_rest=-60), table, seed=5, spike_times=True, **options)
    two = simulate(LIF(v_rest=-60), closed, seed=5, spike_times=True, **options)
    assert one["count"].values.sum() > 200
    assert np.array_equal(one["count"], two["count"])
    assert one["spike_time"].values == pytest.approx(two["spike_time"].values, abs=1e-9)
    assert float(one["drive"].values[0, 0]) == pytest.approx(wave.mean())


def test_a_drive_over_time_holds_until_the_next_sample():
    # a step of drive at 0.2 s: no noise, so spikes start then
    table = xr.DataArray(
        [[[-1.0, 2.0]]], dims=("stimulus", "cell", "time"), coords={"time": [0.0, 0.2]}
    )
    responses = simulate(
        LIF(noise_sd=0), table, duration=0.4, trials=1, spike_times=True, time_bin=0.1
    )
    times = responses["spike_time"].values
    # oracle: from equilibrium at -95 mV towards -20 mV with tau 20 ms, threshold -50 mV
    first = 0.2 + 0.02 * np.log((95 - 20) / (50 - 20))
    assert times[0] == pytest.approx(first, abs=1e-5)
    assert responses["count_in_bin"].values[0, 0].tolist()[:2] == [0, 0]
    assert responses["count_in_bin"].values.sum() == len(times)


def _table(values, time, **coordinate):
    drive = xr.DataArray([[values]], dims=("stimulus", "cell", "time"))
    return drive.assign_coords(time=("time", time, coordinate))


def test_a_table_finer_than_the_step_enters_by_its_mean():
    # oracle: the static drive of the same mean; 2 ms pulses of 1 in 5 samples of 0.1 ms
    time = np.arange(0, 0.5, 1e-4)
    pulses = np.where(np.arange(time.size) % 5 == 0, 5.0, 0.0)
    options = {"duration": 0.5, "trials": 300, "seed": 1, "settle": 0, "start": "rest"}
    still = simulate(LIF(), _drive([[1.0]]), **options)["count"].values
    for shift in (0, 2):
        fast = simulate(LIF(), _table(np.roll(pulses, shift), time), **options)
        assert fast["count"].values.mean() == pytest.approx(still.mean(), rel=0.02)
        assert fast["drive"].values == pytest.approx(1.0)


def test_the_stored_drive_is_the_mean_over_the_counted_time():
    options = {"trials": 1, "duration": 0.5}
    for values, time, mean in (([10.0, 0.0], [0, 0.01], 0.2), ([1.0, 0.0], [0, 5.0], 1.0)):
        stored = simulate(LIF(), _table(values, time), gain=1, **options)["drive"]
        assert stored.values == pytest.approx(mean)


def test_time_in_any_unit_that_it_says():
    options = {"trials": 20, "duration": 0.2, "seed": 4}
    counts = simulate(LIF(), _table([0.0, 2.0], [0, 0.05]), **options)["count"]
    assert counts.values.sum() > 100
    in_ms = _table([0.0, 2.0], [0.0, 50.0], units="ms")
    differences = _table([0.0, 2.0], np.array([0, 50], "timedelta64[ms]"))
    for table in (in_ms, differences):
        assert np.array_equal(simulate(LIF(), table, **options)["count"], counts)
    with pytest.raises(InputError, match="expected time in s"):
        simulate(LIF(), _table([0.0, 2.0], [0, 50], units="mV"), **options)
    with pytest.raises(InputError, match="a rising time coordinate in s from 0"):
        simulate(LIF(), _table([0.0, 2.0], [-0.1, 0.05]), **options)


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


def test_parameters_of_results_can_be_given_back():
    drive = _drive([[0.5, 1.0]])
    first = simulate(LIF(noise_sd=[2, 4]), drive, gain=[20, 25], trials=3, seed=2)
    again = simulate(
        LIF(noise_sd=first["noise_sd"]), first["drive"], gain=first["gain"], trials=3, seed=2
    )
    assert np.array_equal(first["count"], again["count"])


def test_a_damaged_worker_is_built_again(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    drive = _drive([[1.0]])
    whole = simulate(LIF(), drive, trials=2, duration=0.05)["count"]
    (worker,) = tmp_path.glob("lif-*")
    worker.write_bytes(worker.read_bytes()[:20_000])
    assert np.array_equal(simulate(LIF(), drive, trials=2, duration=0.05)["count"], whole)


def test_responses_say_where_they_came_from():
    responses = simulate(LIF(), _drive([[0.0]]), duration=0.01, trials=1, seed=5)
    assert responses.attrs["seed"] == 5
    assert {"neurosim_version", "git_revision", "brian2_version", "dt"} <= set(responses.attrs)


def test_ctrl_c_keeps_whole_trials(monkeypatch):
    from neurosim.simulation.engine import blocks

    def stop_after_some(futures, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return wait(futures, **options)

    calls: list[int] = []
    wait = blocks.wait
    drive = _drive(np.linspace(-1, 1, 1000).reshape(50, 20))
    options = {"duration": 0.05, "trials": 30, "seed": 1, "workers": 1}
    whole = simulate(LIF(), drive, **options)
    monkeypatch.setattr(blocks, "wait", stop_after_some)
    with pytest.warns(UserWarning, match=r"stopped after \d+ of 30 trials"):
        part = simulate(LIF(), drive, time_bin=0.01, spike_times=True, **options)
    assert part["count_in_bin"].values.sum() == part["count"].values.sum()
    assert part["spike_time"].size == part["count"].values.sum()
    kept = part.sizes["trial"]
    assert 1 <= kept < 30
    assert (part["trials"] == kept).all()
    assert np.array_equal(part["count"], whole["count"][..., :kept])


def test_without_a_compiler_numpy_gives_the_same_counts_and_says_so_once(monkeypatch):
    from neurosim.simulation.engine import cache, worker

    expected = _mixed_responses()

    def none(model):
        raise cache.NoCompiler("no C++ compiler 'g++' on the path")

    monkeypatch.setattr(cache, "compiled_worker", none)
    monkeypatch.setattr(worker, "_said", set())
    with pytest.warns(RuntimeWarning, match="simulating with NumPy, .* same counts .no C"):
        again = _mixed_responses()
    assert np.array_equal(again["count"], expected["count"])
    assert np.array_equal(_mixed_responses()["count"], expected["count"])  # no second warning


@pytest.mark.parametrize(
    ("lif", "drive", "arguments", "message"),
    [
        (LIF(), [[np.nan]], {}, "finite drive, got 1 NaN"),
        (LIF(), [[0.0]], {"duration": 0}, "at least one time step, got 0"),
        (LIF(), [[0.0]], {"dt": 0.01}, r"dt at most tau_m / 10 = 0.002 s, got 0.01"),
        (LIF(), [[0.0]], {"duration": "3 mV"}, "expected duration in s or a unit like it"),
        (LIF(), [[0.0]], {"trials": 0, "seed": -1}, "trials from 1 .* got 0; expected seed from"),
        (LIF(noise_sd=[1, 2, 3]), [[0.0, 1.0]], {}, "lif for one or 2 cells, got 3"),
        (LIF(), [[0.0, 1.0]], {"gain": [1, 2, 3]}, "gain for one or 2 cells, got 3"),
        (LIF(t_ref=0), [[9.0]], {"dt": 1e-3}, r"second spike has a chance below .* would do"),
        (LIF(), [[0.0]], {"time_bin": 0.3}, "time_bin that divides the duration"),
        (LIF(), [[0.0]], {"phase_bins": 8}, "phase_bins with a sinusoidal drive"),
        (LIF(), [[0.0]], {"memory": 10}, "counts within memory=10 bytes"),
        (LIF(), [[0.0]], {"memory": 1e4, "time_bin": 1e-4}, "counts within memory"),
        (LIF(), [[0.0]], {"memory": "1 GB"}, "memory as a number, got '1 GB'"),
        (LIF(), [[0.0]], {"workers": -1}, "workers >= 1, got -1"),
        (LIF(), [[0.0]], {"target": "gpu"}, "target among auto, cpp, cython, numpy, got 'gpu'"),
        (LIF(), [[0.0]], {"correlation": None}, "correlation as a number"),
        (LIF(), [[0.0]], {"gain": np.ones((2, 1))}, "gain for one or 1 cells, got 2"),
        (LIF(), [[0.0]], {"gain": np.ones((1, 1))}, "gain as one number or one per cell"),
        (LIF(), [[0.0]], {"time_bin": [0.1, 0.05]}, "time_bin as one number"),
        (LIF(), [[0.0]], {"engine": "theory", "spike_times": True}, "nothing but counts of engine"),
        (LIF(tau_noise=1e-9), [[0.0]], {}, "steps of tau_noise / 5"),
        (LIF(), np.zeros((1, 0)), {}, "at least one stimulus and cell"),
        (LIF(), [["a"]], {}, "drive as numbers"),
        (LIF(), [[0.0]], {"start": "cold"}, "start 'settled' or 'rest', got cold"),
    ],
)
def test_simulate_refuses(lif, drive, arguments, message):
    with pytest.raises(InputError, match=message):
        simulate(lif, _drive(drive), **arguments)


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
