"""Two paths, E+ and E-: spectral energy and phase from formulas, from noise, and from spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neurosim.base.arrays import Array
from neurosim.models.cells.lif import LIF
from neurosim.models.receptive_fields.bank import GaborBank
from neurosim.models.rectifiers import RECTIFIERS
from neurosim.reproduce.run import Run
from neurosim.reproduce.statement import Found, Reproduction, Rule
from neurosim.simulation.simulate import simulate
from neurosim.stimuli import Gratings, Noise, VisualField

__all__ = ["TwoPathEnergy"]

_PHASES = np.arange(0, 360, 15.0)  # deg
_CONTRASTS = (0.25, 0.5, 0.75, 1.0)
_FRAMES = 200  # of noise
_TRIALS, _SECONDS = 20, 0.5
# halfway between rest and threshold, noise enough to fire there now and then
_CELL = LIF(noise_sd=5.0)
_GAIN, _BASELINE = 18.0, 9.0  # mV


class TwoPathEnergy(Reproduction):
    """Energy and phase read from the two paths of a quadrature pair."""

    number = 11
    name = "two-path-energy"
    statement = (
        "E+ = max(C, 0)^2 and E- = min(C, 0)^2 keep amplitude and phase, and their sum over a "
        "quadrature pair is the spectral energy of the stimulus."
    )
    source = "Hadji & Wildes 2018, equation 3.7, statements 6 and 15; Heeger 1992"
    rules = (
        Rule("ripple of the summed paths, drifting grating", "<", 1e-9, "0"),
        Rule("largest relative error of energy, noise", "<", 1e-9),
        Rule("largest error of phase (deg), noise", "<", 1e-6),
        Rule("squared correlation of summed spikes with energy", ">", 0.9),
        Rule("ripple of summed spikes", "<", 0.2925, "0.2925 for half-wave paths, by these phases"),
        Rule("error of phase read from spikes (deg)", "<", 15.0),
    )

    def run(self, run: Run) -> Found:
        ripple = _drifting_ripple()
        noise = [_from_noise(seed) for seed in run.seeds(5)]
        spikes = [_from_spikes(seed) for seed in run.seeds(5)]
        measured = (
            [ripple],
            [each[2] for each in noise],
            [each[3] for each in noise],
            [each[2] for each in spikes],
            [each[3] for each in spikes],
            [each[4] for each in spikes],
        )
        quantities = {r.quantity: m for r, m in zip(self.rules, measured, strict=True)}
        table = pd.DataFrame(
            {
                "quantity": list(quantities),
                "mean over seeds": [np.mean(m) for m in measured],
                "SD over seeds": [np.std(m) for m in measured],
            }
        )
        return Found(table, _figure(noise[0], spikes[0]), quantities)


def _paths(drive: Array) -> Array:
    """E+ and E- of each member of a pair, (..., 4): even +, even -, odd +, odd -."""
    even, odd = (RECTIFIERS["two-path energy"].paths(drive[..., k]) for k in (0, 1))
    return np.stack([*even, *odd], -1)


def _phase_of(paths: Array) -> Array:
    """Phase, deg, from the roots of the two paths of each member."""
    root = np.sqrt(paths)
    odd, even = root[..., 2] - root[..., 3], root[..., 0] - root[..., 1]
    phase: Array = np.degrees(np.arctan2(odd, even))
    return phase


def _apart(one: Array, other: Array) -> Array:
    """Difference of two angles, deg, between 0 and 180."""
    return np.abs((one - other + 180) % 360 - 180)


def _drifting_ripple() -> float:
    """Peak to peak over mean of the four paths' sum while a grating drifts a whole cycle."""
    bank = GaborBank.quadrature(orientation=30, spatial_frequency=2)
    drive = bank.drive(Gratings(orientation=30, spatial_frequency=2, phase=np.arange(0, 360, 2.0)))
    total = _paths(drive.values[:, :2]).sum(-1)
    return float(np.ptp(total) / total.mean())


def _from_noise(seed: int) -> tuple[Array, Array, float, float]:
    """Energy of frames of noise from the image's own spectrum, and from the paths."""
    field = VisualField(size=4, ppd=16)
    bank = GaborBank.quadrature(orientation=30, spatial_frequency=2)
    kernels = bank.kernels(field).values
    frames = np.asarray(Noise(frames=_FRAMES, seed=seed).pictures(field))
    drive = np.tensordot(frames, kernels[:2], ((1, 2), (1, 2)))
    # the same by Fourier: the spectra of stimulus and analytic receptive field, summed
    spectrum = np.fft.fft2(frames)
    analytic = np.fft.fft2(kernels[0] - 1j * kernels[1])
    amplitude = (spectrum * analytic.conj()).mean((1, 2))
    paths = _paths(drive)
    energy, spectral = paths.sum(-1), np.abs(amplitude) ** 2
    wrong = np.abs(energy - spectral).max() / spectral.max()
    turned = _apart(_phase_of(paths), np.degrees(np.angle(amplitude)))
    return spectral, energy, float(wrong), float(turned.max())


def _from_spikes(seed: int) -> tuple[Array, Array, float, float, float]:
    """Gratings of known contrast and phase, read from the spikes of four LIF cells."""
    bank = GaborBank.quadrature(orientation=30, spatial_frequency=2)
    shown = Gratings(orientation=30, spatial_frequency=2, contrast=_CONTRASTS, phase=_PHASES)
    drive = bank.drive(shown)
    contrast, phase = drive["contrast"].values, drive["phase"].values
    responses = simulate(
        _CELL, drive, gain=_GAIN, baseline=_BASELINE, duration=_SECONDS, trials=_TRIALS, seed=seed
    )
    rate = responses["count"].values.mean(-1) / _SECONDS
    summed, energy = rate.sum(-1), contrast**2
    correlation = float(np.corrcoef(summed, energy)[0, 1] ** 2)
    full = summed[contrast == 1.0]
    smooth = _even_harmonics(full)
    ripple = float(np.ptp(smooth) / smooth.mean())
    read = np.degrees(np.arctan2(rate[:, 1] - rate[:, 3], rate[:, 0] - rate[:, 2]))
    wrong = float(np.sqrt(np.mean(_apart(read, phase) ** 2)))
    return energy, summed, correlation, ripple, wrong


def _even_harmonics(values: Array) -> Array:
    """Mean, fourth and eighth harmonic: what four equal paths can leave. Peak to peak of the rates
    themselves would take the scatter of counts for ripple."""
    spectrum = np.fft.rfft(values)
    kept = np.zeros_like(spectrum)
    kept[[0, 4, 8]] = spectrum[[0, 4, 8]]
    return np.fft.irfft(kept, values.size)


def _figure(noise: tuple[Any, ...], spikes: tuple[Any, ...]) -> Figure:
    figure = Figure(figsize=(9, 3.6), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    spectral, energy = noise[:2]
    left.plot([0, spectral.max()], [0, spectral.max()], color="0.7", lw=1, zorder=0)
    left.plot(spectral, energy, "o", ms=4)
    left.set(
        xlabel="spectral energy of the stimulus in the cell's band",
        ylabel="sum of E+ and E- over the pair",
        title="frames of noise",
    )
    shown, summed = spikes[:2]
    groups = [summed[shown == e] for e in np.unique(shown)]
    left.locator_params(nbins=5)
    right.boxplot(groups, positions=np.unique(shown), widths=0.05, manage_ticks=False)
    right.set(
        xlabel="energy (contrast squared)",
        ylabel="summed rate of four LIF cells (Hz)",
        title="gratings of 24 phases",
        ylim=(0, None),
    )
    for panel in (left, right):
        panel.spines[["top", "right"]].set_visible(False)
    return figure
