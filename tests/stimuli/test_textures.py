"""Textures: their spectrum, their contrast, their seeds."""

import numpy as np
import pytest

from neurosim import (
    InputError,
    Textures,
    VisualField,
)

FIELD = VisualField(size=4, ppd=16)


def test_textures_have_their_spectrum_and_contrast():
    field = VisualField(size=8, ppd=16)
    textures = Textures(40, orientation=30, orientation_sd=10, spatial_frequency=2, contrast=0.2)
    frames = textures.pictures(field)
    assert frames.std() == pytest.approx(0.2, rel=0.05)
    window = np.hanning(128)[:, None] * np.hanning(128)
    power = np.fft.fftshift((np.abs(np.fft.fft2(frames * window)) ** 2).mean(0))
    f = np.fft.fftshift(np.fft.fftfreq(128)) * 16
    fx, fy = np.meshgrid(f, -f)  # y is upwards
    half = fx * np.cos(np.pi / 6) + fy * np.sin(np.pi / 6) > 0
    angle = np.rad2deg(np.arctan2(fy, fx))[half] - 30
    weight = power[half]
    assert np.average(angle, weights=weight) == pytest.approx(0, abs=1)
    assert np.sqrt(np.average(angle**2, weights=weight)) == pytest.approx(10, abs=2)
    octaves = np.log2(np.hypot(fx, fy)[half] / 2)
    assert np.average(octaves, weights=weight) == pytest.approx(0, abs=0.05)
    # full width at half height of 1 octave is 0.42 octaves of standard deviation, cut at 2.5
    spread = np.sqrt(np.average(octaves**2, weights=weight))
    assert spread == pytest.approx(0.42, abs=0.05)


def test_a_texture_depends_on_seed_and_index_alone_and_not_on_the_pixels():
    few = Textures(2, seed=3)
    assert np.array_equal(Textures(5, seed=3).pictures(FIELD)[:2], few.pictures(FIELD))
    assert not np.allclose(Textures(2, seed=4).pictures(FIELD), few.pictures(FIELD))
    odd = VisualField(size=4, ppd=48)  # every third pixel's centre is one of FIELD's
    assert few.pictures(odd)[:, 1::3, 1::3] == pytest.approx(few.pictures(FIELD), abs=1e-9)
    with pytest.raises(InputError, match=r"up to 8 cycles/deg .*, got up to 12.5"):
        Textures(spatial_frequency=6).frames(FIELD)
