"""The rectifiers of simple cells and ConvNets, each with its two names.

Section 3.2 of Hadji & Wildes (2018) is the text behind the family.
"""

from neurosim.models.clipping import (
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
from neurosim.models.mechanisms import (
    MeasuredNoiseThreshold,
    NoiseSmoothedThreshold,
    NoisyLIF,
    QuietLIF,
)
from neurosim.models.power_laws import NakaRushton, PowerLaw, ThresholdedPowerLaw
from neurosim.models.rectifier import RECTIFIERS
from neurosim.models.smooth import (
    ExponentialLinear,
    Logistic,
    RectifiedTanh,
    Softplus,
    SShapedLinear,
    Tanh,
)

__all__ = [
    "RECTIFIERS", "ExponentialLinear", "FullWave", "HalfSquared", "HalfWave", "LeakyHalfWave",
    "Logistic", "MeasuredNoiseThreshold", "Modulus", "NakaRushton", "NoiseSmoothedThreshold",
    "NoisyLIF", "PowerLaw", "QuietLIF", "RectifiedTanh", "SShapedLinear", "Softplus", "Tanh",
    "ThresholdedHalfSquared", "ThresholdedHalfWave", "ThresholdedPowerLaw", "TwoPathEnergy",
    "TwoPathHalfWave",
]  # fmt: skip
