"""F1/F0 trial by trial: whole cycles and windows, silent trials, the baseline."""

import numpy as np
import pytest

from neurosim import InputError, modulation_of_trials

NAME = "F1/F0, geometric mean of trials"


def measured(*arguments, **options):
    return modulation_of_trials(*arguments, **options)[NAME]


def steady(rate, duration):
    """Spikes as regular as can be."""
    return (np.arange(int(rate * duration)) + 0.5) / rate


def test_the_geometric_mean_of_what_each_trial_has():
    # oracle: the definition, trial by trial; phases differ and do not matter
    random = np.random.default_rng(0)
    frequency, duration, baseline, trials, ratios = 4.0, 2.3, 3.0, [], []
    for _ in range(6):
        time = np.sort(random.uniform(0, duration, 300))
        keep = (
            random.uniform(size=300) < (1 + np.cos(2 * np.pi * (4 * time + random.uniform()))) / 2
        )
        trials.append(time[keep])
        inside = trials[-1][trials[-1] < 9 / frequency]
        size = abs(np.exp(-2j * np.pi * frequency * inside).sum())
        ratios.append(2 * size / (inside.size - baseline * 9 / frequency))
    found = measured(trials, frequency, duration, baseline=baseline)
    assert found.value[0] == pytest.approx(np.exp(np.mean(np.log(ratios))), rel=1e-12)
    assert found.low[0] < found.value[0] < found.high[0]
    assert found.more["trials"][0] == 6
    assert found.status == ["ok"]


@pytest.mark.parametrize("frequency", [7.5, 3.3, 2.25])
def test_beyond_whole_cycles_a_steady_rate_has_a_harmonic(frequency):
    # oracle: the integral of the wave over a second of a constant rate
    trials = [steady(4000, 1.0)] * 3
    assert measured(trials, frequency, 1.0).value[0] < 2e-3
    beyond = abs(np.exp(-2j * np.pi * frequency) - 1) / (2 * np.pi * frequency)
    found = measured(trials, frequency, 1.0, window=1.0)
    assert found.value[0] == pytest.approx(2 * beyond, abs=1e-3)
    assert measured(trials, frequency, 1.0, window="1000 ms").value[0] == found.value[0]


def test_trials_without_a_ratio_are_left_out_and_counted():
    trial = steady(8, 2.0)
    found = measured([trial, [], trial, [0.5]], 1.0, 2.0, baseline=1.0)
    assert found.more["trials without a ratio"][0] == 2
    assert found.value[0] == pytest.approx(measured([trial], 1.0, 2.0, baseline=1.0).value[0])
    silent = measured([[], []], 1.0, 2.0)
    assert np.isnan(silent.value[0])
    assert silent.status == ["no trial with a ratio"]
    assert measured([trial], 1.0, 2.0).status == ["single trial: no interval"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"window": 3.0}, r"window in .0, 2. s, got 3"),
        ({"window": 0}, "window in"),
        ({"window": "2 mV"}, "window"),
        ({"frequency": 0.1}, "at least one cycle"),
        ({"baseline": -1}, "baseline >= 0 Hz"),
        ({"duration": 1.0}, "spike times from 0 to 1 s"),
    ],
)
def test_what_cannot_be_is_refused(changed, message):
    given = {"spike_times": [[0.1, 1.9]], "frequency": 2.0, "duration": 2.0} | changed
    with pytest.raises(InputError, match=message):
        modulation_of_trials(**given)
