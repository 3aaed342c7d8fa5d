"""The cache of compiled workers."""

import numpy as np

from neurosim import LIF, simulate
from neurosim.simulation.engine.cache import compiled_worker
from neurosim.simulation.engine.protocol import Model


def test_a_damaged_worker_is_built_again(as_drive, tmp_path, monkeypatch):
    # oracle: the counts of the whole one, which other tests use too
    def counts():
        return simulate(LIF(), as_drive([[1.0]]), trials=2, duration=0.05)["count"]

    expected = counts()
    whole = compiled_worker(Model())
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    damaged = tmp_path / whole.name
    damaged.write_bytes(whole.read_bytes()[:20_000])
    damaged.chmod(0o755)
    assert np.array_equal(counts(), expected)
    assert compiled_worker(Model()) == damaged
    assert damaged.stat().st_size > 20_000
