"""Recorded spikes from NWB files."""

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from neurosim import (
    InputError,
    responses_from_nwb,
    responses_to_nwb,
)


def test_a_simulation_comes_back_from_nwb(simulated, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "simulated.nwb"
    responses_to_nwb(simulated, path)
    assert not pynwb.validate(path=str(path))
    back = responses_from_nwb(path, x="drive", by=["stimulus", "phase"])
    for name in ("drive", "count", "trials", "duration"):
        assert np.array_equal(back[name], simulated[name]), name
    assert np.array_equal(back["phase"], simulated["phase"])
    assert back.attrs["file"] == "simulated.nwb"
    assert [file.name for file in tmp_path.iterdir()] == ["simulated.nwb"]


def test_part_of_an_nwb_file(simulated, tmp_path):
    pytest.importorskip("pynwb")
    path = tmp_path / "simulated.nwb"
    responses_to_nwb(simulated, path)
    some = responses_from_nwb(
        path, x="phase", unit="deg", where={"trial": 1}, cells=[3, 2], window=(0.1, "200 ms")
    )
    times = simulated["spike_time"].values
    late = (times >= 0.1) & (times < 0.2) & (simulated["spike_trial"].values == 1)
    for cell in (2, 3):
        mine = late & (simulated["spike_cell"].values == cell)
        wanted = np.bincount(simulated["spike_stimulus"].values[mine], minlength=12)
        assert some["count"].sel(cell=cell).values.ravel().tolist() == wanted.tolist()
    assert some["drive"].attrs["units"] == "deg"
    assert some.attrs["trials_left_out"] == 24


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "phse", "by": ["y"]}, "a column 'phse' in trials, got .*; .* a column 'y' in"),
        ({"x": "kind"}, "numbers in kind, got grating in trial 0 and 35 more .blank=.skip"),
        ({"x": "kind", "blank": "skip"}, "trials with numbers in kind, got none"),
        ({"x": "phase", "blank": "none"}, "blank as a number or 'skip', got none"),
        ({"x": "phase", "trials": "flashes"}, "an intervals table 'flashes', got trials"),
        ({"x": "phase", "cells": [9]}, r"cells among the units 0, 1, 2, 3, got \[9\]"),
        ({"x": "phase", "cells": []}, "cells among the units 0, 1, 2, 3, got none"),
        ({"x": "phase", "where": {"trial": 9}}, "trials where {'trial': 9}, got none"),
        ({"x": "phase", "window": (0, 0.45)}, "windows of 35 trials reach into the next one's"),
        ({"x": "contrast"}, "at least 2 different values of contrast"),
    ],
)
def test_columns_and_units_that_an_nwb_file_has_not(simulated, tmp_path, arguments, message):
    pytest.importorskip("pynwb")
    responses_to_nwb(simulated, tmp_path / "simulated.nwb")
    with pytest.raises(InputError, match=message) as refusal:
        responses_from_nwb(tmp_path / "simulated.nwb", **arguments)
    assert "simulated.nwb: " in str(refusal.value)


def recorded(path):
    """A file as a laboratory writes it: blanks, a unit that was lost, presentations."""
    from datetime import UTC, datetime

    import pynwb

    start = datetime(2020, 1, 1, tzinfo=UTC)
    nwb = pynwb.NWBFile("recorded", "one", start)
    nwb.add_unit(id=5, spike_times=[0.1, 1.1, 1.2, 2.1], obs_intervals=[[0.0, 9.0]])
    nwb.add_unit(id=8, spike_times=[0.2, 1.3], obs_intervals=[[0.0, 1.8], [2.9, 9.0]])
    shown = pynwb.epoch.TimeIntervals(name="gratings", description="gratings")
    shown.add_column("contrast", "Michelson")
    shown.add_column("eye", "which")
    for k, contrast in enumerate(["0.1", "0.5", "null", "0.5"]):
        row = {"contrast": contrast, "eye": "left"}
        shown.add_interval(start_time=float(k), stop_time=k + 0.5, **row)
    nwb.add_time_intervals(shown)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)


def test_presentations_blanks_and_observed_intervals(tmp_path):
    pytest.importorskip("pynwb")
    path = tmp_path / "recorded.nwb"
    recorded(path)
    asked = {"x": "contrast", "trials": "gratings", "by": "eye"}
    with pytest.raises(InputError, match="numbers in contrast, got null in trial 2 "):
        responses_from_nwb(path, **asked)
    skipped = responses_from_nwb(path, **asked, blank="skip")
    assert skipped["cell"].values.tolist() == [5, 8]
    assert skipped["trials"].values.tolist() == [[1, 1], [2, 2]]
    assert skipped["count"].values[:, 0].tolist() == [[1, 0], [2, 0]]
    zero = responses_from_nwb(path, **asked, blank=0)
    assert zero["drive"].values[:, 0].tolist() == [0, 0.1, 0.5]
    assert zero["trials"].values.tolist() == [[1, 0], [1, 1], [2, 2]]
    assert zero["eye"].values.tolist() == ["left"] * 3
    with pytest.raises(InputError, match="an intervals table 'trials', got gratings"):
        responses_from_nwb(path, x="contrast")


def test_files_that_are_not_nwb(simulated, tmp_path):
    pytest.importorskip("pynwb")
    import h5py

    responses_to_nwb(simulated, tmp_path / "cut.nwb")
    whole = (tmp_path / "cut.nwb").read_bytes()
    (tmp_path / "cut.nwb").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.nwb").write_text("no")
    h5py.File(tmp_path / "other.nwb", "w").close()
    for name, message in (
        ("text.nwb", "cannot be read as NWB"),
        ("cut.nwb", "cannot be read as NWB"),
        ("other.nwb", "cannot be read as NWB"),
        ("absent.nwb", "there is no such file"),
    ):
        with pytest.raises(InputError, match=f"{name}: {message}"):
            responses_from_nwb(tmp_path / name, x="contrast")


def test_nwb_without_its_extra_says_how(simulated, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pynwb", None)
    (tmp_path / "x.nwb").write_bytes(b"1")
    for asked in (
        lambda: responses_from_nwb(tmp_path / "x.nwb", x="contrast"),
        lambda: responses_to_nwb(simulated, tmp_path / "y.nwb"),
    ):
        with pytest.raises(InputError, match=r"NWB needs pynwb .*-e '.\[nwb\]'"):
            asked()


@pytest.mark.parametrize(
    ("units", "wanted"),
    [(None, {5: 1, 8: 1}), ([8], {5: 2, 8: 1})],
    ids=["of the recording", "of a unit"],
)
def test_trials_that_touch_invalid_time_are_left_out(tmp_path, units, wanted):
    pynwb = pytest.importorskip("pynwb")
    from datetime import UTC, datetime

    nwb = pynwb.NWBFile("recorded", "one", datetime(2020, 1, 1, tzinfo=UTC))
    for unit in (5, 8):
        nwb.add_unit(id=unit, spike_times=np.arange(0.05, 4, 0.2))
    nwb.add_trial_column("contrast", "Michelson")
    for k in range(4):
        nwb.add_trial(start_time=float(k), stop_time=k + 0.5, contrast=[0.1, 0.5][k % 2])
    if units is not None:
        nwb.add_invalid_times_column("units", "whose", index=True)
    said = {} if units is None else {"units": units}
    nwb.add_invalid_time_interval(start_time=0.4, stop_time=0.6, **said)  # trial 0 (0.1)
    nwb.add_invalid_time_interval(start_time=1.5, stop_time=2.0, **said)  # adjoins 1 and 2
    with pynwb.NWBHDF5IO(str(tmp_path / "r.nwb"), "w") as io:
        io.write(nwb)
    made = responses_from_nwb(tmp_path / "r.nwb", x="contrast")
    trials = made["trials"].sel(cell=list(wanted)).values
    assert trials[0].tolist() == list(wanted.values())
    assert trials[1].tolist() == [2, 2]
    assert made.attrs["trials_in_invalid_time"] == (2 if units is None else 1)


@pytest.mark.filterwarnings("ignore::neurosim.recordings.clocks.ClockWarning")
def test_units_are_chosen_by_any_column(simulated, tmp_path):
    # oracle: the same units by their ids
    pytest.importorskip("pynwb")
    path = tmp_path / "x.nwb"
    responses_to_nwb(simulated, path)
    wanted = responses_from_nwb(path, x="drive", by=["stimulus"])
    phases = simulated["preferred_phase"].values.tolist()
    one = responses_from_nwb(
        path, x="drive", by=["stimulus"], cells_where={"preferred_phase": phases[2]}
    )
    assert one["cell"].values.tolist() == [wanted["cell"].values[2]]
    two = responses_from_nwb(
        path, x="drive", by=["stimulus"], cells_where={"preferred_phase": phases[1:3]}
    )
    assert two["count"].equals(wanted["count"].isel(cell=[1, 2]))
    for where, message in (
        ({"quality": "good"}, "a column 'quality' of units, got"),
        ({"cell": "nobody"}, "units whose cell is nobody, got none"),
        (5, "cells_where as a mapping"),
    ):
        with pytest.raises(InputError, match=message):
            responses_from_nwb(path, x="drive", cells_where=where)


def test_lists_of_one_length_are_values_and_others_are_refused(tmp_path):
    pynwb = pytest.importorskip("pynwb")

    def written(lists):
        nwb = pynwb.NWBFile("lists", "id", datetime.now(UTC))
        nwb.add_trial_column("contrast", "one in a list", index=True)
        for k, each in enumerate(lists):
            nwb.add_trial(start_time=float(k), stop_time=k + 0.5, contrast=each)
        nwb.add_unit(spike_times=[0.1, 1.1, 1.2, 2.3])
        with pynwb.NWBHDF5IO(str(tmp_path / "l.nwb"), "w") as io:
            io.write(nwb)
        return responses_from_nwb(tmp_path / "l.nwb", x="contrast")

    assert written([[0.0], [0.5], [1.0]])["count"].values.ravel().tolist() == [1, 2, 1]
    with pytest.raises(InputError, match="as many values in every trial of contrast, got 1 to 2"):
        written([[0.0], [0.5, 0.6], [1.0]])


READ = """
import resource, signal, sys, warnings
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
warnings.simplefilter("ignore")
from neurosim import InputError, responses_from_nwb
for path in sys.stdin.read().split("\\n"):
    signal.alarm(30)
    try:
        found = responses_from_nwb(path, x="drive", by=["stimulus"])
        print("read", flush=True)
    except InputError as error:
        assert "\\n" not in str(error), str(error)
        print("refused", flush=True)
"""


@pytest.mark.parametrize("number", [15, pytest.param(2000, marks=pytest.mark.slow)])
def test_mutated_nwb_files_are_read_or_one_line(simulated, tmp_path, number):
    pytest.importorskip("pynwb")
    responses_to_nwb(simulated, tmp_path / "whole.nwb")
    whole, random = (tmp_path / "whole.nwb").read_bytes(), np.random.default_rng(number)
    left, loops = [], 0
    for k in range(number):
        changed = bytearray(whole)
        at = int(random.integers(len(changed)))
        if k % 3 == 0:
            changed[at] ^= 1 << int(random.integers(8))
        elif k % 3 == 1:
            changed = changed[:at]
        else:
            changed[at : at + 8] = random.bytes(len(changed[at : at + 8]))
        (tmp_path / f"m{k}.nwb").write_bytes(changed)
        left.append(str(tmp_path / f"m{k}.nwb"))
    while left:
        done = subprocess.run(
            [sys.executable, "-c", READ],
            input="\n".join(left),
            capture_output=True,
            text=True,
            check=False,
        )
        left = left[len(done.stdout.split("\n")) - 1 :]
        if left:
            assert done.returncode == -14, done.stderr[-1500:]  # HDF5's own loop, nothing else
            loops += 1
            left.pop(0)
    print(f"HDF5 looped on {loops} of {number} files")
    assert loops <= 0.02 * number + 1
