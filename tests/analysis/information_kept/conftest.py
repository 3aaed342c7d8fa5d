"""Shared by the tests of what is kept: responses on maps, and what is near enough."""

import pytest

from neurosim import what_is_kept
from neurosim.analysis.information_kept.example_ensembles import white_noise_responses


@pytest.fixture(scope="session")
def maps():
    return what_is_kept(
        white_noise_responses(seed=2, rows=360, columns=480),
        ["ReLU", "AVR", "CReLU", "modulus", "LReLU", "tanh"],
    )


@pytest.fixture(scope="session")
def near():
    """Asserts: within four standard errors of a number, or `least`."""

    def within(table, rectifier, measure, expected, least=1e-3):
        row = table.loc[rectifier]
        said = (rectifier, measure, row[measure], row[f"{measure} SE"], expected)
        assert abs(row[measure] - expected) <= max(4 * row[f"{measure} SE"], least), said

    return within
