"""One end of an interval: where the likelihood, maximised over the others, has fallen enough.

Every row is followed at once: outwards until the fall is enough, then closed in on.
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

__all__ = ["End", "fall_at", "interval_end"]

_WIDENINGS = 11  # each four times as far at the most: what is millions of steps away is no end
_NARROWINGS = 40  # of a bracket about an end, which may be of any width
_ASTRAY = 2.0  # times the fall that is looked for: a climb may have ended elsewhere
_CLOSE = 5e-4  # to the root of twice the fall, of which 1.96 is looked for
_PEAKS_OF_CORNERS = 12  # of that grid, that are climbed from where two corners make many maxima
_LOOKS = 4  # at an end from a grid of the other shapes, each of which may move it on


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


def interval_end(
    model: RateModel,
    values: Array,
    top: Array,
    step: Array,
    index: int,
    side: int,
    z: float,
) -> End:
    """Where the fall of the likelihood is that of the level, on one side of the estimate.

    Climbs begin at the last point inside, and where they end too low at the estimate as well: one
    that went astray is neither taken for an end nor begun from. The end that is found is looked at
    from a grid of the other shapes, and gone on from where that is higher.
    """
    fixed = model.high[:, index] <= model.low[:, index]
    edge = model.low[:, index] if side < 0 else model.high[:, index]
    # a step that rounding swallows is of an interval without a width
    held = fixed | (values[:, index] + side * step == values[:, index])
    at = _Bracket(
        inner=values[:, index].copy(),
        inner_fall=np.zeros(len(values)),
        outer=values[:, index].copy(),
        outer_fall=np.zeros(len(values)),
        theta=values.copy(),
        at_bound=fixed | (values[:, index] == edge),
    )
    active = np.flatnonzero(~at.at_bound & ~held)
    others = np.flatnonzero(np.arange(values.shape[1]) != index)
    others = others[others >= model.linear]
    searched = bool((model.high > model.low)[:, others].any())
    for _ in range(_LOOKS):
        if active.size == 0:
            break
        _widen(model, values, top, step, index, side, z, at, edge, active)
        found = active[at.outer_fall[active] >= z]
        _narrow(model, values, top, index, z, at, found)
        if not searched or found.size == 0:
            break
        fall, theta = _seen_from_grid(model, found, at.outer[found], index, top)
        higher = fall < z - _CLOSE
        active = found[higher]
        at.inner[active], at.inner_fall[active] = at.outer[active], fall[higher]
        at.theta[active] = theta[higher]
        step[active] = np.abs(at.inner - values[:, index])[active] / 2
    inside = at.at_bound | held
    end = np.where(at.at_bound & ~fixed, edge, np.where(inside, values[:, index], at.outer))
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
    index: int,
    side: int,
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
        tried = at.inner[active] + side * step[active]
        tried = np.maximum(tried, edge[active]) if side < 0 else np.minimum(tried, edge[active])
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
    index: int,
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
    index: int,
    top: Array,
    z: float,
) -> tuple[Array, Array]:
    """The fall from the last point inside, or where that is far too much from the estimate, if that
    is less."""
    fall, found = fall_at(model, rows, theta[rows], tried, index, top)
    again = np.flatnonzero((fall >= _ASTRAY * z) & (theta[rows] != values[rows]).any(1))
    if again.size:
        of = rows[again]
        less, other = fall_at(model, of, values[of], tried[again], index, top)
        better = less < fall[again]
        fall[again[better]], found[again[better]] = less[better], other[better]
    return fall, found


def _seen_from_grid(
    model: RateModel, rows: Indices, at: Array, index: int, top: Array
) -> tuple[Array, Array]:
    """The fall with one parameter held, the least from the best of a grid of the other shapes."""
    here = model.take(rows)
    low, high = here.low.copy(), here.high.copy()
    low[:, index] = high[:, index] = at
    starts = peaks_on_grid(here.within(low, high))
    corners = sum(each.kinked for each in model.rectifier.parameters.values())
    starts = starts[:, : _PEAKS_OF_CORNERS if corners > 1 else 1]
    row, number = np.nonzero(np.isfinite(starts).all(-1))
    least, theta = np.full(len(rows), np.inf), here.low.copy()
    if row.size == 0:
        return least, theta
    falls, found = fall_at(model, rows[row], starts[row, number], at[row], index, top)
    for place in np.unique(number):
        one = number == place
        better = falls[one] < least[row[one]]
        won = row[one][better]
        least[won], theta[won] = falls[one][better], found[one][better]
    return least, theta


def fall_at(
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
    here = here.within(low, high)
    held = not here.shifted and r0_held(here)
    found = climb_held(here, begin) if held else climb(here, begin)
    fall = np.sqrt(2 * np.maximum(top[rows] - found.value, 0.0))
    return fall, np.where(np.isfinite(found.value)[:, None], found.theta, start)
