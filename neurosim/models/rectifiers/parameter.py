"""A shape parameter of a rectifier: its domain, where a fit looks for it, where cells have it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neurosim.base.arrays import Array

__all__ = ["Parameter"]

# An even grid of a fit has its second point at 1/300 of the domain's end, so that in one of three
# decades or more nothing small is tried; in one of less than two, ratios would thin out the top.
_WIDE = 100.0
_REACH = 8.0  # noise SDs from a threshold, at which a rate is nothing to the last digit


@dataclass(frozen=True)
class Parameter:
    """A shape parameter of a rectifier.

    Parameters
    ----------
    symbol : str
        LaTeX.
    meaning : str
        In a few words.
    default : float
        For drawing and for `Rectifier.rate` when none is given.
    low, high : float
        The domain. A fit searches a positive one that spans more than two decades by decades.
    within : "drive", "spread" or None
        What confines a fit beyond the domain: the smallest and largest drive shown to the cell;
        their difference; nothing.
    in_drive_units : bool
        Whether it is measured in units of the drive.
    stretch, narrowest : float
        How many times the drive's spread a fit looks, and from which fraction of it on.
    before, beyond : float
        How many times the drive's spread a fit looks below the smallest drive shown, and past the
        largest.
    past : str
        A regressor: the fit looks eight times its largest value past the largest drive as well.
    free : bool
        Whether it is fitted; one that is not stays at its default.
    kinked : bool
        Whether the rate has a corner where the drive equals it.
    steep : bool
        Whether the rate may leave that corner upright, or bent without bound, so that intervals
        between two drives have maxima of their own and a fit looks into each.
    typical : (float, float), optional
        Where cells have it, for a drive in contrast units: the range from which tests, recovery
        studies and examples draw. Default: about the default value, halfway to the ends of the
        domain.

    Examples
    --------
    >>> Parameter("a", "slope of the negative side", 0.1, low=0.0, high=1.0).region
    (0.05, 0.55)
    """

    symbol: str
    meaning: str
    default: float
    low: float = -np.inf
    high: float = np.inf
    within: Literal["drive", "spread"] | None = None
    in_drive_units: bool = True
    stretch: float = 1.0
    narrowest: float = 0.0
    before: float = 0.0
    beyond: float = 0.0
    past: str = ""
    free: bool = True
    kinked: bool = False
    steep: bool = False
    typical: tuple[float, float] | None = None

    @property
    def by_decades(self) -> bool:
        """Whether the domain alone confines it, positive and so wide that steps are ratios."""
        return self.within is None and self.low > 0 and self.high / self.low > _WIDE

    @property
    def region(self) -> tuple[float, float]:
        """`typical`, or what takes its place where none is declared; away from the bounds."""
        if self.typical is not None:
            return self.typical
        low, high = self._ends
        centre = self.default if low < self.default < high else self.centre
        return self._middle(low, centre), self._middle(centre, high)

    @property
    def usual(self) -> float:
        """The default where it is within the region, else the region's middle."""
        low, high = self.region
        return self.default if low <= self.default <= high else self._middle(low, high)

    @property
    def centre(self) -> float:
        """The middle of the domain; its middle decade, if it is wide."""
        return self._middle(*self._ends)

    @property
    def _ends(self) -> tuple[float, float]:
        """The domain; an end that there is not is about as far from the default as it is from 0."""
        far = max(abs(self.default), 1.0)
        low = self.default - far if self.low == -np.inf else self.low
        return low, self.default + far if self.high == np.inf else self.high

    def _middle(self, low: float, high: float) -> float:
        return math.sqrt(low * high) if self.by_decades else (low + high) / 2

    def bounds(
        self, x: Array, regressors: Mapping[str, Array] | None = None
    ) -> tuple[Array, Array]:
        """Where a fit looks for it; x of shape (..., condition), each bound (...), as is the
        largest value of each regressor."""
        least, most = x.min(-1), x.max(-1)
        if self.within == "drive":
            nearest = least - self.before * (most - least)
            reach = _REACH * (regressors or {}).get(self.past, 0.0)
            furthest = most + np.maximum(self.beyond * (most - least), reach)
            return np.maximum(nearest, self.low), np.minimum(furthest, self.high)
        if self.within == "spread":
            low = np.maximum(self.narrowest * (most - least), self.low)
            return low, np.maximum(np.minimum(self.stretch * (most - least), self.high), low)
        return np.full(least.shape, self.low), np.full(least.shape, self.high)
