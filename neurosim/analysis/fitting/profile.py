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
from neurosim.analysis.fitting.kinks import climb
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.base.arrays import Array, Flags, Indices

__all__ = ["Intervals", "profile_intervals"]

_WIDENINGS = 14
_NARROWINGS = 12  # of a bracket about an end
_MOST_NARROWINGS = 60  # where the other end is open, and the bracket may be of any width
_CLOSE, _CLOSEST = 2e-3, 1e-4  # of the square root of twice the fall; where it is closed in on
_RISES = 1e-3  # nats per large change of a shape, above which its bound may be in the way
_WIDER = 9.0  # searches more, on each side, by which it is seen whether it is
_MOVED = 1.0  # ways from the estimate to the end by which it then moves if nothing sets it


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
    plain = model.plain
    z = float(np.sqrt(chi2.ppf(level, 1)))
    domain = _domain(model)
    # bounds of the search alone: below the domain's upper end, or above its lower one
    within = model.low > domain[0], model.high < domain[1]
    ends, bounds, opened = np.empty((2, *values.shape)), *np.zeros((2, 2, *values.shape), bool)
    for index in range(values.shape[1]):
        step = _first_step(plain, values, errors, index, z)
        for at, side in enumerate((-1, 1)):
            end = _end(plain, values, top, step.copy(), index, side, z)
            ends[at, :, index] = end.value
            pushed = _pushed(plain, end.theta, index, within) & ~end.at_bound
            pushed[pushed] = _moves(plain, values, top, step, index, side, z, end, pushed)
            bounds[at, :, index] = end.at_bound | pushed
            free = (model.high > model.low)[:, index]
            opened[at, :, index] = pushed | (end.at_bound & within[at][:, index] & free)
        for at, side in enumerate((-1, 1)):  # what one open end leaves of the interval is exact
            rows = np.flatnonzero(opened[1 - at, :, index] & ~bounds[at, :, index])
            if rows.size:
                parts = (plain.take(rows), values[rows], top[rows], step[rows])
                again = _end(*parts, index, side, z, exact=True)
                ends[at, rows, index] = again.value
    low, high = (np.where(opened[at], domain[at], ends[at]) for at in (0, 1))
    return Intervals(low, high, bounds[0], bounds[1], opened[0], opened[1])


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
    model: RateModel,
    values: Array,
    top: Array,
    step: Array,
    index: int,
    side: int,
    z: float,
    end: End,
    rows: Flags,
) -> Flags:
    """Of some rows: whether the end goes on when every other shape is searched further."""
    if not rows.any():
        return rows[rows]
    wider = _wider(model.take(np.flatnonzero(rows)), index)
    again = _end(wider, values[rows], top[rows], step[rows], index, side, z)
    at, from_estimate = end.value[rows], np.abs(end.value - values[:, index])[rows]
    return np.abs(again.value - at) > _MOVED * from_estimate


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


class End(NamedTuple):
    """One end of one parameter's interval in every row.

    Attributes
    ----------
    value : array (row,)
    at_bound : bool array (row,)
        Whether it is a bound of the search.
    theta : array (row, parameter)
        All parameters next to it.
    """

    value: Array
    at_bound: Flags
    theta: Array


def _end(
    model: RateModel,
    values: Array,
    top: Array,
    step: Array,
    index: int,
    side: int,
    z: float,
    exact: bool = False,
) -> End:
    """Where the fall of the likelihood is that of the level, on one side of the estimate.

    An exact one is closed in on whatever it takes, each time also from the estimate.
    """
    rows = len(values)
    edge = model.low[:, index] if side < 0 else model.high[:, index]
    inner, inner_fall = values[:, index].copy(), np.zeros(rows)
    outer, outer_fall = inner.copy(), np.zeros(rows)
    theta = values.copy()
    fixed = model.high[:, index] <= model.low[:, index]
    end, at_bound = inner.copy(), fixed | (inner == edge)
    active = np.flatnonzero(~at_bound)
    for _ in range(_WIDENINGS):  # outwards until the fall is enough, or the bound is reached
        if active.size == 0:
            break
        tried = inner[active] + side * step[active]
        tried = np.maximum(tried, edge[active]) if side < 0 else np.minimum(tried, edge[active])
        fall, theta[active] = _fall(model, active, theta[active], tried, index, top)
        enough = fall >= z
        outer[active[enough]], outer_fall[active[enough]] = tried[enough], fall[enough]
        inner[active[~enough]], inner_fall[active[~enough]] = tried[~enough], fall[~enough]
        stopped = ~enough & (tried == edge[active])
        end[active[stopped]], at_bound[active[stopped]] = edge[active[stopped]], True
        step[active] *= np.clip(1.3 * z / np.maximum(fall, 0.1), 1.3, 4.0)
        active = active[~enough & ~stopped]
    end[active], at_bound[active] = edge[active], True  # as good as without an end
    active, close = np.flatnonzero(outer_fall >= z), _CLOSEST if exact else _CLOSE
    one_sided, was_beyond = np.zeros((2, rows), dtype=bool)
    for turn in range(_MOST_NARROWINGS if exact else _NARROWINGS):
        if active.size == 0:
            break
        near, far = inner[active], outer[active]
        low, high = inner_fall[active], outer_fall[active]
        share = np.clip((z - low) / np.maximum(high - low, 1e-12), 0.05, 0.95)
        share = np.where(np.isfinite(high), share, 0.5)
        if exact and turn > 1:  # a line that keeps one end of the bracket is slow: in halves
            share = np.where(one_sided[active], 0.5, share)
        tried = near + share * (far - near)
        fall, found = _fall(model, active, theta[active], tried, index, top)
        if exact:
            less, other = _fall(model, active, values[active], tried, index, top)
            found = np.where((less < fall)[:, None], other, found)
            fall = np.minimum(fall, less)
        beyond = fall >= z
        one_sided[active], was_beyond[active] = was_beyond[active] == beyond, beyond
        outer[active[beyond]], outer_fall[active[beyond]] = tried[beyond], fall[beyond]
        inner[active[~beyond]], inner_fall[active[~beyond]] = tried[~beyond], fall[~beyond]
        theta[active[~beyond]] = found[~beyond]
        end[active] = tried
        active = active[(np.abs(fall - z) > close) & (np.abs(far - near) > 1e-10 * np.abs(far))]
    return End(end, at_bound, theta)


def _fall(
    model: RateModel, rows: Indices, start: Array, at: Array, index: int, top: Array
) -> tuple[Array, Array]:
    """Root of twice the fall of the likelihood with one parameter held, and the others' best."""
    here = model.take(rows)
    low, high = here.low.copy(), here.high.copy()
    low[:, index] = high[:, index] = at
    begin = start.copy()
    begin[:, index] = at
    if index > 0:  # a start is where no spike is impossible
        begin[:, 0] = np.maximum(
            begin[:, 0],
            1e-6 * here.counts.spikes.sum(1) / np.maximum(here.counts.exposure.sum(1), 1e-12),
        )
        begin[:, 0] = np.where(high[:, 0] > low[:, 0], begin[:, 0], low[:, 0])
    found = climb(here.within(low, high), begin)
    fall = np.sqrt(2 * np.maximum(top[rows] - found.value, 0.0))
    return fall, np.where(np.isfinite(found.value)[:, None], found.theta, start)
