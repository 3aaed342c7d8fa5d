"""Thresholds that the rate leaves upright: every interval between drives has its own maximum.

A rate that leaves its corner upright, or bent without bound, can be fitted to one condition alone
by a threshold just below its drive. So the top is looked for in each interval between two
neighbouring drives, and next to a drive among values so near to it that floats are steps.
"""

from __future__ import annotations

import numpy as np

from neurosim.analysis.fitting.ascent import Top, ascend
from neurosim.analysis.fitting.kinks import best_of_rows, climb, interval_about, joined
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.starts import starts_in_interval
from neurosim.base.arrays import Indices

__all__ = ["best_of_every_interval"]

# what is missed when one of these moves is counted by benchmarks/optima.py
_INTERVALS = 40  # about the top, that are looked into; of more drives the far ones are not
_PASSES = 5  # over the intervals about a top that moves, at the most
_DEEPEST_START = 25.0  # nats below the top, from where an ascent can still end above it
_FIRST_STEPS = 25  # of an ascent that is given up unless it comes near the top
_DEEPEST_CLIMB = 3.0  # nats below the top after those steps, from where it goes on
_RISE = 1e-9  # nats that a new top has to be higher
_ROUNDS = 10  # of values next to a drive, at the most
_NEXT_TO = 1e-9  # of a large change of the parameter: so near to a drive it is next to it
_STEPS = np.array([0.25, 0.5, 1.0, 2.0, 4.0])  # distances from the drive, in those of before


def best_of_every_interval(model: RateModel, top: Top, index: int) -> Top:
    """The best of the ascents in each interval between drives, those nearest to the top so far.

    Parameters
    ----------
    model : RateModel
    top : Top
        The best so far of each row.
    index : int
        Of the threshold among all parameters.
    """
    for _ in range(_PASSES):
        before, top = top, _best_nearby(model, top, index)
        gained = top.value > before.value + _RISE
        # all of few intervals have been seen; of many, those about a new top have not
        if model.counts.x.shape[1] <= _INTERVALS or not gained.any():
            break
    return top


def _best_nearby(model: RateModel, top: Top, index: int) -> Top:
    """The best of the ascents in the intervals nearest to a parameter of the top."""
    rows = np.arange(len(top.value))
    drives = np.sort(model.counts.shown, axis=1)
    order = np.argsort(np.abs(drives - top.theta[:, [index]]), axis=1, kind="stable")
    for nearest in order[:, :_INTERVALS].T:
        edge = np.take_along_axis(drives, nearest[:, None], axis=1)[:, 0]
        low, high = model.low.copy(), model.high.copy()
        low[:, index], high[:, index] = interval_about(model, drives, edge, index, -1)
        wide = np.flatnonzero(high[:, index] > low[:, index])
        if wide.size:
            row, inside = _tops_inside(model.within(low, high).take(wide), top, wide, index)
            top = best_of_rows(joined(inside, top), np.concatenate([row, rows]), rows.size)
    return _settled(model, top, index)


def _tops_inside(model: RateModel, top: Top, rows: Indices, index: int) -> tuple[Indices, Top]:
    """Tops within the bounds of a model of some rows, and whose row each is."""
    starts, heights = starts_in_interval(model, index)
    row, start = np.nonzero(heights > top.value[rows, None] - _DEEPEST_START)
    first = ascend(model.take(row), starts[row, start], _FIRST_STEPS)
    near = first.value > top.value[rows[row]] - _DEEPEST_CLIMB
    row = row[near]
    return rows[row], ascend(model.take(row), first.theta[near])


def _settled(model: RateModel, top: Top, index: int) -> Top:
    """Climbed once more, from interval to interval, and next to a drive."""
    every = np.arange(len(top.value))
    top = best_of_rows(joined(top, climb(model, top.theta)), np.tile(every, 2), every.size)
    for _ in range(_ROUNDS):
        away = model.counts.shown - top.theta[:, [index]]
        nearest = np.where(away > 0, away, np.inf).min(1)
        rows = np.flatnonzero(nearest < _NEXT_TO * model.scale[:, index - model.linear])
        if rows.size == 0:
            break
        # so near that floats are steps: the others climb with it held at some of them
        row = np.repeat(rows, len(_STEPS))
        near = top.theta[row]
        near[:, index] += nearest[row] * (1 - np.tile(_STEPS, rows.size))
        here = model.take(row)
        low, high = here.low.copy(), here.high.copy()
        near[:, index] = np.clip(near[:, index], low[:, index], high[:, index])
        low[:, index] = high[:, index] = near[:, index]
        held = ascend(here.within(low, high), near)
        before = top.value
        top = best_of_rows(joined(top, held), np.concatenate([every, row]), every.size)
        if not (top.value > before + _RISE).any():
            break
    return top
