"""Modulation: harmonics of rectified sinusoids in closed form (REFERENCES)."""

import numpy as np
import pytest
from scipy.special import gamma

from neurosim import InputError, modulation

PHASE = np.arange(360.0)


@pytest.mark.parametrize("power", [1, 2, 3, 4, 5])
def test_f1_over_f0_of_rectified_powers(power):
    # oracle: Gamma functions; the sum over 360 phases is within 1e-4 of the integral
    wave = np.maximum(np.cos(np.deg2rad(PHASE)), 0) ** power
    expected = 2 * gamma(power / 2 + 1) ** 2 / (gamma((power + 1) / 2) * gamma((power + 3) / 2))
    assert modulation(wave, PHASE) == pytest.approx(expected, abs=1e-4)


def test_f2_over_f0_and_baseline():
    wave = np.maximum(np.cos(np.deg2rad(PHASE)), 0)
    assert modulation(wave, PHASE, harmonic=2) == pytest.approx(2 / 3, abs=1e-4)
    assert modulation(wave + 5, PHASE, baseline=5) == pytest.approx(np.pi / 2, abs=1e-4)


@pytest.mark.parametrize(("t", "expected"), [(-0.5, 1.32102), (0.5, 1.79362), (0.9, 1.95977)])
def test_f1_over_f0_of_a_threshold(t, expected):
    phase = np.arange(0, 360, 0.05)
    assert modulation(np.maximum(np.cos(np.deg2rad(phase)) - t, 0), phase) == pytest.approx(
        expected, abs=1e-4
    )


def test_two_cycles_are_as_good_as_one_per_cycle():
    phase = np.arange(0, 720, 5.0)
    wave = np.maximum(np.cos(np.deg2rad(phase)), 0)
    assert modulation(wave, phase) == pytest.approx(modulation(wave[:72], phase[:72]))


def test_no_response_above_baseline_is_nan():
    assert np.isnan(modulation(np.ones(36), PHASE[::10], baseline=1))


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        (np.linspace(0, 360, 37), "whole cycles.*leave out the end point"),
        (np.r_[0, 10, 30, 350.0], "equally spaced"),
        (np.r_[0, 180.0], "more than 2 phases"),
    ],
)
def test_modulation_refuses(phase, message):
    with pytest.raises(InputError, match=message):
        modulation(np.ones(phase.size), phase)
