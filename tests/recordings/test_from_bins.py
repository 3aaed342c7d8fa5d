"""Counts in bins of time, beside a stimulus that changes."""

import numpy as np
import pytest

from neurosim import InputError, fit, responses_from_bins


def test_every_value_is_a_condition_by_itself():
    # oracle: the bins sorted by hand
    made = responses_from_bins([0, 1, 0, 2, 1], [1, 5, 2, 9, 6], 0.02)
    assert made["drive"].values.ravel().tolist() == [0, 1, 2]
    assert made["trials"].values.ravel().tolist() == [2, 2, 1]
    assert made["count"].values[:, 0].tolist() == [[1, 2], [5, 6], [9, 0]]
    assert made["duration"].item() == 0.02


def test_edges_and_equal_numbers():
    x = np.array([0.0, 0.1, 0.2, 0.5, 0.9, 1.0, 1.2, -0.1])
    counts = np.arange(8)
    made = responses_from_bins(x, counts, "20 ms", edges=[0, 0.2, 1.0, 1.1])
    assert made["drive"].values.ravel() == pytest.approx([0.05, (0.2 + 0.5 + 0.9) / 3, 1.0])
    assert made["trials"].values.ravel().tolist() == [2, 3, 1]
    assert made.attrs["bins_left_out"] == 2
    top = responses_from_bins(x, counts, "20 ms", edges=[0, 0.2, 1.0])
    assert top["trials"].values.ravel().tolist() == [2, 4]  # the highest edge is inside
    random = np.random.default_rng(0)
    x = random.normal(size=1000)
    made = responses_from_bins(x, random.poisson(3, 1000), 0.01, equal_numbers=8)
    assert made["trials"].values.ravel().tolist() == [125] * 8
    assert np.allclose(made["drive"].values.ravel(), np.sort(x).reshape(8, 125).mean(1))
    few = responses_from_bins(np.r_[np.zeros(90), np.ones(10)], np.ones(100), 0.01, equal_numbers=5)
    assert few["trials"].values.ravel().tolist() == [90, 10]  # equal values stay together


def test_the_lag_is_that_of_the_spikes():
    # oracle: a half-wave cell whose spikes follow by three bins
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (4000, 2))
    rate = 2 + 60 * np.maximum(x, 0)
    counts = np.roll(random.poisson(rate * 0.05), 3, axis=0)
    made = responses_from_bins(x, counts, 0.05, equal_numbers=15, lag=3)
    found = fit("half-wave", made).values
    assert found[:, 1] == pytest.approx([60, 60], rel=0.08)
    off = fit("half-wave", responses_from_bins(x, counts, 0.05, equal_numbers=15)).values
    assert (off[:, 1] < 15).all()


def test_what_cannot_be_is_refused():
    x = np.linspace(0, 1, 10)
    for given, message in (
        (((np.r_[x[:9], np.nan]), np.ones(10), 0.1), "x of every bin, got 1 NaN .drop_missing"),
        ((x, np.ones(9), 0.1), r"x and counts .bin,. or .bin, cell."),
        ((x, np.ones(10), "3 mV"), "bin_width"),
        ((x, np.ones(10), -1), "bin_width > 0 s"),
        ((np.zeros(10), np.ones(10), 0.1), "at least 2 conditions"),
        ((x, np.full(10, 0.5), 0.1), "whole numbers of spikes"),
        ((np.r_[x[:9], np.inf], np.ones(10), 0.1), "finite x"),
    ):
        with pytest.raises(InputError, match=message):
            responses_from_bins(*given)
    for options, message in (
        ({"edges": [0, 1], "equal_numbers": 3}, "either edges or equal_numbers, got both"),
        ({"edges": [1, 0.5, 0]}, "edges in order"),
        ({"edges": [5, 6, 7]}, "at least 2 conditions with bins"),
        ({"equal_numbers": 1}, "equal_numbers as a whole number >= 2"),
        ({"lag": 10}, "lag as a whole number from 0 to 9"),
    ):
        with pytest.raises(InputError, match=message):
            responses_from_bins(x, np.ones(10), 0.1, **options)
    kept = responses_from_bins(np.r_[x[:9], np.nan], np.ones(10), 0.1, drop_missing=True)
    assert int(kept["trials"].sum()) == 9
    assert kept.attrs["bins_left_out"] == 1
