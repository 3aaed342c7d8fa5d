"""Shared by the tests: seeded Hypothesis, a small simulated data set, a table of LIF rates."""

from typing import NamedTuple

import hypothesis
import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, Experiment

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    """Processes that share the tests call them by their names, which no address may be part of."""
    moving = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if moving:
        raise pytest.UsageError(f"expected names that are the same in every process, got {moving}")


@pytest.fixture(scope="session")
def result():
    """The quick experiment, run once: real spikes, every stage."""
    return Experiment.default(quick=True, seed=7).run()


@pytest.fixture(scope="session")
def responses(result) -> xr.Dataset:
    return result.responses


@pytest.fixture(scope="session")
def as_drive():
    """Numbers (stimulus, cell), or (cell,) for one stimulus, as `simulate` takes them."""

    def labelled(values) -> xr.DataArray:
        return xr.DataArray(np.atleast_2d(values), dims=("stimulus", "cell"))

    return labelled


class LIFRow(NamedTuple):
    """A row of the LIF table of REFERENCES: times in ms, potentials in mV, rates in Hz."""

    tau_m: float
    t_ref: float
    v_threshold: float
    v_reset: float
    mean: float
    s: float  # Siegert's, sqrt(2) times the noise's standard deviation
    white: float  # the rate with white noise
    tau_noise: float
    coloured: float  # the rate with synaptic noise of tau_noise

    def cell(self, ratio=0.0, t_ref=None) -> LIF:
        """The row's cell, its noise filtered by `ratio` membrane time constants."""
        return LIF(
            tau_m=self.tau_m / 1e3,
            t_ref=(self.t_ref if t_ref is None else t_ref) / 1e3,
            v_rest=0,
            v_threshold=self.v_threshold,
            v_reset=self.v_reset,
            noise_sd=self.s / 2**0.5 / (1 + ratio) ** 0.5,
            tau_noise=ratio * self.tau_m / 1e3,
        )


LIF_TABLE = [
    LIFRow(20, 0, 20, 15, 16.42, 4, 13.406745, 0.5, 10.209423),
    LIFRow(20, 0, 20, 15, 19.66, 4, 35.103881, 0.5, 30.107146),
    LIFRow(20, 0, 20, 15, 18.94, 1.5, 12.279832, 0.5, 10.097686),
    LIFRow(20, 0, 20, 15, 20.96, 1.5, 32.500740, 0.5, 29.979602),
    LIFRow(10, 2, 20, 0, 2, 30, 51.874824, 1.0, 32.309861),
    LIFRow(10, 2, 20, 0, 15, 2.9, 3.758481, 1.0, 1.423971),
    LIFRow(10, 2, 20, 0, 22, 0.5, 38.713687, 1.0, 37.620365),
    LIFRow(10, 2, 20, 0, 40, 50, 165.175359, 1.0, 135.254402),
]


@pytest.fixture(
    params=range(len(LIF_TABLE)), ids=[f"mean {row.mean}, s {row.s}" for row in LIF_TABLE]
)
def lif_row(request) -> LIFRow:
    """Every row of the LIF table in turn; `indirect` chooses some by their position."""
    return LIF_TABLE[request.param]
