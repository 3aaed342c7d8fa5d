"""Simulated spikes as an NWB file."""

import pytest

from neurosim import (
    InputError,
    responses_from_counts,
    responses_from_nwb,
    responses_to_nwb,
)


def test_other_software_opens_what_is_written(simulated, tmp_path):
    pynapple = pytest.importorskip("pynapple")
    responses_to_nwb(simulated, tmp_path / "simulated.nwb")
    opened = pynapple.load_file(str(tmp_path / "simulated.nwb"))
    wanted = simulated["count"].sum(("stimulus", "trial")).values
    assert [len(opened["units"][k]) for k in range(4)] == wanted.tolist()
    assert len(opened["trials"]) == 36


def test_what_cannot_be_written_as_nwb(simulated, tmp_path):
    counted = responses_from_counts([0, 1], [[1], [2]], 1.0)
    for responses in (counted, None):
        with pytest.raises(InputError, match=r"spike times, got none \(simulate\(..., spike_times"):
            responses_to_nwb(responses, tmp_path / "x.nwb")
    with pytest.raises(InputError, match=r"a path that ends in .nwb"):
        responses_to_nwb(simulated, tmp_path / "x.h5")
    fewer = simulated["trials"].copy()
    fewer[0, 0] -= 1
    with pytest.raises(InputError, match="the same trials, as long, of every cell"):
        responses_to_nwb(simulated.assign(trials=fewer), tmp_path / "x.nwb")
    assert not list(tmp_path.iterdir())


def test_trials_of_unequal_number_and_length_come_back(unequal, same_trials, tmp_path):
    pytest.importorskip("pynwb")
    responses_to_nwb(unequal, tmp_path / "x.nwb")
    again = responses_from_nwb(tmp_path / "x.nwb", x="drive", by=["stimulus"])
    same_trials(again, unequal)
