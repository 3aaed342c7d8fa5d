"""Recorded spikes from spike times and onsets."""

import numpy as np
import pytest
import xarray as xr

from neurosim import (
    InputError,
    responses_from_spike_times,
)

SPIKES = {"a": [0.11, 1.05, 1.2, 1.31, 2.55], "b": [1.2]}


SHOWN = {"spike_times": SPIKES, "onsets": [0, 1, 2], "x": [0.0, 0.5, 0.1]}


def test_spikes_are_counted_in_the_window_behind_the_onset():
    # oracle: the times above; a spike at the start of the window counts, one at its end does not
    responses = responses_from_spike_times(**SHOWN, name="contrast", units="%")
    assert responses["count"].values.tolist() == [[[1], [0]], [[0], [0]], [[3], [1]]]
    assert responses["drive"].attrs == {"units": "%", "long_name": "contrast"}
    assert responses["duration"].item() == 0.5
    assert responses["cell"].values.tolist() == ["a", "b"]
    late = responses_from_spike_times(**SHOWN, window=("200 ms", "1000 ms"))
    assert late["count"].sel(cell="a").values.ravel().tolist() == [0, 1, 2]
    assert late["duration"].item() == pytest.approx(0.8)


def test_counts_are_those_of_the_simulation(simulated):
    # oracle: the simulation's own counts, its trials laid end to end
    duration = simulated["duration"].item()
    stimuli, trials = simulated.sizes["stimulus"], simulated.sizes["trial"]
    onsets = duration * np.arange(stimuli * trials).reshape(trials, stimuli)
    index = [simulated[f"spike_{name}"].values for name in ("trial", "stimulus", "cell")]
    time = onsets[index[0], index[1]] + simulated["spike_time"].values
    responses = responses_from_spike_times(
        {k: np.sort(time[index[2] == k]) for k in range(4)},
        onsets.ravel(),
        np.tile(np.arange(stimuli), trials),
        window=(0, duration),
    )
    assert np.array_equal(responses["count"], simulated["count"])


def test_conditions_and_time_that_was_not_observed():
    responses = responses_from_spike_times(
        {1: [0.2, 1.2, 2.2, 3.2], 2: [0.3]},
        onsets=[0, 1, 2, 3],
        x=[0, 1, 0, 1],
        by={"eye": ["left", "left", "right", "right"]},
        observed={2: [[0, 1.6], [2.5, 9]]},
    )
    assert responses["eye"].values.tolist() == ["left", "left", "right", "right"]
    assert responses["trials"].values.tolist() == [[1, 1], [1, 1], [1, 0], [1, 1]]
    assert responses.attrs["trials_not_observed"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"onsets": [0, 0.4, 2]},
            r"windows of 1 trials reach .*trials 0 and 1 share 0.1 s.*"
            "overlapping=True",
        ),
        ({"onsets": [0, np.nan, 2]}, "finite onsets, got nan in trial 1"),
        ({"x": [0, np.nan, 2]}, "finite x .*, got nan in trial 1"),
        ({"x": [0, 1]}, r"x for 3 trials, got \(2,\)"),
        ({"x": ["a", "b", "c"]}, "x as numbers, got"),
        ({"x": [1, 1, 1]}, "at least 2 different values of drive in every cell, got 1 in cell a"),
        ({"window": (0.5, 0.5)}, "a window whose end is behind its start"),
        ({"window": (0.5, 0.1)}, "a window whose end is behind its start"),
        ({"window": 0.5}, r"window \(start, end\)"),
        ({"window": "50 mV"}, "expected window in s or a unit like it, got 50 mV"),
        ({"spike_times": {"a": [2, 1]}}, r"times of cell a in order, got 1 after 2 s \(sort them"),
        ({"spike_times": {"a": [np.nan]}}, "finite times of cell a, got 1 NaN"),
        ({"spike_times": {"a": [[1.0]]}}, r"times \(spike,\) of cell a, got \(1, 1\)"),
        ({"spike_times": {"a": ["x"]}}, "the times of cell a"),
        ({"spike_times": {}}, "at least one cell, got none"),
        ({"spike_times": 5}, "a mapping from cells to times"),
        ({"by": {"eye": ["left"]}}, "eye for 3 trials"),
        ({"by": {"depth": [1, 2, np.nan]}}, "finite depth"),
        ({"by": {"trial": [1, 2, 3]}}, "names in by that responses do not use"),
        ({"observed": {"z": [[0, 1]]}}, "observed intervals of cells with spike times, got z"),
        ({"observed": {"a": [0, 1]}}, r"observed intervals \(interval, 2\) of cell a"),
        ({"observed": {"a": [[7, 8]]}}, "got none of cell a .are the clocks"),
    ],
)
def test_spike_times_that_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        responses_from_spike_times(**{**SHOWN, **change})


def test_windows_may_share_spikes_when_asked():
    shown = {**SHOWN, "onsets": [0.8, 1.0, 2.0]}
    responses = responses_from_spike_times(**shown, overlapping=True)
    assert responses["count"].sel(cell="a").values.ravel().tolist() == [3, 0, 3]


def test_neo_brings_names_units_and_the_time_recorded():
    neo = pytest.importorskip("neo")
    quantities = pytest.importorskip("quantities")
    segment = neo.Segment()
    for name, stop in (("a", 3000), ("b", 2300)):
        times = np.array(SPIKES[name]) * 1000
        segment.spiketrains.append(
            neo.SpikeTrain(times, units="ms", t_stop=stop * quantities.ms, name=name)
        )
    onsets = neo.Event([0, 1, 2] * quantities.s).times
    wanted = responses_from_spike_times(**SHOWN, observed={"a": [[0, 3]], "b": [[0, 2.3]]})
    for trains in (segment, list(segment.spiketrains), {t.name: t for t in segment.spiketrains}):
        responses = responses_from_spike_times(
            trains, onsets, SHOWN["x"], window=[50, 550] * quantities.ms
        )
        xr.testing.assert_equal(responses, wanted)
        assert responses.attrs["trials_not_observed"] == 1
    alone = responses_from_spike_times(segment.spiketrains[0], onsets, SHOWN["x"])
    assert alone["count"].values.ravel().tolist() == [1, 0, 3]
    with pytest.raises(InputError, match="expected onsets in s or a unit like it"):
        responses_from_spike_times(segment, [0, 1, 2] * quantities.mV, SHOWN["x"])
