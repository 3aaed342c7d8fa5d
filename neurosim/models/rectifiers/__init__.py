"""The rectifiers of simple cells and ConvNets, each with its two names.

Section 3.2 of Hadji & Wildes (2018) is the text behind the family.
"""

from __future__ import annotations

from neurosim.base.errors import InputError
from neurosim.models.rectifiers.base import RECTIFIERS, Rectifier
from neurosim.models.rectifiers.clipping import (
    FullWave,
    HalfSquared,
    HalfWave,
    LeakyHalfWave,
    Modulus,
    ThresholdedHalfSquared,
    ThresholdedHalfWave,
    TwoPathEnergy,
    TwoPathHalfWave,
)
from neurosim.models.rectifiers.mechanisms import (
    MeasuredNoiseThreshold,
    NoiseSmoothedThreshold,
    NoisyLIF,
    QuietLIF,
)
from neurosim.models.rectifiers.power_laws import NakaRushton, PowerLaw, ThresholdedPowerLaw
from neurosim.models.rectifiers.smooth import (
    ExponentialLinear,
    Logistic,
    RectifiedTanh,
    Softplus,
    SShapedLinear,
    Tanh,
)

__all__ = [
    "RECTIFIERS",
    "ExponentialLinear",
    "FullWave",
    "HalfSquared",
    "HalfWave",
    "LeakyHalfWave",
    "Logistic",
    "MeasuredNoiseThreshold",
    "Modulus",
    "NakaRushton",
    "NoiseSmoothedThreshold",
    "NoisyLIF",
    "PowerLaw",
    "QuietLIF",
    "RectifiedTanh",
    "SShapedLinear",
    "Softplus",
    "Tanh",
    "ThresholdedHalfSquared",
    "ThresholdedHalfWave",
    "ThresholdedPowerLaw",
    "TwoPathEnergy",
    "TwoPathHalfWave",
    "named_rectifier",
]


def named_rectifier(rectifier: Rectifier | str) -> Rectifier:
    """The rectifier itself, or the one of that biological or ConvNet name.

    Raises
    ------
    InputError
        Listing the names there are.

    Examples
    --------
    >>> named_rectifier("CReLU").name
    'two-path half-wave'
    """
    if isinstance(rectifier, Rectifier):
        return rectifier
    if not isinstance(rectifier, str):
        raise InputError(f"rectifier: expected a name, got a {type(rectifier).__name__}")
    try:
        return RECTIFIERS[rectifier]
    except KeyError:
        known = ", ".join(f"{each.name!r} ({each.convnet})" for each in RECTIFIERS.values())
        raise InputError(f"rectifier: expected one of {known}, got {rectifier!r}") from None
