"""The visual field: how degrees of visual angle become pixels and frames, and what a display can
show of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.base.arrays import Array
from neurosim.base.errors import Faults
from neurosim.base.numbers import is_number, real_numbers

__all__ = ["VisualField"]

_MOST_FRAMES = 1e8
_SIZE, _PPD = 4.0, 16.0  # deg and pixels/deg, where nothing else is said


@dataclass(frozen=True, init=False)
class VisualField:
    """A rectangle of visual space, sampled at pixel centres, its centre at (0, 0).

    Any two of size, pixels per degree and shape give the third.

    Parameters
    ----------
    size : float or (float, float), optional
        Width and height in degrees of visual angle; one number for a square. Default 4 deg.
    ppd : float, optional
        Pixels per degree. Default 16.
    frame_rate : float
        Of the display, Hz; matters to moving stimuli only.
    shape : int or (int, int), optional
        Rows and columns in pixels; one number for a square.
    contrast_range : (float, float), optional
        Lowest and highest contrast about the mean that a display can show, such as (-1, 1) for one
        whose white is twice its mean luminance. Default: no display is declared, and no bound.
    clip : bool
        What a display cannot show is clipped, and the clipped fraction of pixels said in a warning
        and in the coordinate `clipped`. Default: it is refused.

    Raises
    ------
    InputError
        When a number is not positive, the size is not a whole number of pixels, or size, ppd and
        shape contradict each other.

    Examples
    --------
    >>> field = VisualField(size=4, ppd=16)
    >>> field.shape
    (64, 64)
    >>> field.nyquist
    8.0
    >>> VisualField(size=(8, 6), shape=(480, 640)).ppd
    80.0
    """

    size: float | tuple[float, float]
    ppd: float
    frame_rate: float
    contrast_range: tuple[float, float] | None
    clip: bool

    def __init__(
        self,
        size: float | tuple[float, float] | None = None,
        ppd: float | None = None,
        frame_rate: float = 60.0,
        shape: int | tuple[int, int] | None = None,
        contrast_range: tuple[float, float] | None = None,
        clip: bool = False,
    ) -> None:
        faults = Faults("VisualField")
        clip = faults.flag("clip", clip)
        fast = is_number(frame_rate) and 0 < frame_rate < np.inf
        faults.require(fast, "frame_rate > 0 Hz", frame_rate)
        fine = ppd is None or (is_number(ppd) and 0 < ppd < np.inf)
        faults.require(fine, "ppd > 0 pixels/deg", ppd)
        extent = _two_positive(size, "size", "(width, height) in deg", faults)
        pixels = _two_positive(shape, "shape", "(rows, columns) in pixels", faults)
        if contrast_range is not None:
            ends = real_numbers(contrast_range)
            pair = ends is not None and ends.shape == (2,)
            darkest, brightest = map(float, contrast_range) if pair else (0.0, 0.0)
            faults.require(
                -1 <= darkest < 0 < brightest < np.inf,
                "contrast_range as (lowest, highest), -1 <= lowest < 0 < highest",
                contrast_range,
            )
            object.__setattr__(self, "contrast_range", (float(darkest), float(brightest)))
        else:
            object.__setattr__(self, "contrast_range", None)
        faults.stop()
        if pixels is None:
            ppd = _PPD if ppd is None else ppd
            extent = extent or (_SIZE, _SIZE)
        else:
            faults.require(
                all(n == int(n) for n in pixels), "shape as whole numbers of pixels", shape
            )
            columns_and_rows = pixels[::-1]
            if extent is None:
                ppd = _PPD if ppd is None else ppd
                extent = (columns_and_rows[0] / ppd, columns_and_rows[1] / ppd)
            fitting = [n / e for n, e in zip(columns_and_rows, extent, strict=True)]
            faults.require(
                abs(fitting[0] - fitting[1]) <= 1e-9 * fitting[0],
                "square pixels",
                f"{fitting[0]:g} x {fitting[1]:g} pixels/deg",
            )
            faults.require(
                ppd is None or abs(fitting[0] - ppd) <= 1e-9 * ppd,
                f"ppd of {fitting[0]:g} with that size and shape",
                ppd,
                "give any two of the three",
            )
            ppd = fitting[0] if ppd is None else ppd
        for one in extent:
            across = one * ppd
            faults.require(
                round(across) >= 1 and abs(across - round(across)) < 1e-9 * max(across, 1),
                "size * ppd a whole number of pixels",
                f"{one:g} deg * {ppd:g} pixels/deg = {across:g}",
                f"{max(round(across), 1) / ppd:g} deg would do",
            )
        faults.stop()
        square = extent[0] == extent[1]
        object.__setattr__(self, "size", extent[0] if square else extent)
        object.__setattr__(self, "ppd", ppd)
        object.__setattr__(self, "frame_rate", frame_rate)
        object.__setattr__(self, "clip", clip)

    @property
    def width_and_height(self) -> tuple[float, float]:
        """deg."""
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) in pixels."""
        width, height = self.width_and_height
        return round(height * self.ppd), round(width * self.ppd)

    @property
    def nyquist(self) -> float:
        """The highest spatial frequency the pixels can carry, cycles/deg."""
        return self.ppd / 2

    @property
    def x(self) -> Array:
        """Horizontal position of each column's centre, deg, rightwards; shape (columns,)."""
        columns = self.shape[1]
        return (np.arange(columns, dtype=np.float64) - (columns - 1) / 2) / self.ppd

    @property
    def y(self) -> Array:
        """Vertical position of each row's centre, deg, upwards (row 0 on top); shape (rows,)."""
        rows = self.shape[0]
        return ((rows - 1) / 2 - np.arange(rows, dtype=np.float64)) / self.ppd

    def along(self, orientation: float) -> Array:
        """Position of each pixel along a direction (deg, counter-clockwise from rightwards), deg;
        shape (rows, columns)."""
        faults = Faults("VisualField.along")
        turn = faults.number("orientation", orientation, "as a finite number, deg", np.isfinite)
        faults.stop()
        angle = np.deg2rad(turn)
        position: Array = self.x * np.cos(angle) + self.y[:, None] * np.sin(angle)
        return position

    def frame_times(self, duration: float) -> Array:
        """When each frame of a showing starts, s; shape (frame,)."""
        faults = Faults("VisualField")
        most = _MOST_FRAMES / self.frame_rate
        good = is_number(duration) and 1e-6 < duration * self.frame_rate <= _MOST_FRAMES
        faults.require(good, f"a duration from a frame to {most:g} s", duration)
        faults.stop()
        return np.arange(int(np.ceil(duration * self.frame_rate - 1e-6))) / self.frame_rate

    def can_show(self, largest: Array) -> bool:
        """Whether contrasts of this magnitude, of either sign, are all within the display."""
        faults = Faults("VisualField")
        largest = faults.numbers("largest", largest)
        faults.stop()
        if self.contrast_range is None:
            return True
        bound = min(-self.contrast_range[0], self.contrast_range[1])
        return bool((largest <= bound * (1 + 1e-12)).all())

    def on_display(self, pictures: Array, subject: str) -> tuple[Array, Array]:
        """Pictures as the display shows them, and the fraction of pixels of each that it clips.

        Parameters
        ----------
        pictures : array (picture, row, column)
        subject : str
            What is shown, for the message.

        Raises
        ------
        InputError
            When the display cannot show them and clipping was not asked for.
        """
        if self.contrast_range is None:
            return pictures, np.zeros(len(pictures))
        darkest, brightest = self.contrast_range
        outside = (pictures < darkest - 1e-12) | (pictures > brightest + 1e-12)
        fraction = outside.mean(axis=(1, 2))
        faults = Faults(subject)
        faults.require(
            self.clip or not outside.any(),
            f"contrast within the display's range of {darkest:g} to {brightest:g}",
            f"{pictures.min():.3g} to {pictures.max():.3g}",
            "lower the contrast, or declare the field with clip=True",
        )
        faults.stop()
        return np.clip(pictures, darkest, brightest), fraction


def field_given(field: Any, subject: str) -> VisualField:
    """The field that was given, refused where it is none, or the usual one.

    Examples
    --------
    >>> field_given(None, "GaborBank.drive") == VisualField()
    True
    """
    if field is None:
        return VisualField()
    faults = Faults(subject)
    faults.kind("field", field, VisualField, "a VisualField")
    faults.stop()
    return field  # type: ignore[no-any-return]


def _two_positive(value: Any, name: str, pair: str, faults: Faults) -> tuple[float, float] | None:
    """One number twice, or two; None stays None."""
    if value is None:
        return None
    numbers = real_numbers(value)
    one_or_two = numbers is not None and numbers.size in (1, 2)
    if not faults.require(one_or_two, f"{name} as one number or {pair}", value):
        return None
    given = np.ravel(value).tolist()  # what is whole stays so
    both = (given[0], given[-1])
    good = all(0 < n < np.inf for n in both)
    faults.require(good, f"{name} > 0{' deg' if name == 'size' else ' pixels'}", value)
    return both
