"""Shared by the tests of the simulation: cells of every kind."""

import numpy as np
import pytest

from neurosim import LIF, simulate


@pytest.fixture
def mixed_responses(as_drive):
    """Cells of every kind, a few of them noiseless, some that spike within a step of release."""
    drive = as_drive(np.linspace(-1, 1, 40).reshape(5, 8))
    cells = LIF(
        tau_m=[0.02, 0.01, 0.03, 0.02, 0.015, 0.02, 0.02, 0.02],
        noise_sd=[3, 0, 5, 1, 2, 8, 3, 0.5],
        t_ref=[0.002, 0, 0.001, 0.0103, 0.0005, 0.002, 0.002, 0.002],
        v_rest=[-60, -45, -58, -52, -55, -60, -70, -51],
    )

    def simulated(**options):
        return simulate(cells, drive, duration=0.1, trials=6, seed=7, spike_times=True, **options)

    return simulated
