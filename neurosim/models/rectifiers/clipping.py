"""Rectifiers that clip: one path or two, about zero or a threshold, plain or squared."""

from __future__ import annotations

from typing import Any

from neurosim.models.rectifiers.array_namespaces import positive, tiny
from neurosim.models.rectifiers.base import Rectifier
from neurosim.models.rectifiers.parameter import Parameter

__all__ = [
    "FullWave",
    "HalfSquared",
    "HalfWave",
    "LeakyHalfWave",
    "Modulus",
    "ThresholdedHalfSquared",
    "ThresholdedHalfWave",
    "TwoPathEnergy",
    "TwoPathHalfWave",
    "threshold_parameter",
]


_BEFORE = 10.0  # spreads of the drive: of a threshold further below, all drives are one


def threshold_parameter(
    kinked: bool = False, beyond: float = 0.0, steep: bool = False, past: str = ""
) -> Parameter:
    """A threshold among the drives shown, below them (all of them make the cell fire) or so many
    times their spread beyond them."""
    return Parameter(
        "T",
        "drive at which firing starts",
        0.2,
        within="drive",
        kinked=kinked,
        before=_BEFORE,
        beyond=beyond,
        past=past,
        steep=steep,
        typical=(-0.4, 0.4),
    )


class HalfWave(Rectifier):
    """Half-wave rectification: negative drive is clipped (Hubel & Wiesel's simple cell)."""

    name = "half-wave"
    convnet = "ReLU"
    latex = r"r_0 + g\,\max(x, 0)"
    source = "Hubel & Wiesel 1962; Nair & Hinton 2010"
    limits = "r0 below 0; grows without bound"
    kind = "corner"
    exact = True
    standard = True
    biological = 1
    panels = ("figure 3.7", "simple cells")

    @staticmethod
    def shape(x: Any) -> Any:
        return positive(x)

    @staticmethod
    def slope(x: Any) -> Any:
        return 1.0 * (x > 0)


class ThresholdedHalfWave(Rectifier):
    """Half-wave rectification about a threshold other than zero; closer to a LIF cell."""

    name = "thresholded half-wave"
    convnet = "ReLU with a bias"
    latex = r"r_0 + g\,\max(x - T, 0)"
    source = "Movshon, Thompson & Tolhurst 1978"
    limits = "r0 below T; grows without bound"
    kind = "corner"
    contains = {"half-wave": {"threshold": 0.0}}
    standard = True
    biological = 2
    panels = ("relatives", "simple cells")
    typical = {"gain": 90.0, "threshold": 0.3}
    threshold = threshold_parameter(kinked=True)

    @staticmethod
    def shape(x: Any, threshold: Any) -> Any:
        return positive(x - threshold)

    @staticmethod
    def slope(x: Any, threshold: Any) -> Any:
        return 1.0 * (x > threshold)


class HalfSquared(Rectifier):
    """Half-squaring: one path of an energy mechanism."""

    name = "half-squared"
    convnet = "squared ReLU"
    latex = r"r_0 + g\,\max(x, 0)^2"
    source = "Heeger 1992; So et al. 2021"
    limits = "r0 below 0; grows as the square"
    kind = "power"
    exact = True
    power = 2
    standard = True
    biological = 4
    panels = ("relatives", "simple cells")
    typical = {"gain": 80.0}

    @staticmethod
    def shape(x: Any) -> Any:
        return positive(x) ** 2

    @staticmethod
    def slope(x: Any) -> Any:
        return 2 * positive(x)


class ThresholdedHalfSquared(Rectifier):
    """Half-squaring about a threshold."""

    name = "thresholded half-squared"
    convnet = "squared ReLU with a bias"
    latex = r"r_0 + g\,\max(x - T, 0)^2"
    source = "Heeger 1992; Anzai, Ohzawa & Freeman 1999"
    limits = "r0 below T; grows as the square"
    kind = "power"
    standard = True
    power = 2
    contains = {"half-squared": {"threshold": 0.0}}
    biological = 5
    panels = ("simple cells",)
    typical = {"gain": 110.0, "threshold": -0.2}
    threshold = threshold_parameter()

    @staticmethod
    def shape(x: Any, threshold: Any) -> Any:
        return positive(x - threshold) ** 2

    @staticmethod
    def slope(x: Any, threshold: Any) -> Any:
        return 2 * positive(x - threshold)


class TwoPathHalfWave(Rectifier):
    """Two-path half-wave rectification: both signs kept, each on its own path."""

    name = "two-path half-wave"
    convnet = "CReLU"
    latex = r"r_0 + g_+\max(x, 0) + g_-\max(-x, 0)"
    source = "Heeger 1992; Shang et al. 2016"
    limits = "grows without bound on both sides"
    kind = "two-path"
    exact = True
    gains = ("gain_plus", "gain_minus")
    contains = {"half-wave": {"gain_minus": 0.0}, "full-wave": "equal gains"}
    standard = True
    biological = 3
    panels = ("simple cells",)
    typical = {"gain_plus": 60.0, "gain_minus": 30.0}

    @staticmethod
    def shape(x: Any) -> Any:
        return positive(x), positive(-x)

    @staticmethod
    def slope(x: Any) -> Any:
        return 1.0 * (x > 0), -1.0 * (x <= 0)


class TwoPathEnergy(Rectifier):
    """Two-path energy, E+ = max(x, 0)^2 and E- = min(x, 0)^2.

    Gains (g, 0) make a half-squared simple cell, (g, g) an energy unit.
    """

    name = "two-path energy"
    convnet = "SOE-Net's two paths"
    aliases = ("E+/E-",)
    latex = r"r_0 + g_+\max(x, 0)^2 + g_-\min(x, 0)^2"
    source = "Heeger 1992; Hadji & Wildes 2017"
    limits = "grows as the square on both sides"
    kind = "two-path"
    exact = True
    gains = ("gain_plus", "gain_minus")
    power = 2
    contains = {"half-squared": {"gain_minus": 0.0}}
    standard = True
    biological = 6
    panels = ("simple cells",)
    typical = {"gain_plus": 80.0, "gain_minus": 40.0}

    @staticmethod
    def shape(x: Any) -> Any:
        return positive(x) ** 2, x.clip(max=0) ** 2

    @staticmethod
    def slope(x: Any) -> Any:
        return 2 * positive(x), 2 * x.clip(max=0)


class FullWave(Rectifier):
    """Full-wave rectification: the absolute value, which loses the sign."""

    name = "full-wave"
    convnet = "AVR"
    aliases = ("absolute value",)
    latex = r"r_0 + g\,|x|"
    source = "Jarrett et al. 2009; Spitzer & Hochstein 1985"
    limits = "grows without bound on both sides"
    kind = "two-path"
    exact = True
    biological = 7
    panels = ("relatives",)

    @staticmethod
    def shape(x: Any) -> Any:
        return abs(x)

    @staticmethod
    def slope(x: Any) -> Any:
        return 1.0 * (x > 0) - 1.0 * (x <= 0)


class Modulus(Rectifier):
    """The modulus of a quadrature pair: a complex cell that no phase modulates.

    It needs the drive of the quadrature partner at every condition.
    """

    name = "modulus"
    convnet = "ScatNet's modulus"
    latex = r"r_0 + g\,\sqrt{x^2 + q^2}"
    source = "Adelson & Bergen 1985; Bruna & Mallat 2013"
    limits = "grows with contrast, whatever the phase"
    kind = "two-path"
    exact = True
    typical = {"gain": 60.0}
    regressors = ("quadrature",)

    @staticmethod
    def shape(x: Any, quadrature: Any) -> Any:
        return (x**2 + quadrature**2 + tiny(x) ** 4) ** 0.5

    @staticmethod
    def slope(x: Any, quadrature: Any) -> Any:
        size = (x**2 + quadrature**2) ** 0.5
        return x / (size + 1.0 * (size == 0))


class LeakyHalfWave(Rectifier):
    """Leaky half-wave rectification: the negative side is kept at a small slope.

    It can be told from half-wave only where there is a spontaneous rate to fall from.
    """

    name = "leaky half-wave"
    convnet = "LReLU"
    aliases = ("PReLU", "LeakyReLU")
    latex = r"r_0 + g\,(\max(x, 0) + a\min(x, 0))"
    source = "Maas et al. 2013; He et al. 2015"
    limits = "falls below 0 at the slope a; grows without bound"
    kind = "corner"
    exact = True
    negative_side = True
    contains = {"half-wave": {"leak": 0.0}}
    panels = ("figure 3.7",)
    typical = {"r0": 20.0, "gain": 60.0, "leak": 0.25}
    leak = Parameter(
        "a",
        "slope of the negative side",
        0.1,
        low=0.0,
        high=1.0,
        in_drive_units=False,
        typical=(0.05, 0.4),
    )

    @staticmethod
    def shape(x: Any, leak: Any) -> Any:
        return positive(x) + leak * x.clip(max=0)

    @staticmethod
    def slope(x: Any, leak: Any) -> Any:
        return 1.0 * (x > 0) + leak * (x <= 0)
