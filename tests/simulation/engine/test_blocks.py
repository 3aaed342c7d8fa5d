"""Blocks of work, and what an interrupt keeps of them."""

import numpy as np
import pytest

from neurosim import LIF, simulate


def test_ctrl_c_keeps_whole_trials(as_drive, monkeypatch):
    from neurosim.simulation.engine import blocks

    def stop_after_some(futures, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return wait(futures, **options)

    calls: list[int] = []
    wait = blocks.wait
    drive = as_drive(np.linspace(-1, 1, 1000).reshape(50, 20))
    options = {"duration": 0.05, "trials": 30, "seed": 1, "workers": 1}
    whole = simulate(LIF(), drive, **options)
    monkeypatch.setattr(blocks, "wait", stop_after_some)
    with pytest.warns(UserWarning, match=r"stopped after \d+ of 30 trials"):
        part = simulate(LIF(), drive, time_bin=0.01, spike_times=True, **options)
    assert part["count_in_bin"].values.sum() == part["count"].values.sum()
    assert part["spike_time"].size == part["count"].values.sum()
    kept = part.sizes["trial"]
    assert 1 <= kept < 30
    assert (part["trials"] == kept).all()
    assert np.array_equal(part["count"], whole["count"][..., :kept])
