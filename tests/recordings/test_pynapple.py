"""pynapple's objects, in and out."""

import sys

import numpy as np
import pandas as pd
import pytest

from neurosim import (
    InputError,
    responses_from_nwb,
    responses_from_spike_times,
    responses_to_nwb,
    responses_to_pynapple,
)

nap = pytest.importorskip("pynapple")


def trials(**metadata):
    starts = np.arange(6) * 1.0 + 1
    return nap.IntervalSet(start=starts, end=starts + 0.5, metadata=metadata)


CONTRAST = np.array([0.0, 0.5, 1.0, 0.0, 0.5, 1.0])


def group(**options):
    times = {3: np.array([1.1, 2.2, 2.3, 3.1, 3.2, 3.4]), 7: np.array([4.1, 6.2])}
    return nap.TsGroup({key: nap.Ts(t) for key, t in times.items()}, **options)


def test_units_and_trials_bring_what_they_know():
    # oracle: the spikes above, counted by eye
    units = group(
        time_support=nap.IntervalSet(0, 20),
        metadata={"area": ["V1", "V2"], "depth": [100.0, 200.0]},
    )
    shown = trials(contrast=CONTRAST, eye=np.array(["l", "l", "l", "r", "r", "r"]))
    responses = responses_from_spike_times(units, shown, "contrast", by=["eye"])
    assert responses["cell"].values.tolist() == [3, 7]
    assert responses["area"].values.tolist() == ["V1", "V2"]
    assert responses["depth"].sel(cell=7).item() == 200
    assert responses["duration"].item() == 0.5
    assert responses["drive"].attrs["long_name"] == "contrast"
    found = responses["count"].isel(trial=0).values
    assert responses["eye"].values.tolist() == ["l"] * 3 + ["r"] * 3
    assert found[:, 0].tolist() == [1, 2, 3, 0, 0, 0]
    assert found[:, 1].tolist() == [0, 0, 0, 1, 0, 1]
    pooled = responses_from_spike_times(units, shown, "contrast", window=(0, 0.25))
    assert pooled["count"].sel(cell=3).values.tolist() == [[1, 0], [1, 0], [2, 0]]


def test_the_time_that_was_recorded_is_heeded_where_it_is_said():
    shown = trials(contrast=CONTRAST)
    short = responses_from_spike_times(
        group(time_support=nap.IntervalSet(0.5, 4.7)), shown, "contrast"
    )
    assert short.attrs["trials_not_observed"] == 4  # two of each cell
    assert short["trials"].sel(cell=3).values.tolist() == [2, 1, 1]
    # by itself it is from the first spike to the last, which says nothing of the recording
    whole = responses_from_spike_times(group(), shown, "contrast")
    assert whole["trials"].values.tolist() == [[2, 2]] * 3
    single = responses_from_spike_times(nap.Ts(np.array([1.1, 2.2])), shown, "contrast")
    assert single["trials"].values.tolist() == [[2]] * 3


def test_a_data_frame_of_trials_will_do():
    frame = pd.DataFrame({"start_time": np.arange(6) + 1.0, "contrast": CONTRAST})
    frame["stop_time"] = frame["start_time"] + 0.5
    wanted = responses_from_spike_times(group(), trials(contrast=CONTRAST), "contrast")
    assert responses_from_spike_times(group(), frame, "contrast").equals(wanted)
    with pytest.raises(InputError, match="a column start_time or start or onset"):
        responses_from_spike_times(group(), frame[["contrast"]], "contrast")


@pytest.mark.parametrize("name", ["simulated", "unequal"])
def test_there_and_back(request, same_trials, name):
    responses = request.getfixturevalue(name)
    units, shown = responses_to_pynapple(responses)
    again = responses_from_spike_times(units, shown, "drive", by=["stimulus"])
    same_trials(again, responses)
    assert again["label"].values.tolist() == [str(each) for each in responses["cell"].values]
    assert np.array_equal(again["preferred_orientation"], responses["preferred_orientation"])
    phase = np.asarray(shown["phase"])
    assert np.array_equal(phase, responses["phase"].values[np.asarray(shown["stimulus"])])


def test_its_own_reader_opens_our_nwb_files(unequal, same_trials, tmp_path):
    pytest.importorskip("pynwb")
    responses_to_nwb(unequal, tmp_path / "x.nwb")
    opened = nap.load_file(str(tmp_path / "x.nwb"))
    units, shown = responses_to_pynapple(unequal)
    for key, mine in zip(opened["units"], units, strict=True):
        assert np.allclose(opened["units"][key].t, units[mine].t, atol=2e-9)
    assert np.allclose(opened["trials"].start, shown.start)
    assert np.allclose(opened["trials"].end, shown.end)
    same_trials(responses_from_nwb(tmp_path / "x.nwb", x="drive", by=["stimulus"]), unequal)


def test_what_is_wrong_is_one_short_line():
    shown = trials(contrast=CONTRAST)
    many = nap.TsGroup({k: nap.Ts(np.arange(3.0)) for k in range(200)})
    for call, message in (
        (lambda: responses_from_spike_times(group(), shown, "size"), "a column 'size' for x"),
        (lambda: responses_from_spike_times(group(), shown, "contrast", by="eye"), "'eye' for by"),
        (lambda: responses_from_spike_times(group(), np.arange(6.0), "contrast"), "x as numbers"),
        (lambda: responses_from_spike_times({"a": [1.0]}, many, [1.0]), "onsets"),
        (lambda: responses_from_spike_times(shown, shown, "contrast"), "spike times"),
    ):
        with pytest.raises(InputError, match=message) as refused:
            call()
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 400


def test_without_the_library_the_extra_is_named(simulated, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynapple", None)
    with pytest.raises(InputError, match=r"needs pynapple .* -e '.\[pynapple\]'"):
        responses_to_pynapple(simulated)
