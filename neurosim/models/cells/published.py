"""LIF parameters from the literature, each with its citation.

Potentials are as published: relative to rest where the paper sets rest to 0.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

__all__ = ["PRESETS", "Preset"]


class Preset(NamedTuple):
    """Arguments of `LIF` (s, mV), and where they were read."""

    parameters: dict[str, float]
    source: str


PRESETS = MappingProxyType(
    {
        "brunel-hakim-1999": Preset(
            {
                "tau_m": 0.02,
                "v_rest": 0.0,
                "v_threshold": 20.0,
                "v_reset": 10.0,
                "t_ref": 0.002,
                "noise_sd": 0.5**0.5,
            },
            "Brunel & Hakim 1999, Neural Comput 11:1621; external noise sigma = 1 mV, which is "
            "sqrt(2) times the free membrane's SD; as in Brian2's example of the paper",
        ),
        "brette-2007-cuba": Preset(
            {
                "tau_m": 0.02,
                "v_rest": -49.0,
                "v_threshold": -50.0,
                "v_reset": -60.0,
                "t_ref": 0.005,
                "noise_sd": 0.0,
            },
            "Brette et al. 2007, J Comput Neurosci 23:349, benchmark 2 (CUBA), without its "
            "network; as in Brian2's example",
        ),
        "zerlaut-2016": Preset(
            {
                "tau_m": 0.031,
                "v_rest": -70.0,
                "v_threshold": -50.0,
                "v_reset": -60.0,
                "t_ref": 0.002,
                "noise_sd": 4.7,
            },
            "Zerlaut et al. 2016, J Physiol 594:3791: median membrane time constant and membrane "
            "SD of the visual-cortex cells in the released data; the other values are neurosim's "
            "defaults",
        ),
    }
)
