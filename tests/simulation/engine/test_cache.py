"""The cache of compiled workers."""

import numpy as np

from neurosim import LIF, simulate


def test_a_damaged_worker_is_built_again(as_drive, tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    drive = as_drive([[1.0]])
    whole = simulate(LIF(), drive, trials=2, duration=0.05)["count"]
    (worker,) = tmp_path.glob("lif-*")
    worker.write_bytes(worker.read_bytes()[:20_000])
    assert np.array_equal(simulate(LIF(), drive, trials=2, duration=0.05)["count"], whole)
