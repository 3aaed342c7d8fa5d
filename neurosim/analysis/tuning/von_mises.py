r"""Von Mises curves of orientation and direction, and half-widths at half height.

Over orientation :math:`b + a\,e^{k(\cos 2(x - x_0) - 1)}`; over direction two peaks of one width,
180 degrees apart, :math:`b + a_1 e^{k(\cos(x - x_0) - 1)} + a_2 e^{-k(\cos(x - x_0) + 1)}`
(Swindale 1998, Biol Cybern 78:45).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurosim.analysis.tuning.curves import Curve, fitted_curves
from neurosim.base.arrays import Array, divided

__all__ = ["fitted_width", "half_width_of_von_mises", "von_mises_curve", "width_on"]

_FINE = 0.25  # deg, of the grid on which half-widths are read off: their error is a thousandth


def von_mises_curve(period: float) -> Curve:
    """The curve of the module over a period of 180 or 360 deg.

    Parameters are b, a (a1, a2 for 360), Hz, x0 in radians, log k.

    Examples
    --------
    >>> von_mises_curve(180)(np.array([[1.0, 9.0, 0.0, 0.0]]), np.array([0.0, 90.0])).round(3)
    array([[10.   ,  2.218]])
    """
    fold = 2 if period == 180 else 1

    def peaks(shape: Array, x: Array) -> Array:
        turn, k = np.cos(fold * (np.deg2rad(x) - shape[:, [0]])), np.exp(shape[:, [1]])
        first: Array = np.exp(k * (turn - 1))[:, None]
        if fold == 2:
            return first
        return np.concatenate([first, np.exp(-k * (turn + 1))[:, None]], axis=1)

    return Curve(peaks, 3 - fold, 2)


def half_width_of_von_mises(concentration: ArrayLike, period: float = 180.0) -> Any:
    r"""Half-width at half height of exp(k (cos(2 pi x / period) - 1)), deg.

    :math:`\arccos(1 - \ln 2 / k)`, times period / 360; NaN where the curve stays above half of its
    peak (k < ln 2 / 2).

    Examples
    --------
    >>> half_width_of_von_mises([0.3, 2.0]).round(2)
    array([ nan, 24.6])
    """
    cosine = 1 - np.log(2) / np.asarray(concentration, dtype=float)
    known = np.where(cosine >= -1, cosine, np.nan)
    return np.rad2deg(np.arccos(known)) * period / 360


def fitted_width(
    rate: Array, exposure: Array, angles: Array, period: float, baseline: float
) -> Array:
    """Half-widths of the von Mises curves that fit each row, deg; (row,).

    Parameters
    ----------
    rate : array (row, angle)
        Hz; the first row is the data, the others are resamples of it.
    exposure : array (angle,)
        Time observed, s.
    angles : array (angle,)
        deg.
    period : 180 or 360
    baseline : float
        Hz; heights are above it.
    """
    first = rate[0]
    least, tall = max(first.min(), first.max() / 100), max(np.ptp(first), 1e-3)
    peak, null = np.deg2rad(angles[first.argmax()]), [tall / 3] * (period == 360)
    starts = np.array(
        [[least, tall, *null, peak + off, np.log(k)] for k in (0.7, 2.5, 8.0) for off in (0.0, 0.1)]
    )
    curve, fine = von_mises_curve(period), np.arange(0, period, _FINE, dtype=float)
    found = fitted_curves(curve, angles, rate, exposure, starts)
    return width_on(curve(found, fine) - baseline, fine, period)


def width_on(rate: Array, angles: Array, period: float, height: float = 0.5) -> Array:
    """Mean over both sides of the angle from each row's peak to half of it, interpolated.

    Parameters
    ----------
    rate : array (row, angle)
        Above the baseline, Hz.
    angles : array (angle,)
        Equally spaced over the period, deg.
    period : 180 or 360
    height : float
        Part of the peak at which the width is read.

    Returns
    -------
    array (row,)
        deg; NaN where a side stays above it as far as the orthogonal orientation.
    """
    best = rate.argmax(-1)
    size, rows = len(angles), np.arange(len(rate))
    edge = rate[rows, best] * height
    reach = size // (2 if period == 180 else 4) + 1
    sides = []
    for sign in (1, -1):
        walk = rate[rows[:, None], (best[:, None] + sign * np.arange(reach)) % size]
        below = walk <= edge[:, None]
        first = below.argmax(-1)
        above, under = walk[rows, first - 1], walk[rows, first]
        part = divided(above - edge, above - under, 0.0)
        sides.append(np.where(below.any(-1) & (edge > 0), first - 1 + part, np.nan))
    return np.asarray(np.mean(sides, axis=0) * period / size)
