"""Plaids."""

import pytest

from neurosim import (
    Gratings,
    InputError,
    Plaids,
    VisualField,
)

FIELD = VisualField(size=4, ppd=16)


def test_plaid_is_the_sum_of_its_gratings():
    one, other = Gratings(0, 1, contrast=[0.2, 0.4]), Gratings([30, 60], 2, 10, 0.5)
    plaids = Plaids(one, other).frames(FIELD)
    for k, (i, j) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        assert plaids.values[k] == pytest.approx(one.pictures(FIELD)[i] + other.pictures(FIELD)[j])
    assert plaids["contrast_1"].values.tolist() == [0.2, 0.2, 0.4, 0.4]
    assert plaids["orientation_2"].values.tolist() == [30, 60] * 2
    zipped = Plaids(one, other, combine="zip").pictures(FIELD)
    assert zipped == pytest.approx(one.pictures(FIELD) + other.pictures(FIELD))
    with pytest.raises(InputError, match=r"components of one number to zip, got \[2, 3\]"):
        Plaids(one, Gratings([0, 1, 2]), combine="zip").frames(FIELD)
    with pytest.raises(InputError, match="stimulus sets as components, got 3"):
        Plaids(one, 3)
