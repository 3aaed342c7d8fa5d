"""The null of every comparison: a rate that no drive changes; and the kinds of curves there are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.base.arrays import Array
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["CONSTANT", "KINDS", "ConstantRate"]

KINDS = ("constant", "corner", "soft corner", "power", "saturating", "two-path")
"""Kinds of curves: what rises from a corner in a line, from a rounded one, as a power, towards a
ceiling, and on both sides of zero. Import it from `neurosim.models.rectifiers.constant`."""


class ConstantRate(Rectifier, register=False):
    """A rate that the drive does not change; every rectifier becomes it when its gains are 0.

    It is no rectifier and not one of the family; `fit` and `compare` know it by its name.

    Examples
    --------
    >>> CONSTANT.rate([-1, 0, 1], r0=5)
    array([5., 5., 5.])
    """

    name = "constant rate"
    convnet = "bias alone"
    latex = "r_0"
    source = ""
    limits = "r0 everywhere"
    kind = "constant"
    gains = ()
    power = 0
    exact = True

    @staticmethod
    def shape(x: Any) -> Any:
        return ()

    @staticmethod
    def slope(x: Any) -> Any:
        return ()

    def rate(self, x: ArrayLike, r0: ArrayLike = 0.0, **parameters: ArrayLike) -> Array:
        rate = super().rate(x, r0, **parameters)
        return np.array(np.broadcast_to(rate, np.broadcast_shapes(np.shape(x), rate.shape)))

    def is_nested_in(self, other: Rectifier) -> bool:
        """Whether `other` becomes it when its gains are 0: any does."""
        return True


CONSTANT = ConstantRate()
"""The constant rate. Import it from `neurosim.models.rectifiers.constant`."""
