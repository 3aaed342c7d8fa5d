"""Pooling: by hand, by loops, and of Gabor responses."""

import numpy as np
import pytest

from neurosim import InputError, what_is_kept
from neurosim.analysis.information_kept.pooled import average_pooled


def test_pooling_of_a_checkerboard():
    # oracle: by hand; a balanced pool of +-1 averages to 0, its absolute value to 1
    board = np.where(np.indices((16, 24)).sum(0) % 2 == 0, 1.0, -1.0)[None]
    dims = ("unit", "row", "column")
    kept = what_is_kept(board, ["AVR", "ReLU", "LReLU"], dims=dims, pool=4).table
    expected = [1, 0, 0, 1 - 0.45 / 0.55]
    assert kept["cancellation"].tolist() == pytest.approx(expected, abs=1e-12)
    assert kept["shift change"][1:].tolist() == pytest.approx([0, 0, 0], abs=1e-12)


def test_change_under_a_shift_is_that_of_loops():
    # oracle: the pools one by one
    x = np.random.default_rng(1).standard_normal((2, 9, 11))
    kept = what_is_kept(x, ["ReLU"], dims=("unit", "row", "column"), pool=3, shift=2, scale=None)
    f = np.maximum(x, 0)
    change = size = 0.0
    for unit in f:
        for row in (0, 3):
            for column in (0, 3, 6):
                here = unit[row : row + 3, column : column + 3].mean()
                across = unit[row : row + 3, column + 2 : column + 5].mean()
                along = unit[row + 2 : row + 5, column : column + 3].mean()
                change += ((across - here) ** 2 + (along - here) ** 2) / 2
                size += here**2
    assert kept.table["shift change"][1] == pytest.approx(np.sqrt(change / size))
    assert average_pooled(x, 3).shape == (2, 3, 3)


def test_pooling_gabor_responses(near, maps):
    # oracle: statement 14: without rectification an average pools to zero; with it to a shift
    # invariant mean
    table = maps.table.set_index("rectifier")
    assert table.loc["linear", "cancellation"] > 0.85
    for name in ("half-wave", "full-wave", "two-path half-wave", "modulus"):
        assert table.loc[name, "cancellation"] == pytest.approx(0, abs=1e-12)
        assert table.loc[name, "shift change"] < table.loc["linear", "shift change"] / 3
    near(table, "half-wave", "energy kept", 0.5)
    near(table, "full-wave", "phase kept", 0)
    near(table, "modulus", "energy kept", 0.5, 0.02)


def test_maps_smaller_than_a_pool_are_refused():
    x = np.random.default_rng(0).standard_normal((8, 8))
    with pytest.raises(InputError, match=r"maps of at least 9 x 9 positions .* got 8 x 8"):
        what_is_kept(x, dims=("row", "column"))
