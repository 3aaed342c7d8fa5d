r"""Climbs with r0 held, of rectifiers with a negative side: the rate may not fall below 0.

A climb of all parameters has the rate at the lowest condition in place of r0, so that this is a
plain bound. With r0 held it is a curved one, rate(x) = r0 + g f(x), g <= r0 / max(-f). The top is
inside it or on it: there the gain follows from the shapes, rate(x) = r0 (1 + f(x) / max(-f)), and
they have plain bounds again. Both are climbed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurosim.analysis.fitting.ascent import Top
from neurosim.analysis.fitting.kinks import best_of_rows, climb, joined
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Flags

__all__ = ["climb_held", "r0_held"]

_INSIDE = 0.99  # of the largest gain that can be, in a start


def r0_held(model: RateModel) -> bool:
    """Whether the constant of a rectifier with a negative side does not move, in any row."""
    held: Flags = model.high[:, 0] <= model.low[:, 0]
    return bool(model.rectifier.negative_side and held.size and held.all())


def climb_held(model: RateModel, start: Array) -> Top:
    """The top from starts (row, parameter) of a model that is not shifted and whose r0 is held.

    Parameters
    ----------
    model : RateModel
    start : array (row, parameter)
        Gains that are too large for a rate above 0 are taken as large as they can be.
    """
    start = np.clip(start, model.low, model.high)
    most = model.largest_gain(start)
    begin = start.copy()
    begin[:, 1] = np.minimum(begin[:, 1], _INSIDE * most)
    inside = climb(model, begin)
    rows = np.arange(len(start))
    if (model.high[:, 1] <= model.low[:, 1]).any():  # a gain that is held follows from nothing
        return inside
    low, high = model.low.copy(), model.high.copy()
    low[:, 1] = high[:, 1] = 0.0
    on = climb(replace(model, touching=True).within(low, high), begin)
    theta = on.theta.copy()
    theta[:, 1] = model.largest_gain(theta)
    possible: Flags = np.asarray(np.isfinite(theta).all(1))
    theta, value = np.where(possible[:, None], theta, begin), np.where(possible, on.value, -np.inf)
    both = joined(Top(theta, value, on.converged), inside)
    return best_of_rows(both, np.tile(rows, 2), rows.size)
