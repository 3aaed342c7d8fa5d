"""Drives sampled in time: held between samples, averaged within a step, in any unit of time."""

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, InputError, simulate


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


def test_a_table_finer_than_the_step_enters_by_its_mean(as_drive):
    # oracle: the static drive of the same mean; 2 ms pulses of 1 in 5 samples of 0.1 ms
    time = np.arange(0, 0.5, 1e-4)
    pulses = np.where(np.arange(time.size) % 5 == 0, 5.0, 0.0)
    options = {"duration": 0.5, "trials": 300, "seed": 1, "settle": 0, "start": "rest"}
    still = simulate(LIF(), as_drive([[1.0]]), **options)["count"].values
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
