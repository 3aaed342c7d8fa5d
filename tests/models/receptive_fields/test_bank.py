"""Gabor banks: exact quadrature, unit response, closed form against pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.signal import hilbert

from neurosim import (
    RECTIFIERS,
    GaborBank,
    Gratings,
    InputError,
    Photographs,
    TemporalGabor,
    VisualField,
)
from neurosim.models.receptive_fields.gabor import analytic_profile, carrier_ratio, relative_gain
from neurosim.models.receptive_fields.macaque_v1 import bandwidth, orientation_width

FIELD = VisualField(size=4, ppd=16)


@pytest.mark.parametrize("nx", [0.1, 0.2, 0.365, 0.6, 1.2])
def test_profile_is_the_zero_mean_gabor_and_its_hilbert_transform(nx):
    # oracle: the Gabor's own formula, and SciPy's FFT Hilbert transform on a long line
    k = 2 * np.pi * nx
    u = np.arange(-400, 400, 0.02)
    even = np.exp(-(u**2) / 2) * (np.cos(k * u) - np.exp(-(k**2) / 2))
    profile = analytic_profile(u, nx)
    assert profile.real == pytest.approx(even, abs=1e-14)
    middle = np.abs(u) < 8
    numeric = hilbert(even).imag[middle]
    # the FFT's line repeats every 800 SDs, which leaves some 1e-6 of the tails
    assert profile.imag[middle] == pytest.approx(numeric, abs=1e-5)


@pytest.mark.parametrize("nx", [0.05, 0.2, 0.365, 1.0, 3.0])
def test_carrier_ratio_is_where_the_spectrum_peaks(nx):
    # oracle: the maximum of the pair's gain found on a fine grid
    along = np.linspace(0.98, 1.02, 40_001)
    gain = relative_gain(along, 0.0, nx, 0.4)
    assert along[gain.argmax()] == pytest.approx(1, abs=2e-6)
    assert carrier_ratio(nx) >= 1


def test_relative_gain_is_the_fourier_transform_of_the_profile():
    # oracle: numerical Fourier integral of the even member
    nx = 0.365
    k = 2 * np.pi * nx
    peak = carrier_ratio(nx) * k

    def transform(kappa):
        def even(u):
            return np.exp(-(u**2) / 2) * (np.cos(k * u) - np.exp(-(k**2) / 2)) * np.cos(kappa * u)

        return quad(even, -12, 12, limit=400)[0]

    for along in (0.0, 0.3, 0.8, 1.0, 1.7):
        expected = transform(along * peak) / transform(peak)
        assert relative_gain(along, 0.0, nx, 0.4) == pytest.approx(expected, abs=1e-9)


def test_every_kernel_has_zero_mean():
    bank = GaborBank.quadrature([0, 30, 77], [1.5, 2, 2.7], x=[0, 0.3, -0.2], y=[0.1, 0, 0])
    kernels = bank.kernels(VisualField(6, 16)).values
    assert (np.abs(kernels.sum((1, 2))) < 1e-12 * np.abs(kernels).sum((1, 2))).all()


def test_pair_responds_with_one_to_its_optimal_grating():
    bank = GaborBank.quadrature([0, 20, 90], [1, 2, 3])
    gratings = [Gratings(o, f, p) for o, f in ((0, 1), (20, 2), (90, 3)) for p in (0, 90)]
    drive = np.concatenate([bank.drive(g).values for g in gratings]).reshape(3, 2, 3, 4)
    for k in range(3):
        even_and_odd = drive[k, :, k, :2]
        assert even_and_odd == pytest.approx(np.eye(2), abs=1e-12)
    more = bank.drive(Gratings(np.arange(0, 180, 5), [0.9, 1, 1.1, 1.9, 2, 2.1, 2.9, 3, 3.1]))
    assert np.abs(more.values).max() == pytest.approx(1, abs=1e-9)  # nothing beats the optimum


@settings(max_examples=40)
@given(
    orientation=st.floats(0, 180),
    frequency=st.floats(1, 3),
    grating_orientation=st.floats(-180, 180),
    grating_frequency=st.floats(0.3, 5),
    phase=st.floats(0, 360),
    x=st.floats(-0.5, 0.5),
    y=st.floats(-0.5, 0.5),
)
def test_closed_form_equals_pixels(
    orientation, frequency, grating_orientation, grating_frequency, phase, x, y
):
    # oracle: the dot product with the sampled kernel. What is left is the odd member's 1/u^3 tail
    # beyond the edge of the field
    field = VisualField(8, 16)
    bank = GaborBank.quadrature(orientation, frequency, x, y)
    grating = Gratings(grating_orientation, grating_frequency, phase)
    exact = bank.drive(grating, field)
    pixels = bank.drive(grating, field, closed_form=False)
    assert exact.values == pytest.approx(pixels.values, abs=1e-3)


def test_opposite_phases_have_opposite_drive_and_sets_are_labelled():
    bank = GaborBank.quadrature([0, 45], 2)
    drive = bank.drive(Gratings([0, 10, 50], phase=[10, 70]) + Photographs(patches=5, seed=2))
    values = drive.values
    assert values[:, [0, 1, 4, 5]] == pytest.approx(-values[:, [2, 3, 6, 7]], abs=1e-12)
    assert drive["quadrature_set"].values.tolist() == [0] * 4 + [1] * 4
    assert drive["preferred_phase"].attrs["units"] == "deg"


@pytest.mark.parametrize("closed_form", [True, False])
def test_four_half_squared_quadrature_paths_sum_to_a_constant(closed_form):
    phases = np.arange(0, 360, 4.0)
    bank = GaborBank.quadrature(30, 2)
    grating = Gratings(30, 2, phases)
    drive = bank.drive(grating, VisualField(8, 16), closed_form=closed_form)
    energy = RECTIFIERS["half-squared"].rate(drive.values, gain=50).sum(1)
    ripple = np.ptp(energy) / energy.mean()
    assert ripple < (1e-12 if closed_form else 2e-3)
    half_wave = RECTIFIERS["half-wave"].rate(drive.values).sum(1)
    assert np.ptp(half_wave) / half_wave.mean() == pytest.approx(0.325, abs=2e-3)  # REFERENCES


def test_drive_does_not_depend_on_the_pixels():
    bank = GaborBank.quadrature(30, 2)
    grating = Gratings([0, 30, 60], 1.7, [0, 40])
    coarse, fine = (
        bank.drive(grating, VisualField(6, ppd), closed_form=False).values for ppd in (16, 32)
    )
    assert coarse == pytest.approx(fine, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"spatial_frequency": -1}, "spatial_frequency > 0 cycles/deg"),
        ({"nx": 0, "ny": np.nan}, "nx > 0 cycles.*ny finite"),
        ({"orientation": [0, 1], "phase": [0, 1, 2]}, "one per cell or one for all"),
    ],
)
def test_bank_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        GaborBank(**arguments)


def test_a_band_beyond_nyquist_and_a_field_too_small_are_refused():
    with pytest.raises(InputError, match=r"energy beyond 4 cycles/deg .* 11 would do"):
        GaborBank.quadrature(0, 2).kernels(VisualField(6, 8))
    with pytest.raises(
        InputError, match=r"cut off by the field, got 0.*a field of .* deg would do"
    ):
        GaborBank.quadrature(0, 2, x=1.8).kernels(VisualField(4, 16))


@pytest.mark.parametrize("nx", [0.2, 0.365, 0.8])
def test_widths_are_those_of_the_tuning_curves(nx):
    # oracle: half height found on fine tuning curves of the closed form
    octaves = np.linspace(-4, 3, 70_001)
    wide = octaves[relative_gain(2**octaves, 0.0, nx, 0.4) > 0.5]
    assert bandwidth(nx) == pytest.approx(np.ptp(wide), abs=5e-4)
    angle = np.deg2rad(np.linspace(-90, 90, 180_001))
    over = angle[relative_gain(np.cos(angle), np.sin(angle), nx, 0.4) > 0.5]
    assert orientation_width(nx, 0.4) == pytest.approx(np.rad2deg(np.ptp(over)), abs=5e-3)


@pytest.mark.parametrize(
    ("source", "eccentricity", "width", "medians"),
    [
        # published medians; what a median of so many published cells is uncertain by
        ("ringach", "foveal", "nx", (0.365, 0.03)),
        ("ringach", "foveal", "ny", (0.445, 0.04)),
        ("devalois", "foveal", "bandwidth", (1.45, 0.06)),
        ("devalois", "foveal", "orientation_width", (42.3, 3.5)),
        ("devalois", "parafoveal", "bandwidth", (1.32, 0.08)),
        ("devalois", "parafoveal", "orientation_width", (33.8, 3.5)),
    ],
)
def test_sampled_cells_have_the_published_medians(source, eccentricity, width, medians):
    bank = GaborBank.sample_v1(2000, seed=3, source=source, eccentricity=eccentricity)
    table = bank.widths_against_published()
    median, uncertainty = medians
    assert table.loc[width, f"{source} {eccentricity}"] == median
    assert table.loc[width, "this bank"] == pytest.approx(median, abs=uncertainty)
    assert np.ptp(bank.orientation) > 175


def test_sample_v1_refuses_what_there_is_not():
    with pytest.raises(InputError, match="source among ringach, devalois, got hubel"):
        GaborBank.sample_v1(3, source="hubel")


@pytest.mark.parametrize(("stride", "padding"), [(1, "valid"), (3, "same"), (2, 5)])
def test_convolution_is_the_dot_product_with_every_patch(stride, padding):
    # oracle: the sum of products, patch by patch
    random = np.random.default_rng(0)
    field = VisualField(2, 16)
    image = random.normal(size=(50, 61))
    bank = GaborBank.quadrature(30, 3)
    kernels = bank.kernels(field).values
    response = bank.convolve(image, field, stride, padding)
    around = {"valid": (0, 0), "same": (15, 16), 5: (5, 5)}[padding]
    padded = np.pad(image, around)
    for row, column in ((0, 0), (1, 2), (-1, -1)):
        top = range(0, padded.shape[0] - 31, stride)[row]
        left = range(0, padded.shape[1] - 31, stride)[column]
        patch = padded[top : top + 32, left : left + 32]
        expected = (kernels * patch).sum((1, 2))
        assert response.values[:, row, column] == pytest.approx(expected, abs=1e-10)
    if padding == "same":
        assert response.shape[1:] == (-(-50 // 3), -(-61 // 3))


def test_convolution_with_a_patch_is_its_drive():
    photographs = Photographs(patches=3, seed=1)
    bank = GaborBank.quadrature([0, 45], 2)
    drive = bank.drive(photographs).values
    for patch, expected in zip(photographs.frames(VisualField()).values, drive, strict=True):
        assert bank.convolve(patch).values.ravel() == pytest.approx(expected, abs=1e-12)


def test_convolution_refuses_what_cannot_be():
    bank = GaborBank.quadrature(0, 2)
    for image, arguments, message in (
        (np.zeros((3, 3)), {}, "at least 64 x 64 pixels"),
        (np.zeros(9), {}, "shape .row, column"),
        (np.zeros((99, 99)), {"stride": 0}, "stride as a whole number >= 1"),
        (np.zeros((99, 99)), {"padding": "full"}, "padding as a number"),
        (np.full((99, 99), np.nan), {}, "a finite image"),
    ):
        with pytest.raises(InputError, match=message):
            bank.convolve(image, **arguments)


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


def test_a_bank_that_no_field_holds_is_still_drawn():
    figure = GaborBank.sample_v1(12, seed=1).plot()
    drawn = [ax for ax in figure.axes if ax.images and ax.get_title()]
    assert len(drawn) == 12
    assert all(np.ptp(np.asarray(ax.images[0].get_array())) > 0.5 for ax in drawn)
    assert "TemporalGabor" in repr(GaborBank.quadrature(0, 2, temporal=TemporalGabor(4)))
