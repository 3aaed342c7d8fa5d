"""The visual field: its pixels, and the contrast a display can show."""

import numpy as np
import pytest

from neurosim import (
    GaborBank,
    Gratings,
    InputError,
    Plaids,
    VisualField,
)
from neurosim.stimuli import ClippingWarning

FIELD = VisualField(size=4, ppd=16)


def test_field_is_centred_with_y_upwards():
    field = VisualField(size=(3, 2), ppd=8)
    assert field.shape == (16, 24)
    assert field.x.sum() == pytest.approx(0, abs=1e-12)
    assert field.y[0] == pytest.approx(1 - 1 / 16)  # the top row is the upper edge
    assert np.diff(field.x) == pytest.approx(1 / 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": -1}, "VisualField: expected size > 0 deg, got -1"),
        ({"size": 0, "ppd": 0}, "ppd > 0 pixels/deg, got 0; expected size > 0 deg, got 0"),
        ({"size": 1, "ppd": 10.4}, "whole number of pixels.*0.961538 deg would do"),
    ],
)
def test_field_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        VisualField(**arguments)


@pytest.mark.parametrize(
    ("arguments", "size", "ppd", "shape"),
    [
        ({"size": 4, "ppd": 16}, 4, 16, (64, 64)),
        ({"size": (4, 3), "shape": (48, 64)}, (4, 3), 16, (48, 64)),
        ({"ppd": 20, "shape": (40, 60)}, (3, 2), 20, (40, 60)),
        ({"shape": 64}, 4, 16, (64, 64)),
        ({"size": 2, "ppd": 16, "shape": 32}, 2, 16, (32, 32)),
    ],
)
def test_two_of_size_ppd_and_shape_give_the_third(arguments, size, ppd, shape):
    field = VisualField(**arguments)
    assert (field.size, field.ppd, field.shape) == (size, ppd, shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 4, "ppd": 16, "shape": 63}, "ppd of 15.75 with that size and shape, got 16"),
        ({"size": 4, "shape": (60, 64)}, "square pixels, got 16 x 15 pixels/deg"),
        ({"size": (1, 2, 3)}, "size as one number or .width, height. in deg"),
        ({"shape": 0}, "shape > 0 pixels"),
        ({"shape": 2.5}, "whole numbers of pixels"),
        ({"contrast_range": (0.1, 1)}, "contrast_range as .lowest, highest.*, got .0.1, 1"),
        ({"contrast_range": (-2, 1), "frame_rate": 0}, "frame_rate > 0 Hz.*contrast_range"),
    ],
)
def test_field_refuses_what_contradicts_itself(arguments, message):
    with pytest.raises(InputError, match=message):
        VisualField(**arguments)


def test_a_declared_display_bounds_contrast():
    display = VisualField(size=4, ppd=16, contrast_range=(-1, 1))
    loud = Plaids(Gratings(0, contrast=0.8), Gratings(90, contrast=0.8))
    with pytest.raises(InputError, match=r"range of -1 to 1, got -1.48 to 1.48"):
        loud.frames(display)
    with pytest.raises(InputError, match="declare the field with clip=True"):
        GaborBank.quadrature(0, 2).drive(loud, display)
    clipping = VisualField(size=4, ppd=16, contrast_range=(-1, 1), clip=True)
    with pytest.warns(ClippingWarning, match=r"the display clips 37.50% of the pixels"):
        frames = loud.frames(clipping)
    raw = loud.pictures(FIELD)
    assert frames.values == pytest.approx(np.clip(raw, -1, 1))
    assert frames["clipped"].values == pytest.approx((np.abs(raw) > 1).mean((1, 2)))
    bank = GaborBank.quadrature(0, 2)
    with pytest.warns(ClippingWarning):
        drive = bank.drive(loud, clipping)
    assert drive["clipped"].values == pytest.approx(frames["clipped"].values)
    seen = np.einsum("cyx,syx->sc", bank.kernels(FIELD).values, frames.values)
    assert drive.values == pytest.approx(seen)  # not the closed form, which nothing clips
    quiet = bank.drive(Gratings(contrast=[0.5, 1]), display)
    assert quiet["clipped"].values.tolist() == [0, 0]
