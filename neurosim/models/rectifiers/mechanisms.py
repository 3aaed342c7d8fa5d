"""How spikes arise: a noisy threshold, and the leaky integrate-and-fire cell itself."""

from __future__ import annotations

import math
from typing import Any

from neurosim.models.rectifiers.array_namespaces import erfcx, ndtr, of, tiny
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.clipping import threshold_parameter
from neurosim.models.rectifiers.deterministic_lif import (
    rate_deterministic,
    rate_deterministic_slope,
)
from neurosim.models.rectifiers.parameter import Parameter
from neurosim.models.rectifiers.siegert import rate_white_noise, rate_white_noise_slope

__all__ = ["MeasuredNoiseThreshold", "NoiseSmoothedThreshold", "NoisyLIF", "QuietLIF"]


def _smoothed(x: Any, threshold: Any, noise: Any) -> Any:
    """(x - T) Phi(z) + sd phi(z); below threshold without subtracting two nearly equal numbers."""
    noise = noise + tiny(x)
    z = (x - threshold) / noise
    below = z.clip(-40, 0)
    mills = math.sqrt(math.pi / 2) * erfcx(-below / math.sqrt(2))
    tail = _density(below) * (1 + below * mills)
    above = (x - threshold).clip(min=0)
    beyond = z.clip(0, 40)
    return of(x).where(z < 0, noise * tail, above * ndtr(beyond) + noise * _density(beyond))


def _density(z: Any) -> Any:
    return of(z).exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def _noise(meaning: str) -> Parameter:
    return Parameter(r"\sigma", meaning, 0.2, low=0.0, within="spread", typical=(0.1, 0.4))


class NoiseSmoothedThreshold(Rectifier):
    """A threshold smoothed by noise: the mechanism behind expansive power laws.

    The mean of max(x + noise - T, 0) over Gaussian noise: (x - T) Phi(z) + sd phi(z),
    z = (x - T)/sd.
    """

    name = "noise-smoothed threshold"
    convnet = "noisy ReLU, averaged"
    latex = r"r_0 + g\,[(x - T)\Phi(z) + \sigma\varphi(z)],\ z = (x - T)/\sigma"
    source = "Miller & Troyer 2002; Hansel & van Vreeswijk 2002"
    limits = "r0 far below T; grows without bound"
    kind = "soft corner"
    mechanistic = True
    contains = {"thresholded half-wave": {"noise": 0.0}}
    standard = True
    biological = 11
    panels = ("spikes",)
    typical = {"gain": 90.0, "noise": 0.25}
    threshold = threshold_parameter(beyond=4.0)  # noise fires a cell from below it
    noise = _noise("SD of the noise on the drive")

    @staticmethod
    def shape(x: Any, threshold: Any, noise: Any) -> Any:
        return _smoothed(x, threshold, noise)

    @staticmethod
    def slope(x: Any, threshold: Any, noise: Any) -> Any:
        return ndtr((x - threshold) / (noise + tiny(x)))


class MeasuredNoiseThreshold(Rectifier):
    """A threshold smoothed by noise that was measured at every condition.

    It needs the standard deviation of the drive (of the membrane, in the drive's unit) at every
    condition.
    """

    name = "measured-noise threshold"
    convnet = "noisy ReLU, its noise given"
    latex = r"r_0 + g\,[(x - T)\Phi(z) + \sigma_i\varphi(z)],\ z = (x - T)/\sigma_i"
    source = "Miller & Troyer 2002; Zerlaut et al. 2016"
    limits = "r0 far below T; grows without bound"
    kind = "soft corner"
    mechanistic = True
    typical = {"gain": 90.0}
    regressors = ("noise",)
    threshold = threshold_parameter(beyond=1.0, past="noise")  # noise fires a cell from below it

    @staticmethod
    def shape(x: Any, noise: Any, threshold: Any) -> Any:
        return _smoothed(x, threshold, noise)

    @staticmethod
    def slope(x: Any, noise: Any, threshold: Any) -> Any:
        return ndtr((x - threshold) / (noise + tiny(x)))


def _refractory() -> Parameter:
    return Parameter(
        r"\rho",
        "refractory period in membrane time constants",
        0.1,
        low=0.0,
        high=10.0,
        in_drive_units=False,
        free=False,
        typical=(0.05, 0.4),
    )


def _depth() -> Parameter:
    return Parameter(
        "w",
        "drive from reset to threshold",
        0.5,
        low=0.0,
        within="spread",
        stretch=10.0,
        narrowest=0.01,
        typical=(0.3, 1.0),
    )


class QuietLIF(Rectifier):
    """The leaky integrate-and-fire cell without noise; the gain is 1 over the time constant.

    In units of the drive: fires above the rheobase T, and w is what takes the membrane from reset
    to threshold. The refractory period, 0.1 time constants, is not fitted.
    """

    name = "LIF f-I"
    convnet = "LIF"
    latex = r"r_0 + g\,/[\rho + \ln(1 + w/(x - T))]"
    source = "Tuckwell 1988"
    limits = "r0 below T; saturates at g / rho"
    kind = "corner"
    power = 0
    mechanistic = True
    panels = ("spikes",)
    typical = {"gain": 40.0, "threshold": 0.1, "depth": 0.6}
    threshold = threshold_parameter(kinked=True, steep=True)
    depth = _depth()
    refractory = _refractory()

    @staticmethod
    def shape(x: Any, threshold: Any, depth: Any, refractory: Any) -> Any:
        return rate_deterministic(
            x - threshold, tau_m=1.0, v_threshold=0.0, v_reset=-depth, t_ref=refractory
        )

    @staticmethod
    def slope(x: Any, threshold: Any, depth: Any, refractory: Any) -> Any:
        return rate_deterministic_slope(
            x - threshold, tau_m=1.0, v_threshold=0.0, v_reset=-depth, t_ref=refractory
        )


class NoisyLIF(Rectifier):
    """The leaky integrate-and-fire cell with white noise (Siegert 1951).

    As the cell without noise, the noise being the standard deviation of the free membrane in units
    of the drive.
    """

    name = "Siegert"
    convnet = "noisy LIF"
    latex = r"r_0 + g\,/[\rho + \sqrt\pi\int e^{u^2}(1 + \mathrm{erf}\,u)\,du]"
    source = "Siegert 1951"
    limits = "r0 far below T; saturates at g / rho"
    kind = "soft corner"
    power = 0
    mechanistic = True
    contains = {"LIF f-I": {"noise": 0.0}}
    panels = ("spikes",)
    typical = {"gain": 50.0, "depth": 0.6, "noise": 0.25}
    threshold = threshold_parameter(beyond=4.0)  # noise fires a cell from below it
    depth = _depth()
    noise = _noise("SD of the free membrane")
    refractory = _refractory()

    @staticmethod
    def shape(x: Any, threshold: Any, depth: Any, noise: Any, refractory: Any) -> Any:
        return rate_white_noise(
            x - threshold,
            tau_m=1.0,
            v_threshold=0.0,
            v_reset=-depth,
            t_ref=refractory,
            noise_sd=noise,
        )

    @staticmethod
    def slope(x: Any, threshold: Any, depth: Any, noise: Any, refractory: Any) -> Any:
        return rate_white_noise_slope(
            x - threshold,
            tau_m=1.0,
            v_threshold=0.0,
            v_reset=-depth,
            t_ref=refractory,
            noise_sd=noise,
        )
