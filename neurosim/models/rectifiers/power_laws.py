"""Expansive and saturating power laws of the drive."""

from __future__ import annotations

from typing import Any

from neurosim.models.rectifiers.array_namespaces import expit, of, tiny
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.clipping import threshold_parameter
from neurosim.models.rectifiers.parameter import Parameter

__all__ = ["NakaRushton", "PowerLaw", "ThresholdedPowerLaw"]


def _exponent() -> Parameter:
    return Parameter(
        "n", "exponent", 2.0, low=0.2, high=8.0, in_drive_units=False, typical=(1.5, 3.5)
    )


def _power(x: Any, exponent: Any) -> Any:
    """max(x, 0)^n, by its logarithm."""
    positive = ~(x <= 0)  # what is no number stays none
    return positive * of(x).exp(exponent * of(x).log(of(x).where(positive, x, 1.0)))


class PowerLaw(Rectifier):
    """A power of the positive drive; cortical cells have exponents about 2 to 4."""

    name = "power law"
    convnet = "ReLU to a power"
    latex = r"r_0 + g\,\max(x, 0)^n"
    source = "Albrecht & Hamilton 1982; Anzai, Ohzawa & Freeman 1999"
    limits = "r0 below 0; grows as the power"
    kind = "power"
    standard = True
    power = None
    contains = {"half-wave": {"exponent": 1.0}, "half-squared": {"exponent": 2.0}}
    biological = 8
    panels = ("power laws",)
    typical = {"gain": 80.0, "exponent": 2.8}
    exponent = _exponent()

    @staticmethod
    def shape(x: Any, exponent: Any) -> Any:
        return _power(x, exponent)

    @staticmethod
    def slope(x: Any, exponent: Any) -> Any:
        return exponent * _power(x, exponent - 1)


class ThresholdedPowerLaw(Rectifier):
    """A power of the drive above a threshold."""

    name = "thresholded power law"
    convnet = "ReLU with a bias, to a power"
    latex = r"r_0 + g\,\max(x - T, 0)^n"
    source = "Carandini & Ferster 2000; Priebe et al. 2004"
    limits = "r0 below T; grows as the power"
    kind = "power"
    power = None
    contains = {
        "thresholded half-wave": {"exponent": 1.0},
        "thresholded half-squared": {"exponent": 2.0},
        "power law": {"threshold": 0.0},
    }
    biological = 9
    panels = ("power laws",)
    typical = {"gain": 60.0, "threshold": -0.3, "exponent": 1.8}
    threshold = threshold_parameter(kinked=True, steep=True)
    exponent = _exponent()

    @staticmethod
    def shape(x: Any, threshold: Any, exponent: Any) -> Any:
        return _power(x - threshold, exponent)

    @staticmethod
    def slope(x: Any, threshold: Any, exponent: Any) -> Any:
        return exponent * _power(x - threshold, exponent - 1)


class NakaRushton(Rectifier):
    """A power law that saturates: contrast response."""

    name = "Naka-Rushton"
    convnet = "normalised ReLU"
    aliases = ("hyperbolic ratio",)
    latex = r"r_0 + g\,\frac{\max(x, 0)^n}{\max(x, 0)^n + c_{50}^n}"
    source = "Naka & Rushton 1966; Albrecht & Hamilton 1982"
    limits = "r0 below 0; saturates at r0 + g"
    kind = "saturating"
    standard = True
    power = 0
    contains = {"power law": "semisaturation to infinity"}
    biological = 10
    panels = ("power laws",)
    typical = {"gain": 80.0, "exponent": 2.5}
    semisaturation = Parameter(
        "c_{50}",
        "drive of half the gain",
        0.3,
        low=0.0,
        within="spread",
        stretch=10.0,
        narrowest=0.01,
        typical=(0.15, 0.6),
    )
    exponent = _exponent()

    @staticmethod
    def shape(x: Any, semisaturation: Any, exponent: Any) -> Any:
        positive = ~(x <= 0)
        octaves = of(x).log(of(x).where(positive, x / (semisaturation + tiny(x)), 1.0))
        return positive * expit(exponent * octaves)

    @staticmethod
    def slope(x: Any, semisaturation: Any, exponent: Any) -> Any:
        positive = ~(x <= 0)
        shown = of(x).where(positive, x, 1.0)
        z = exponent * of(x).log(shown / (semisaturation + tiny(x)))
        return positive * expit(z) * expit(-z) * exponent / shown
