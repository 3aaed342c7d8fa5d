"""The whole way: LIF cells are shown white noise, and what is known of them is found in the spikes.

Frames of D pixels of Gaussian white noise, 30 a second; a cell's potential follows its Gabor's
response, with noise of its own. Spikes are enough when N >= 10 D / a^2 (see `neurosim.analysis.
spike_triggered`), a being about 1.5 SD here.
"""

import numpy as np
import pytest
import xarray as xr

from neurosim import LIF, GaborBank, Noise, VisualField, simulate
from neurosim.analysis.reverse_correlation.gabor_fit import fit_gabor
from neurosim.analysis.reverse_correlation.spike_triggered import spike_triggered_average
from neurosim.analysis.reverse_correlation.triggered_covariance import spike_triggered_covariance
from neurosim.models.receptive_fields.gabor import carrier_ratio

FRAME_RATE = 30.0  # Hz
PPD = 8.0


def _field(pixels):
    return VisualField(size=pixels / PPD, ppd=PPD, frame_rate=FRAME_RATE)


def _cells(number, pixels, narrowest, seed):
    """Gabors whose band the pixels carry and whose odd member's tail they hold, their frequencies
    spread as far as that allows; nx from `narrowest` to 0.5 cycles."""
    random = np.random.default_rng(seed)
    nx = random.uniform(narrowest, 0.5, number)
    finest = 2 * (nx + 0.57)  # pixels: carrier + 3.6 SD of the band within Nyquist
    tail = np.maximum(5.4, 6.8 - 17.5 * (nx - 0.42))  # SDs that hold all but 1e-6 of the energy
    widest = (pixels / 2 - 0.6) / tail
    sigma = (finest + random.uniform(0, 1, number) * (widest - finest)) / PPD
    return GaborBank(
        orientation=random.uniform(0, 180, number),
        spatial_frequency=nx / sigma * carrier_ratio(nx),
        phase=random.uniform(0, 360, number),
        x=random.uniform(-0.05, 0.05, number),
        y=random.uniform(-0.05, 0.05, number),
        nx=nx,
        ny=1.2 * nx,  # as Ringach's medians have it
    )


def _responses_to(noise, field, kernels):
    """Kernels' responses to every frame, of SD 1; (time, cell)."""
    flat = kernels.reshape(len(kernels), -1).T
    blocks = range(0, noise.number, 2000)
    parts = [
        noise.pictures(field, k, min(k + 2000, noise.number)).reshape(-1, len(flat)) @ flat
        for k in blocks
    ]
    drive = np.concatenate(parts)
    return drive / drive.std(0)


def _spikes(drive, gain, baseline):
    """LIF cells' spikes, with counts per frame."""
    frames = len(drive)
    labelled = xr.DataArray(
        drive.T[None], {"time": np.arange(frames) / FRAME_RATE}, ("stimulus", "cell", "time")
    )
    return simulate(
        LIF(noise_sd=3),
        labelled,
        gain=gain,
        baseline=baseline,
        duration=frames / FRAME_RATE,
        trials=1,
        dt=2e-3,
        time_bin=1 / FRAME_RATE,
        seed=1,
        workers=1,
    )


def _check_simple_cells(cells, pixels, narrowest, frames, shifts):
    # oracle: the Gabors that drove the cells
    field, noise = _field(pixels), Noise(frames, contrast=0.3, seed=3)
    bank = _cells(cells, pixels, narrowest, seed=5)
    kernels = bank.kernels(field).values
    responses = _spikes(_responses_to(noise, field, kernels), gain=10, baseline=8)
    found = spike_triggered_average(noise, responses, field, range(3), shifts, seed=2)
    enough = 10 * pixels**2 / found["mean_projection"] ** 2
    assert (found["spikes"] >= enough).all()
    assert (found["spikes"] >= 0.9 * found["spikes_needed"]).all()
    assert (found["p"] <= 0.02).all()
    peak = found["sta"].sel(lag=found["peak_lag"])
    likeness = [
        np.corrcoef(sta.ravel(), kernel.ravel())[0, 1]
        for sta, kernel in zip(peak.values, kernels, strict=True)
    ]
    assert min(likeness) > 0.9
    fit = fit_gabor(peak)
    orientation, phase = fit["orientation"] - bank.orientation, fit["phase"]
    phase = np.where(np.abs(orientation) > 90, -phase, phase) - bank.phase  # 180 deg is no turn
    orientation, phase = ((e + p / 2) % p - p / 2 for e, p in ((orientation, 180), (phase, 360)))
    frequency = fit["spatial_frequency"] / bank.spatial_frequency - 1
    good = (np.abs(orientation) < 3) & (np.abs(phase) < 10) & (np.abs(frequency) < 0.05)
    assert good.mean() >= 0.95
    assert fit.status == ["ok"] * cells
    return found, likeness, orientation, phase, frequency


def test_gabors_of_spiking_cells_quickly():
    _check_simple_cells(cells=2, pixels=24, narrowest=0.49, frames=18_000, shifts=49)


@pytest.mark.slow
def test_gabors_of_spiking_cells():
    _check_simple_cells(cells=48, pixels=32, narrowest=0.42, frames=40_000, shifts=99)


def _check_energy_unit(pixels, frames, shifts):
    # oracle: the quadrature pair whose squares drove the cell
    field, noise = _field(pixels), Noise(frames, contrast=0.3, seed=3)
    pair = GaborBank(30, 1.9, [0, 90], nx=0.5, ny=0.5).kernels(field).values
    drive = (_responses_to(noise, field, pair) ** 2).sum(1, keepdims=True)
    responses = _spikes(drive, gain=5, baseline=4)
    found = spike_triggered_covariance(noise, responses, field, shifts=shifts, seed=2)
    assert found["number"].item() == 2
    assert (found["variance_change"].values[0, :2] > 1).all()
    assert found["p"].values[0, 2] > 0.05
    axes = found["axes"].values[0, :2].reshape(2, -1)
    plane = np.linalg.qr(pair.reshape(2, -1).T)[0]
    cosines = np.linalg.svd(axes @ plane)[1]  # of the principal angles
    assert cosines.min() > 0.9
    return found, cosines


def test_axes_of_a_spiking_energy_unit_quickly():
    _check_energy_unit(pixels=16, frames=10_000, shifts=39)


@pytest.mark.slow
def test_axes_of_a_spiking_energy_unit():
    _check_energy_unit(pixels=24, frames=40_000, shifts=99)
