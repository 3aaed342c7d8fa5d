"""The worker: every target gives the same spikes, and a compiler may be missing."""

import numpy as np
import pytest

from neurosim import LIF, simulate


@pytest.mark.parametrize("size", [50, pytest.param(7, marks=pytest.mark.slow)])
def test_same_seed_same_spikes_on_any_blocks_and_workers(mixed_responses, monkeypatch, size):
    whole = mixed_responses()
    assert whole["count"].values.sum() > 500
    for options in ({"workers": 1}, {"workers": 3}, {"target": "numpy", "workers": 1}):
        other = mixed_responses(**options)
        assert np.array_equal(other["count"], whole["count"])
        assert np.array_equal(other["spike_time"], whole["spike_time"])
    monkeypatch.setattr("neurosim.simulation.engine.lif._RUNTIME_SIZE", size)
    blocks = mixed_responses(target="numpy", workers=2)
    assert np.array_equal(blocks["count"], whole["count"])
    assert not np.array_equal(
        whole["count"],
        simulate(LIF(), whole["drive"], duration=0.1, trials=6, seed=8)["count"],
    )


@pytest.mark.slow
def test_same_counts_on_the_cython_target(mixed_responses):
    assert np.array_equal(mixed_responses(target="cython")["count"], mixed_responses()["count"])


def test_without_a_compiler_numpy_gives_the_same_counts_and_says_so_once(
    mixed_responses, monkeypatch
):
    from neurosim.simulation.engine import cache, worker

    expected = mixed_responses()

    def none(model):
        raise cache.NoCompiler("no C++ compiler 'g++' on the path")

    monkeypatch.setattr(cache, "compiled_worker", none)
    monkeypatch.setattr(worker, "_said", set())
    with pytest.warns(RuntimeWarning, match="simulating with NumPy, .* same counts .no C"):
        again = mixed_responses()
    assert np.array_equal(again["count"], expected["count"])
    assert np.array_equal(mixed_responses()["count"], expected["count"])  # no second warning
