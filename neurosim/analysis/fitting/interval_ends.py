"""Ends of intervals: where the likelihood, maximised over the others, has fallen enough.

Every end of every row is followed at once, each a row of its own with a parameter and a side:
outwards until the fall is enough, then closed in on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neurosim.analysis.fitting.held_r0 import climb_held, r0_held
from neurosim.analysis.fitting.kinks import climb
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.starts import peaks_on_grid
from neurosim.base.arrays import Array, Flags, Indices

__all__ = ["End", "fall_at", "interval_ends"]

_WIDENINGS = 11  # each four times as far at the most: what is millions of steps away is no end
_NARROWINGS = 40  # of a bracket about an end, which may be of any width
_ASTRAY = 2.0  # times the fall that is looked for: a climb may have ended elsewhere
_CLOSE = 5e-4  # to the root of twice the fall, of which 1.96 is looked for
_PROMISE = 1e-6  # nats of a step that does not matter to that
_PEAKS = (1, 4, 12)  # of that grid, that are climbed from, by the number of corners
_FEW = 2  # shapes, of which a coarse grid shows every maximum
_LOOKS = 4  # at an end from a grid of the other shapes, each of which may move it on


class End(NamedTuple):
    """One end of one parameter's interval in every row, or those of two sides.

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


def interval_ends(
    model: RateModel,
    values: Array,
    top: Array,
    step: Array,
    index: Indices,
    side: Indices,
    z: float,
) -> End:
    """Where the fall of the likelihood is that of the level, on one side of each estimate.

    Parameters
    ----------
    model : RateModel
    values : array (row, parameter)
        The estimates.
    top : array (row,)
        Their log-likelihood.
    step : array (row,)
        How far to go first.
    index : int array (row,)
        The parameter whose end is looked for.
    side : int array (row,)
        -1 for the lower end, 1 for the upper one.
    z : float
        Root of twice the fall that is looked for.

    Notes
    -----
    Climbs begin at the last point inside, and where they end too low at the estimate as well: one
    that went astray is neither taken for an end nor begun from. The end that is found is looked at
    from a grid of the other shapes, and gone on from where that is higher.
    """
    every = np.arange(len(values))
    about, step = values[every, index], step.copy()
    lowest, highest = model.low[every, index], model.high[every, index]
    fixed, edge = highest <= lowest, np.where(side < 0, lowest, highest)
    # a step that rounding swallows is of an interval without a width
    held = fixed | (about + side * step == about)
    at = _Bracket(
        inner=about.copy(),
        inner_fall=np.zeros(len(values)),
        outer=about.copy(),
        outer_fall=np.zeros(len(values)),
        theta=values.copy(),
        at_bound=fixed | (about == edge),
    )
    active = np.flatnonzero(~at.at_bound & ~held)
    others = (model.high > model.low) & (np.arange(values.shape[1]) >= model.linear)
    others[every, index] = False
    searched = np.asarray(others.any(1))
    for _ in range(_LOOKS):
        if active.size == 0:
            break
        _widen(model, values, top, step, index, side, z, at, edge, active)
        found = active[at.outer_fall[active] >= z]
        _narrow(model, values, top, index, z, at, found)
        found = found[searched[found]]
        if found.size == 0:
            break
        fall, theta = _seen_from_grid(model, found, at.outer[found], index[found], top)
        higher = fall < z - _CLOSE
        active = found[higher]
        at.inner[active], at.inner_fall[active] = at.outer[active], fall[higher]
        at.theta[active] = theta[higher]
        step[active] = np.abs(at.inner - about)[active] / 2
    inside = at.at_bound | held
    end = np.where(at.at_bound & ~fixed, edge, np.where(inside, about, at.outer))
    return End(end, at.at_bound, at.theta)


@dataclass
class _Bracket:
    """What lies next to the ends, inside and outside; (row,) each, but theta (row, parameter)."""

    inner: Array
    inner_fall: Array
    outer: Array
    outer_fall: Array
    theta: Array
    at_bound: Flags


def _widen(
    model: RateModel,
    values: Array,
    top: Array,
    step: Array,
    index: Indices,
    side: Indices,
    z: float,
    at: _Bracket,
    edge: Array,
    rows: Indices,
) -> None:
    """Outwards until the fall is enough, or the bound is reached."""
    active = rows
    for _ in range(_WIDENINGS):
        if active.size == 0:
            return
        tried = at.inner[active] + side[active] * step[active]
        passed = side[active] * (tried - edge[active]) > 0
        tried = np.where(passed, edge[active], tried)
        fall, found = _least_fall(model, values, at.theta, active, tried, index, top, z)
        enough = fall >= z
        at.outer[active[enough]], at.outer_fall[active[enough]] = tried[enough], fall[enough]
        inside = active[~enough]
        at.inner[inside], at.inner_fall[inside] = tried[~enough], fall[~enough]
        at.theta[inside], at.outer_fall[inside] = found[~enough], 0.0
        stopped = ~enough & (tried == edge[active])
        at.at_bound[active[stopped]] = True
        step[active] *= np.clip(1.3 * z / np.maximum(fall, 0.1), 1.3, 4.0)
        active = active[~enough & ~stopped]
    at.at_bound[active] = True  # as good as without an end


def _narrow(
    model: RateModel,
    values: Array,
    top: Array,
    index: Indices,
    z: float,
    at: _Bracket,
    rows: Indices,
) -> None:
    """The bracket closed in on the level: a straight line in the root of the fall, in which an end
    that is kept counts half as much each time (the Illinois rule); the end is `outer`."""
    active, weight = rows, np.ones((2, len(values)))  # of the ends of the bracket, inner and outer
    last = np.zeros(len(values), dtype=int)
    for _ in range(_NARROWINGS):
        if active.size == 0:
            return
        near, far = at.inner[active], at.outer[active]
        below = (z - at.inner_fall[active]) * weight[0, active]
        above = (at.outer_fall[active] - z) * weight[1, active]
        share = np.where(np.isfinite(above), below / np.maximum(below + above, 1e-300), 0.5)
        tried = near + np.clip(share, 0.02, 0.98) * (far - near)
        fall, found = _least_fall(model, values, at.theta, active, tried, index, top, z)
        beyond = fall >= z
        out, inside = active[beyond], active[~beyond]
        at.outer[out], at.outer_fall[out] = tried[beyond], fall[beyond]
        at.inner[inside], at.inner_fall[inside] = tried[~beyond], fall[~beyond]
        at.theta[inside] = found[~beyond]
        weight[0, inside], weight[1, out] = 1.0, 1.0
        again = last[active] == np.where(beyond, 1, -1)  # the other end is kept once more
        weight[0, active[again & beyond]] *= 0.5
        weight[1, active[again & ~beyond]] *= 0.5
        last[active] = np.where(beyond, 1, -1)
        done = (np.abs(fall - z) <= _CLOSE) | (np.abs(far - near) <= 1e-12 * np.abs(far))
        at.outer[active[done]] = tried[done]
        active = active[~done]


def _least_fall(
    model: RateModel,
    values: Array,
    theta: Array,
    rows: Indices,
    tried: Array,
    index: Indices,
    top: Array,
    z: float,
) -> tuple[Array, Array]:
    """The fall from the last point inside, or where that is far too much from the estimate, if that
    is less."""
    fall, found = fall_at(model, rows, theta[rows], tried, index[rows], top)
    again = np.flatnonzero((fall >= _ASTRAY * z) & (theta[rows] != values[rows]).any(1))
    if again.size:
        of = rows[again]
        less, other = fall_at(model, of, values[of], tried[again], index[of], top)
        better = less < fall[again]
        fall[again[better]], found[again[better]] = less[better], other[better]
    return fall, found


def _seen_from_grid(
    model: RateModel, rows: Indices, at: Array, index: Indices, top: Array
) -> tuple[Array, Array]:
    """The fall with one parameter held, the least from the best of a grid of the other shapes."""
    shapes = model.rectifier.parameters.values()
    corners, coarse = sum(each.kinked for each in shapes), len(shapes) <= _FEW
    most = _PEAKS[min(corners, 2)]
    starts = np.full((len(rows), most, model.low.shape[1]), np.nan)
    for held in np.unique(index):  # a grid has as many points along a shape for all of its rows
        mine = np.flatnonzero(index == held)
        here = model.take(rows[mine])
        low, high = here.low.copy(), here.high.copy()
        low[:, held] = high[:, held] = at[mine]
        peaks = peaks_on_grid(here.within(low, high), coarse)[:, :most]
        starts[mine, : peaks.shape[1]] = peaks
    row, number = np.nonzero(np.isfinite(starts).all(-1))
    least, theta = np.full(len(rows), np.inf), model.low[rows]
    if row.size == 0:
        return least, theta
    falls, found = fall_at(model, rows[row], starts[row, number], at[row], index[row], top)
    for place in np.unique(number):
        one = number == place
        better = falls[one] < least[row[one]]
        won = row[one][better]
        least[won], theta[won] = falls[one][better], found[one][better]
    return least, theta


def fall_at(
    model: RateModel, rows: Indices, start: Array, at: Array, index: Indices, top: Array
) -> tuple[Array, Array]:
    """Root of twice the fall of the likelihood with one parameter held, and the others' best.

    Parameters
    ----------
    model : RateModel
    rows : int array (some,)
        Of the model and of `top`.
    start : array (some, parameter)
    at : array (some,)
        Where the parameter is held.
    index : int array (some,)
        Which it is.
    top : array (row,)
    """
    here, every = model.take(rows), np.arange(len(rows))
    low, high = here.low.copy(), here.high.copy()
    low[every, index] = high[every, index] = at
    begin = start.copy()
    begin[every, index] = at
    # a start is where no spike is impossible
    least = 1e-6 * here.counts.spikes.sum(1) / np.maximum(here.counts.exposure.sum(1), 1e-12)
    begin[:, 0] = np.where(high[:, 0] > low[:, 0], np.maximum(begin[:, 0], least), low[:, 0])
    here = here.within(low, high)
    held = not here.shifted and r0_held(here)
    found = climb_held(here, begin) if held else climb(here, begin, promise=_PROMISE)
    fall = np.sqrt(2 * np.maximum(top[rows] - found.value, 0.0))
    return fall, np.where(np.isfinite(found.value)[:, None], found.theta, start)
