"""What was begun and is gone on from: the spikes of a run that nobody stopped."""

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, BrianCell, InputError, load_responses, save_responses, simulate

DRIVE = xr.DataArray(np.linspace(-1, 1, 6).reshape(3, 2), dims=("stimulus", "cell"))
HOW = {"duration": 0.2, "seed": 5, "target": "numpy", "workers": 1}
SINUSOID = xr.Dataset(
    {
        "drive_mean": DRIVE,
        "drive_amplitude": abs(DRIVE),
        "drive_phase": 90 * DRIVE,
        "temporal_frequency": ("stimulus", [5.0, 10.0, 5.0]),
    }
)


@pytest.mark.parametrize(
    ("drive", "more"),
    [
        (DRIVE, {}),
        (DRIVE, {"spike_times": True, "time_bin": 0.05}),
        (SINUSOID, {"phase_bins": 4, "spike_times": True}),
        (DRIVE, {"correlation": 0.3}),
    ],
)
@pytest.mark.parametrize("on_disk", [False, True])
def test_going_on_gives_the_spikes_of_one_run(tmp_path, drive, more, on_disk):
    whole = simulate(LIF(), drive, trials=5, **HOW, **more)
    begun = simulate(LIF(), drive, trials=2, **HOW, **more)
    if on_disk:
        save_responses(begun, tmp_path / "begun.nc")
        begun = load_responses(tmp_path / "begun.nc")
    found = simulate(LIF(), drive, trials=5, begun=begun, **HOW, **more)
    assert found.identical(whole)
    assert simulate(LIF(), drive, trials=5, begun=found, **HOW, **more).identical(whole)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"seed": 6}, "seed"),
        ({"gain": 20.0}, "gain"),
        ({"duration": 0.1}, "duration"),
        ({"correlation": 0.5}, "correlation"),
        ({"lif": LIF(noise_sd=4)}, "noise_sd"),
        ({"drive": DRIVE + 1e-6}, "drive"),
        ({"drive": DRIVE[:2]}, "drive"),
        ({"trials": 1}, "at most 1 trials"),
        ({"spike_times": True}, "spike_time"),
        ({"time_bin": 0.05}, "count_in_bin"),
    ],
)
def test_another_run_is_not_gone_on_from(other, said):
    begun = simulate(LIF(), DRIVE, trials=2, **HOW)
    call = {"lif": LIF(), "drive": DRIVE, "trials": 4, **HOW, **other}
    with pytest.raises(InputError, match=f"simulate: .*{said}"):
        simulate(begun=begun, **call)


def test_wrong_kinds_are_one_line():
    begun = simulate(LIF(), DRIVE, trials=2, **HOW)
    for wrong in (5, "kept.nc", xr.Dataset()):
        with pytest.raises(InputError):
            simulate(LIF(), DRIVE, begun=wrong, **HOW)
    with pytest.raises(InputError, match="nothing begun of engine='theory'"):
        simulate(LIF(), DRIVE, begun=begun, engine="theory")
    cell = BrianCell.preset("adaptive_lif") if hasattr(BrianCell, "preset") else None
    if cell is not None:
        with pytest.raises(InputError, match="another"):
            simulate(cell, DRIVE, trials=3, begun=begun, **HOW)


@pytest.mark.parametrize(
    "coordinate", ["duration", "trials", "count", "trial", "drive", "spike", "time_bin"]
)
@pytest.mark.parametrize("along", ["stimulus", "cell", None])
def test_coordinates_in_the_place_of_responses_are_refused_by_name(coordinate, along):
    values = {"stimulus": [1.0, 2.0, 3.0], "cell": [1.0, 2.0], None: 1.0}[along]
    drive = DRIVE.assign_coords({coordinate: (along, values) if along else values})
    with pytest.raises(InputError, match=f"hold themselves, got {coordinate}"):
        simulate(LIF(), drive, **HOW)


def test_drive_of_earlier_responses_is_shown_again():
    before = simulate(LIF(), DRIVE, trials=2, **HOW)
    again = simulate(LIF(noise_sd=4), before["drive"], trials=2, **HOW)
    assert again["noise_sd"] == 4


@pytest.mark.parametrize("missing", [np.nan, None])
@pytest.mark.parametrize("dim", ["stimulus", "cell"])
def test_labels_that_name_nothing_are_refused(dim, missing):
    labels = [1.0, missing, 3.0][: DRIVE.sizes[dim]]
    with pytest.raises(InputError, match=f"labels of {dim} without a missing one"):
        simulate(LIF(), DRIVE.assign_coords({dim: labels}), **HOW)


@pytest.mark.parametrize("name", ["v_rest", "v_threshold", "v_reset", "noise_sd"])
@pytest.mark.parametrize("value", [-1e12, 1e12, 1001.0, [-70.0, -1e9]])
def test_potentials_beyond_any_membrane_are_refused(name, value):
    with pytest.raises(InputError, match=f"{name} within 1000 mV of zero"):
        LIF(**{name: value})


@pytest.mark.parametrize("name", ["t_ref", "tau_m"])
def test_times_of_a_second_and_more_are_refused(name):
    with pytest.raises(InputError, match=f"{name} < 1 s"):
        LIF(**{name: 2.0})


def test_drives_and_gains_that_lose_the_noise_are_refused():
    with pytest.raises(InputError, match="64 bits at most"):
        simulate(LIF(), DRIVE.astype(np.longdouble), **HOW)
    with pytest.raises(InputError, match=r"mean potentials within 1e\+06 mV"):
        simulate(LIF(), -1 - abs(DRIVE), gain=1e12, **HOW)
    with pytest.raises(InputError, match="simulate: expected drive as numbers, got bool"):
        simulate(LIF(), DRIVE > 0, **HOW)
    with pytest.raises(InputError, match="spike_times as True or False, got no"):
        simulate(LIF(), DRIVE, spike_times="no", **HOW)
