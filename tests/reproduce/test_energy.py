"""Two-path energy, against spectra and waves made by hand."""

import numpy as np
import pytest

from neurosim.reproduce import EXPERIMENTS
from neurosim.reproduce.energy import _even_harmonics, _from_noise, _phase_of


def test_energy_is_the_spectrums():
    # oracle: Parseval, inside the experiment; and a sign lost would double the angle's errors
    spectral, energy, wrong, turned = _from_noise(3)
    assert np.corrcoef(spectral, energy)[0, 1] > 1 - 1e-12
    assert wrong < 1e-12
    assert turned < 1e-9
    angle = np.radians([10.0, 100.0, 190.0, 280.0])
    x = np.stack([np.cos(angle), np.sin(angle)], -1)
    paths = np.stack([x.clip(min=0) ** 2, x.clip(max=0) ** 2], -1).reshape(4, 4)
    assert _phase_of(paths) % 360 == pytest.approx([10, 100, 190, 280])


def test_ripple_leaves_out_the_scatter_of_counts():
    # oracle: a wave of the fourth harmonic by hand
    phase = np.radians(np.arange(0, 360, 15))
    wave = 5 + np.cos(4 * phase) + 0.3 * np.cos(3 * phase) + 0.2 * np.sin(7 * phase)
    assert _even_harmonics(wave) == pytest.approx(5 + np.cos(4 * phase))
    # the rule's bound: four half-wave paths
    halves = _even_harmonics(np.abs(np.cos(phase)) + np.abs(np.sin(phase)))
    bound = next(
        r.bound
        for r in EXPERIMENTS["two-path-energy"].rules
        if "spikes" in r.quantity and "ripple" in r.quantity
    )
    assert np.ptp(halves) / halves.mean() == pytest.approx(bound, abs=5e-5)
