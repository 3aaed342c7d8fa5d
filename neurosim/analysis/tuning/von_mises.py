r"""Von Mises curves of orientation and direction, and half-widths at half height.

Over orientation :math:`b + a\,e^{k(\cos 2(x - x_0) - 1)}`; over direction two peaks of one width,
180 degrees apart, :math:`b + a_1 e^{k(\cos(x - x_0) - 1)} + a_2 e^{-k(\cos(x - x_0) + 1)}`
(Swindale 1998, Biol Cybern 78:45).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim.analysis.tuning.curves import Curve, best_curves, climb

__all__ = ["fitted_width", "half_width_of_von_mises", "von_mises_curve", "width_on"]

Array = NDArray[np.float64]

_FINE = 0.25  # deg, grid on which half-widths are read off


def von_mises_curve(period: float) -> Curve:
    """The curve of the module over a period of 180 or 360 deg.

    Parameters are log b, log a (log a1, log a2 for 360), x0 in radians, log k.

    Examples
    --------
    >>> von_mises_curve(180)(np.array([[0, np.log(9), 0, 0]]), np.array([0.0, 90.0])).round(3)
    array([[10.   ,  2.218]])
    """
    fold = 2 if period == 180 else 1

    def curve(p: Array, x: Array) -> Array:
        p = np.clip(p, -30, 30)
        turn = np.cos(fold * (np.deg2rad(x) - p[:, [-2]]))
        k = np.exp(p[:, [-1]])
        rate = np.exp(p[:, [0]]) + np.exp(p[:, [1]]) * np.exp(k * (turn - 1))
        return rate + np.exp(p[:, [2]]) * np.exp(-k * (turn + 1)) if fold == 1 else rate

    return curve


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
    """Half-widths of the von Mises curves that fit each row; the first row is the data."""
    curve, spikes = von_mises_curve(period), rate * exposure
    time = np.broadcast_to(exposure, rate.shape)
    first, least = rate[:1], max(rate[0].min(), rate[0].max() / 100)
    peak = np.deg2rad(angles[first.argmax()])
    tall = np.log(max(np.ptp(first), 1e-3))
    starts = np.array(
        [
            [[np.log(least), tall, *([tall - 1] * (period == 360)), peak + off, np.log(k)]]
            for k in (0.7, 2.5, 8.0)
            for off in (0.0, 0.1)
        ]
    )
    best, _ = best_curves(curve, angles, spikes[:1], time[:1], starts)
    found, _ = climb(curve, angles, spikes, time, np.repeat(best, len(rate), axis=0), steps=25)
    fine = np.arange(0, period, _FINE, dtype=float)
    return width_on(curve(found, fine) - baseline, fine, period)


def width_on(rate: Array, angles: Array, period: float) -> Array:
    """Mean over both sides of the angle from each row's peak to half of it, interpolated."""
    best = rate.argmax(-1)
    size, each = len(angles), np.arange(len(rate))
    half = rate[each, best] / 2
    reach = size // (2 if period == 180 else 4) + 1  # to the orthogonal orientation
    sides = []
    for sign in (1, -1):
        walk = rate[each[:, None], (best[:, None] + sign * np.arange(reach)) % size]
        below = walk <= half[:, None]
        first = below.argmax(-1)
        above, under = walk[each, first - 1], walk[each, first]
        drop = above - under
        part = np.divide(above - half, drop, out=np.zeros_like(drop), where=drop > 0)
        sides.append(np.where(below.any(-1) & (half > 0), first - 1 + part, np.nan))
    return np.mean(sides, axis=0) * period / size
