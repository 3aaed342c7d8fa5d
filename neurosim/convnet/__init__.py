"""The ConvNet side: rectifiers and measured neurons as layers, filters and images from files.

Names load on first use; those that need torch say which extra brings it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.convnet.activation import Activation
    from neurosim.convnet.curve import Curve, MeasuredRate
    from neurosim.convnet.datasets import digits, load
    from neurosim.convnet.front_end import GaborLayer, SpikingLayer
    from neurosim.convnet.labelled_images import Dataset
    from neurosim.convnet.weights import filters_from_file

_HOME = {
    "Activation": "neurosim.convnet.activation",
    "Curve": "neurosim.convnet.curve",
    "Dataset": "neurosim.convnet.labelled_images",
    "digits": "neurosim.convnet.datasets",
    "filters_from_file": "neurosim.convnet.weights",
    "GaborLayer": "neurosim.convnet.front_end",
    "load": "neurosim.convnet.datasets",
    "MeasuredRate": "neurosim.convnet.curve",
    "SpikingLayer": "neurosim.convnet.front_end",
}

__all__ = [
    "Activation",
    "Curve",
    "Dataset",
    "GaborLayer",
    "MeasuredRate",
    "SpikingLayer",
    "digits",
    "filters_from_file",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'neurosim.convnet' has no attribute {name!r}")
    try:
        value = getattr(import_module(_HOME[name]), name)
    except ModuleNotFoundError as missing:
        if missing.name != "torch":
            raise
        from neurosim.base.errors import InputError

        raise InputError(f"{name}: needs torch: pip install 'neurosim[convnet]'") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
