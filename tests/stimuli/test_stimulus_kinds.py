"""Plaids, windows, bars, edges, textures, sweeps, displays and time, against their formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import (
    AnnulusWindow,
    Bars,
    Blanks,
    CircularWindow,
    Edges,
    GaborBank,
    GaborPatches,
    GaussianWindow,
    Gratings,
    InputError,
    Noise,
    Photographs,
    Plaids,
    RaisedCosineWindow,
    Textures,
    Uniform,
    VisualField,
)
from neurosim.stimuli import ClippingWarning

FIELD = VisualField(size=4, ppd=16)


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
    with pytest.raises(InputError, match="combine 'product' or 'zip', got sum"):
        Gratings(combine="sum")


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


def test_pink_noise_with_a_highest_frequency_does_not_depend_on_the_pixels():
    noise = Noise(2, "pink", highest=5.0, seed=1)
    coarse, fine = noise.pictures(FIELD), noise.pictures(VisualField(size=4, ppd=48))
    assert fine[:, 1::3, 1::3] == pytest.approx(coarse, abs=1e-9)
    with pytest.raises(InputError, match=r"highest <= 8 cycles/deg"):
        Noise(1, "pink", highest=9).frames(FIELD)
    with pytest.raises(InputError, match="highest for pink noise only"):
        Noise(1, highest=3)


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


def test_frames_that_memory_cannot_hold_are_refused():
    with pytest.raises(InputError, match=r"at most 2.14748e\+09 bytes.*stream"):
        Gratings(temporal_frequency=1).frames(VisualField(8, 32), duration=600)


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


def test_pictures_show_the_stimuli_on_one_scale():
    figure = Gratings([0, 45, 90], contrast=[0.2, 1]).plot(FIELD)
    shown = [ax for ax in figure.axes if ax.images and ax.get_title()]
    assert len(shown) == 6
    assert shown[1].get_title() == "θ 0°\nC 1"
    drawn = np.asarray(shown[3].images[0].get_array())
    assert drawn == pytest.approx(Gratings(45).pictures(FIELD)[0])
    assert {ax.images[0].get_clim() for ax in shown} == {(-1.0, 1.0)}
    assert len(Noise(100).plot(FIELD, most=5).axes) == 5 + 1  # and the colour bar
    with pytest.raises(InputError, match=r"most >= 1"):
        Noise(1).plot(FIELD, most=0)


def test_an_animation_shows_the_frames(tmp_path):
    from PIL import Image

    drifting = Gratings(0, 1, temporal_frequency=6)
    moving = drifting.animate(VisualField(size=2, ppd=8, frame_rate=30), duration=0.2)
    moving.save(tmp_path / "moving.gif", writer="pillow")
    with Image.open(tmp_path / "moving.gif") as gif:
        assert gif.n_frames == 6


def test_polarity_sigma_and_widths_of_a_bank():
    # oracle: nx and sigma are one another's inverse; OFF is ON turned by 180 deg
    on, off = GaborBank(30, 2, polarity=1), GaborBank(30, 2, polarity=-1)
    assert off.kernels(FIELD).values == pytest.approx(-on.kernels(FIELD).values)
    assert (on.polarity[0], off.polarity[0]) == (1, -1)
    bank = GaborBank(0, [1, 2, 4], nx=[0.25, 0.4, 1.0], ny=[0.3, 0.5, 0.2])
    again = GaborBank(0, [1, 2, 4], sigma=bank.sigma)
    assert again.nx == pytest.approx(bank.nx)
    assert again.ny == pytest.approx(bank.ny)
    with pytest.raises(InputError, match=r"sigma \* spatial_frequency > 0.2251"):
        GaborBank(0, 1, sigma=(0.2, 0.2))
    with pytest.raises(InputError, match="polarity 1 or -1, got 0"):
        GaborBank(polarity=0)
    with pytest.raises(InputError, match="temporal as a TemporalFilter, got 3"):
        GaborBank(temporal=3)


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


def test_a_patch_with_a_window_leaves_no_doubt_about_its_place():
    patch = GaborPatches(0, 2, 0, sd=0.2, x=1.0, y=0.5).pictures(FIELD)[0]
    row, column = np.unravel_index(patch.argmax(), patch.shape)
    assert FIELD.x[column] == pytest.approx(1.0, abs=1 / 16)
    assert FIELD.y[row] == pytest.approx(0.5, abs=1 / 16)
