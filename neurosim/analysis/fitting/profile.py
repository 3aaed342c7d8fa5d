r"""Profile-likelihood intervals: how far a parameter can go before the likelihood falls too low.

For each value of one parameter all others are fitted again; the interval is where twice the fall of
the log-likelihood stays below the chi-squared quantile (Venzon & Moolgavkar 1988, Appl Stat 37:87).
Unlike a standard error it needs no quadratic likelihood: it is as lopsided as the data are, and at
a bound it is one-sided. Every cell, parameter and side is followed at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from neurosim.analysis.fitting.ascent import score
from neurosim.analysis.fitting.held_r0 import r0_held
from neurosim.analysis.fitting.interval_ends import End, fall_at, interval_end
from neurosim.analysis.fitting.own_unit import converted, in_own_unit
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Flags
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Intervals", "profile_intervals"]

_RISES = 1e-3  # nats per large change of a shape, above which its bound may be in the way
_WIDER = 9.0  # searches more, on each side, by which it is seen whether it is
_MOVED = 2.0  # times as far from the estimate is what an end then moves to if nothing sets it


class Intervals(NamedTuple):
    """Ends of the intervals, (row, parameter) each.

    Attributes
    ----------
    low, high : array
        An end that the data do not set is that of the parameter's domain (often infinite), never a
        bound of the search.
    low_at_bound, high_at_bound : bool array
        Whether the likelihood did not fall enough before the end of the domain or of the search.
    low_open, high_open : bool array
        Whether that was the end of the search, so that nothing is known of this side.
    """

    low: Array
    high: Array
    low_at_bound: Flags
    high_at_bound: Flags
    low_open: Flags
    high_open: Flags


def profile_intervals(
    model: RateModel, values: Array, top: Array, errors: Array, level: float = 0.95
) -> Intervals:
    """Profile-likelihood intervals of every parameter of every row.

    Parameters
    ----------
    model : RateModel
    values : array (row, parameter)
        The maximum-likelihood estimates.
    top : array (row,)
        Their log-likelihood, without its constant.
    errors : array (row, parameter)
        Standard errors, as a first step; NaN where unknown.
    level : float
        Nominal coverage.

    Returns
    -------
    Intervals
        A parameter that is fixed has an interval of no width.
    """
    given, (model, unit) = model, in_own_unit(model)
    rectifier = model.rectifier
    domain = _domain(model)
    # bounds of the search alone: below the domain's upper end, or above its lower one
    within = model.low > domain[0], model.high < domain[1]
    z = float(np.sqrt(chi2.ppf(level, 1)))
    estimate, standard = values, errors
    values = converted(rectifier, values, unit)
    errors = np.abs(converted(rectifier, errors, unit))
    ends, bounds, opened = np.empty((2, *values.shape)), *np.zeros((2, 2, *values.shape), bool)
    for index in range(values.shape[1]):
        if rectifier.power is None and 0 < index < model.linear:
            # with the exponent free, its unit changes what a gain is
            plain, about, first = given, given.shift(estimate), standard
        else:
            # the rate at the lowest drive in place of r0 keeps rates from 0 up by a plain bound
            plain = model.plain if index == 0 or r0_held(model) else model
            about, first = plain.shift(values), errors
        step = _first_step(plain, about, first, index, z)
        for at, side in enumerate((-1, 1)):
            end = interval_end(plain, about, top, step.copy(), index, side, z)
            ends[at, :, index] = end.value
            pushed = _pushed(plain, end.theta, index, within) & ~end.at_bound
            pushed[pushed] = _moves(plain, about, top, index, z, end, pushed)
            bounds[at, :, index] = end.at_bound | pushed
            free = (model.high > model.low)[:, index]
            opened[at, :, index] = pushed | (end.at_bound & within[at][:, index] & free)
    low, high = (
        np.where(opened[at], _domain(given)[at], _back(rectifier, ends[at], unit)) for at in (0, 1)
    )
    return Intervals(low, high, bounds[0], bounds[1], opened[0], opened[1])


def _back(rectifier: Rectifier, ends: Array, unit: Array) -> Array:
    """Ends in the unit of the drive; those of gains with a free exponent are in it already."""
    back = converted(rectifier, ends, 1 / unit)
    if rectifier.power is None:
        gains = slice(1, 1 + len(rectifier.gains))
        back[:, gains] = ends[:, gains]
    return back


def _domain(model: RateModel) -> tuple[Array, Array]:
    """What each parameter can be at the least and at the most, whatever is searched."""
    low, high = np.zeros(model.low.shape), np.full(model.low.shape, np.inf)
    for k, parameter in enumerate(model.rectifier.parameters.values()):
        low[:, model.linear + k], high[:, model.linear + k] = parameter.low, parameter.high
    return low, high


def _pushed(model: RateModel, theta: Array, index: int, within: tuple[Flags, Flags]) -> Flags:
    """Rows in which another shape stands at a bound of the search beyond which the likelihood
    still rises, so that the bound and not the data may make the end."""
    shapes = np.arange(model.linear, theta.shape[1])
    shapes = shapes[shapes != index]
    if shapes.size == 0:
        return np.zeros(len(theta), dtype=bool)
    rise = score(model, theta)[:, shapes] * model.scale[:, shapes - model.linear]
    at_low = (theta <= model.low)[:, shapes] & within[0][:, shapes] & (rise < -_RISES)
    at_high = (theta >= model.high)[:, shapes] & within[1][:, shapes] & (rise > _RISES)
    pushed: Flags = np.any((at_low | at_high) & (model.high > model.low)[:, shapes], axis=1)
    return pushed


def _moves(
    model: RateModel, values: Array, top: Array, index: int, z: float, end: End, rows: Flags
) -> Flags:
    """Of some rows: whether the end goes on, to twice as far, when every other shape is searched
    further."""
    if not rows.any():
        return rows[rows]
    which = np.flatnonzero(rows)
    wider = _wider(model.take(which), index)
    further = values[which, index] + _MOVED * (end.value[which] - values[which, index])
    every = np.arange(len(which))
    fall, _ = fall_at(wider, every, end.theta[which], further, index, top[which])
    moves: Flags = fall < z
    return moves


def _wider(model: RateModel, index: int) -> RateModel:
    """The same with the search of every other shape ten times as wide, within the domain."""
    (low, high), reach = _domain(model), np.zeros(model.low.shape)
    reach[:, model.linear :] = _WIDER * model.scale
    low = np.maximum(model.low - reach, low)
    high = np.minimum(model.high + reach, high)
    held = model.high <= model.low
    held[:, index] = True
    return model.within(np.where(held, model.low, low), np.where(held, model.high, high))


def _first_step(model: RateModel, values: Array, errors: Array, index: int, z: float) -> Array:
    """How far to go first: the standard error's interval, else a guess from the data's scale."""
    if index < model.linear:
        exposure = model.counts.exposure.sum(1)
        least = 1.0 / np.maximum(exposure, 1e-12)
        guess = np.maximum(np.abs(values[:, index]) / 2, least)
    else:
        guess = model.scale[:, index - model.linear] / 20
    known = np.isfinite(errors[:, index]) & (errors[:, index] > 0)
    return np.where(known, z * np.where(known, errors[:, index], 1.0), guess)
