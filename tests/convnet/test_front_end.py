"""Measured curves, Gabor layers and spiking layers, against what they stand for."""

import numpy as np
import pytest
import xarray as xr

torch = pytest.importorskip("torch")

from neurosim import LIF, GaborBank, InputError, VisualField, responses_from_counts  # noqa: E402
from neurosim.convnet import Curve, GaborLayer, MeasuredRate, SpikingLayer  # noqa: E402

CELL, GAIN, BASELINE = LIF(noise_sd=4.0), 15.0, 10.0


def _rate(drive):
    return CELL.rate(CELL.v_rest + BASELINE + GAIN * drive)


def _responses(trials=100, drives=41):
    drive = np.linspace(-1, 1, drives)
    counts = np.random.default_rng(0).poisson(_rate(drive)[:, None], (drives, trials))
    return responses_from_counts(drive, counts, duration=1.0)


def test_a_measured_curve_is_the_cells():
    # oracle: Siegert's formula, which the counts were drawn from; the spline uses neighbours too,
    # so it is closer than the standard error of one condition
    curve = MeasuredRate(_responses())
    x = torch.linspace(-1, 1, 201, dtype=torch.float64)
    error = curve(x).numpy() - _rate(x.numpy())
    one = np.sqrt((_rate(x.numpy()) + 0.01) / 100)  # Hz, a spike more than expected included
    assert np.abs(error / one).max() < 3
    assert np.sqrt(np.mean((error / one) ** 2)) < 0.8


def test_a_measured_curve_has_its_own_derivative():
    # oracle: gradcheck; and it rises with the cell, which is an increasing function
    curve = MeasuredRate(_responses(), drive_per_unit=0.5, hz_per_unit=10.0)
    x = torch.linspace(-2.5, 2.5, 23, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(curve, (x,))
    rises = np.diff(curve(torch.linspace(-1, 2, 100)).numpy())
    assert (rises > 0).all()


def test_units_of_a_measured_curve():
    # oracle: the same curve in drive and Hz
    plain = MeasuredRate(_responses())
    scaled = MeasuredRate(_responses(), drive_per_unit=0.5, hz_per_unit=10.0)
    x = torch.linspace(-1, 1, 50, dtype=torch.float64)
    torch.testing.assert_close(scaled(x / 0.5), plain(x) / 10, rtol=1e-9, atol=1e-9)


def test_which_cell_is_measured():
    drive = np.linspace(-1, 1, 9)
    counts = np.stack([np.full((9, 3), 2), np.full((9, 3), 6)], 1)
    responses = responses_from_counts(np.stack([drive, drive], 1), counts, duration=0.5)
    rate = {cell: MeasuredRate(responses, cell)(torch.zeros(1)).item() for cell in (0, 1, "mean")}
    assert rate == pytest.approx({0: 4.0, 1: 12.0, "mean": 8.0}, rel=1e-6)  # oracle: counts / s
    with pytest.raises(InputError, match="expected cell= one of the cells, or 'mean', got 2 cells"):
        MeasuredRate(responses)
    with pytest.raises(InputError, match="cell among the responses' cells, or 'mean', got 7"):
        MeasuredRate(responses, 7)


def test_refusals():
    few = responses_from_counts([0.0, 0.5, 1.0], np.ones((3, 2), int), duration=1.0)
    with pytest.raises(InputError, match="expected at least 5 different drives, got 3"):
        MeasuredRate(few)
    with pytest.raises(
        InputError, match=r"drive_per_unit > 0, got -1; expected points as a whole number >= 2"
    ):
        MeasuredRate(few, drive_per_unit=-1, points=1)
    with pytest.raises(InputError, match=r"low < high.*; expected finite values"):
        Curve(1, 0, [0, np.nan], [0, 0])


def test_silent_and_saturated_cells_are_smooth_curves():
    for count in (np.zeros((9, 4), int), np.full((9, 4), 50)):
        curve = MeasuredRate(responses_from_counts(np.linspace(0, 1, 9), count, duration=0.5))
        out = curve(torch.linspace(-0.5, 1.5, 30))
        assert out.numpy() == pytest.approx(count.mean() / 0.5, abs=0.2)  # oracle: the counts


@pytest.mark.parametrize("padding", ["valid", "same", 3])
@pytest.mark.parametrize("stride", [1, 3])
def test_a_gabor_layer_has_convolves_numbers(padding, stride):
    # oracle: GaborBank.convolve
    bank = GaborBank.quadrature([0, 60], spatial_frequency=[1.5, 2])
    field = VisualField(size=5, ppd=11)
    image = np.random.default_rng(0).normal(size=(57, 64))
    expected = bank.convolve(image, field, stride=stride, padding=padding).values
    layer = GaborLayer(bank, field, stride=stride, padding=padding)
    out = layer(torch.tensor(image)[None, None])
    assert out[0].numpy() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    single = layer(torch.tensor(image, dtype=torch.float32)[None, None])
    assert single.dtype == torch.float32
    assert not list(layer.parameters())  # fixed


def test_a_spiking_layer_scatters_about_its_rate_coded_twin():
    # oracle: Siegert's formula; the mean of many counts, within four standard errors
    layer = SpikingLayer(CELL, gain=GAIN, baseline=BASELINE, duration=1.0, seed=3)
    drive = torch.tensor([-0.5, 0.2, 0.8])[:, None, None].expand(3, 20, 20).contiguous()
    rate = layer(drive)
    assert rate.shape == drive.shape
    expected = _rate(drive[:, 0, 0].numpy())
    error = rate.mean((1, 2)).numpy() - expected
    assert (np.abs(error) < 4 * np.sqrt(expected / 400) + 1e-3 * expected).all()
    assert torch.equal(layer(drive), rate)  # same seed, same spikes
    assert not layer(drive.requires_grad_()).requires_grad


def test_a_spiking_layer_takes_one_cell():
    with pytest.raises(InputError, match="expected a LIF that is one cell, got 3 cells"):
        SpikingLayer(LIF(noise_sd=[1, 2, 3]))


def test_a_front_end_of_spikes_before_a_network():
    bank = GaborBank.quadrature(0, spatial_frequency=2)
    net = torch.nn.Sequential(
        GaborLayer(bank, VisualField(size=4, ppd=12), stride=8, padding="same"),
        SpikingLayer(CELL, gain=GAIN, duration=0.2),
        torch.nn.Flatten(),
        torch.nn.LazyLinear(2),
    )
    image = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    net(image).sum().backward()  # the layer after the spikes learns
    assert torch.isfinite(net[-1].weight.grad).all()


def test_rates_per_cell_come_from_labelled_responses():
    responses = _responses(trials=5).assign_coords(cell=["a"])
    assert isinstance(responses, xr.Dataset)
    assert MeasuredRate(responses, "a")(torch.ones(1)).item() > 10


def test_a_measured_curve_is_loaded_without_its_responses():
    # oracle: the curve it was saved from; state dicts hold tensors alone
    saved = MeasuredRate(_responses(), drive_per_unit=0.5).state_dict()
    again = Curve(0, 1, np.zeros(2049), np.zeros(2049))
    again.load_state_dict(saved)
    x = torch.linspace(-3, 3, 50)
    assert torch.equal(again(x), MeasuredRate(_responses(), drive_per_unit=0.5)(x))


@pytest.mark.parametrize("seed", range(20))
def test_drives_that_nearly_coincide_are_one(seed):
    # oracle: Siegert's formula, within 1.5 standard errors in the root mean square
    random = np.random.default_rng(seed)
    drive = np.repeat(random.normal(size=40), 3) + 10.0 ** random.uniform(-18, -6, 120)
    counts = random.poisson(_rate(drive)[:, None], (120, 5))
    curve = MeasuredRate(responses_from_counts(drive, counts, duration=1.0))
    error = curve(torch.tensor(drive)).numpy() - _rate(drive)
    assert np.sqrt(np.mean(error**2 / ((_rate(drive) + 0.2) / 5))) < 1.5
