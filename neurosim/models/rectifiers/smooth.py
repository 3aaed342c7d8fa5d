"""Rectifiers that saturate or turn smoothly: the sigmoids and the newer relatives of ReLU."""

from __future__ import annotations

from typing import Any

from neurosim.models.rectifiers.array_namespaces import broadcast, expit, of, positive, tiny
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.clipping import threshold_parameter
from neurosim.models.rectifiers.parameter import Parameter

__all__ = ["ExponentialLinear", "Logistic", "RectifiedTanh", "SShapedLinear", "Softplus", "Tanh"]


def _scale(meaning: str, stretch: float, typical: tuple[float, float]) -> Parameter:
    return Parameter("s", meaning, 0.2, low=0.0, within="spread", stretch=stretch, typical=typical)


class Softplus(Rectifier):
    """A threshold with a soft corner."""

    name = "softplus"
    convnet = "Softplus"
    latex = r"r_0 + g\,s\ln(1 + e^{(x - T)/s})"
    source = "Dugas et al. 2001"
    limits = "r0 far below T; grows without bound"
    kind = "soft corner"
    standard = True
    contains = {"thresholded half-wave": {"softness": 0.0}}
    panels = ("relatives",)
    typical = {"gain": 80.0, "softness": 0.15}
    threshold = threshold_parameter()
    softness = _scale("width of the corner", 1.0, (0.05, 0.3))

    @staticmethod
    def shape(x: Any, threshold: Any, softness: Any) -> Any:
        scale = softness + tiny(x)
        above, below = positive(x - threshold), (x - threshold).clip(max=0)
        away = ((below - above) / scale).clip(min=-700)  # so that no width is too small to learn
        return above + scale * of(x).log1p(of(x).exp(away))

    @staticmethod
    def slope(x: Any, threshold: Any, softness: Any) -> Any:
        return expit((x - threshold) / (softness + tiny(x)))


class Logistic(Rectifier):
    """A sigmoid between silence and saturation."""

    name = "logistic"
    convnet = "sigmoid"
    latex = r"r_0 + g\,/(1 + e^{-(x - m)/s})"
    source = "LeCun et al. 1998; Hadji & Wildes 2018"
    limits = "saturates at r0 and at r0 + g"
    kind = "saturating"
    power = 0
    panels = ("figure 3.7",)
    typical = {"gain": 70.0, "width": 0.15}
    midpoint = Parameter("m", "drive of half the gain", 0.2, within="drive", typical=(-0.2, 0.4))
    width = _scale("width of the rise", 3.0, (0.1, 0.3))

    @staticmethod
    def shape(x: Any, midpoint: Any, width: Any) -> Any:
        return expit((x - midpoint) / (width + tiny(x)))

    @staticmethod
    def slope(x: Any, midpoint: Any, width: Any) -> Any:
        value = expit((x - midpoint) / (width + tiny(x)))
        return value * (1 - value) / (width + tiny(x))


class Tanh(Rectifier):
    """A sigmoid about the spontaneous rate: steady around zero."""

    name = "tanh"
    convnet = "tanh"
    latex = r"r_0 + g\tanh(x/s)"
    source = "LeCun et al. 1998; Hadji & Wildes 2018"
    limits = "saturates at r0 - g and at r0 + g"
    kind = "saturating"
    power = 0
    negative_side = True
    panels = ("figure 3.7",)
    typical = {"r0": 40.0, "gain": 30.0, "width": 0.5}
    width = _scale("drive that saturates it", 10.0, (0.2, 0.8))

    @staticmethod
    def shape(x: Any, width: Any) -> Any:
        return of(x).tanh(x / (width + tiny(x)))

    @staticmethod
    def slope(x: Any, width: Any) -> Any:
        return (1 - of(x).tanh(x / (width + tiny(x))) ** 2) / (width + tiny(x))


class RectifiedTanh(Rectifier):
    """The absolute value of tanh."""

    name = "rectified tanh"
    convnet = "|tanh|"
    aliases = ("AVR after tanh",)
    latex = r"r_0 + g\,|\tanh(x/s)|"
    source = "Jarrett et al. 2009"
    limits = "saturates at r0 + g on both sides"
    kind = "two-path"
    power = 0
    contains = {"full-wave": "width to infinity"}
    panels = ("relatives",)
    typical = {"gain": 60.0, "width": 0.5}
    width = _scale("drive that saturates it", 10.0, (0.2, 0.8))

    @staticmethod
    def shape(x: Any, width: Any) -> Any:
        return abs(of(x).tanh(x / (width + tiny(x))))

    @staticmethod
    def slope(x: Any, width: Any) -> Any:
        steep = (1 - of(x).tanh(x / (width + tiny(x))) ** 2) / (width + tiny(x))
        return steep * (1.0 * (x > 0) - 1.0 * (x <= 0))


class ExponentialLinear(Rectifier):
    """Half-wave with a negative side that saturates, so that noise there is not passed on."""

    name = "exponential-linear"
    convnet = "ELU"
    latex = r"r_0 + g\,(\max(x, 0) + \alpha(e^{\min(x, 0)/s} - 1))"
    source = "Clevert et al. 2016"
    limits = "saturates at r0 - g alpha; grows without bound; Clevert et al. have s = 1"
    kind = "soft corner"
    negative_side = True
    contains = {"half-wave": {"depth": 0.0}}
    panels = ("figure 3.7",)
    typical = {"r0": 30.0, "gain": 40.0, "depth": 0.4, "width": 0.4}
    depth = Parameter(
        r"\alpha",
        "where the negative side saturates",
        1.0,
        low=0.0,
        within="spread",
        stretch=10.0,
        typical=(0.2, 0.6),
    )
    width = Parameter(
        "s",
        "drive within which it does; 1 in the source, a unit of its own",
        1.0,
        low=0.0,
        within="spread",
        stretch=10.0,
        narrowest=0.01,
        typical=(0.2, 0.6),
    )

    @staticmethod
    def shape(x: Any, depth: Any, width: Any) -> Any:
        return positive(x) + depth * of(x).expm1(x.clip(max=0) / (width + tiny(x)))

    @staticmethod
    def slope(x: Any, depth: Any, width: Any) -> Any:
        steep = depth / (width + tiny(x))
        return 1.0 * (x > 0) + steep * of(x).exp(x.clip(max=0) / (width + tiny(x))) * (x <= 0)


def _piece(symbol: str, meaning: str, default: float) -> Parameter:
    return Parameter(
        symbol, meaning, default, low=0.0, high=10.0, in_drive_units=False, typical=(0.1, 0.6)
    )


class SShapedLinear(Rectifier):
    """Three linear pieces, four learnable parameters.

    t_r + a_r (x - t_r) above t_r, x between, t_l + a_l (x - t_l) below t_l. Where the left
    threshold is above the right one the middle piece is empty and the right piece decides.
    """

    name = "S-shaped linear"
    convnet = "SReLU"
    latex = r"r_0 + g\,(t_r + a_r(x - t_r),\ x,\ t_l + a_l(x - t_l))"
    source = "Jin et al. 2016"
    limits = "linear far out, at slopes a_l and a_r"
    kind = "corner"
    negative_side = True
    contains = {
        "half-wave": {"left": 0.0, "right": 0.0, "left_slope": 0.0, "right_slope": 1.0},
        "leaky half-wave": "left = 0, right_slope = 1",
    }
    panels = ("figure 3.7",)
    typical = {
        "r0": 30.0,
        "gain": 50.0,
        "left": -0.4,
        "right": 0.4,
        "left_slope": 0.2,
        "right_slope": 0.3,
    }
    left = Parameter(
        "t_l", "left threshold", 0.0, within="drive", kinked=True, typical=(-0.6, -0.2)
    )
    right = Parameter(
        "t_r", "right threshold", 0.5, within="drive", kinked=True, typical=(0.2, 0.6)
    )
    left_slope = _piece("a_l", "slope on the left", 0.1)
    right_slope = _piece("a_r", "slope on the right", 0.5)

    @staticmethod
    def shape(x: Any, left: Any, right: Any, left_slope: Any, right_slope: Any) -> Any:
        above, where = positive(x - right), of(x).where
        low = (x <= left) & (x <= right)
        x, left, right = broadcast(x, left, right)
        between = where(x > right, right, where(low, left, x))
        return between + right_slope * above + left_slope * where(low, x - left, 0.0 * left)

    @staticmethod
    def slope(x: Any, left: Any, right: Any, left_slope: Any, right_slope: Any) -> Any:
        low, high = 1.0 * (x <= left) * (x <= right), 1.0 * (x > right)
        return 1 + (right_slope - 1) * high + (left_slope - 1) * low
