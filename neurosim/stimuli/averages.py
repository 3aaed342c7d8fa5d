"""Hard edges on pixels: the average of a profile with jumps over each pixel's area.

A profile s(p) along a direction, averaged over a square pixel, is s convolved with two boxes, whose
widths are the pixel's extents along the direction: two differences of its second antiderivative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.base.arrays import Array
from neurosim.stimuli.field import VisualField

__all__ = ["averaged", "square_wave", "step"]

Antiderivative = Callable[[Array, int], Array]


def averaged(
    field: VisualField, orientation: float, profile: Antiderivative, shift: float
) -> Array:
    """Average over every pixel of a profile along a direction.

    Parameters
    ----------
    field : VisualField
    orientation : float
        Direction of the profile, deg.
    profile : function of (position, times integrated: 1 or 2)
    shift : float
        Position of the profile's origin along the direction, deg.

    Returns
    -------
    ndarray (row, column)

    Examples
    --------
    >>> averaged(VisualField(size=0.5, ppd=4), 0.0, step, 0.0)
    array([[0., 1.],
           [0., 1.]])
    """
    angle = np.deg2rad(orientation)
    half = np.sort(np.abs([np.cos(angle), np.sin(angle)])) / (2 * field.ppd)
    position = field.along(orientation) - shift
    short, long = half
    average: Array
    if short < 1e-4 * long:  # the pixel is seen along an edge of its own
        average = (profile(position + long, 1) - profile(position - long, 1)) / (2 * long)
        return average
    near, far = long - short, long + short
    outer = profile(position + far, 2) + profile(position - far, 2)
    inner = profile(position + near, 2) + profile(position - near, 2)
    average = (outer - inner) / (4 * short * long)
    return average


def step(position: Array, times: int) -> Array:
    """The step from 0 to 1 at 0, integrated once or twice."""
    return np.maximum(position, 0.0) ** times / times


def square_wave(position: Array, times: int) -> Array:
    """sign(cos 2 pi p), of period 1, integrated once or twice (the latter without its trend).

    Its antiderivative is a triangle wave of zero mean, so both integrals are periodic.
    """
    turn = position - np.round(position)  # -1/2 to 1/2, 0 in the middle of the bright half
    beyond = np.abs(turn) - 0.25  # > 0 in the dark half
    if times == 1:
        integral: Array = np.sign(turn) * np.where(beyond > 0, 0.5 - np.abs(turn), np.abs(turn))
        return integral
    return np.where(beyond > 0, 0.0625 - (0.5 - np.abs(turn)) ** 2 / 2, turn**2 / 2)
