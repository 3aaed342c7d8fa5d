"""Parameters within bounds as functions of unbounded ones, for ascents that know no bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.base.arrays import Array, Indices

__all__ = ["Bounded"]


_INSIDE = 1e-3  # of its scale: how far from a bound an ascent begins


@dataclass(frozen=True)
class Bounded:
    """Parameters within bounds as functions of unbounded ones: squares, and squared sines."""

    low: Array
    high: Array
    size: Array

    @property
    def _range(self) -> Array:
        return np.where(np.isfinite(self.high - self.low), self.high - self.low, 0.0)

    @property
    def _kind(self) -> Indices:
        """0: no bound; 1: one below; 2: both."""
        kind: Indices = np.isfinite(self.low).astype(int) + np.isfinite(self.high)
        return kind

    def value(self, z: Array) -> Array:
        low = np.where(np.isfinite(self.low), self.low, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):  # a step may try too much
            return np.choose(self._kind, [z, low + z**2, low + self._range * np.sin(z) ** 2])

    def slope(self, z: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.choose(self._kind, [np.ones(z.shape), 2 * z, self._range * np.sin(2 * z)])

    def inside(self, theta: Array) -> Array:
        """What gives some parameters, (1, parameter); those at a bound moved off it a little."""
        low = np.where(np.isfinite(self.low), self.low, 0.0)
        above = np.maximum(theta[0] - low, _INSIDE * self.size)
        width = np.where(self._range > 0, self._range, 1.0)
        fraction = np.clip((theta[0] - low) / width, _INSIDE, 1 - _INSIDE)
        return np.choose(self._kind, [theta[0], np.sqrt(above), np.arcsin(np.sqrt(fraction))])
