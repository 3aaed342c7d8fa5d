"""Shared by the tests of recordings: a simulation with every spike."""

import numpy as np
import pytest

from neurosim import LIF, GaborBank, Gratings, simulate


@pytest.fixture(scope="session")
def simulated():
    """Three trials of twelve gratings, with every spike."""
    bank = GaborBank.quadrature(orientation=0, spatial_frequency=2)
    gratings = Gratings(spatial_frequency=2, phase=np.arange(0, 360, 30))
    return simulate(LIF(), bank.drive(gratings), trials=3, duration=0.3, spike_times=True, seed=1)


@pytest.fixture(scope="session")
def unequal(simulated):
    """The same with 1 to 3 trials a stimulus, of 0.2 or 0.3 s; counts within them."""
    random = np.random.default_rng(2)
    stimuli, cells, trials = simulated["count"].transpose("stimulus", "cell", "trial").shape
    many = random.integers(1, trials + 1, stimuli)
    long = np.where(random.random((stimuli, trials)) < 0.5, 0.2, 0.3)
    of = [simulated[f"spike_{dim}"].values for dim in ("stimulus", "cell", "trial")]
    kept = (simulated["spike_time"].values < long[of[0], of[2]]) & (of[2] < many[of[0]])
    count = np.zeros((stimuli, cells, trials), dtype=int)
    np.add.at(count, tuple(each[kept] for each in of), 1)
    made = simulated.isel(spike=np.flatnonzero(kept))
    exists = np.arange(trials) < many[:, None]
    each = np.where(exists, long, np.nan)[:, None] * np.ones((cells, 1))
    return made.assign(
        count=(("stimulus", "cell", "trial"), count),
        trials=(("stimulus", "cell"), np.repeat(many[:, None], cells, axis=1)),
        duration=(("stimulus", "cell", "trial"), each, {"units": "s"}),
    )


def _same(again, wanted):
    """Counts, trials and lengths of every condition, which are in one order."""
    assert np.array_equal(again["trials"], wanted["trials"])
    most = again.sizes["trial"]
    exists = np.arange(most) < wanted["trials"].values[..., None]
    count = wanted["count"].transpose("stimulus", "cell", "trial").values[..., :most]
    assert np.array_equal(np.where(exists, again["count"], 0), np.where(exists, count, 0))
    long = [
        each["duration"].broadcast_like(each["count"]).transpose("stimulus", "cell", "trial").values
        for each in (again, wanted)
    ]
    assert np.allclose(long[0][exists], long[1][..., :most][exists])
    assert np.array_equal(again["drive"], wanted["drive"].transpose("stimulus", "cell"))


@pytest.fixture(scope="session")
def same_trials():
    return _same
