"""The maximum of a rectifier's likelihood in every cell: from a grid of shapes, an ascent.

A threshold makes the likelihood kinked at every drive that was shown. Between two neighbouring
drives it is smooth, so the ascent keeps a kinked parameter between the two drives about its start,
and goes on in the next interval when it ends at a border.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosim.analysis.fitting.ascent import Top, ascend
from neurosim.analysis.fitting.likelihood import Counts
from neurosim.analysis.fitting.noise_models import NoiseModel, Poisson
from neurosim.analysis.fitting.rate_model import RateModel
from neurosim.analysis.fitting.starts import peaks_on_grid, starts_in_interval
from neurosim.models.rectifiers.base import RECTIFIERS, Rectifier

__all__ = ["Optimum", "best_parameters", "climb", "nested_starts", "rate_model"]

Array = NDArray[np.float64]

_INTERVALS = 40  # intervals that a steep threshold is looked for in
_LOOKS = 5  # times, at the most, that those about a new top are looked at
_HOPELESS = 25.0  # nats below the top, where nothing is looked for
_LOOK, _HOPEFUL = 25, 3.0  # steps of a first look, and nats below the top where it goes on
_AT_ONCE = 50_000  # climbs
_GAIN = 1e-9  # nats, to be better or to differ
_ROUNDS, _NEXT = 10, 1e-9  # next to a drive: looks, and how near it is of a large change
_TIMES = np.array([0.25, 0.5, 1.0, 2.0, 4.0])  # as far from it as before
_CROSSINGS = 300  # intervals that one ascent may pass


class Optimum(NamedTuple):
    """Parameters (cell, parameter) in the order of `Rectifier.parameter_names`; log-likelihood
    without its constant (cell,); whether each cell converged (cell,); which parameters are at a
    bound (cell, parameter); the model itself."""

    values: Array
    log_likelihood: Array
    converged: NDArray[np.bool_]
    at_bound: NDArray[np.bool_]
    model: RateModel


def rate_model(
    rectifier: Rectifier,
    counts: Counts,
    noise: NoiseModel | None = None,
    fixed: dict[str, float] | None = None,
) -> RateModel:
    """A rectifier over cells, with the bounds of its parameters; those in `fixed` do not move."""
    rows = len(counts.x)
    pairs = [p.bounds(counts.shown) for p in rectifier.parameters.values()]
    linear = 1 + len(rectifier.gains)
    low = np.zeros((rows, linear + len(pairs)))
    high = np.full(low.shape, np.inf)
    for k, (least, most) in enumerate(pairs):
        low[:, linear + k], high[:, linear + k] = least, most
    spread = high[:, linear:] - low[:, linear:]
    scale = np.where(np.isfinite(spread) & (spread > 0), spread, 1.0)
    for k, parameter in enumerate(rectifier.parameters.values()):
        if parameter.by_decades:  # the middle decade: values far below the upper end are no bound
            scale[:, k] = parameter.centre
    for name, value in (fixed or {}).items():
        which = rectifier.parameter_names.index(name)
        low[:, which] = high[:, which] = value
    noise = Poisson() if noise is None else noise
    return RateModel(rectifier, counts, noise, low, high, scale)


def best_parameters(model: RateModel, start: Array | None = None) -> Optimum:
    """The maximum-likelihood parameters of every row.

    Parameters
    ----------
    model : RateModel
    start : array (row, parameter), optional
        Parameters known to be near the optimum, in place of the grid.

    Returns
    -------
    Optimum
    """
    rows, linear = len(model.low), model.linear
    if start is not None:
        starts = start[:, None].copy()
        starts[:, 0, 0] += (starts[:, 0, 1:linear] * model.least(start[:, linear:])).sum(1)
        mean = model.counts.spikes.sum(1) / np.maximum(model.counts.exposure.sum(1), 1e-12)
        starts[:, 0, 0] = np.maximum(starts[:, 0, 0], 1e-3 * np.abs(mean))
    else:
        starts = np.concatenate([peaks_on_grid(model), *nested_starts(model)], axis=1)
    which, place = np.nonzero(np.isfinite(starts).all(-1))
    begin = starts[which, place]
    if sum(p.kinked for p in model.rectifier.parameters.values()) > 1:
        which, begin = _hopeful(model, which, begin)
    top = climb(model.take(which), begin)
    top = _best(top, which, rows)
    for k, each in enumerate(model.rectifier.parameters.values()):
        if each.steep:
            top = _every_interval(model, top, linear + k)
    theta, value, converged = top
    reach = np.zeros(theta.shape)
    reach[:, linear:] = 1e-6 * model.scale
    at_bound = (theta <= model.low + reach) | (theta >= model.high - reach)
    values = theta.copy()
    values[:, 0] -= (theta[:, 1:linear] * model.least(theta[:, linear:])).sum(1)
    silent = ~model.counts.spikes.any(1) & (model.noise.name != "Gaussian")
    values[silent, :linear] = 0.0
    value = np.where(silent, 0.0, value)
    return Optimum(values, value, converged | silent, at_bound, model)


def _hopeful(
    model: RateModel, which: NDArray[np.int64], begin: Array
) -> tuple[NDArray[np.int64], Array]:
    """Rows and starts of those that a short climb between the same drives takes near the best."""
    looks = [
        climb(model.take(which[part]), begin[part], _LOOK, 0)
        for part in np.array_split(np.arange(len(which)), -(-len(which) // _AT_ONCE))
    ]
    looked = Top(*(np.concatenate(parts) for parts in zip(*looks, strict=True)))
    kept = looked.value >= _best(looked, which, len(model.low)).value[which] - _HOPEFUL
    return which[kept], looked.theta[kept]


def _every_interval(model: RateModel, top: Top, which: int) -> Top:
    """The best of the ascents in each interval between drives, those nearest to the top so far."""
    for _ in range(_LOOKS):
        found = _near_intervals(model, top, which)
        gained = found.value > top.value + _GAIN
        top = found
        # all of few intervals have been seen; of many, those about a new top have not
        if model.counts.x.shape[1] <= _INTERVALS or not gained.any():
            break
    return top


def _near_intervals(model: RateModel, top: Top, which: int) -> Top:
    """The best of the ascents in the intervals nearest to a parameter of the top."""
    every = np.arange(len(top.value))
    drives = np.sort(model.counts.shown, axis=1)
    near = np.argsort(np.abs(drives - top.theta[:, [which]]), axis=1, kind="stable")
    for place in near[:, :_INTERVALS].T:
        edge = np.take_along_axis(drives, place[:, None], axis=1)[:, 0]
        low, high = model.low.copy(), model.high.copy()
        low[:, which], high[:, which] = _interval(model, drives, edge, which, -1)
        rows = np.flatnonzero(high[:, which] > low[:, which])
        if rows.size == 0:
            continue
        here = model.within(low, high).take(rows)
        starts, heights = starts_in_interval(here, which)
        row, k = np.nonzero(heights > top.value[rows, None] - _HOPELESS)
        found = ascend(here.take(row), starts[row, k], _LOOK)
        near_top = found.value > top.value[rows[row]] - _HOPEFUL
        row = row[near_top]
        found = ascend(here.take(row), found.theta[near_top])
        top = _best(_both(found, top), np.concatenate([rows[row], every]), every.size)
    return _settled(model, top, which)


def _best(tops: Top, which: NDArray[np.int64], rows: int) -> Top:
    """The highest of the tops of each row; of those that differ by next to nothing the last, so
    that rounding does not decide between parameters that the data do not tell apart."""
    value: Array = np.nan_to_num(tops.value, nan=-np.inf)
    highest: Array = np.full(rows, -np.inf)
    np.maximum.at(highest, which, value)
    equal = value >= highest[which] - _GAIN
    chosen = np.zeros(rows, dtype=np.int64)
    np.maximum.at(chosen, which[equal], np.flatnonzero(equal))
    return Top(tops.theta[chosen], tops.value[chosen], tops.converged[chosen])


def _settled(model: RateModel, top: Top, which: int) -> Top:
    """Climbed once more, from interval to interval, and next to a drive."""
    every = np.arange(len(top.value))
    top = _best(_both(top, climb(model, top.theta)), np.tile(every, 2), every.size)
    for _ in range(_ROUNDS):
        away = model.counts.shown - top.theta[:, [which]]
        nearest = np.where(away > 0, away, np.inf).min(1)
        rows = np.flatnonzero(nearest < _NEXT * model.scale[:, which - model.linear])
        if rows.size == 0:
            break
        # so near that floats are steps: the others climb with it held at some of them
        tried = np.repeat(rows, len(_TIMES))
        near = top.theta[tried]
        near[:, which] += nearest[tried] * (1 - np.tile(_TIMES, rows.size))
        here = model.take(tried)
        low, high = here.low.copy(), here.high.copy()
        near[:, which] = np.clip(near[:, which], low[:, which], high[:, which])
        low[:, which] = high[:, which] = near[:, which]
        found = ascend(here.within(low, high), near)
        before = top.value
        top = _best(_both(top, found), np.concatenate([every, tried]), every.size)
        if not (top.value > before + _GAIN).any():
            break
    return top


def _both(one: Top, other: Top) -> Top:
    return Top(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def nested_starts(model: RateModel) -> list[Array]:
    """Where the rectifiers that this one contains are at their own best; (row, 1, parameter) each.

    So that it is never worse than they are.
    """
    outer = model.rectifier
    found = []
    for name, at in outer.contains.items():
        inner = RECTIFIERS[name]
        if isinstance(at, str) or not outer.parameters:
            continue
        best = best_parameters(rate_model(inner, model.counts, model.noise)).values
        start = np.zeros_like(model.low)
        start[:, : 1 + len(inner.gains)] = best[:, : 1 + len(inner.gains)]
        for name_of, value in at.items():
            start[:, outer.parameter_names.index(name_of)] = value
        for k, name_of in enumerate(inner.parameters):
            where = outer.parameter_names.index(name_of)
            start[:, where] = best[:, 1 + len(inner.gains) + k]
        start[:, model.linear :] = np.clip(
            start[:, model.linear :], model.low[:, model.linear :], model.high[:, model.linear :]
        )
        found.append(start[:, None])
    return found


def climb(
    model: RateModel, start: Array, iterations: int = 1000, crossings: int = _CROSSINGS
) -> Top:
    """Ascend from starts, from interval to interval of the kinked parameters.

    Parameters
    ----------
    model : RateModel
    start : array (row, parameter)
    iterations : int
        Of each ascent, at the most.
    crossings : int
        Borders passed, at the most.
    """
    kinked = [
        model.linear + k for k, p in enumerate(model.rectifier.parameters.values()) if p.kinked
    ]
    start = np.clip(start, model.low, model.high)
    if not kinked:
        return ascend(model, start, iterations)
    drives = np.sort(model.counts.shown, axis=1)
    low, high = model.low.copy(), model.high.copy()
    for which in kinked:
        low[:, which], high[:, which] = _interval(model, drives, start[:, which], which, 0)
    theta, value, converged = ascend(model.within(low, high), start, iterations)
    active = np.arange(len(theta))
    for _ in range(crossings):
        moved = np.zeros(active.size, dtype=bool)
        for which in kinked:
            for side, border in ((-1, low), (1, high)):
                there = theta[active, which] == border[active, which]
                inside = (border[active, which] > model.low[active, which]) & (
                    border[active, which] < model.high[active, which]
                )
                rows = active[there & inside]
                if rows.size == 0:
                    continue
                here = model.take(rows)
                near, far = _interval(here, drives[rows], theta[rows, which], which, side)
                below, above = low[rows].copy(), high[rows].copy()
                below[:, which], above[:, which] = near, far
                top = ascend(here.within(below, above), theta[rows], iterations)
                better = top.value > value[rows] + 1e-11
                won = rows[better]
                theta[won], value[won] = top.theta[better], top.value[better]
                converged[won] = top.converged[better]
                low[won], high[won] = below[better], above[better]
                moved |= np.isin(active, won)
        active = active[moved]
        if active.size == 0:
            break
    return Top(theta, value, converged)


def _interval(
    model: RateModel, drives: Array, at: Array, which: int, side: int
) -> tuple[Array, Array]:
    """The neighbouring drives about a value; of one that is a drive, those to a side (0: above)."""
    below = np.where(drives < at[:, None], drives, -np.inf).max(1)
    above = np.where(drives > at[:, None], drives, np.inf).min(1)
    on_drive = (drives == at[:, None]).any(1)
    low = np.where(on_drive & (side >= 0), at, below)
    high = np.where(on_drive & (side < 0), at, above)
    return (
        np.maximum(low, model.low[:, which]),
        np.minimum(high, model.high[:, which]),
    )
