"""Spike trains by condition: against the spikes they were made of."""

import numpy as np
import pytest

from neurosim import InputError, responses_from_counts
from neurosim.analysis.measures.trains import trains_by_condition, trains_of_times
from neurosim.base.errors import Faults
from neurosim.data.repeats import Repeats


def test_spikes_in_any_order_come_to_their_conditions():
    # oracle: a mask of the spikes of each condition; some have none
    random = np.random.default_rng(0)
    cells, stimuli, trials, spikes = 3, 4, 5, 60
    index = {
        "cell": random.integers(0, cells, spikes),
        "stimulus": random.integers(0, stimuli - 1, spikes),
        "trial": random.integers(0, trials, spikes),
    }
    times = random.random(spikes)
    responses = responses_from_counts(
        np.zeros((stimuli, cells)), np.zeros((stimuli, cells, trials), int), 1.0
    )
    responses["spike_time"] = "spike", times
    for name, values in index.items():
        responses[f"spike_{name}"] = "spike", values
    found = trains_by_condition(responses, Repeats.from_responses(responses))
    for c in range(cells):
        for s in range(stimuli):
            mine = (index["cell"] == c) & (index["stimulus"] == s)
            order = np.lexsort((times[mine], index["trial"][mine]))
            np.testing.assert_array_equal(found[c][s].times, times[mine][order])
            np.testing.assert_array_equal(found[c][s].trial, index["trial"][mine][order])
            np.testing.assert_array_equal(found[c][s].seconds, np.ones(trials))


def test_trains_of_times_refuse():
    with pytest.raises(InputError, match="example: expected at least one trial, got none"):
        trains_of_times([], 1.0, Faults("example"))
    with pytest.raises(InputError, match="spike times from 0 to 1 s, got others"):
        trains_of_times([[0.5], [-0.1]], 1.0, Faults("example"))
    with pytest.raises(InputError, match="duration > 0 s, got long"):
        trains_of_times([[0.5]], "long", Faults("example"))
