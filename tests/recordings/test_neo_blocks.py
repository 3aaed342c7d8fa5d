"""Blocks of Neo whose segments are trials; epochs and events as onsets."""

import sys

import numpy as np
import pytest

from neurosim import (
    InputError,
    responses_from_neo,
    responses_from_spike_times,
    responses_to_neo,
)

neo = pytest.importorskip("neo")


@pytest.mark.parametrize("name", ["simulated", "unequal"])
def test_there_and_back(request, same_trials, name):
    responses = request.getfixturevalue(name)
    block = responses_to_neo(responses)
    again = responses_from_neo(block, "drive", by=["stimulus"])
    same_trials(again, responses)
    assert again["cell"].values.tolist() == sorted(str(each) for each in responses["cell"].values)
    assert block.segments[0].annotations["phase"] == responses["phase"].values[0]


def segment(times, **annotations):
    made = neo.Segment(**annotations)
    for name, (spikes, start, stop) in times.items():
        made.spiketrains.append(
            neo.SpikeTrain(
                np.array(spikes) * 1e3, units="ms", t_start=start, t_stop=stop, name=name
            )
        )
    return made


def test_segments_of_any_clock_and_length_and_lacking_cells():
    # oracle: the spikes, counted by eye; units are ms, edges s
    import quantities as pq

    start, stop = 2.0 * pq.s, 2.5 * pq.s
    block = neo.Block()
    block.segments += [
        segment({"a": ([2.1, 2.2], start, stop), "b": ([], start, stop)}, contrast=0.0),
        segment({"a": ([2.3], start, 3.0 * pq.s)}, contrast=1.0),
        segment({"a": ([], start, stop), "b": ([2.4], start, stop)}, contrast=1.0),
    ]
    found = responses_from_neo(block, "contrast")
    assert found["count"].sel(cell="a").values.tolist() == [[2, 0], [1, 0]]
    assert found["trials"].values.tolist() == [[1, 1], [2, 1]]
    assert found["duration"].sel(cell="a").values.tolist()[1] == [1.0, 0.5]
    assert found["count"].sel(cell="b").values[1, 0] == 1
    early = responses_from_neo(block, "contrast", window=(0, 0.15))
    assert early["count"].sel(cell="a").values[0, 0] == 1


def test_epochs_and_events_are_onsets():
    import quantities as pq

    times = {"a": [1.1, 2.1, 2.2, 3.1, 4.3]}
    contrast = np.array([0.0, 1.0, 0.0, 1.0])
    epoch = neo.Epoch(
        np.array([1, 2, 3, 4]) * 1e3 * pq.ms,
        durations=[250] * 4 * pq.ms,
        array_annotations={"contrast": contrast},
    )
    found = responses_from_spike_times(times, epoch, "contrast")
    assert found["count"].values.tolist() == [[[1, 1]], [[2, 0]]]
    assert found["duration"].item() == 0.25
    event = neo.Event(np.arange(1, 5) * pq.s, array_annotations={"contrast": contrast})
    again = responses_from_spike_times(times, event, "contrast", window=(0, 0.25))
    assert np.array_equal(again["count"], found["count"])


def test_what_cannot_be_is_refused(simulated, monkeypatch):
    block = responses_to_neo(simulated)
    del block.segments[2].annotations["drive"]
    for given, x, message in (
        (
            block,
            "drive",
            r"annotation 'drive' of every Segment, got none in 2 .there are: contrast, drive",
        ),
        (block, "size", "annotation 'size' of every Segment"),
        (neo.Block(), "drive", "a Block with Segments, got Block"),
        (None, "drive", "a Block with Segments, got NoneType"),
    ):
        with pytest.raises(InputError, match=message) as refused:
            responses_from_neo(given, x)
        assert "\n" not in str(refused.value)
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(InputError, match=r"needs neo .* -e '.\[neo\]'"):
        responses_to_neo(simulated)
