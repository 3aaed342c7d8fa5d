"""Conditions that nothing tells apart are one, under however many labels."""

import numpy as np
import pytest

from neurosim import RECTIFIERS, InputError, compare, fit, responses_from_counts
from neurosim.analysis.comparison.simulated import poisson_responses
from neurosim.data.counts import reduced
from neurosim.models.rectifiers import named_rectifier

X = np.linspace(-1, 1, 6)


def _split(responses, parts):
    """The same trials under `parts` labels for each condition."""
    count = responses["count"].values  # (stimulus, cell, trial)
    stimuli, cells, trials = count.shape
    finer = count.reshape(stimuli, cells, parts, trials // parts)
    finer = np.moveaxis(finer, 2, 1).reshape(stimuli * parts, cells, trials // parts)
    drive = np.repeat(responses["drive"].values, parts, axis=0)
    return responses_from_counts(drive, finer, responses["duration"].values)


@pytest.mark.parametrize("name", ["half-wave", "noise-smoothed threshold", "constant rate"])
@pytest.mark.parametrize("likelihood", ["Poisson", "negative binomial"])
def test_finer_labels_change_nothing(name, likelihood):
    # oracle: they are the same spikes
    truth = _truth(name)
    made = poisson_responses(*truth, X, 24, 0.5, 6, seed=3)
    whole = compare(made, likelihood=likelihood)
    for parts in (2, 24):
        finer = compare(_split(made, parts), likelihood=likelihood)
        assert finer.verdict.tolist() == whole.verdict.tolist()
        assert finer.chosen.tolist() == whole.chosen.tolist()
        assert finer.delta_aic == pytest.approx(whole.delta_aic, abs=1e-5)
        assert finer.goodness == pytest.approx(whole.goodness, abs=1e-5, nan_ok=True)


@pytest.mark.slow
def test_finer_labels_change_nothing_in_a_hundred_data_sets():
    names = [*RECTIFIERS.standard, "constant rate"]
    for seed in range(100):
        made = poisson_responses(*_truth(names[seed % len(names)]), X, 24, 0.5, 1, seed=seed)
        whole = compare(made)
        for parts in (2, 4):
            finer = compare(_split(made, parts))
            assert finer.verdict.tolist() == whole.verdict.tolist()
            assert finer.not_told_apart.tolist() == whole.not_told_apart.tolist()


def _truth(name):
    return named_rectifier(name), named_rectifier(name).typical


def test_another_coordinate_keeps_conditions_apart_and_their_rates_are_a_misfit():
    # oracle: two orientations of one contrast, of which one fires, are no function of contrast
    x = np.repeat([0.1, 0.3, 0.6, 1.0], 2)
    mean = np.where(np.arange(8) % 2, 40, 2) * x
    count = np.random.default_rng(0).poisson(mean[:, None, None], (8, 1, 20))
    made = responses_from_counts(x[:, None], count, 1.0)
    assert reduced(made).counts.conditions.tolist() == [4]
    apart = made.assign_coords(orientation=("stimulus", np.arange(8) % 2 * 90.0))
    assert reduced(apart).counts.conditions.tolist() == [8]
    found = compare(apart, ["half-wave", "half-squared"])
    assert found.verdict.tolist() == ["none"]
    assert "differs at equal x" in found.report()


def test_trials_of_another_length_are_trials_and_text_labels_tell_apart():
    made = responses_from_counts([0.0, 0.0, 1.0], [[1, 2], [3, 4], [9, 8]], [1.0, 2.0, 1.0])
    assert reduced(made).counts.conditions.tolist() == [2]
    assert reduced(made).counts.single.seconds[0, 0].tolist() == [1.0, 1.0, 2.0, 2.0]
    same = responses_from_counts([0.0, 0.0, 1.0], [[1, 2], [3, 4], [9, 8]], 1.0)
    assert reduced(same).counts.conditions.tolist() == [2]
    assert reduced(same).counts.spikes[0].tolist() == [10.0, 0.0, 17.0]
    said = same.assign_coords(eye=("stimulus", ["left", "right", "left"]))
    assert reduced(said).counts.conditions.tolist() == [3]


def test_one_condition_under_several_labels_is_too_few():
    same = responses_from_counts([0.5, 0.5, 0.5], [[1, 2], [3, 4], [9, 8]], 1.0)
    with pytest.raises(InputError, match="at least 2 conditions"):
        fit("half-wave", same)
    with pytest.raises(InputError, match="at least 2 conditions"):
        compare(same)
