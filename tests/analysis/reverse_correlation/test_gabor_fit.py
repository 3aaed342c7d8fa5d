"""Gabor fits: exact recovery of a bank's kernels, standard errors, canonical form, refusals."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim import GaborBank, InputError, VisualField
from neurosim.analysis.reverse_correlation.gabor_fit import fit_gabor
from neurosim.models.receptive_fields.gabor import carrier_ratio

FIELD = VisualField(size=4, ppd=8)
TRUE = {
    "x": 0.1,
    "y": -0.15,
    "orientation": 30.0,
    "spatial_frequency": 1.5,
    "phase": 60.0,
    "nx": 0.45,
    "ny": 0.5,
}


def _kernel(**changed):
    return GaborBank(**{**TRUE, **changed}).kernels(FIELD)[0]


def _angle(found, true, period):
    return (found - true + period / 2) % period - period / 2


@settings(max_examples=60)
@given(
    orientation=st.floats(0, 179.9),
    phase=st.floats(0, 359.9),
    width=st.floats(0.235, 0.28),
    length=st.floats(0.235, 0.28),
    fineness=st.floats(0, 1),
    x=st.floats(-0.3, 0.3),
    y=st.floats(-0.3, 0.3),
    amplitude=st.floats(1e-3, 1e3),
)
def test_a_banks_kernel_is_recovered(orientation, phase, width, length, fineness, x, y, amplitude):
    # oracle: the kernels of `models.receptive_fields.pixels`, evaluated otherwise; carriers
    # from where the odd member's tail is inside the field to where the pixels carry the band
    field = VisualField(size=6, ppd=8)
    lowest, highest = 0.33 / width, field.nyquist - 0.57 / min(width, length)
    carrier = lowest + fineness * (highest - lowest)
    nx, ny = carrier * width, carrier * length
    bank = GaborBank(orientation, carrier * carrier_ratio(nx), phase, x, y, nx, ny)
    fit = fit_gabor(amplitude * bank.kernels(field)[0])
    assert fit.explained_variance[0] == pytest.approx(1, abs=1e-9)
    assert fit.status == ["ok"]
    # turned by 180 deg, a phase is its opposite
    turned = abs(_angle(fit["orientation"][0], orientation, 360)) > 90
    assert _angle(fit["orientation"][0], orientation, 180) == pytest.approx(0, abs=1e-3)
    found = -fit["phase"][0] if turned else fit["phase"][0]
    assert _angle(found, phase, 360) == pytest.approx(0, abs=1e-2)
    for name in ("spatial_frequency", "nx", "ny", "x", "y"):
        assert fit[name][0] == pytest.approx(getattr(bank, name)[0], rel=1e-4, abs=1e-5)


def test_the_amplitude_is_that_of_the_pair():
    # oracle: on the centre of an even field the pair is 1 - exp(-(2 pi nx)^2 / 2)
    odd = VisualField(size=33 / 8, ppd=8)
    kernel = GaborBank(0, 1.5, nx=0.45, ny=0.5).kernels(odd)[0]
    fit = fit_gabor(kernel)
    centre = float(kernel[16, 16])
    assert fit["amplitude"][0] * (1 - np.exp(-((0.9 * np.pi) ** 2) / 2)) == pytest.approx(
        centre, rel=1e-4
    )


def test_standard_errors_are_those_of_a_numerical_jacobian():
    # oracle: finite differences of the bank's kernels, without the search's own derivatives
    clean = _kernel()
    noisy = clean + np.random.default_rng(1).normal(0, 0.2 * float(clean.std()), clean.shape)
    fit = fit_gabor(noisy)

    def image(values):
        kernel = GaborBank(**dict(zip(TRUE, values[:7], strict=True))).kernels(FIELD)[0]
        return values[7] * kernel.values.ravel()

    # whatever an amplitude is of, the errors of the others are the same
    best = np.array([*(fit[name][0] for name in TRUE), 1.0])
    best[7] = fit.fitted.values.ravel() @ image(best) / (image(best) ** 2).sum()
    steps = 1e-5 * np.array([1, 1, 30, 1, 60, 1, 1, best[7]])
    jacobian = np.stack(
        [(image(best + step) - image(best - step)) / (2 * step.max()) for step in np.diag(steps)],
        axis=1,
    )
    residual = noisy.values - fit.fitted[0].values
    variance = (residual**2).sum() / (noisy.size - 8)
    expected = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)) * variance)
    assert fit.standard_errors[0, :7] == pytest.approx(expected[:7], rel=1e-3)


@pytest.mark.parametrize("fits", [40, pytest.param(100, marks=pytest.mark.slow)])
def test_two_standard_errors_cover_95_percent(fits):
    # oracle: fits with known noise, 3 SD of a binomial about 95.4 %
    clean = _kernel().values
    random = np.random.default_rng(2)
    noise = 0.5 * clean.std()
    fit = fit_gabor(clean + random.normal(0, noise, (fits, *clean.shape)), FIELD, noise_sd=noise)
    names = [*TRUE]
    errors = np.stack([fit[n] - TRUE[n] for n in names], axis=1)
    inside = np.abs(errors) <= 2 * fit.standard_errors[:, :7]
    spread = np.sqrt(0.954 * 0.046 / fits)
    assert (inside.mean(0) >= 0.954 - 3 * spread).all()
    assert inside.mean() == pytest.approx(0.954, abs=3 * spread / len(names) ** 0.5)
    # what noise adds is taken off: the model is true, so all of the rest is explained
    assert fit.explained_variance.mean() == pytest.approx(0.8, abs=0.01)
    assert fit.corrected_variance.mean() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("phase", [0.0, 70.0, 180.0, 250.0])
def test_canonical_form(phase):
    # oracle: turned by 180 deg a Gabor of phase p is one of phase -p; its negative has p + 180
    upright = fit_gabor(_kernel(orientation=150, phase=phase))
    turned = fit_gabor(_kernel(orientation=330, phase=-phase))
    negative = fit_gabor(-_kernel(orientation=150, phase=phase + 180))
    for fit in (upright, turned, negative):
        assert fit["orientation"][0] == pytest.approx(150, abs=1e-4)
        assert _angle(fit["phase"][0], phase, 360) == pytest.approx(0, abs=1e-3)
        assert fit["amplitude"][0] > 0
        assert 0 <= fit["phase"][0] < 360


def test_rows_may_run_upwards_and_places_come_from_the_field():
    # oracle: the same picture with its rows in the other order, or without coordinates
    kernel = _kernel()
    expected = fit_gabor(kernel).values
    assert fit_gabor(kernel[::-1]).values == pytest.approx(expected, rel=1e-6)
    assert fit_gabor(kernel.T).values == pytest.approx(expected, rel=1e-6)
    assert fit_gabor(kernel.values, FIELD).values == pytest.approx(expected, rel=1e-12)


def test_the_bank_the_table_and_the_text():
    # oracle: kernels of the fitted bank are the receptive fields, up to the amplitude
    bank = GaborBank.quadrature([20, 100], 1.5, nx=0.45, ny=0.5)
    fit = fit_gabor(3 * bank.kernels(FIELD))
    again = fit.bank.kernels(FIELD).values
    assert 3 * again == pytest.approx(fit.receptive_field.values, abs=1e-6)
    assert list(fit.table["status"]) == ["ok"] * 8
    assert fit.table["orientation (deg)"].round(3).tolist() == [20.0] * 4 + [100.0] * 4
    assert repr(fit).startswith("<GaborFit: 8 of 8 cells ok>")
    assert "orientation 20 ± " in repr(fit)
    assert "3 more" in repr(fit)


def test_a_fit_on_a_bound_says_so():
    # oracle: a grating has no envelope and a blob no carrier, so nothing holds the widths
    wave = np.cos(2 * np.pi * 1.5 * FIELD.x) * np.ones((32, 1))
    wide = fit_gabor(wave, FIELD)
    assert wide.status[0].startswith("at bound: ")
    assert "nx" in wide.status[0]
    assert np.isnan(wide.table["nx SE (cycles)"][0])
    blob = np.exp(-(FIELD.x**2 + FIELD.y[:, None] ** 2) / (2 * 0.3**2))
    assert fit_gabor(blob, FIELD).status[0].endswith("at bound: ny")


def test_a_robust_loss_counts_outliers_less():
    # oracle: the truth, with 2 % of the pixels far off
    kernel = _kernel().values
    random = np.random.default_rng(3)
    spoilt = kernel + random.normal(0, 0.1 * kernel.std(), kernel.shape)
    spoilt.ravel()[random.choice(kernel.size, 20, replace=False)] += 2 * kernel.max()
    error = {
        loss: abs(fit_gabor(spoilt, FIELD, loss=loss)["phase"][0] - 60)
        for loss in ("linear", "cauchy")
    }
    assert error["cauchy"] < 1.5
    assert error["cauchy"] < 0.5 * error["linear"]


def test_noise_alone_is_hardly_explained():
    # oracle: 8 parameters and the choice among places explain a few percent of 1024 pixels
    noise = np.random.default_rng(4).normal(size=(5, *FIELD.shape))
    fit = fit_gabor(noise, FIELD, noise_sd=0.9)
    assert (fit.explained_variance < 0.05).all()


def test_the_plot_shows_data_fit_and_residual():
    kernel = _kernel()
    noisy = kernel + np.random.default_rng(1).normal(0, 0.2 * float(kernel.std()), kernel.shape)
    fit = fit_gabor(noisy)
    axes = [ax for ax in fit.plot().axes if ax.get_images()]
    shown = [np.asarray(ax.get_images()[0].get_array()) for ax in axes]
    assert len(shown) >= 3
    assert np.array_equal(shown[0], noisy.values)
    assert shown[2] == pytest.approx(shown[0] - shown[1])
    with pytest.raises(InputError, match="cells from 0 to 0"):
        fit.plot([3])


@pytest.mark.parametrize(
    ("image", "arguments", "message"),
    [
        (np.full((32, 32), np.nan), {}, "finite receptive fields, got NaN or infinity in cell 0"),
        (np.zeros((2, 32, 32)), {}, "not all 0, got all 0 in cell 0, 1"),
        (np.ones((2, 2)), {"field": VisualField(size=2, ppd=1)}, "of 9 or more pixels"),
        (np.ones((1, 20)), {"field": VisualField(size=(20, 1), ppd=1)}, "in 2 dimensions"),
        (np.ones(32), {}, r"a receptive field \(y, x\) or \(cell, y, x\)"),
        (np.ones((1, 2, 32, 32)), {}, "choose one lag"),
        (np.ones((32, 32)), {"field": None}, "y and x of the pixels in deg"),
        (np.ones((16, 16)), {}, "the field's .32, 32. pixels"),
        (np.array([["a"] * 9] * 9), {}, "expected numbers"),
        (np.ones((32, 32)), {"starts": 0, "loss": "cubic"}, "starts .* got 0; .* loss among"),
        (np.ones((32, 32)), {"noise_sd": [1.0, 2.0]}, "noise_sd as one number or"),
        (np.ones((32, 32)), {"noise_sd": -1}, "noise_sd >= 0, got -1"),
    ],
)
def test_fit_gabor_refuses(image, arguments, message):
    with pytest.raises(InputError, match=message):
        fit_gabor(image, **{"field": FIELD, **arguments})


def test_fit_gabor_refuses_places_it_cannot_use():
    uneven = _kernel().assign_coords(x=np.r_[0, 2.0 ** np.arange(31)])
    with pytest.raises(InputError, match="evenly spaced x"):
        fit_gabor(uneven)
    pixels = xr.DataArray(
        np.ones((9, 9)),
        {"y": ("y", np.arange(9.0), {"units": "pixel"}), "x": np.arange(9.0)},
        ("y", "x"),
    )
    with pytest.raises(InputError, match="y in deg, got pixel"):
        fit_gabor(pixels)
