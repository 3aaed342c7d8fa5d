"""Shared by the tests: seeded Hypothesis, a small simulated data set."""

import hypothesis
import pytest
import xarray as xr

from neurosim import Experiment

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def result():
    """The quick experiment, run once: real spikes, every stage."""
    return Experiment.default(quick=True, seed=7).run()


@pytest.fixture(scope="session")
def responses(result) -> xr.Dataset:
    return result.responses
