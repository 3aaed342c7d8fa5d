"""The visual field: how degrees of visual angle become pixels and frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import Faults

__all__ = ["VisualField"]


@dataclass(frozen=True)
class VisualField:
    """A rectangle of visual space, sampled at pixel centres, its centre at (0, 0).

    Parameters
    ----------
    size : float or (float, float)
        Width and height in degrees of visual angle; one number for a square.
    ppd : float
        Pixels per degree.
    frame_rate : float
        Hz; matters to moving stimuli only.

    Raises
    ------
    InputError
        When a number is not positive, or the size is not a whole number of pixels.

    Examples
    --------
    >>> field = VisualField(size=4, ppd=16)
    >>> field.shape
    (64, 64)
    >>> field.nyquist
    8.0
    """

    size: float | tuple[float, float] = 4.0
    ppd: float = 16.0
    frame_rate: float = 60.0

    def __post_init__(self) -> None:
        faults = Faults("VisualField")
        if np.ndim(self.size):
            object.__setattr__(self, "size", tuple(self.size))  # type: ignore[arg-type]
            two = len(self.size) == 2  # type: ignore[arg-type]
            faults.require(two, "size as one number or (width, height)", self.size)
            faults.stop()
        width, height = self._width_and_height()
        faults.require(0 < width < np.inf and 0 < height < np.inf, "size > 0 deg", self.size)
        faults.require(self.ppd > 0, "ppd > 0 pixels/deg", self.ppd)
        faults.require(self.frame_rate > 0, "frame_rate > 0 Hz", self.frame_rate)
        faults.stop()
        for extent in (width, height):
            pixels = extent * self.ppd
            faults.require(
                round(pixels) >= 1 and abs(pixels - round(pixels)) < 1e-9 * max(pixels, 1),
                "size * ppd a whole number of pixels",
                f"{extent:g} deg * {self.ppd:g} pixels/deg = {pixels:g}",
                f"{max(round(pixels), 1) / self.ppd:g} deg would do",
            )
        faults.stop()

    def _width_and_height(self) -> tuple[float, float]:
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) in pixels."""
        width, height = self._width_and_height()
        return round(height * self.ppd), round(width * self.ppd)

    @property
    def nyquist(self) -> float:
        """The highest spatial frequency the pixels can carry, cycles/deg."""
        return self.ppd / 2

    @property
    def x(self) -> NDArray[np.float64]:
        """Horizontal position of each column's centre, deg, rightwards; shape (columns,)."""
        columns = self.shape[1]
        return (np.arange(columns, dtype=np.float64) - (columns - 1) / 2) / self.ppd

    @property
    def y(self) -> NDArray[np.float64]:
        """Vertical position of each row's centre, deg, upwards (row 0 on top); shape (rows,)."""
        rows = self.shape[0]
        return ((rows - 1) / 2 - np.arange(rows, dtype=np.float64)) / self.ppd
