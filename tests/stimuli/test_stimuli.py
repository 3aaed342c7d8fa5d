"""Stimuli: geometry, gratings against their formula, photographs against their pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from neurosim import Gratings, InputError, Noise, Photographs, VisualField
from neurosim.stimuli.images import read_image, srgb_to_linear

FIELD = VisualField(size=2, ppd=16)


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


@given(
    orientation=st.floats(-180, 180),
    frequency=st.floats(0.1, 8),
    phase=st.floats(-360, 360),
    contrast=st.floats(0, 1),
)
def test_grating_is_its_formula_at_every_pixel(orientation, frequency, phase, contrast):
    # oracle: the cosine evaluated pixel by pixel, degrees turned to radians here
    frame = Gratings(orientation, frequency, phase, contrast).pictures(FIELD)[0]
    angle = orientation * np.pi / 180
    for row, column in ((0, 0), (5, 17), (31, 2)):
        along = FIELD.x[column] * np.cos(angle) + FIELD.y[row] * np.sin(angle)
        expected = contrast * np.cos(2 * np.pi * frequency * along + phase * np.pi / 180)
        assert frame[row, column] == pytest.approx(expected, abs=1e-12)


def test_zero_degrees_is_vertical_bars():
    frame = Gratings(orientation=0, spatial_frequency=1).pictures(FIELD)[0]
    assert np.ptp(frame, axis=0).max() < 1e-12  # every column is uniform


def test_sweep_is_the_product_of_its_values_with_labels_and_units():
    frames = Gratings(orientation=[0, 90], contrast=[0.2, 0.4, 1.0]).frames(FIELD)
    assert frames.sizes["stimulus"] == 6
    assert frames["contrast"].values.tolist() == [0.2, 0.4, 1.0] * 2
    assert frames["orientation"].attrs["units"] == "deg"


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
        Gratings(spatial_frequency=9).frames(FIELD)


def test_srgb_decoding():
    # oracle: IEC 61966-2-1, mid-grey 0.5 -> 0.21404114, and the linear toe
    assert srgb_to_linear(np.array([0.5]))[0] == pytest.approx(0.21404114, abs=1e-8)
    assert srgb_to_linear(np.array([0.04]))[0] == pytest.approx(0.04 / 12.92)


def test_photograph_patches_are_the_image_about_its_mean():
    random = np.random.default_rng(0)
    image = random.random((80, 90))
    photographs = Photographs(image, patches=5, seed=3)
    frames = photographs.frames(FIELD)
    for k in range(5):
        top, left = int(frames["top"][k]), int(frames["left"][k])
        expected = image[top : top + 32, left : left + 32] / image.mean() - 1
        assert frames.values[k] == pytest.approx(expected)
        patch = image[top : top + 32, left : left + 32]
        michelson = (patch.max() - patch.min()) / (patch.max() + patch.min())
        assert frames["contrast"].values[k] == pytest.approx(michelson)


def test_patches_depend_on_the_seed_alone():
    one, again, other = (Photographs(patches=4, seed=s).pictures(FIELD) for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_luminance_of_the_kinds_of_file(tmp_path):
    # oracle: BT.709 weights of linear light; 16-bit code 32768 is 0.50000763 of white
    Image.fromarray(np.full((4, 4, 3), (255, 0, 0), dtype=np.uint8)).save(tmp_path / "red.png")
    assert read_image(tmp_path / "red.png").luminance[0, 0] == pytest.approx(0.2126)
    Image.fromarray(np.full((4, 4), 32768, dtype=np.uint16)).save(tmp_path / "grey.tiff")
    assert read_image(tmp_path / "grey.tiff", "linear").luminance[0, 0] == pytest.approx(
        32768 / 65535
    )
    red = Image.open(tmp_path / "red.png").quantize(4)
    red.save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png").luminance[0, 0] == pytest.approx(0.2126, abs=2e-3)
    red.convert("RGBA").save(tmp_path / "opaque.png")
    assert read_image(tmp_path / "opaque.png").luminance[0, 0] == pytest.approx(0.2126, abs=2e-3)
    Image.fromarray(np.eye(4) > 0).save(tmp_path / "bits.png")
    assert read_image(tmp_path / "bits.png", "linear").luminance.tolist() == np.eye(4).tolist()


def _broken_images(folder):
    """One file of each kind that must be refused, and what the refusal says."""
    noise = (np.random.default_rng(0).random((40, 50, 4)) * 255).astype(np.uint8)
    rgb = Image.fromarray(noise[..., :3])
    (folder / "text.jpg").write_text("not a picture")
    (folder / "empty.png").write_bytes(b"")
    rgb.save(folder / "whole.png")
    (folder / "truncated.png").write_bytes((folder / "whole.png").read_bytes()[:2000])
    rgb.convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(noise).save(folder / "transparent.png")
    rgb.save(folder / "animated.gif", save_all=True, append_images=[rgb.rotate(90)])
    Image.fromarray(np.zeros((40, 50), dtype=np.uint8)).save(folder / "black.png")
    Image.fromarray(noise[..., 0].astype(np.float32)).save(folder / "floating.tiff")
    return {
        "text.jpg": "not an image file",
        "empty.png": "not an image file",
        "truncated.png": "cannot be read as an image",
        "cmyk.jpg": "CMYK has no defined luminance",
        "transparent.png": "transparent pixels",
        "animated.gif": "animation",
        "black.png": "some light in it",
        "floating.tiff": "8 or 16 bits per colour for sRGB",
        "absent.png": "no such file",
    }


def test_every_bad_image_is_named_in_one_line(tmp_path):
    reasons = _broken_images(tmp_path)
    for name, reason in reasons.items():
        with pytest.raises(InputError, match=reason) as refused:
            Photographs(tmp_path / name)
        assert "\n" not in str(refused.value)
        assert name in str(refused.value)
    with pytest.raises(InputError) as refused:
        Photographs([tmp_path / name for name in reasons])
    assert all(reason in str(refused.value) for reason in reasons.values())  # all at once


def test_decompression_bomb_is_refused(tmp_path, monkeypatch):
    Image.fromarray(np.ones((40, 50), dtype=np.uint8)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="more than 1000 pixels; crop it"):
        Photographs(tmp_path / "large.png")


def test_empty_folder_and_small_image_are_refused(tmp_path):
    with pytest.raises(InputError, match="expected an image in the folder"):
        Photographs(tmp_path)
    Image.fromarray(np.full((1, 1), 9, dtype=np.uint8)).save(tmp_path / "dot.png")
    with pytest.raises(InputError, match=r"dot.png of at least 32 x 32 pixels, got 1 x 1"):
        Photographs(tmp_path).frames(FIELD)


def test_array_images_are_checked():
    with pytest.raises(InputError, match=r"array 0 of shape \(rows, columns\)"):
        Photographs(np.ones((4, 4, 3)))
    with pytest.raises(InputError, match="luminances >= 0"):
        Photographs(-np.ones((4, 4)))


def test_sets_join_with_nan_where_a_label_is_missing():
    both = Gratings(contrast=[0.5, 1]) + Photographs(patches=3)
    frames = both.frames(FIELD)
    assert frames["kind"].values.tolist() == ["grating"] * 2 + ["photograph"] * 3
    assert np.isnan(frames["orientation"].values[2:]).all()
    assert frames["image"].values.tolist() == ["", ""] + ["grace_hopper.jpg"] * 3
    assert frames["contrast"].notnull().all()


@pytest.mark.parametrize("kind", ["gaussian", "binary", "ternary", "pink"])
def test_noise_has_its_moments_and_each_frame_its_own_seed(kind):
    noise = Noise(40, kind, contrast=0.4, density=0.2, seed=3)
    frames = noise.pictures(FIELD)
    # oracle: RMS contrast 0.4 sqrt(density) for sparse squares, else 0.4; no mean
    rms = 0.4 * (0.2**0.5 if kind == "ternary" else 1)
    few = 4 / 40**0.5 if kind == "pink" else 4 / frames.size**0.5
    assert frames.std() == pytest.approx(rms, rel=few)
    assert abs(frames.mean()) < 4 * rms / frames.size**0.5
    assert np.array_equal(Noise(3, kind, 0.4, density=0.2, seed=3).picture(FIELD, 29), frames[29])
    assert not np.array_equal(frames[0], frames[1])
    assert abs(np.corrcoef(frames[0].ravel(), frames[1].ravel())[0, 1]) < 0.25
    others = Noise(1, kind, 0.4, density=0.2, seed=4).pictures(FIELD)
    assert not np.array_equal(others[0], frames[0])


def test_pink_noise_has_its_spectrum():
    # oracle: a line fitted to the mean power over frames, log-log, away from the axes' corners
    field = VisualField(4, 16)
    frames = Noise(60, "pink", slope=2.0, seed=1).pictures(field)
    power = (np.abs(np.fft.fft2(frames)) ** 2).mean(0)
    f = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    inside = (f > 0.03) & (f < 0.4)
    slope = np.polyfit(np.log(f[inside]), np.log(power[inside]), 1)[0]
    assert slope == pytest.approx(-2.0, abs=0.05)


def test_noise_squares_and_refusals():
    frame = Noise(1, "gaussian", square=0.25, seed=0).pictures(FIELD)[0]
    assert np.ptp(frame[:4, :4]) == 0
    assert len(np.unique(frame)) == 64
    with pytest.raises(InputError, match=r"squares of whole pixels, got 1.6 pixels"):
        Noise(1, square=0.1).frames(FIELD)
    for arguments, message in (
        ({"frames": 0}, "frames >= 1"),
        ({"frames": 1, "kind": "blue", "contrast": -1}, "kind among .* contrast > 0"),
        ({"frames": 1, "density": 2}, "density in"),
        ({"frames": 1, "kind": "pink", "square": 1}, "no square for pink"),
    ):
        with pytest.raises(InputError, match=message):
            Noise(**arguments)


def test_noise_drives_cells_as_its_pixels_do():
    from neurosim import GaborBank

    bank = GaborBank.quadrature(0, 2)
    noise = Noise(5, seed=2)
    kernels = bank.kernels(VisualField()).values
    expected = np.einsum("cij,sij->sc", kernels, noise.pictures(VisualField()))
    assert bank.drive(noise).values == pytest.approx(expected)
