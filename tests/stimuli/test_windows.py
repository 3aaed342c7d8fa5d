"""Windows: their formulas, their sweeps, their labels."""

import numpy as np
import pytest

from neurosim import (
    AnnulusWindow,
    CircularWindow,
    GaborBank,
    GaussianWindow,
    Gratings,
    RaisedCosineWindow,
    VisualField,
)

FIELD = VisualField(size=4, ppd=16)


def test_windows_are_their_formulas():
    at = {"x": 0.5, "y": -0.25}
    r = np.hypot(FIELD.x - 0.5, FIELD.y[:, None] + 0.25)
    gauss = GaussianWindow(0.4, **at).height(FIELD, 0)
    assert gauss == pytest.approx(np.exp(-(r**2) / 0.32))
    circle = CircularWindow(2, **at).height(FIELD, 0)
    assert (circle[r < 0.96] == 1).all()
    assert (circle[r > 1.04] == 0).all()
    ring = AnnulusWindow(1, 2, **at).height(FIELD, 0)
    assert ring == pytest.approx(circle - CircularWindow(1, **at).height(FIELD, 0))
    cosine = RaisedCosineWindow(2, 0.5, **at).height(FIELD, 0)
    expected = 0.5 + 0.5 * np.cos(np.pi * (r - 0.75) / 0.5)
    between = (r > 0.75) & (r < 1.25)
    assert cosine[between] == pytest.approx(expected[between])
    assert (cosine[r <= 0.75] == 1).all()
    assert (cosine[r >= 1.25] == 0).all()


def test_size_tuning_is_a_sweep_of_windows():
    sizes = Gratings(0, 2, [0, 90]).through(CircularWindow([0.5, 1, 2, 4]))
    frames = sizes.frames(FIELD)
    assert frames["window_diameter"].values.tolist() == [0.5, 1, 2, 4] * 2
    assert frames["phase"].values.tolist() == [0] * 4 + [90] * 4
    drive = GaborBank.quadrature(0, 2).drive(sizes).values
    assert (np.diff(drive[:4, 0]) > -1e-3).all()  # a linear cell has no surround
    assert drive[3, 0] == pytest.approx(1, abs=2e-3)


def test_windows_through_windows_keep_their_own_labels():
    nested = Gratings().through(CircularWindow([1, 2], x=0.5)).through(CircularWindow([3, 4]))
    labels = nested.coordinates(FIELD)
    assert labels["window_diameter"].values.tolist() == [1, 1, 2, 2]
    assert labels["window2_diameter"].values.tolist() == [3, 4, 3, 4]
    assert labels["window_x"].values.tolist() == [0.5] * 4
