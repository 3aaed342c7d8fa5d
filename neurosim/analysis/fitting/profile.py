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
from neurosim.analysis.fitting.interval_ends import End, fall_at, interval_ends
from neurosim.analysis.fitting.own_unit import converted, in_own_unit
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Flags, Indices
from neurosim.models.rectifiers.base import Rectifier

__all__ = ["Intervals", "profile_intervals"]

_RISES = 1e-3  # nats per large change of a shape, above which its bound may be in the way
_WIDER = 9.0  # searches more, on each side, by which it is seen whether it is
_LONGEST = 1.2  # times as far is an end with the likelihood's own parameters at their best there
_MOVED = 2.0  # times as far from the estimate is what an end then moves to if nothing sets it
_MOST_ELEMENTS = 2**19  # of arrays (end, condition), so that they stay in the processor's cache


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
    # the rate at the lowest drive in place of r0 keeps rates from 0 up by a plain bound; and with
    # the exponent free, the drive's unit changes what a gain is
    lowest, gains = np.zeros(1, dtype=np.int64), np.arange(1, model.linear)
    shapes, plain = np.arange(model.linear, values.shape[1]), model.plain
    rest = plain if r0_held(model) else model
    groups = [(plain, lowest, values, errors), (rest, np.r_[gains, shapes], values, errors)]
    if rectifier.power is None:
        groups[1:] = [(given, gains, estimate, standard), (rest, shapes, values, errors)]
    elif not rectifier.negative_side:
        groups = [(rest, np.arange(values.shape[1]), values, errors)]
    for one, parameters, about, first in groups:
        if parameters.size == 0:
            continue
        found, pushed = _both_ends(one, one.shift(about), top, first, parameters, within, z)
        ends[:, :, parameters] = found.value
        bounds[:, :, parameters] = found.at_bound | pushed
        opened[:, :, parameters] = pushed
        opened[:, :, parameters] |= found.at_bound & np.stack(within)[:, :, parameters]
    opened &= model.high > model.low
    low, high = (
        np.where(opened[at], _domain(given)[at], _back(rectifier, ends[at], unit)) for at in (0, 1)
    )
    return Intervals(low, high, bounds[0], bounds[1], opened[0], opened[1])


def _both_ends(
    model: RateModel,
    about: Array,
    top: Array,
    errors: Array,
    parameters: Indices,
    within: tuple[Flags, Flags],
    z: float,
) -> tuple[End, Flags]:
    """Lower and upper ends of some parameters, (side, row, parameter), and which of them a bound of
    the search of another shape makes."""
    shape = (2, len(about), parameters.size)
    blocks = -(-np.prod(shape) * model.counts.x.shape[1] // _MOST_ELEMENTS)
    if blocks > 1 and len(about) > 1:
        parts = [
            _both_ends(
                model.take(rows),
                about[rows],
                top[rows],
                errors[rows],
                parameters,
                (within[0][rows], within[1][rows]),
                z,
            )
            for rows in np.array_split(np.arange(len(about)), min(blocks, len(about)))
        ]
        together = (
            np.concatenate(each, axis=1) for each in zip(*(p[0] for p in parts), strict=True)
        )
        return End(*together), np.concatenate([p[1] for p in parts], axis=1)
    sides, rows, places = (each.ravel() for each in np.indices(shape))
    index = parameters[places]
    many = model.take(rows)
    first = np.stack([_first_step(model, about, errors, each, z) for each in parameters], axis=1)
    here = about[rows], top[rows]
    end = interval_ends(many, *here, first[rows, places], index, 2 * sides - 1, z)
    pushed = _pushed(many, end.theta, index, (within[0][rows], within[1][rows])) & ~end.at_bound
    pushed[pushed] = _moves(many, *here, index, z, end, pushed)
    if model.likelihood.parameters:
        end = end._replace(value=_with_its_own(many, *here, index, z, end))
    value, at_bound = end.value.reshape(shape), end.at_bound.reshape(shape)
    return End(value, at_bound, end.theta.reshape(*shape, -1)), pushed.reshape(shape)


def _with_its_own(
    model: RateModel, values: Array, top: Array, index: Indices, z: float, end: End
) -> Array:
    """Ends where the likelihood has fallen far enough with its own parameters at their best there;
    with them held it falls a little sooner."""
    inside = np.flatnonzero(np.isfinite(end.value) & ~end.at_bound)
    here, held, at = model.take(inside), index[inside], end.value[inside]
    every, about = np.arange(inside.size), values[inside, held]
    theta = end.theta[inside].copy()
    theta[every, held] = at
    best = here.likelihood.best_log_likelihood(np.maximum(here.rate(theta), 0.0), here.counts)
    constant = here.likelihood.constant(here.counts).sum(-1)
    fall = 2 * np.maximum(top[inside] + constant - best, np.finfo(float).tiny)
    moved = about + np.clip(z / np.sqrt(fall), 1.0, _LONGEST) * (at - about)
    ends = end.value.copy()
    ends[inside] = np.clip(moved, here.low[every, held], here.high[every, held])
    return ends


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


def _pushed(model: RateModel, theta: Array, index: Indices, within: tuple[Flags, Flags]) -> Flags:
    """Rows in which another shape than the one held stands at a bound of the search beyond which
    the likelihood still rises, so that the bound and not the data may make the end."""
    shapes = np.arange(model.linear, theta.shape[1])
    if shapes.size == 0:
        return np.zeros(len(theta), dtype=bool)
    rise = score(model, theta)[:, shapes] * model.scale
    at_low = (theta <= model.low)[:, shapes] & within[0][:, shapes] & (rise < -_RISES)
    at_high = (theta >= model.high)[:, shapes] & within[1][:, shapes] & (rise > _RISES)
    searched = (model.high > model.low)[:, shapes] & (shapes != index[:, None])
    pushed: Flags = np.any((at_low | at_high) & searched, axis=1)
    return pushed


def _moves(
    model: RateModel, values: Array, top: Array, index: Indices, z: float, end: End, rows: Flags
) -> Flags:
    """Of some rows: whether the end goes on, to twice as far, when every other shape is searched
    further."""
    if not rows.any():
        return rows[rows]
    which = np.flatnonzero(rows)
    held = index[which]
    wider = _wider(model.take(which), held)
    about = values[which, held]
    further = about + _MOVED * (end.value[which] - about)
    every = np.arange(len(which))
    fall, _ = fall_at(wider, every, end.theta[which], further, held, top[which])
    moves: Flags = fall < z
    return moves


def _wider(model: RateModel, index: Indices) -> RateModel:
    """The same with the search of every other shape ten times as wide, within the domain."""
    (low, high), reach = _domain(model), np.zeros(model.low.shape)
    reach[:, model.linear :] = _WIDER * model.scale
    low = np.maximum(model.low - reach, low)
    high = np.minimum(model.high + reach, high)
    held = model.high <= model.low
    held[np.arange(len(held)), index] = True
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
