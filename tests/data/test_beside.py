"""What responses may hold beside their counts is looked at with them."""

import numpy as np
import pytest

from neurosim import InputError, fit, responses_from_counts


def _timed():
    """One spike in each of two trials of two stimuli."""
    made = responses_from_counts([0.0, 1.0], [[1, 1], [1, 1]], 0.5)
    columns = {"time": [0.1, 0.2, 0.3, 0.4], "stimulus": [0, 0, 1, 1], "trial": [0, 1, 0, 1]}
    columns["cell"] = [0] * 4
    return made.assign({f"spike_{name}": ("spike", given) for name, given in columns.items()})


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("spike_time", ("spike", [0.1, 0.2, 0.3, 0.6]), "spike_time from 0 to 0.5 s, got others"),
        ("spike_time", ("spike", [0.1, 0.2, 0.3, np.nan]), "spike_time from 0 to 0.5 s"),
        ("spike_trial", ("spike", [0, 1, 0, 2]), "spike_trial as indices from 0 to 1, got others"),
        ("spike_cell", ("spike", [0.0] * 4), "spike_cell as indices from 0 to 0"),
        ("spike_cell", ("other", [0] * 4), r"spike_cell \(spike,\), got \('other',\)"),
        ("drive_noise", ("stimulus", [1.0, 1.0]), r"drive_noise \('stimulus', 'cell'\)"),
        ("drive_quadrature", (("stimulus", "cell"), [["a"], ["b"]]), "drive_quadrature as numbers"),
        ("drive_quadrature", (("stimulus", "cell"), [[1], [np.inf]]), "finite drive_quadrature"),
    ],
)
def test_what_cannot_stand_beside_counts(name, given, message):
    with pytest.raises(InputError, match=message):
        fit("ReLU", _timed().assign({name: given}))


def test_spikes_without_their_trials():
    with pytest.raises(InputError, match="whose each spike_time is, got no spike_trial"):
        fit("ReLU", _timed().drop_vars("spike_trial"))
    assert fit("ReLU", _timed()).cells.tolist() == [0]
