"""Ascents of likelihoods with kinks: from interval to interval between the drives shown.

A threshold makes the likelihood kinked at every drive that was shown. Between two neighbouring
drives it is smooth, so an ascent keeps a kinked parameter between the two drives about its start,
and goes on in the next interval when it ends at a border.
"""

from __future__ import annotations

import numpy as np

from neurosim.analysis.fitting.ascent import ITERATIONS, LEAST_PROMISE, Top, ascend
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Indices

__all__ = ["best_of_rows", "climb", "interval_about", "joined"]

_MOST_BORDERS = 300  # that one climb may pass; with fewer, thresholds stop short among many drives
_RISE = 1e-11  # nats by which the next interval has to be higher: rounding is no reason to move
_SAME = 1e-9  # nats within which tops are one and the last is taken; less lets rounding choose


def climb(
    model: RateModel,
    start: Array,
    iterations: int = ITERATIONS,
    borders: int = _MOST_BORDERS,
    promise: float = LEAST_PROMISE,
) -> Top:
    """Ascend from starts, from interval to interval of the kinked parameters.

    Parameters
    ----------
    model : RateModel
    start : array (row, parameter)
    iterations : int
        Of each ascent, at the most.
    borders : int
        Passed by a kinked parameter, at the most.
    promise : float
        nats that a step has to promise, or the top is reached.
    """
    parameters = model.rectifier.parameters.values()
    kinked = [model.linear + k for k, each in enumerate(parameters) if each.kinked]
    start = np.clip(start, model.low, model.high)
    if not kinked:
        return ascend(model, start, iterations, promise)
    drives = np.sort(model.counts.shown, axis=1)
    low, high = model.low.copy(), model.high.copy()
    for index in kinked:
        low[:, index], high[:, index] = interval_about(model, drives, start[:, index], index, 0)
    top = ascend(model.within(low, high), start, iterations, promise)
    active = np.arange(len(start))
    for _ in range(borders):
        moved = [
            _passed(model, drives, top, low, high, active, index, side, iterations, promise)
            for index in kinked
            for side in (-1, 1)
        ]
        active = active[np.isin(active, np.concatenate(moved))]
        if active.size == 0:
            break
    return top


def _passed(
    model: RateModel,
    drives: Array,
    top: Top,
    low: Array,
    high: Array,
    active: Indices,
    index: int,
    side: int,
    iterations: int,
    promise: float,
) -> Indices:
    """Rows whose parameter stood at a border and is higher beyond it; `top`, `low` and `high` are
    taken along."""
    at, border = top.theta[active, index], (low if side < 0 else high)[active, index]
    inside = (border > model.low[active, index]) & (border < model.high[active, index])
    rows: Indices = active[(at == border) & inside]
    if rows.size == 0:
        return rows
    here, below, above = model.take(rows), low[rows].copy(), high[rows].copy()
    below[:, index], above[:, index] = interval_about(
        here, drives[rows], top.theta[rows, index], index, side
    )
    beyond = ascend(here.within(below, above), top.theta[rows], iterations, promise)
    better = beyond.value > top.value[rows] + _RISE
    won: Indices = rows[better]
    for kept, new in zip(top, beyond, strict=True):
        kept[won] = new[better]
    low[won], high[won] = below[better], above[better]
    return won


def interval_about(
    model: RateModel, drives: Array, at: Array, index: int, side: int
) -> tuple[Array, Array]:
    """The neighbouring drives about a value; of one that is a drive, those to a side (0: above).

    Parameters
    ----------
    model : RateModel
    drives : array (row, condition)
        In rising order.
    at : array (row,)
        Values of the parameter.
    index : int
        Of the parameter among all; its bounds bound the interval.
    side : -1, 0 or 1

    Returns
    -------
    low, high : array (row,)
    """
    below = np.where(drives < at[:, None], drives, -np.inf).max(1)
    above = np.where(drives > at[:, None], drives, np.inf).min(1)
    on_drive = (drives == at[:, None]).any(1)
    low = np.where(on_drive & (side >= 0), at, below)
    high = np.where(on_drive & (side < 0), at, above)
    return np.maximum(low, model.low[:, index]), np.minimum(high, model.high[:, index])


def best_of_rows(tops: Top, row: Indices, rows: int) -> Top:
    """The highest of the tops of each row.

    Of those that differ by next to nothing it is the last, so that rounding does not decide between
    parameters that the data do not tell apart.

    Parameters
    ----------
    tops : Top
        Several of each row.
    row : int array (top,)
        Whose each is.
    rows : int
        How many rows there are.
    """
    value: Array = np.nan_to_num(tops.value, nan=-np.inf)
    highest: Array = np.full(rows, -np.inf)
    np.maximum.at(highest, row, value)
    equal = value >= highest[row] - _SAME
    chosen = np.zeros(rows, dtype=np.int64)
    np.maximum.at(chosen, row[equal], np.flatnonzero(equal))
    return Top(tops.theta[chosen], tops.value[chosen], tops.converged[chosen])


def joined(*tops: Top) -> Top:
    """Tops one behind another."""
    return Top(*(np.concatenate(parts) for parts in zip(*tops, strict=True)))
