"""Gratings and patches of them, still and moving, against their formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import (
    GaborPatches,
    Gratings,
    InputError,
    VisualField,
)

SMALL = VisualField(size=2, ppd=16)
FIELD = VisualField(size=4, ppd=16)


@given(
    orientation=st.floats(-180, 180),
    frequency=st.floats(0.1, 8),
    phase=st.floats(-360, 360),
    contrast=st.floats(0, 1),
)
def test_grating_is_its_formula_at_every_pixel(orientation, frequency, phase, contrast):
    # oracle: the cosine evaluated pixel by pixel, degrees turned to radians here
    frame = Gratings(orientation, frequency, phase, contrast).pictures(SMALL)[0]
    angle = orientation * np.pi / 180
    for row, column in ((0, 0), (5, 17), (31, 2)):
        along = SMALL.x[column] * np.cos(angle) + SMALL.y[row] * np.sin(angle)
        expected = contrast * np.cos(2 * np.pi * frequency * along + phase * np.pi / 180)
        assert frame[row, column] == pytest.approx(expected, abs=1e-12)


def test_zero_degrees_is_vertical_bars():
    frame = Gratings(orientation=0, spatial_frequency=1).pictures(SMALL)[0]
    assert np.ptp(frame, axis=0).max() < 1e-12  # every column is uniform


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"contrast": 1.2}, r"contrast in \[0, 1\] \(Michelson\), got 1.2"),
        ({"spatial_frequency": 0}, "spatial_frequency > 0 cycles/deg"),
        ({"phase": np.nan}, "phase finite"),
        ({"orientation": "up"}, "orientation in deg as a number"),
        ({"contrast": 2, "spatial_frequency": -1}, "spatial_frequency.*contrast"),
    ],
)
def test_gratings_refuse(arguments, message):
    with pytest.raises(InputError, match=message):
        Gratings(**arguments)


def test_grating_above_nyquist_is_refused():
    with pytest.raises(InputError, match="spatial_frequency <= 8 cycles/deg"):
        Gratings(spatial_frequency=9).frames(SMALL)


def test_drifting_and_counterphase_frames_are_their_formulas():
    field = VisualField(size=2, ppd=16, frame_rate=50)
    along = field.along(20)
    drifting = Gratings(20, 2, 30, 0.5, temporal_frequency=4).frames(field, duration=0.3)
    assert drifting.dims == ("stimulus", "time", "y", "x")
    assert drifting.sizes["time"] == 15
    standing = Gratings(20, 2, 30, 0.5, temporal_frequency=4, motion="counterphase")
    for k, (t, frame) in enumerate(zip(drifting["time"], standing.stream(field, 0.3), strict=True)):
        phase = 2 * np.pi * (2 * along - 4 * float(t)) + np.pi / 6
        assert drifting.values[0, k] == pytest.approx(0.5 * np.cos(phase), abs=1e-12)
        still = 0.5 * np.cos(4 * np.pi * along + np.pi / 6) * np.cos(8 * np.pi * float(t))
        assert frame.values[0] == pytest.approx(still, abs=1e-12)
    with pytest.raises(InputError, match=r"temporal_frequency <= 25 Hz .half.*got 26"):
        Gratings(temporal_frequency=26).frames(field, 0.1)
    with pytest.raises(InputError, match="expected a duration in s, got none"):
        next(Gratings(temporal_frequency=4).stream(field))


def test_a_patch_with_a_window_leaves_no_doubt_about_its_place():
    patch = GaborPatches(0, 2, 0, sd=0.2, x=1.0, y=0.5).pictures(FIELD)[0]
    row, column = np.unravel_index(patch.argmax(), patch.shape)
    assert FIELD.x[column] == pytest.approx(1.0, abs=1 / 16)
    assert FIELD.y[row] == pytest.approx(0.5, abs=1 / 16)


def test_patches_keep_their_places_beside_the_pixels():
    frames = GaborPatches(0, 2, x=[-1, 0, 1], y=[0.5, 0, 0.2], combine="zip").frames(FIELD)
    assert frames["patch_x"].values.tolist() == [-1, 0, 1]
    assert frames["x"].size == 64
