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
