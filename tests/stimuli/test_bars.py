"""Bars, edges, uniform fields and blanks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import (
    Bars,
    Blanks,
    Edges,
    GaborBank,
    Gratings,
    InputError,
    Uniform,
    VisualField,
)

FIELD = VisualField(size=4, ppd=16)


@given(st.floats(-180, 180), st.floats(-0.7, 0.7), st.floats(0.01, 1.2))
def test_a_bar_has_its_area(orientation, position, width):
    # oracle: the area, by averages of exact coverage; width may be less than a pixel. The clipped
    # ends leave what the diagonal of the field cuts off, so a bar with ends inside is taken
    field = VisualField(size=6, ppd=10)
    bar = Bars(orientation, position, width, length=2.0).pictures(field)[0]
    assert bar.sum() / 100 == pytest.approx(2.0 * width, rel=0.02)
    assert bar.min() > -1e-8
    assert bar.max() < 1 + 1e-8


@pytest.mark.parametrize("orientation", [0, 17, 45, 90, 200])
def test_edges_are_averaged_over_the_area_of_each_pixel(orientation):
    # oracle: 40 x 40 points inside each pixel
    field = VisualField(size=1, ppd=8)
    fine = VisualField(size=1, ppd=320)
    edge = Edges(orientation, 0.03, 0.6).pictures(field)[0]
    points = 0.6 * np.sign(fine.along(orientation) - 0.03)
    averaged = points.reshape(8, 40, 8, 40).mean((1, 3))
    assert edge == pytest.approx(averaged, abs=0.02)
    square = Gratings(orientation, 1.3, 20, 0.6, waveform="square").pictures(field)[0]
    wave = 0.6 * np.sign(np.cos(2 * np.pi * 1.3 * fine.along(orientation) + np.deg2rad(20)))
    assert square == pytest.approx(wave.reshape(8, 40, 8, 40).mean((1, 3)), abs=0.02)


def test_uniform_fields_and_blanks():
    frames = (Uniform([-1, 0.5]) + Blanks(2)).frames(FIELD)
    assert np.ptp(frames.values, axis=(1, 2)).max() == 0
    assert frames.values[:, 0, 0].tolist() == [-1, 0.5, 0, 0]
    assert frames["kind"].values.tolist() == ["uniform", "uniform", "blank", "blank"]
    drive = GaborBank.quadrature(0, 2).drive(Uniform([-1, 0.5]) + Blanks())
    assert np.abs(drive.values).max() == 0  # the pair is blind to the mean
    with pytest.raises(InputError, match=r">= -1 .the luminance of black"):
        Uniform(-1.5)
