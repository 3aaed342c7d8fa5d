"""The rectifiers of simple cells and ConvNets, each with its two names.

Section 3.2 of Hadji & Wildes (2018) is the text behind the family. `shape` is written in
operations that NumPy arrays and torch tensors share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

from neurosim.models.rectifier import RECTIFIERS, Parameter, Rectifier

__all__ = [
    "RECTIFIERS",
    "HalfSquared",
    "HalfWave",
    "NoiseSmoothedThreshold",
    "ThresholdedHalfWave",
    "TwoPathEnergy",
    "TwoPathHalfWave",
]


def _threshold() -> Parameter:
    return Parameter("T", "drive at which firing starts", 0.2, within="drive")


class HalfWave(Rectifier):
    """Half-wave rectification: negative drive is clipped (Hubel & Wiesel's simple cell)."""

    name = "half-wave"
    convnet = "ReLU"
    latex = r"r_0 + g\,\max(x, 0)"
    source = "Hubel & Wiesel 1962; Nair & Hinton 2010"

    @staticmethod
    def shape(x: Any) -> Any:
        return x.clip(min=0)


class ThresholdedHalfWave(Rectifier):
    """Half-wave rectification about a threshold other than zero; closer to a LIF cell."""

    name = "thresholded half-wave"
    convnet = "ReLU with a bias"
    latex = r"r_0 + g\,\max(x - T, 0)"
    source = "Movshon, Thompson & Tolhurst 1978"
    contains = {"half-wave": "threshold = 0"}  # noqa: RUF012
    threshold = _threshold()

    @staticmethod
    def shape(x: Any, threshold: Any) -> Any:
        return (x - threshold).clip(min=0)


class HalfSquared(Rectifier):
    """Half-squaring: one path of an energy mechanism."""

    name = "half-squared"
    convnet = "squared ReLU"
    latex = r"r_0 + g\,\max(x, 0)^2"
    source = "Heeger 1992; So et al. 2021"
    power = 2

    @staticmethod
    def shape(x: Any) -> Any:
        return x.clip(min=0) ** 2


class TwoPathHalfWave(Rectifier):
    """Two-path half-wave rectification: both signs kept, each on its own path."""

    name = "two-path half-wave"
    convnet = "CReLU"
    latex = r"r_0 + g_+\max(x, 0) + g_-\max(-x, 0)"
    source = "Heeger 1992; Shang et al. 2016"
    gains = ("gain_plus", "gain_minus")
    contains = {"half-wave": "gain_minus = 0"}  # noqa: RUF012

    @staticmethod
    def shape(x: Any) -> Any:
        return x.clip(min=0), (-x).clip(min=0)


class TwoPathEnergy(Rectifier):
    """Two-path energy, E+ = max(x, 0)^2 and E- = min(x, 0)^2.

    Gains (g, 0) make a half-squared simple cell, (g, g) an energy unit.
    """

    name = "two-path energy"
    convnet = "SOE-Net's two paths"
    latex = r"r_0 + g_+\max(x, 0)^2 + g_-\min(x, 0)^2"
    source = "Heeger 1992; Hadji & Wildes 2017"
    gains = ("gain_plus", "gain_minus")
    power = 2
    contains = {"half-squared": "gain_minus = 0"}  # noqa: RUF012

    @staticmethod
    def shape(x: Any) -> Any:
        return x.clip(min=0) ** 2, x.clip(max=0) ** 2


class NoiseSmoothedThreshold(Rectifier):
    """A threshold smoothed by noise: the mechanism behind expansive power laws.

    The mean of max(x + noise - T, 0) over Gaussian noise: (x - T) Phi(z) + sd phi(z),
    z = (x - T)/sd.
    """

    name = "noise-smoothed threshold"
    convnet = "noisy ReLU, averaged"
    latex = r"r_0 + g\,[(x - T)\Phi(z) + \sigma\varphi(z)],\ z = (x - T)/\sigma"
    source = "Miller & Troyer 2002; Hansel & van Vreeswijk 2002"
    mechanistic = True
    contains = {"thresholded half-wave": "noise = 0"}  # noqa: RUF012
    threshold = _threshold()
    noise = Parameter(r"\sigma", "SD of the noise on the drive", 0.2, low=0.0, within="spread")

    @staticmethod
    def shape(x: Any, threshold: Any, noise: Any) -> Any:
        noise = np.maximum(noise, np.finfo(float).tiny ** 0.5)
        z = (x - threshold) / noise
        density = np.exp(-(z.clip(-40, 40) ** 2) / 2) / np.sqrt(2 * np.pi)
        return (x - threshold) * ndtr(z) + noise * density
