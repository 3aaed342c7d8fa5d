"""Sweeps: the product or the pairs of their values, with labels and units."""

import pytest

from neurosim import (
    Bars,
    Gratings,
    InputError,
    VisualField,
)

SMALL = VisualField(size=2, ppd=16)
FIELD = VisualField(size=4, ppd=16)


def test_sweep_is_the_product_of_its_values_with_labels_and_units():
    frames = Gratings(orientation=[0, 90], contrast=[0.2, 0.4, 1.0]).frames(SMALL)
    assert frames.sizes["stimulus"] == 6
    assert frames["contrast"].values.tolist() == [0.2, 0.4, 1.0] * 2
    assert frames["orientation"].attrs["units"] == "deg"


def test_zip_and_product_sweeps_carry_their_names():
    zipped = Gratings([0, 45, 90], [1, 2, 4], contrast=0.5, combine="zip").frames(FIELD)
    assert zipped["orientation"].values.tolist() == [0, 45, 90]
    assert zipped["spatial_frequency"].values.tolist() == [1, 2, 4]
    assert zipped["contrast"].values.tolist() == [0.5] * 3
    product = Bars([0, 90], [-1, 0, 1]).frames(FIELD)
    assert product["position"].values.tolist() == [-1, 0, 1] * 2
    assert product["position"].attrs["units"] == "deg"
    with pytest.raises(InputError, match=r"lists of one length to zip, got .*orientation.: 2"):
        Gratings([0, 45], [1, 2, 4], combine="zip")
    with pytest.raises(InputError, match="combine among product, zip, got sum"):
        Gratings(combine="sum")
