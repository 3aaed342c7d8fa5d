"""Photographs: their patches, their statistics, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from neurosim import (
    GaborBank,
    InputError,
    Photographs,
    VisualField,
    spectral_slope,
)
from neurosim.stimuli.images import read_image
from neurosim.stimuli.photographs import embedded_photograph

SMALL = VisualField(size=2, ppd=16)
FIELD = VisualField(size=4, ppd=16)


def test_photograph_patches_are_the_image_about_its_mean():
    random = np.random.default_rng(0)
    image = random.random((80, 90))
    photographs = Photographs(image, patches=5, seed=3)
    frames = photographs.frames(SMALL)
    for k in range(5):
        top, left = int(frames["top"][k]), int(frames["left"][k])
        expected = image[top : top + 32, left : left + 32] / image.mean() - 1
        assert frames.values[k] == pytest.approx(expected)
        patch = image[top : top + 32, left : left + 32]
        michelson = (patch.max() - patch.min()) / (patch.max() + patch.min())
        assert frames["contrast"].values[k] == pytest.approx(michelson)


def test_patches_depend_on_the_seed_alone():
    one, again, other = (Photographs(patches=4, seed=s).pictures(SMALL) for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_empty_folder_and_small_image_are_refused(tmp_path):
    with pytest.raises(InputError, match="expected an image in the folder"):
        Photographs(tmp_path)
    Image.fromarray(np.full((1, 1), 9, dtype=np.uint8)).save(tmp_path / "dot.png")
    with pytest.raises(InputError, match=r"dot.png of at least 32 x 32 pixels, got 1 x 1"):
        Photographs(tmp_path).frames(SMALL)


def test_array_images_are_checked():
    with pytest.raises(InputError, match=r"array 0 of shape \(rows, columns\)"):
        Photographs(np.ones((4, 4, 3)))
    with pytest.raises(InputError, match="luminances >= 0"):
        Photographs(-np.ones((4, 4)))


def test_photographs_report_their_grey_levels_and_saturation(tmp_path):
    from PIL import Image

    codes = np.full((80, 80), 100, dtype=np.uint8)
    codes[:20] = 255
    codes[40:60, ::2] = 50
    Image.fromarray(codes).save(tmp_path / "bright.png")
    patch = Photographs(tmp_path, patches=1, encoding="linear").frames(VisualField(5, 16))
    light = codes / codes.mean() - 1
    z = (light - light.mean()) / light.std()
    assert patch["saturated"].values[0] == pytest.approx(0.25)
    assert patch["skewness"].values[0] == pytest.approx((z**3).mean())
    assert patch["kurtosis"].values[0] == pytest.approx((z**4).mean())
    assert patch["mean_contrast"].values[0] == pytest.approx(0, abs=1e-12)
    with pytest.raises(InputError, match=r"bright.png with at most 1.00% of its pixels saturated"):
        Photographs(tmp_path, most_saturated=0.01)


def test_scrambled_patches_keep_mean_and_power():
    plain = Photographs(patches=3, seed=2).pictures(FIELD)
    scrambled = Photographs(patches=3, seed=2, scrambled=True).pictures(FIELD)
    assert scrambled.mean((1, 2)) == pytest.approx(plain.mean((1, 2)))
    assert np.abs(np.fft.fft2(scrambled)) == pytest.approx(np.abs(np.fft.fft2(plain)), abs=1e-8)
    assert not np.allclose(scrambled, plain)


def test_the_embedded_photograph_is_natural():
    # slope between 8 cycles over the shorter side and half of Nyquist, under a Hann window;
    # kurtosis of a bank's responses at every other position, a Gaussian's being 3
    light = read_image(embedded_photograph()).luminance
    measured = spectral_slope(light)
    assert measured.band == pytest.approx((8 / 512, 0.25))
    assert -3 < measured.slope < -1.8
    bank = GaborBank.quadrature([0, 45, 90, 135], 2)
    response = bank.convolve(light / light.mean() - 1, stride=2).values
    z = response / response.std((1, 2), keepdims=True)
    assert ((z**4).mean((1, 2)) > 5).all()
